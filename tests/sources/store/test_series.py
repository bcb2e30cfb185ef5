"""What SQL says that histories come to is what the engine says: the same values, types, notices and footers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from runql.semantic.record import RunRecord
from runql.session import Session
from runql.sources.memory import MemoryService
from runql.sources.store.columns.listed import ListedColumns
from runql.sources.store.service import StoreService
from tests.sources.store.awkward import NUMBERS, SCALARS
from tests.sources.store.draws import draw_many
from tests.sources.store.sample import store_of
from tests.sources.store.test_run_columns import answered

_EASY = st.sampled_from([0, 1, 2, -1, 0.5, -0.5, 1.0, float("nan"), float("inf")])
_cells = st.one_of(_EASY, _EASY, _EASY, NUMBERS, SCALARS)
_steps = st.one_of(st.none(), st.integers(0, 9))
_rows = st.lists(
    st.tuples(st.dictionaries(st.sampled_from(["loss", "acc"]), _cells, max_size=2), st.booleans(), _steps), max_size=6
).map(lambda rows: [row if plain or step is None else {**row, "_step": step} for row, plain, step in rows])
_floats = st.lists(st.floats(-2, 2).map(lambda value: {"loss": value, "acc": int(value)}), max_size=6)
histories = st.lists(st.one_of(_rows, _floats, _floats), min_size=1, max_size=6)
_value = st.builds(
    "{}(logged.{})".format,
    st.sampled_from(["min", "max", "first", "last", "count", "argmin", "argmax", "diverged", "mean"]),
    st.sampled_from(["loss", "loss", "acc"]),
)


@st.composite
def questions(draw: st.DrawFn) -> str:
    """A question whose table, order or condition holds values of histories."""
    values = draw(st.lists(_value, min_size=1, max_size=3, unique=True))
    where = f" where {draw(_value)} {draw(st.sampled_from(['>', '<=', '!=']))} 0.5" if draw(st.booleans()) else ""
    order = f" order {draw(st.sampled_from(['', '-']))}{draw(_value)}" if draw(st.booleans()) else ""
    return f"runs{where}{order} select id, {', '.join(values)}"


def compare(rows: Sequence[list[dict[str, Any]]], asked: Sequence[str], folder: Path) -> int:
    """How many answers SQL told. Raises `AssertionError` where one differs."""
    runs = [RunRecord(f"r{at}", "p", config={}, summary={}) for at in range(len(rows))]
    source = MemoryService(
        [{"id": run.id, "config": {}} for run in runs], {f"r{at}": own for at, own in enumerate(rows) if own}
    )
    store_of(source, folder).close()
    told: list[bool] = []
    of, single = ListedColumns.of, ListedColumns.single_values

    def counted_of(*given: Any) -> Any:
        found = of(*given)
        told.append(found is not None)
        return found

    def counted_single(*given: Any) -> Any:
        found = single(*given)
        told.append(any(found.values()))
        return found

    with Session(f"store:{folder}") as session, Session(f"store:{folder}") as by_engine:
        for text in asked:
            with (
                patch("runql.sources.store.columns.series._PART", 10**9),
                patch.object(ListedColumns, "of", counted_of),
                patch.object(ListedColumns, "single_values", counted_single),
            ):
                found = answered(session, text)
            with (
                patch.object(StoreService, "run_columns", lambda *_: None),
                patch.object(StoreService, "single_values", lambda *_: {}),
            ):
                expected = answered(by_engine, text)
            assert found == expected, f"{text}\n{found}\n{expected}"
    return sum(told)


@settings(deadline=None, max_examples=2)
@given(histories, st.lists(questions(), min_size=3, max_size=3))
def test_values_of_histories_are_those_of_the_engine(rows: list[list[dict[str, Any]]], asked: list[str]) -> None:
    with TemporaryDirectory() as folder:
        compare(rows, asked, Path(folder) / "s")


def test_values_of_plain_histories_are_told_by_sql(tmp_path: Path) -> None:
    """So that the two answers above are made in two ways."""
    rows: list[list[dict[str, Any]]] = [[{"loss": 0.5}, {"loss": 0.25}], [{"loss": 1.5}, {"loss": 2.5}]]
    assert compare(rows, ["runs select id, min(logged.loss)"], tmp_path / "s")


if __name__ == "__main__":
    draw_many(__doc__, histories, questions(), compare, "times told by SQL")
