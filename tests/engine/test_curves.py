"""Values of a history along x, judged by NumPy, SciPy and pandas on random histories."""

from __future__ import annotations

import math
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import median_abs_deviation

from runql.engine.compare import is_nan
from runql.engine.histories import curves, spikes
from runql.engine.histories.aggregates import Aggregation, aggregate, keys_needed
from runql.engine.values.column import column_of
from runql.semantic.needed import aggregates_in
from runql.semantic.record import RunHistory
from runql.semantic.typed import READING, HistoryNode, TAggregate, TAnd, TField, TypedExpr
from runql.semantic.values import MISSING, Value
from tests.engine.build import compare, const, field, run

NAN, INF = math.nan, math.inf
CELLS = st.one_of(
    st.just(MISSING),
    st.none(),
    st.integers(-4, 4),
    st.floats(-10, 10, width=16),
    st.sampled_from([NAN, INF, -INF, "x"]),
)
XS = st.one_of(st.integers(-3, 12), st.floats(-3, 12, width=16), st.sampled_from([MISSING, NAN, None, "x"]))
ROWS = st.lists(st.tuples(CELLS, XS), max_size=14)
CUTS = st.lists(st.integers(0, 14), max_size=2)


def _parts(rows: list[tuple[Any, Any]], cuts: list[int], more: list[Any] | None = None) -> list[RunHistory]:
    """The rows as a history that comes in parts."""
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    found = []
    for low, high in zip(edges, edges[1:] or [0], strict=False):
        part = rows[low:high]
        columns: dict[str, Any] = {"_step": list(range(low, high))}
        columns |= {"loss": [cell for cell, _ in part], "epoch": [x for _, x in part]}
        if more is not None:
            columns["acc"] = more[low:high]
        found.append(RunHistory("r", columns))
    return found


def _value(node: TAggregate, rows: list[tuple[Any, Any]], cuts: list[int], more: list[Any] | None = None) -> Value:
    nodes = aggregates_in(node)
    return aggregate(nodes, _parts(rows, cuts, more), run())[node]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _points(rows: list[tuple[Any, Any]]) -> pd.DataFrame:
    """The values that have an x, in the order in which they were logged."""
    kept = [(cell, x) for cell, x in rows if cell is not MISSING and _is_number(x) and math.isfinite(x)]
    return pd.DataFrame({"y": pd.Series([c for c, _ in kept], dtype=object), "x": [float(x) for _, x in kept]})


def _arrays(points: pd.DataFrame) -> tuple[Any, Any]:
    """The points that are numbers."""
    pairs = [(float(y), x) for y, x in points.itertuples(index=False) if _is_number(y) and not math.isnan(y)]
    return np.array([y for y, _ in pairs]), np.array([x for _, x in pairs])


def _numbers(rows: list[tuple[Any, Any]]) -> list[float]:
    return [float(cell) for cell, _ in rows if _is_number(cell) and not math.isnan(cell)]


def _same(found: Value, expected: Any) -> bool:
    if expected is MISSING or expected is None or isinstance(expected, str):
        return found is expected or found == expected
    return _is_number(found) and bool(np.isclose(found, expected, rtol=1e-9, atol=1e-9, equal_nan=True))


# ---------------------------------------------------------------- curves


@settings(max_examples=120, deadline=None)
@given(ROWS, CUTS, st.floats(-4, 13, width=16))
def test_the_last_value_at_or_before_an_x_is_that_of_pandas(
    rows: list[tuple[Any, Any]], cuts: list[int], place: float
) -> None:
    points = _points(rows).sort_values("x", kind="stable")
    before = points[points["x"] <= place]
    expected = before["y"].iloc[-1] if len(before) else MISSING
    found = _value(TAggregate("at", "loss", x_axis="epoch", argument=const(place)), rows, cuts)
    assert _same(found, expected)


