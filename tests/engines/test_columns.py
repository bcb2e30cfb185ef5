"""What an engine gives of a listing in one statement, and what it says that histories come to: as the store does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

import runql
from runql.errors import RunQLError
from runql.language.fields import RUN_FIELDS, Space
from runql.plan.selectors import TypedSelector
from runql.semantic.record import RunRecord
from runql.semantic.typed import FieldKey
from runql.sources import at_hand
from runql.sources.memory import MemoryService
from runql.sources.protocol import PageRequest
from runql.sources.store import writer
from runql.sources.store.columns.listed import ListedColumns
from runql.sources.store.compact import compact
from runql.sources.store.lake.engine import LakeEngine
from runql.sources.store.lake.names import LakeName
from runql.sources.store.lake.service import LakeService
from runql.sources.store.lake.views import LakeViews
from runql.sources.store.service import StoreService
from tests.engines.depth import drawn
from tests.engines.test_questions import answer, told
from tests.sources.store.judged import awkward_runs, selectors, store_of_records
from tests.sources.store.sample import store_of
from tests.sources.store.test_series import histories, questions

KEYS = (
    *(FieldKey(Space.RUN, (name,)) for name in ("id", "name", "state", "created", "tags", "runtime")),
    *(FieldKey(space, (name,)) for space in (Space.CONFIG, Space.SUMMARY) for name in ("x", "lr", "it's")),
    FieldKey(Space.CONFIG, ("a", "b")),
)
assert all(key.space is not Space.RUN or key.segments[0] in RUN_FIELDS for key in KEYS)


@drawn(2)
@given(
    awkward_runs,
    st.lists(st.tuples(selectors, st.sampled_from(KEYS)), min_size=6, max_size=6),
    st.booleans(),
)
def test_listings_as_columns(
    lake: tuple[LakeName, LakeEngine],
    runs: list[RunRecord],
    asked: list[tuple[TypedSelector, FieldKey]],
    is_compacted: bool,
) -> None:
    """Of a store in which every third run was replaced. Where the store has no columns of a field, nor has the lake."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "s"
        store_of_records(runs, path).close()
        if is_compacted:
            compact(path, "s")
        ours, theirs = (
            StoreService(path, name=lake[0].shown),
            LakeService(path, name=lake[0], number=None, engine=lake[1]),
        )
        plain = theirs.run_columns(PageRequest("", "", TypedSelector()), KEYS[:6])
        assert plain is not None
        assert plain.total == len({(run.project, run.id) for run in runs})
        for at, (selector, key) in enumerate(asked):
            most = 2 if at % 2 else None
            expected = ListedColumns().of(ours.snapshot(), PageRequest("", "", selector), (key,))
            found = theirs.run_columns(PageRequest("", "", selector, most=most), (key,))
            if found is not None and expected is not None:
                assert (found.length, found.total) == (min(most or 99, expected.length), expected.total)
                assert [*map(told, found.columns[key])] == [*map(told, expected.columns[key][: found.length])]
        ours.close()


def given_of(service: StoreService, text: str) -> Any:
    """An answer, or the code of why there is none: random questions may be wrong ones."""
    try:
        return answer(service, text)
    except RunQLError as error:
        return error.diagnostics[0].code


def judge(lake: tuple[LakeName, LakeEngine], rows: Sequence[list[dict[str, Any]]], asked: Sequence[str]) -> int:
    """How many answers needed no history. Raises `AssertionError` where one differs."""
    runs = [{"id": f"r{at}", "config": {}} for at in range(len(rows))]
    source = MemoryService(runs, {f"r{at}": own for at, own in enumerate(rows) if own})
    read: list[object] = []
    histories_of = LakeService.histories

    def noted(service: LakeService, *given: Any) -> Any:
        read.append(given)
        return histories_of(service, *given)

    with TemporaryDirectory() as folder:
        path = Path(folder) / "s"
        with (
            patch.object(writer, "MOST_CELLS", 2 if len(rows) % 3 == 0 else 10**9),
            patch.object(at_hand, "PIECE_ROWS", 2),
        ):
            store_of(source, path).close()
        ours, theirs = (
            StoreService(path, name=lake[0].shown),
            LakeService(path, name=lake[0], number=None, engine=lake[1]),
        )
        told = 0
        for text in asked:
            read.clear()
            with patch.object(LakeService, "histories", noted):
                found = given_of(theirs, text)
            with (
                patch.object(StoreService, "run_columns", lambda *_: None),
                patch.object(StoreService, "single_values", lambda *_: {}),
            ):
                assert found == given_of(ours, text), (text, rows)
            told += not read
        ours.close()
    return told


