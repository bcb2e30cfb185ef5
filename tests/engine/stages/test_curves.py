"""Histories run by run: `smooth`, `bin`, `resample`, `align`, `best`, `first`, `last`."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.stages import StageContext, run_stage, run_stages
from runql.engine.table import Table, concat
from runql.errors import QueryError, RunQLError
from runql.semantic.typed import (
    ColumnPick,
    TAlignStage,
    TBest,
    TBin,
    TCountStage,
    TDrop,
    TEdge,
    TSmooth,
    TStage,
)
from runql.semantic.typed.stages import stage_name
from runql.semantic.values import MISSING
from runql.syntax.tree import Goal
from tests.engine.stages.build import FAST, HISTORIES, SLOW, alike, ask, codes, from_rows, lines, table, tables

CURVES = table(
    run_id=["a"] * 6 + ["b"] * 4,
    _step=[0, 1, 2, 3, 4, 5, 0, 2, 4, 6],
    loss=[5.0, 4.0, math.nan, 2.0, 1.0, 3.0, 1, 2, 3, 4],
    acc=[MISSING, 0.1, MISSING, 0.2, MISSING, 0.3] + [MISSING] * 4,
    name=["A"] * 6 + ["B"] * 4,
)
ALONG = [
    TSmooth("ema", 0.5),
    TSmooth("mean", 2),
    TBin(2),
    TCountStage("RESAMPLE", 3),
    *(TAlignStage(mode) for mode in ("outer", "inner", "ffill", "nearest")),
    TBest(Goal.MIN, "loss"),
    TEdge(last=False),
    TEdge(last=True),
]


def _column(stage: TStage, name: str, given_table: Table = CURVES) -> list[Any]:
    return list(ask(stage, given_table, HISTORIES).table.columns[name])


def test_ema_is_debiased_and_keeps_gaps() -> None:
    series = pd.Series([0.1, 0.2, 0.3]).ewm(alpha=0.5, adjust=True).mean()
    assert _column(TSmooth("ema", 0.5), "acc")[:6] == [
        MISSING, pytest.approx(series[0]), MISSING, pytest.approx(series[1]), MISSING, pytest.approx(series[2]),
    ]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.floats(-10, 10), st.just(math.nan)), min_size=1, max_size=30), st.integers(0, 99))
def test_ema_is_that_of_pandas(numbers: list[float], percent: int) -> None:
    weight = percent / 100
    history = table(run_id=["a"] * len(numbers), _step=list(range(len(numbers))), loss=numbers)
    mine = _column(TSmooth("ema", weight), "loss", history)
    held = pd.Series([number for number in numbers if not math.isnan(number)], dtype=float)
    theirs = iter(held.ewm(alpha=1 - weight, adjust=True).mean())
    expected = [number if math.isnan(number) else next(theirs) for number in numbers]
    assert mine == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)


def test_trailing_mean_is_of_the_last_values_and_nan_is_said() -> None:
    result = ask(TSmooth("mean", 2), CURVES, HISTORIES)
    loss = result.table.columns["loss"]
    assert loss[:2] == [5.0, 4.5]
    assert math.isnan(loss[2])
    assert loss[3:] == [3.0, 1.5, 2.0, 1.0, 1.5, 2.5, 3.5]
    assert [notice.message for notice in result.notices] == ["`loss`: 1 NaN skipped by `smooth`"]


def test_bin_is_the_mean_of_a_stretch_with_its_rows() -> None:
    result = ask(TBin(4), CURVES, HISTORIES)
    assert result.table.names == ("run_id", "_step", "loss", "acc", "name", "n")
    assert lines(result) == [
        ["a", 0, pytest.approx(11 / 3), pytest.approx(0.15), "A", 4],
        ["a", 4, 2.0, 0.3, "A", 2],
        ["b", 0, 1.5, MISSING, "B", 2],
        ["b", 4, 3.5, MISSING, "B", 2],
    ]
    assert codes(result) == ["RQL312"]


def test_bin_says_which_rows_have_no_number_for_x() -> None:
    history = table(run_id=["a"] * 4, _step=[0.5, math.inf, "x", -0.5], loss=[1, 2, 3, 4])
    result = ask(TBin(1), history, HISTORIES)
    assert lines(result) == [["a", -1, 4.0, 1], ["a", 0, 1.0, 1]]
    assert [notice.message for notice in result.notices] == ["2 rows left out by `bin`: x is no finite number"]


def test_resample_interpolates_each_metric_between_its_own_points() -> None:
    result = ask(TCountStage("RESAMPLE", 5), CURVES, HISTORIES)
    rows = [row[1:4] for row in lines(result) if row[0] == "a"]
    near = pytest.approx
    assert rows == [
        [0.0, 5.0, MISSING],
        [1.25, near(3.75), near(0.1125)],
        [2.5, near(2.5), near(0.175)],
        [3.75, near(1.25), near(0.2375)],
        [5.0, 3.0, 0.3],
    ]
    assert codes(result) == ["RQL312"]


def test_resample_says_how_many_points_shared_their_x() -> None:
    history = table(run_id=["a"] * 5, _step=[0, 1, 1, 1, 2], loss=[1, 2, 3, 4, 5], acc=[1, MISSING, 2, math.nan, 3])
    result = ask(TCountStage("RESAMPLE", 3), history, HISTORIES)
    assert [row[2] for row in lines(result)] == [1, 4, 5]
    said = [notice.message for notice in result.notices if notice.code == "RQL350"]
    assert said == ["`loss`: 2 points have the `_step` of a later one; `resample` took the last of each"]


def test_whole_x_stays_whole_where_it_can() -> None:
    assert _column(TCountStage("RESAMPLE", 4), "_step")[4:] == [0, 2, 4, 6]
    assert _column(TCountStage("RESAMPLE", 1), "_step") == [0, 0]


def test_align() -> None:
    assert _column(TAlignStage("ffill"), "acc")[:6] == [MISSING, 0.1, 0.1, 0.2, 0.2, 0.3]
    assert _column(TAlignStage("nearest"), "acc")[:6] == [0.1, 0.1, 0.1, 0.2, 0.2, 0.3]
    assert _column(TAlignStage("inner"), "_step") == [1, 3, 5, 0, 2, 4, 6]
    assert lines(ask(TAlignStage("outer"), CURVES, HISTORIES))[0] == lines(CURVES)[0]


def test_inner_of_metrics_asked_for_by_name_wants_them_all() -> None:
    context = StageContext.of_histories("_step", ("loss", "acc"), ("name",))
    assert ask(TAlignStage("inner"), CURVES, context).table.columns["run_id"] == ["a", "a", "a"]


@settings(max_examples=100, deadline=None)
@given(tables("_step", "acc", cells=st.one_of(st.just(MISSING), st.integers(0, 9))))
def test_nearest_is_the_nearest(history: Table) -> None:
    """Against a search over all rows that have a value."""
    history = Table.of({"run_id": ["a"] * history.length, **history.columns})
    ordered = ask(TAlignStage("outer"), history, HISTORIES).table
    filled = ask(TAlignStage("nearest"), history, HISTORIES).table
    held = [
        (x, cell)
        for x, cell in zip(ordered.columns["_step"], ordered.columns["acc"], strict=True)
        if cell is not MISSING and isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)
    ]
    for x, before, after in zip(ordered.columns["_step"], ordered.columns["acc"], filled.columns["acc"], strict=True):
        if before is not MISSING or not held or not isinstance(x, int | float) or isinstance(x, bool):
            assert alike(before, after)
        elif math.isfinite(x):
            least = min(abs(other - x) for other, _ in held)
            assert any(alike(after, cell) for other, cell in held if abs(other - x) == least)


# ---------------------------------------------------------------- one row a run


def test_best() -> None:
    result = ask(TBest(Goal.MIN, "loss"), CURVES, HISTORIES)
    assert result.table.names == ("run_id", "_step", "loss", "last", "gap", "acc", "name")
    assert lines(result) == [["a", 4, 1.0, 3.0, 2.0, MISSING, "A"], ["b", 0, 1, 4, 3, MISSING, "B"]]
    assert codes(result) == ["RQL312"]


def test_a_run_without_a_number_has_its_row() -> None:
    result = ask(TBest(Goal.MAX, "acc"), CURVES, HISTORIES)
    assert lines(result)[1] == ["b", MISSING, MISSING, MISSING, MISSING, MISSING, "B"]
    assert [notice.message for notice in result.notices] == ["1 run has no number in `acc`"]


def test_a_run_that_ended_in_nan_shows_it() -> None:
    history = table(run_id=["a"] * 3, _step=[0, 1, 2], loss=[2.0, 1.0, math.nan])
    ((_, x, value, last, gap),) = lines(ask(TBest(Goal.MIN, "loss"), history, HISTORIES))
    assert (x, value) == (1, 1.0)
    assert math.isnan(last)
    assert math.isnan(gap)


def test_edges_are_rows_as_they_are() -> None:
    assert lines(ask(TEdge(last=False), CURVES, HISTORIES))[0] == ["a", 0, 5.0, MISSING, "A"]
    assert lines(ask(TEdge(last=True), CURVES, HISTORIES))[0] == ["a", 5, 3.0, 0.3, "A"]


def test_columns_that_are_called_like_those_of_best() -> None:
    history = table(run_id=["a"], _step=[0], last=[1], gap=[2])
    assert ask(TBest(Goal.MIN, "gap"), history, HISTORIES).table.names == (
        "run_id", "_step", "gap", "last_2", "gap_2", "last",
    )  # fmt: skip


# ---------------------------------------------------------------- however the rows come


@pytest.mark.parametrize("stage", ALONG, ids=str)
def test_the_parts_do_not_matter(stage: TStage) -> None:
    """One table, a table a run, parts of runs, and rows of runs mixed up give the same."""
    whole = ask(stage, CURVES, HISTORIES)
    every_two = [
        Table.of({name: cells[at : at + 2] for name, cells in CURVES.columns.items()}) for at in range(0, 10, 2)
    ]
    mixed = [0, 6, 1, 7, 2, 8, 3, 9, 5, 4]
    shuffled = Table.of({name: [cells[row] for row in mixed] for name, cells in CURVES.columns.items()})
    for parts in (every_two, [shuffled]):
        assert alike(concat(list(run_stages([stage], parts, HISTORIES))).columns, whole.table.columns)


@pytest.mark.parametrize("stage", ALONG, ids=str)
def test_no_rows_keep_the_columns(stage: TStage) -> None:
    empty = Table({name: [] for name in CURVES.names}, 0)
    result = run_stage(stage, empty, HISTORIES)
    assert result.table.length == 0
    assert result.table.names == ask(stage, CURVES, HISTORIES).table.names


def test_a_run_in_parts_that_are_apart_is_a_fault() -> None:
    parts = [table(run_id=[run], _step=[0], loss=[1.0]) for run in ("a", "b", "a")]
    with pytest.raises(RunQLError, match="RQL901"):
        list(run_stages([TEdge(last=True)], parts, HISTORIES))


def test_x_that_was_dropped() -> None:
    with pytest.raises(QueryError) as caught:
        list(run_stages([TDrop((ColumnPick("_step"),)), TSmooth("ema", 0.5)], [CURVES], HISTORIES))
    assert caught.value.diagnostics[0].message == "`smooth` needs the x axis, which an earlier stage has dropped"


@pytest.mark.parametrize(
    "stage",
    [
        TSmooth("ema", 1.0),
        TSmooth("ema", -0.1),
        TSmooth("mean", 0),
        TSmooth("mean", 2.5),
        TBin(0),
        TCountStage("RESAMPLE", 0),
    ],
    ids=str,
)
def test_amounts_out_of_range(stage: TStage) -> None:
    with pytest.raises(QueryError) as caught:
        ask(stage, CURVES, HISTORIES)
    assert caught.value.diagnostics[0].code == "RQL209"


def test_infinities_are_no_points_and_that_is_said() -> None:
    given = table(run_id=["a"] * 5, _step=[0, 1, 2, 3, 4], loss=[1.0, math.inf, math.nan, "x", 5.0])
    for stage, said in (
        (TCountStage("RESAMPLE", 3), "1 NaN, 1 infinite, 1 of another type"),
        (TSmooth("ema", 0.5), "1 NaN, 1 infinite"),
    ):
        for rows in (FAST, SLOW):
            with from_rows(rows):
                messages = [notice.message for notice in ask(stage, given, HISTORIES).notices]
            assert f"`loss`: {said} skipped by `{stage_name(stage)}`" in messages
