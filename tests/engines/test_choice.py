"""Which runs an engine takes of a store: those that ours takes, in its order, on its pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.engine.selectors import selected
from runql.language.fields import Space
from runql.plan.selectors import TypedSelector
from runql.semantic.record import RunRecord
from runql.semantic.typed import FieldKey, TCompare, TConst, TField, TTextTest
from runql.sources.protocol import PageRequest
from runql.sources.store.compact import compact
from runql.sources.store.lake.engine import LakeEngine
from runql.sources.store.lake.names import LakeName
from runql.sources.store.lake.service import LakeService
from runql.syntax.tree import Comparison, TextOp
from tests.engines.depth import drawn
from tests.sources.store.judged import awkward_runs, disagreement, selectors, store_of_records


@drawn(3)
@given(awkward_runs, st.lists(selectors, min_size=12, max_size=12), st.booleans())
def test_an_engine_takes_the_runs_that_ours_takes(
    lake: tuple[LakeName, LakeEngine], runs: list[RunRecord], asked: list[TypedSelector], is_compacted: bool
) -> None:
    """Of a store in which every third run was replaced, before and after a compaction."""
    with TemporaryDirectory() as folder:
        judge(lake, runs, asked, Path(folder) / "s", is_compacted=is_compacted)


def judge(
    lake: tuple[LakeName, LakeEngine],
    runs: Sequence[RunRecord],
    asked: Sequence[TypedSelector],
    path: Path,
    *,
    is_compacted: bool,
) -> tuple[int, int]:
    """Ask an engine. How many selectors it decided alone, and how many it narrowed."""
    name, engine = lake
    store_of_records(runs, path).close()
    if is_compacted:
        compact(path, "s")
    service = LakeService(path, name=name, number=None, engine=engine)
    alone = narrowed = 0
    for selector in asked:
        said = disagreement(runs, service, selector)
        assert said is None, f"{said}\n{runs}"
        statement = service.statement("", "", selector)
        assert statement is not None
        alone += statement.ordered and not statement.here
        narrowed += bool(statement.here and statement.where)
    return alone, narrowed


@pytest.mark.parametrize("pattern", [r"a\d", "(?i)straße", "x$"])
def test_expressions_stay_here_where_an_engine_reads_them_otherwise(
    lake: tuple[LakeName, LakeEngine], pattern: str, tmp_path: Path
) -> None:
    """Java's are not RE2's."""
    names = ["a1", "a١", "STRASSE", "x\n", "x"]
    runs = [RunRecord(id=f"r{at}", config={"x": name}, summary={}) for at, name in enumerate(names)]
    asked = TypedSelector(TTextTest(TextOp.REGEX, TField(FieldKey(Space.CONFIG, ("x",))), TConst(pattern)))
    store_of_records(runs, tmp_path / "s").close()
    service = LakeService(tmp_path / "s", name=lake[0], number=None, engine=lake[1])
    found = [run.id for run in service.runs_page(PageRequest("", "", asked)).runs]
    assert found == [run.id for run in selected(runs, asked)]
    statement = service.statement("", "", asked)
    assert statement is not None
    assert bool(statement.here) == (lake[0].engine == "spark")


def test_moments_are_compared_to_the_microsecond(lake: tuple[LakeName, LakeEngine], tmp_path: Path) -> None:
    """In whichever zone the session of the engine is."""
    moments = [datetime(2026, 3, 29, 2, 30, 0, us, UTC) for us in (0, 1, 2, 999_999)]
    runs = [RunRecord(id=f"r{at}", created=moment, config={}, summary={}) for at, moment in enumerate(moments)]
    created = TField(FieldKey(Space.RUN, ("created",)))
    asked = [TypedSelector(TCompare(op, created, TConst(moments[1]))) for op in Comparison]
    alone, _ = judge(lake, runs, asked, tmp_path / "s", is_compacted=False)
    assert alone == len(asked)
