"""Thinning: what is drawn has the extremes of what there is, in each column of pixels, and the same gaps."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from runql.charts.chart import Axis, Chart, Mark, Panel, Series
from runql.charts.thinning import kept_places, thinned

VALUES = st.one_of(st.just(math.nan), st.floats(-1e6, 1e6), st.sampled_from([0.0, -0.0, 1e300, -1e300, 5e-324]))


def lines(values: list[float]) -> Chart:
    series = Series("loss", [float(x) for x in range(len(values))], values, n=len(values))
    return Chart((Panel(Mark.LINE, Axis("_step"), Axis("loss"), (series,)),))


def stretches(values: list[float]) -> int:
    """How many lines there are between the gaps."""
    return sum(not math.isnan(value) and (not at or math.isnan(values[at - 1])) for at, value in enumerate(values))


@given(st.lists(VALUES, min_size=1, max_size=300), st.integers(1, 12))
@settings(max_examples=60)
def test_the_extremes_of_each_column_are_drawn(values: list[float], columns: int) -> None:
    (panel,) = thinned(lines(values), columns).panels
    (drawn,) = panel.series
    width = (len(values) - 1) or 1
    for column in range(columns + 1):
        inside = [y for x, y in enumerate(values) if int(x / width * columns) == column and not math.isnan(y)]
        shown = [
            y for x, y in zip(drawn.x, drawn.y, strict=True) if int(x / width * columns) == column and not math.isnan(y)
        ]
        assert bool(inside) == bool(shown)
        if inside:
            assert (min(inside), max(inside)) == (min(shown), max(shown))
    assert stretches(values) == stretches([*drawn.y])
    assert all(values[int(x)] == y or math.isnan(y) for x, y in zip(drawn.x, drawn.y, strict=True))
    if len(drawn.x) < len(values):
        assert len(drawn.x) <= max(4 * columns + 5 * stretches(values) + 4, 4 * columns)


def test_what_was_thinned_is_said() -> None:
    chart = thinned(lines([float(x % 7) for x in range(10_000)]), 100)
    assert chart.notes == ("smallest and largest of each column of pixels, of 10,000 points",)
    few = lines([1.0, 2.0])
    assert thinned(few, 100) is few


def test_a_logarithmic_axis_has_columns_of_logarithms() -> None:
    x = [10.0 ** (at / 100) for at in range(400)]
    y = [float(at) for at in range(400)]
    kept = kept_places(x, y, (0.0, 3.99), 4, is_log=True)
    assert {int(math.log10(x[at]) / 3.99 * 4) for at in kept} == {0, 1, 2, 3, 4}
    assert len(kept) < 20