@settings(max_examples=120, deadline=None)
@given(ROWS, CUTS)
def test_the_area_is_that_of_numpy(rows: list[tuple[Any, Any]], cuts: list[int]) -> None:
    """But for two things: a curve without width has no area (NumPy: 0), and an infinity over no width is none (NaN)."""
    points = _points(rows).sort_values("x", kind="stable")
    ys, xs = _arrays(points)
    expected: Any = MISSING
    if len(xs) and xs[0] != xs[-1]:
        with np.errstate(invalid="ignore"):
            pieces = (ys[1:] + ys[:-1]) / 2 * np.diff(xs)
            expected = pieces[np.diff(xs) > 0].sum()
            if np.isfinite(ys).all():
                assert np.isclose(expected, np.trapezoid(ys, xs))
    assert _same(_value(TAggregate("auc", "loss", x_axis="epoch"), rows, cuts), expected)


@settings(max_examples=120, deadline=None)
@given(ROWS, CUTS, st.none() | st.integers(1, 8))
def test_the_slope_is_that_of_numpy(rows: list[tuple[Any, Any]], cuts: list[int], last: int | None) -> None:
    held = [row for row in rows if row[0] is not MISSING]
    points = _points(held if last is None else held[-last:])
    ys, xs = _arrays(points)
    expected: Any = MISSING
    if len(set(xs)) > 1:
        expected = np.polynomial.Polynomial.fit(xs, ys, 1).convert().coef if np.isfinite(ys).all() else NAN
        expected = expected if isinstance(expected, float) else (expected[1] if len(expected) > 1 else 0.0)
    found = _value(TAggregate("slope", "loss", last, "epoch"), rows, cuts)
    assert _same(found, expected)


@settings(max_examples=120, deadline=None)
@given(ROWS, CUTS, st.sampled_from([0, 1, 2.5, 5]))
def test_spikes_lie_beyond_the_deviations_of_scipy(rows: list[tuple[Any, Any]], cuts: list[int], k: float) -> None:
    numbers = np.array(_numbers(rows))
    finite = numbers[np.isfinite(numbers)]
    expected: Any = MISSING
    if len(numbers):
        bound = k * median_abs_deviation(finite, scale="normal") if len(finite) else 0.0
        centre = np.median(finite) if len(finite) else 0.0
        expected = int((np.abs(finite - centre) > bound).sum()) + len(numbers) - len(finite)
    assert _value(TAggregate("spikes", "loss", argument=const(k)), rows, cuts) == expected


@settings(max_examples=120, deadline=None)
@given(ROWS, CUTS, st.none() | st.integers(1, 8))
def test_statistics_are_those_of_pandas(rows: list[tuple[Any, Any]], cuts: list[int], last: int | None) -> None:
    held = [row for row in rows if row[0] is not MISSING]
    held = held if last is None else held[-last:]
    series = pd.Series(_numbers(held), dtype=float)
    with np.errstate(invalid="ignore"):
        expected = {
            "sum": series.sum() if len(series) else MISSING,
            "std": series.std() if len(series) > 1 else MISSING,
            "median": series.median() if len(series) else MISSING,
            "p90": np.percentile(series, 90) if len(series) else MISSING,
        }
    if np.isinf(series).any():  # linear between infinities NumPy gives NaN, where both neighbours are the same too
        del expected["p90"], expected["std"], expected["median"]
    for name, value in expected.items():
        assert _same(_value(TAggregate(name, "loss", last), rows, cuts), value), name
    texts = sum(cell == "x" for cell, _ in held)
    assert _value(TAggregate("count", "loss", last), rows, cuts) == len(series) + texts


ANY_NUMBERS = st.one_of(
    st.integers(-4, 4),
    st.floats(),
    st.sampled_from([MISSING, None, NAN, INF, -INF, 1e308, -1e308, 2**53 + 1, 10**400]),
)
PLACES = st.one_of(st.integers(-3, 12), st.floats(-1e3, 1e3), st.sampled_from([1e308, -1e308]))
OVER_X = [TAggregate(name, "loss", x_axis="epoch") for name in ("auc", "slope", "argmin", "argmax")]


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(ANY_NUMBERS, PLACES), max_size=14), CUTS, st.sampled_from([0, 1, 2.5, 5, INF]))
def test_columns_and_arrays_come_to_what_lists_do(rows: list[tuple[Any, Any]], cuts: list[int], k: float) -> None:
    nodes = (*OVER_X, TAggregate("spikes", "loss", argument=const(k)), TAggregate("at", "loss", argument=const(3)))
    parts = _parts(rows, cuts)
    typed = [RunHistory("r", {name: column_of(cells) for name, cells in part.columns.items()}) for part in parts]
    expected = aggregate(nodes, parts, run())
    with patch.object(curves, "LONG", 1), patch.object(spikes, "LONG", 1):
        for histories in (parts, typed):
            found = aggregate(nodes, histories, run())
            for node in nodes:
                assert found[node] == expected[node] or is_nan(found[node]) is is_nan(expected[node]) is True, node.name


