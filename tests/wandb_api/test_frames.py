"""Frames of unlike runs: whatever was logged, they are made, and lose nothing."""

from __future__ import annotations

import math
import warnings
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.semantic.record import RunHistory
from runql.semantic.values import MISSING
from runql.sources.memory import MemoryService
from runql.wandb_api.api import WandbApi
from runql.wandb_api.frames import gather, pandas_frame, polars_frame, rows_of
from runql.wandb_api.runs import Runs

cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=3),
    st.just("\ud800"),
    st.just(10**400),
    st.lists(st.one_of(st.integers(), st.text(max_size=2)), max_size=2),
    st.just({"_type": "histogram", "values": [1, 2]}),
)
names = st.sampled_from(["loss", "acc", "\ud800", "_step", "run_id"])
rows = st.lists(st.dictionaries(names, cells, max_size=3), max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.lists(rows, max_size=3))
def test_unlike_runs_make_a_frame(runs: list[list[dict[str, Any]]]) -> None:
    histories = [history(f"r{at}", run) for at, run in enumerate(runs)]
    columns = gather(histories, None, run_id=True)
    assert list(columns) == sorted(columns)
    length = sum(map(len, (run for run in runs if any(run))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        polars = polars_frame(columns)
    pandas = pandas_frame(columns)
    assert polars.height == len(pandas) == length
    assert list(pandas.columns) == list(columns)
    if columns:
        expected = [f"r{at}" for at, run in enumerate(runs) if any(run) for _ in run]
        assert polars["run_id"].to_list() == pandas["run_id"].tolist() == expected
    for at, name in enumerate(columns):
        gaps = [value is None or value is MISSING for value in columns[name]]
        assert polars.to_series(at).is_null().to_list() == gaps


def history(run_id: str, logged: list[dict[str, Any]]) -> RunHistory:
    present = dict.fromkeys(name for row in logged for name in row)
    return RunHistory(run_id, {name: [row.get(name, MISSING) for row in logged] for name in present})


@pytest.mark.parametrize(
    ("values", "pandas_dtype", "polars_dtype", "polars_values"),
    [
        ([1, 2], "int64", pl.Int64, [1, 2]),
        ([1, 2.5], "float64", pl.Float64, [1.0, 2.5]),
        ([1, MISSING], "float64", pl.Int64, [1, None]),
        ([1.5, None], "float64", pl.Float64, [1.5, None]),
        ([True, False], "bool", pl.Boolean, [True, False]),
        ([True, MISSING], "object", pl.Boolean, [True, None]),
        (["a", "é"], "str", pl.String, ["a", "é"]),
        ([[1, 2.5], []], "object", pl.List(pl.Float64), [[1.0, 2.5], []]),
        ([["a"], None], "object", pl.String, ['["a"]', None]),
        ([{"_type": "image"}, MISSING], "object", pl.String, ['{"_type": "image"}', None]),
        (["a", MISSING], "str", pl.String, ["a", None]),
        ([MISSING, None], "float64", pl.Null, [None, None]),
        ([None, None], "object", pl.Null, [None, None]),
        ([2**63, 1], "object", pl.Float64, [float(2**63), 1.0]),
        ([10**400, 0.5], "float64", pl.Float64, [math.inf, 0.5]),
    ],
)
def test_the_type_of_a_column(
    values: list[Any], pandas_dtype: str, polars_dtype: Any, polars_values: list[Any]
) -> None:
    columns = {"x": values}
    assert pandas_frame(columns)["x"].dtype == pandas_dtype
    frame = polars_frame(columns)
    assert frame.schema["x"] == polars_dtype
    assert frame["x"].to_list() == polars_values


def test_a_column_of_several_types_is_told() -> None:
    with pytest.warns(UserWarning, match="column `x` mixes bool and number and text"):
        frame = polars_frame({"x": [True, 1, "a"]})
    assert frame["x"].to_list() == ["true", "1", "a"]


def test_the_warning_points_at_the_caller() -> None:
    service = MemoryService([{"id": "a"}], {"a": [{"x": 1}, {"x": "b"}]})
    with pytest.warns(UserWarning) as caught:
        Runs(service, "", "").histories(format="polars")
    assert [warning.filename for warning in caught] == [__file__]


def test_frames_of_nothing() -> None:
    assert pandas_frame(gather([], None)).shape == (0, 0)
    assert list(pandas_frame(gather([], {"b", "a"}, run_id=True)).columns) == ["a", "b", "run_id"]
    assert polars_frame(gather([], None)).shape == (0, 0)
    assert isinstance(pandas_frame(gather([], None)).index, pd.RangeIndex)


def test_rows_hold_what_was_logged_and_no_more() -> None:
    logged = history("a", [{"x": 1, "_step": 0}, {"_step": 1, "y": None}])
    assert list(rows_of(logged)) == [{"_step": 0, "x": 1}, {"_step": 1, "y": None}]
    assert list(rows_of(logged, ["x"])) == [{"x": 1}, {}]


plain_cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(),
    st.text("ab", max_size=2),
    st.lists(st.integers(), max_size=2),
    st.just({"_type": "histogram", "values": [1, 2]}),
)
logged_rows = st.lists(st.dictionaries(st.sampled_from(["b", "a", "loss", "z"]), plain_cells, min_size=1), min_size=1)


@settings(max_examples=200, deadline=None)
@given(logged_rows)
def test_the_frame_of_a_history_is_what_the_official_client_makes_of_its_rows(logged: list[dict[str, Any]]) -> None:
    rows = [{"_step": at, **row} for at, row in enumerate(logged)]
    run = WandbApi(service_api=MemoryService([{"id": "a"}], {"a": rows})).run("a")
    theirs = pd.DataFrame.from_records(rows)  # as `wandb.apis.public.Run.history` does with what the server sends
    pd.testing.assert_frame_equal(run.history(), theirs)
