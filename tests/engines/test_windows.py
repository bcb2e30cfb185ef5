"""The first runs by an order of a stage, or by the rank of a window: as the store gives them, and few come back."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

import runql
from runql.semantic.record import RunRecord
from runql.sources.store.compact import compact
from runql.sources.store.lake import views
from runql.sources.store.lake.engine import LakeEngine
from runql.sources.store.lake.names import LakeName
from runql.sources.store.lake.service import LakeService
from runql.sources.store.service import StoreService
from tests.engines.depth import drawn
from tests.engines.test_columns import given_of
from tests.sources.store.judged import store_of_records

_value = st.sampled_from(
    [1, 1.0, 2, 3, 0, 0.0, -0.0, 0.5, 0.25, "a", "b", "", "ä", True, False, None, math.nan, math.inf, -math.inf, [1]]
)
_part = st.fixed_dictionaries({}, optional=dict.fromkeys(("x", "y", "z"), _value))
_runs = st.lists(st.tuples(_part, _part, st.sampled_from(["finished", "crashed"])), min_size=1, max_size=16)
_over = st.sampled_from(["all", "state", "config.x", "(config.x, state)", "summary.z", "name"])
_keys = st.sampled_from(
    ["-summary.y", "summary.y", "config.x", "(-summary.y, name)", "(state, -config.z)", "-name", "created", "-runtime"]
)
_ranked = st.sampled_from(["rank", "dense_rank", "row_number", "row_number"])
_most = st.sampled_from(["<= 1", "<= 2", "< 3", "= 1", "= 2", "<= 2.5", "< 1", ">= 2", "<= 20"])
_after = st.sampled_from(["", "", " | group state : count()", " | order name", " | select name, summary.y"])
_stages = st.one_of(
    st.builds("where {}() over {} order {} {}".format, _ranked, _over, _keys, _most),
    st.builds("derive r = {}() over {} order {} | where r {}".format, _ranked, _over, _keys, _most),
    st.builds("where row_number() over {} {}".format, _over, _most),
    st.builds("order {} | limit {}".format, _keys.map(lambda key: key.strip("()")), st.integers(0, 5)),
    st.builds(
        "order {} | limit {} by {}".format,
        _keys.map(lambda key: key.strip("()")),
        st.integers(0, 3),
        _over.map(lambda over: over.strip("()")),
    ),
    st.builds("limit {}".format, st.integers(0, 5)),
)
_questions = st.builds(
    "runs{}{} select name, state, created, runtime, config.x, config.z, summary.y, summary.z | {}{}".format,
    st.sampled_from(["", "", " where config.x != 1", " where state = 'finished'"]),
    st.sampled_from(["", " order -summary.y", " order config.z, name"]),
    _stages,
    _after,
)


def _record(at: int, config: dict[str, Any], summary: dict[str, Any], state: str) -> RunRecord:
    return RunRecord(
        id=f"r{at}", project="p", name=f"n{at % 5}", state=state, runtime=at % 3 / 3, config=config, summary=summary
    )


@drawn(3)
@given(_runs, st.lists(_questions, min_size=6, max_size=6), st.booleans())
def test_first_runs(lake: tuple[LakeName, LakeEngine], runs: list[Any], asked: list[str], is_compacted: bool) -> None:
    """Of a store in which every third run was replaced, before and after a compaction."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "s"
        store_of_records([_record(at, *run) for at, run in enumerate(runs)], path).close()
        if is_compacted:
            compact(path, "s")
        ours = StoreService(path, name=lake[0].shown)
        theirs = LakeService(path, name=lake[0], number=None, engine=lake[1])
        for text in asked:
            assert given_of(theirs, text) == given_of(ours, text), (text, runs)
        ours.close()


@pytest.mark.parametrize(
    "stages",
    [
        "where rank() over config.x order -summary.y <= 3",
        "derive r = dense_rank() over state order summary.y | where r < 4",
        "where row_number() over (config.x, state) order -summary.y = 1",
        "order -summary.y | limit 3 by config.x",
        "order summary.y, name | limit 5",
    ],
)
def test_few_runs_come(lake: tuple[LakeName, LakeEngine], stages: str, tmp_path: Path) -> None:
    """Of 60 runs, of which a tenth has no value."""
    runs = [
        _record(at, {"x": "ab"[at % 2]}, {} if at % 10 == 9 else {"y": at * 37 % 60}, "finished") for at in range(60)
    ]
    store_of_records(runs, tmp_path / "s").close()
    ours = StoreService(tmp_path / "s", name="s")
    theirs = LakeService(tmp_path / "s", name=lake[0], number=None, engine=lake[1])
    text = f"runs select name, state, config.x, summary.y | {stages}"
    with patch.object(views, "MOST_RUNS", 9):
        found = [tuple(row.values()) for row in runql.query(text, theirs)]
    assert found == [tuple(row.values()) for row in runql.query(text, ours)]
    ours.close()