@drawn(2)
@given(histories, st.lists(questions(), min_size=4, max_size=4))
def test_what_histories_come_to(
    lake: tuple[LakeName, LakeEngine], rows: list[list[dict[str, Any]]], asked: list[str]
) -> None:
    judge(lake, [*rows, [{"loss": 1.5, "acc": 2}]], asked)


def test_no_history_comes_back_for_what_it_comes_to(lake: tuple[LakeName, LakeEngine]) -> None:
    rows: list[list[dict[str, Any]]] = [
        [{"loss": 0.5}, {"loss": 0.25}, {"loss": float("nan")}, {"loss": 0.25}],
        [{"loss": 1.5}, {"loss": float("inf")}],
        [],
    ]
    asked = (
        "runs order min(logged.loss) select id, argmin(logged.loss), max(logged.loss), last(logged.loss)",
        "runs where count(logged.loss) > 2 and diverged(logged.loss) select id, first(logged.loss)",
        "runs scan keys loss | best min loss",
        "runs scan keys loss | last",
    )
    assert judge(lake, rows, asked) == len(asked)


_awkward = st.sampled_from(
    [1, 1.0, 2, 0, 0.0, -0.0, 0.5, 2**53 + 1, "a", "", True, None, [1], {"b": 1}, math.nan, math.inf]
)
_parts = st.fixed_dictionaries({}, optional=dict.fromkeys(("x", "y", "z"), _awkward))
_digests = st.builds(
    "runs{}{} select {} | {}".format,
    st.sampled_from(["", "", " where config.x != 1", " where state = 'finished'"]),
    st.sampled_from(["", " order -summary.y", " order config.x, summary.y", " order name"]),
    st.just("name, state, config.x, config.z, summary.y, summary.x"),
    st.sampled_from(
        [
            *(
                "limit 1 by config.x",
                "limit 2 by config.x, state",
                "limit 1 by state | order name",
                "limit 0 by config.z",
            ),
            "limit 1 by summary.y | group state : count()",
        ]
    ),
)
_groups = st.builds(
    "runs{} | group {} : {}".format,
    st.sampled_from(["", "", " where config.x != 1", " order -summary.y"]),
    st.sampled_from(["config.x", "config.x, state", "state", "config.z"]),
    st.sampled_from(
        [
            "count()",
            "max(summary.y)",
            "count(summary.y), min(summary.y), max(summary.x)",
            "min(summary.x), mean(summary.x)",
        ]
    ),
)


@drawn(3)
@given(
    st.lists(st.tuples(_parts, _parts, st.sampled_from(["finished", "crashed", "running"])), min_size=1, max_size=12),
    st.lists(st.one_of(_digests, _groups), min_size=5, max_size=5),
)
def test_what_a_stage_needs(lake: tuple[LakeName, LakeEngine], drawn: list[Any], asked: list[str]) -> None:
    """With all that is said of the runs that did not come, and the line below the table."""
    runs = [
        RunRecord(
            id=f"r{at}", project="p", name=f"n{at}", state=state, config=config, summary={**summary, "_step": 7 * at}
        )
        for at, (config, summary, state) in enumerate(drawn)
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "s"
        store_of_records(runs, path).close()
        ours, theirs = (
            StoreService(path, name=lake[0].shown),
            LakeService(path, name=lake[0], number=None, engine=lake[1]),
        )
        for text in asked:
            assert given_of(theirs, text) == given_of(ours, text), (text, runs)
        ours.close()


def test_fewer_runs_come_than_there_are(lake: tuple[LakeName, LakeEngine], tmp_path: Path) -> None:
    runs = [
        RunRecord(id=f"r{at:02}", state="finished", config={"x": "ab"[at % 2]}, summary={"y": at + 0.5})
        for at in range(40)
    ]
    store_of_records(runs, tmp_path / "s").close()
    service = LakeService(tmp_path / "s", name=lake[0], number=None, engine=lake[1])
    came: list[int] = []
    listed = LakeViews.listed

    def noted(views: LakeViews, sql: str) -> Any:
        rows = listed(views, sql)
        came.append(len(rows))
        return rows

    with patch.object(LakeViews, "listed", noted):
        result = runql.query("runs order -summary.y select id, config.x, summary.y | limit 1 by config.x", service)
        assert [tuple(row.values()) for row in result] == [("r39", "b", 39.5), ("r38", "a", 38.5)]
        assert result.footer is not None
        assert "40 runs" in str(result.footer)
        result = runql.query("runs | group config.x : max(summary.y)", service)
        assert [tuple(row.values()) for row in result] == [("a", 38.5, 20), ("b", 39.5, 20)]
    assert max(came) <= 2, came
