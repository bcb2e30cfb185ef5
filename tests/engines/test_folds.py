"""What groups come to in an engine: to the last bit what the store says, with all that is said of the runs."""

from __future__ import annotations

import math
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

import runql
from runql.errors import SourceError
from runql.semantic.record import RunRecord
from runql.sources.store.compact import compact
from runql.sources.store.lake import views
from runql.sources.store.lake.engine import LakeEngine
from runql.sources.store.lake.names import LakeName
from runql.sources.store.lake.service import LakeService
from runql.sources.store.service import StoreService
from tests.engines.depth import drawn
from tests.engines.test_columns import given_of, judge
from tests.sources.store.judged import store_of_records
from tests.sources.store.test_series import histories

_sizes = st.sampled_from([0.0, 1e-300, 1e-120, 1e-40, 1e-9, 0.1, 1.0, 3.0, 1e6, 2.0**52, 1e40, 1e140, 1e300])
_numbers = st.one_of(
    st.builds(lambda size, part: size * part, _sizes, st.floats(-2, 2, allow_nan=False, allow_subnormal=False)),
    st.floats(-1e3, 1e3, allow_nan=False),
    st.integers(-9, 9),
    st.integers(-(2**60), 2**60),
)
_plain = st.one_of(st.floats(-1e3, 1e3, allow_nan=False), st.integers(-9, 9), st.sampled_from([0.1, 0.2, 0.3, 0.5]))
_odd = st.sampled_from([True, False, None, "a", math.nan, math.inf, -math.inf, [1], 2**53 + 1, 10**400, 0.0, 0.0, -0.0])
_values = st.one_of(*[_plain] * 5, _numbers, _odd)
_tame = st.one_of(*[_plain] * 9, st.sampled_from([True, None, "a", math.nan, math.inf]))
_of_run = st.fixed_dictionaries({"y": _tame}, optional={"x": _values, "z": _tame})
_keys = st.fixed_dictionaries({}, optional={"k": st.sampled_from([1, 2, 0.5, "a", "it's", None, True, math.inf])})
_runs = st.lists(st.tuples(_keys, _of_run, st.sampled_from(["finished", "crashed"])), min_size=1, max_size=24)
FOLDS = (
    *("sum", "mean", "std", "var", "sem", "ci95", "median", "iqm", "n_unique", "p0", "p10", "p37", "p90", "p100"),
    *("count", "min", "max", "any", "all", "share", "count_if"),
)
_fold = st.builds("{}(summary.{})".format, st.sampled_from(FOLDS), st.sampled_from("yyyxz"))
_folds = st.one_of(
    st.lists(_fold, min_size=1, max_size=4, unique=True).map(", ".join),
    st.sampled_from(
        [
            "spread = max(summary.y) - min(summary.y), mean(summary.y) / std(summary.y)",
            "percentile(summary.y, 99.5), count()",
            "mean(runtime), max(runtime), median(runtime)",
            "mean(config.k), n_unique(config.k)",
        ]
    ),
)
_questions = st.builds(
    "runs{} | group {}: {}".format,
    st.sampled_from(["", "", " where summary.y < 100", " where state = 'finished'", " where config.k is not null"]),
    st.sampled_from(["", "config.k ", "state ", "config.k, state ", "name "]),
    _folds,
)


def records(drawn_runs: list[Any]) -> list[RunRecord]:
    return [
        RunRecord(id=f"r{at}", project="p", name=f"n{at % 5}", state=state, runtime=at / 3, config=config, summary=own)
        for at, (config, own, state) in enumerate(drawn_runs)
    ]


@drawn(2)
@given(_runs, st.lists(_questions, min_size=6, max_size=6), st.booleans())
def test_groups(lake: tuple[LakeName, LakeEngine], runs: list[Any], asked: list[str], is_compacted: bool) -> None:
    """Of a store in which every third run was replaced, before and after a compaction."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "s"
        store_of_records(records(runs), path).close()
        if is_compacted:
            compact(path, "s")
        ours = StoreService(path, name=lake[0].shown)
        theirs = LakeService(path, name=lake[0], number=None, engine=lake[1])
        for text in asked:
            assert given_of(theirs, text) == given_of(ours, text), (text, runs)
        ours.close()


@pytest.mark.parametrize("keys", ["", "config.k"])
def test_no_value_of_a_run_comes_back(lake: tuple[LakeName, LakeEngine], keys: str, tmp_path: Path) -> None:
    """Of 400 runs, where no more than 40 rows may come: sums, spreads and percentiles need fewer."""
    draw = random.Random(7)
    runs = [
        RunRecord(id=f"r{at:03}", state="finished", config={"k": "ab"[at % 2]}, summary={"y": draw.gauss(1, 1e3)})
        for at in range(400)
    ]
    store_of_records(runs, tmp_path / "s").close()
    ours = StoreService(tmp_path / "s", name="s")
    theirs = LakeService(tmp_path / "s", name=lake[0], number=None, engine=lake[1])
    names = ("sum", "mean", "std", "var", "sem", "ci95", "median", "p90", "min", "max", "count")
    text = f"runs | group {keys}: {', '.join(f'{name}(summary.y)' for name in names)}"
    with patch.object(views, "MOST_RUNS", 40):
        found = [tuple(row.values()) for row in runql.query(text, theirs)]
        assert found == [tuple(row.values()) for row in runql.query(text, ours)]
        with pytest.raises(SourceError, match="more than 40 runs would come back"):
            [*runql.query(f"runs | group {keys}: n_unique(summary.y)", theirs)]
    ours.close()


_curve = st.one_of(
    st.lists(_plain.map(lambda value: {"loss": value, "acc": 3}), max_size=9),
    st.lists(st.floats(-2, 2).map(lambda value: {"loss": value, "acc": int(value)}), max_size=9),
    st.lists(st.one_of(*[_plain] * 3, _numbers).map(lambda value: {"loss": float(value)}), max_size=9),
)
_of_history = st.builds(
    "{}(logged.{})".format,
    st.sampled_from(["mean", "sum", "std", "median", "p10", "p90", "p0", "p100", "min", "count"]),
    st.sampled_from(["loss", "loss", "acc"]),
)
_of_histories = st.one_of(
    st.builds("runs select id, {}, {}".format, _of_history, _of_history),
    st.builds("runs order -{}, id limit 3 select id, {}".format, _of_history, _of_history),
    st.builds("runs where {} < 1 select id".format, _of_history),
    st.builds("count runs where {} < {}".format, _of_history, _of_history),
)


@drawn(2)
@given(
    st.lists(st.one_of(histories, *[st.lists(_curve, min_size=1, max_size=6)] * 3), min_size=1, max_size=1), st.data()
)
def test_values_of_histories(lake: tuple[LakeName, LakeEngine], rows: list[Any], data: st.DataObject) -> None:
    """With what is said of a history that leaves nothing to count; the last answers come twice."""
    asked = data.draw(st.lists(_of_histories, min_size=4, max_size=4, unique=True))
    judge(lake, rows[0], [*asked, asked[0]])


def test_no_history_comes_back(lake: tuple[LakeName, LakeEngine]) -> None:
    draw = random.Random(5)
    rows = [[{"loss": draw.gauss(1, 10.0**at), "_step": step} for step in range(30)] for at in range(4)]
    asked = (
        "runs order mean(logged.loss) select id, mean(logged.loss), std(logged.loss), median(logged.loss)",
        "runs where sum(logged.loss) > 0 and p90(logged.loss) > 1 select id, p10(logged.loss)",
    )
    assert judge(lake, [*rows, []], asked) == len(asked)
