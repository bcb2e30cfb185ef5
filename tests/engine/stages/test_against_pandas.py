"""Stages over random tables against pandas, NumPy and SciPy, to 1e-9."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from runql.engine.stages import StageContext, run_stage
from runql.engine.table import Table
from runql.semantic.typed import TBin, TCorr, TCountStage, TGroup, TLimit, TSmooth
from runql.semantic.values import MISSING
from tests.engine.stages.build import FAST, SLOW, cell, fold, from_rows, named, pivot_of

examples = settings(max_examples=40, deadline=None)
BOTH = pytest.mark.parametrize("rows", [SLOW, FAST], ids=["row by row", "arrays"])
NUMBERS = st.floats(-1e6, 1e6).map(lambda x: round(x, 4)) | st.integers(-1000, 1000).map(float)
CELLS = NUMBERS | st.just(math.nan)
ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("uv"), CELLS), min_size=1, max_size=40)
HISTORY = st.lists(CELLS, min_size=1, max_size=60)


def near(ours: Any, theirs: Any, scale: float = 1.0) -> bool:
    """Whether two numbers agree to 1e-9 of the larger of them and of a scale; missing agrees with NaN."""
    if ours is MISSING or ours is None:
        return bool(np.isnan(theirs))
    return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9 * max(1.0, scale))


def table_of(rows: list[tuple[str, str, float]]) -> tuple[Table, pd.DataFrame]:
    columns = dict(zip(("g", "h", "x"), map(list, zip(*rows, strict=True)), strict=True))
    return Table(columns, len(rows)), pd.DataFrame(columns)


def history_of(values: list[float]) -> Table:
    return Table({"run_id": ["a"] * len(values), "_step": list(range(len(values))), "x": values}, len(values))


@BOTH
@examples
@given(table=ROWS)
def test_group(rows: int, table: list[tuple[str, str, float]]) -> None:
    ours, frame = table_of(table)
    names = ("mean", "std", "sem", "median", "sum", "min", "max", "count")
    stage = TGroup((named("g", cell("g")),), tuple(named(name, fold(name, "x")) for name in names))
    with from_rows(rows):
        found = run_stage(stage, ours, StageContext()).table
    wanted = frame.groupby("g").x.agg(list(names))
    scale = float(frame.x.abs().max()) if frame.x.notna().any() else 1.0
    for place, key in enumerate(found.columns["g"]):
        for name in names:
            theirs = wanted.loc[key, name]
            theirs = math.nan if name == "sum" and wanted.loc[key, "count"] == 0 else theirs
            assert near(found.columns[name][place], theirs, scale), name


@BOTH
@examples
@given(table=ROWS, count=st.integers(1, 4), last=st.booleans())
def test_rows_of_each_group(rows: int, table: list[tuple[str, str, float]], count: int, last: bool) -> None:
    ours, frame = table_of(table)
    frame["at"] = range(len(frame))
    stage = TLimit(count, (named("g"), named("x")), last)
    with from_rows(rows):
        found = run_stage(stage, Table({**ours.columns, "at": list(range(ours.length))}, ours.length), StageContext())
    by = frame.groupby(["g", "x"], dropna=False)
    wanted = by.tail(count) if last else by.head(count)
    assert list(found.table.columns["at"]) == wanted["at"].tolist()


@BOTH
@examples
@given(table=ROWS)
def test_ci95(rows: int, table: list[tuple[str, str, float]]) -> None:
    ours, frame = table_of(table)
    with from_rows(rows):
        found = run_stage(TGroup((named("g", cell("g")),), (named("ci", fold("ci95", "x")),)), ours, StageContext())
    for key, half in zip(found.table.columns["g"], found.table.columns["ci"], strict=True):
        values = frame[frame.g == key].x.dropna()
        if len(values) < 2:
            assert half is MISSING
            continue
        theirs = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
        assert near(half, theirs, float(values.abs().max()))


@BOTH
@examples
@given(table=ROWS)
def test_pivot(rows: int, table: list[tuple[str, str, float]]) -> None:
    ours, frame = table_of(table)
    with from_rows(rows):
        found = run_stage(
            pivot_of(fold("mean", "x"), named("g", cell("g")), named("h", cell("h"))), ours, StageContext()
        )
    layout = found.context.layout
    assert layout is not None
    scale = float(frame.x.abs().max()) if frame.x.notna().any() else 1.0
    by = frame.groupby(["g", "h"]).x
    wanted = {"value": by.mean(), "spread": by.std(), "count": by.count()}
    for one in layout.cells:
        for place, key in enumerate(found.table.columns["g"]):
            for what, series in wanted.items():
                column = getattr(one, what)
                if column is not None:
                    theirs = series.get((key, one.value), 0 if what == "count" else math.nan)
                    assert near(found.table.columns[column][place], theirs, scale), what


@BOTH
@examples
@given(values=HISTORY, window=st.integers(1, 8))
def test_smooth_mean(rows: int, values: list[float], window: int) -> None:
    with from_rows(rows):
        found = run_stage(TSmooth("mean", window), history_of(values), StageContext.of_histories()).table
    finite = [value for value in values if math.isfinite(value)]
    theirs = iter(pd.Series(finite, dtype=float).rolling(window, min_periods=1).mean())
    scale = max(map(abs, finite), default=1.0)
    for before, after in zip(values, found.columns["x"], strict=True):
        if math.isfinite(before):
            assert near(after, next(theirs), scale)


@BOTH
@examples
@given(values=HISTORY, width=st.integers(1, 20))
def test_bin(rows: int, values: list[float], width: int) -> None:
    with from_rows(rows):
        found = run_stage(TBin(width), history_of(values), StageContext.of_histories()).table
    frame = pd.DataFrame({"x": values, "at": [step // width * width for step in range(len(values))]})
    wanted = frame.groupby("at").x.agg(["mean", "size"])
    assert list(found.columns["_step"]) == list(wanted.index)
    assert list(found.columns["n"]) == list(wanted["size"])
    scale = max((abs(value) for value in values if math.isfinite(value)), default=1.0)
    assert all(near(a, b, scale) for a, b in zip(found.columns["x"], wanted["mean"], strict=True))


@BOTH
@examples
@given(values=st.lists(NUMBERS, min_size=2, max_size=50), count=st.integers(2, 30))
def test_resample(rows: int, values: list[float], count: int) -> None:
    with from_rows(rows):
        found = run_stage(TCountStage("RESAMPLE", count), history_of(values), StageContext.of_histories()).table
    at = np.linspace(0, len(values) - 1, count)
    wanted = np.interp(at, np.arange(len(values)), values)
    assert np.allclose([float(x) for x in found.columns["_step"]], at, rtol=1e-9, atol=1e-9)
    assert all(near(a, b, max(map(abs, values))) for a, b in zip(found.columns["x"], wanted, strict=True))


@BOTH
@examples
@given(pairs=st.lists(st.tuples(NUMBERS | st.just(MISSING), CELLS), min_size=3, max_size=50))
def test_corr(rows: int, pairs: list[tuple[Any, float]]) -> None:
    columns = dict(zip(("config.a", "y"), map(list, zip(*pairs, strict=True)), strict=True))
    with from_rows(rows):
        found = run_stage(TCorr(named("y", cell("y"))), Table(columns, len(pairs)), StageContext.of_runs()).table
    kept = [(a, y) for a, y in pairs if a is not MISSING and not math.isnan(y)]
    if len(kept) < 3 or len({a for a, _ in kept}) == 1 or len({y for _, y in kept}) == 1:
        assert not found.length
        return
    assert (found.columns["measure"][0], found.columns["n"][0]) == ("spearman", len(kept))
    assert near(found.columns["strength"][0], stats.spearmanr(*zip(*kept, strict=True)).statistic)