# ---------------------------------------------------------------- conditions


def reading(metric: str) -> TAggregate:
    return TAggregate(READING, metric)


def _truth(cell: Any) -> bool | None:
    return cell > 0 if _is_number(cell) else None


@settings(max_examples=150, deadline=None)
@given(ROWS, CUTS, st.integers(1, 4))
def test_a_condition_first_holds_where_a_walk_over_the_rows_says(
    rows: list[tuple[Any, Any]], cuts: list[int], held: int
) -> None:
    known = [(_truth(y), x) for y, x in _points(rows).itertuples(index=False) if _truth(y) is not None]
    stretches = [at for at in range(len(known)) if len(known[at : at + held]) == held]
    expected = next((known[at][1] for at in stretches if all(t for t, _ in known[at : at + held])), MISSING)
    conditions: list[TypedExpr] = [
        compare(reading("loss"), ">", const(0)),
        compare(const(0), "<", reading("loss")),
        TAnd((compare(reading("loss"), ">", const(0)), compare(reading("loss"), ">", const(-1)))),
    ]
    for condition in conditions:
        node = TAggregate("when", "loss", x_axis="epoch", argument=condition, held=held)
        assert _same(_value(node, rows, cuts), expected)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=14), CUTS)
def test_a_condition_over_two_metrics_is_one_of_one_row(pairs: list[tuple[Any, Any]], cuts: list[int]) -> None:
    both = TAnd((compare(reading("loss"), ">", const(0)), compare(reading("acc"), ">", const(0))))
    node = TAggregate("when", "loss", argument=both, beside=("acc",))
    holds = [_truth(loss) is True and _truth(acc) is True for loss, acc in pairs]
    rows = [(loss, MISSING) for loss, _ in pairs]
    assert _value(node, rows, cuts, [acc for _, acc in pairs]) == (holds.index(True) if True in holds else MISSING)


@settings(max_examples=100, deadline=None)
@given(ROWS, CUTS)
def test_the_value_where_another_was_best(rows: list[tuple[Any, Any]], cuts: list[int]) -> None:
    best = TAggregate("argmin", "loss")
    node = TAggregate("at", "loss", argument=best)
    smallest = TAggregate("min", "loss")
    assert _value(node, rows, cuts) == _value(smallest, rows, cuts)


def test_an_argument_may_read_the_run() -> None:
    record = run(config={"warmup": 1, "target": 2})
    history = RunHistory("r", {"_step": [0, 1, 2], "loss": [3, 2, 1], "epoch": [MISSING, "x", 5]})
    at = TAggregate("at", "loss", argument=field("config.warmup"))
    when = TAggregate("when", "loss", argument=compare(reading("loss"), "<", field("config.target")))
    along = TAggregate("argmin", "loss", x_axis="epoch")
    nodes: list[HistoryNode] = [at, when, along]
    running = Aggregation(nodes, record)
    running.add(history)
    assert running.result() == {at: 2, when: 2, along: 5}
    assert running.without_x == {along: 2}
    assert keys_needed(nodes) == ("loss", "epoch")
    assert isinstance(field("config.warmup"), TField)


@pytest.mark.parametrize("place", [MISSING, None, NAN, "x"])
def test_no_place_has_no_value(place: Any) -> None:
    assert _value(TAggregate("at", "loss", argument=const(place)), [(1, 0)], []) is MISSING
    assert _value(TAggregate("spikes", "loss", argument=const(place)), [(1, 0)], []) is MISSING
