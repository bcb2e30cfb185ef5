"""Intervals far wider than what they stand around: the axis is scaled to the values, and what reaches beyond is said.

The mean of two runs has an interval six times as wide as that of three, and one such interval would press all else
into a line. Quartiles and extremes are values themselves, and are never cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from runql.charts.chart import Axis, Mark, Panel, Scale, Series
from runql.charts.numbers import short
from runql.charts.short_names import short_names

CI95: Final = "95 % interval of the mean"
QUARTILES: Final = "quartiles"
EXTREMES: Final = "smallest to largest"

OF_VALUES: Final = frozenset({QUARTILES, EXTREMES})
_MOST_NAMED: Final = 3
_NAME: Final = 40
_WORTH: Final = 1.5
"""An axis is cut where it would be more than so many times as long otherwise."""


def clipped(panel: Panel, say: Callable[[str], None], extremes: tuple[float, float] | None = None) -> Panel:
    """The panel with a window on its y axis, if intervals reach far beyond it. `extremes`: of the values that the
    means are of, where those are known.
    """
    window = _window(panel, extremes)
    if window is None:
        return panel
    beyond = [text for series in panel.series if (text := _beyond(panel, series, window))]
    named = ", ".join(beyond[:_MOST_NAMED]) + (f" and {len(beyond) - _MOST_NAMED:,} more" * (len(beyond) > _MOST_NAMED))
    say(f"{panel.y.title}: intervals reach beyond the axis, which is scaled to the values: {named}")
    return replace(panel, y=replace(panel.y, window=window))


def _window(panel: Panel, extremes: tuple[float, float] | None) -> tuple[float, float] | None:
    """From where to where the axis goes, if not as far as the intervals."""
    ys = [y for series in panel.series for y in series.y if math.isfinite(y)]
    intervals = [one for series in panel.series for one in _intervals(series)]
    if not ys or not intervals:
        return None
    ys += [0.0] * (panel.mark is Mark.BAR)
    least, most = (min(ys), max(ys)) if extremes is None else (min(*ys, *extremes), max(*ys, *extremes))
    if extremes is None:
        halves = sorted(max(y - low, high - y) for low, y, high in intervals)
        room = max((most - least) / 2, 1.5 * halves[(len(halves) - 1) // 2])
    else:
        room = (most - least) / 4
    ends = (min(least, *(low for low, _, _ in intervals)), max(most, *(high for _, _, high in intervals)))
    window = (max(least - room, ends[0]), min(most + room, ends[1]))
    return window if ends[1] - ends[0] > _WORTH * (window[1] - window[0]) > 0 else None


def _intervals(series: Series) -> Iterator[tuple[float, float, float]]:
    """Lower end, value and upper end of each point that has an interval."""
    if not series.low or series.interval in OF_VALUES:
        return
    for one in zip(series.low, series.y, series.high, strict=True):
        if all(map(math.isfinite, one)):
            yield one


def _beyond(panel: Panel, series: Series, window: tuple[float, float]) -> str:
    """Which intervals of a series reach beyond: the category or x of one and its ends, of more how many."""
    cut = [
        (x, low, high)
        for x, low, high in zip(series.x, series.low, series.high, strict=False)
        if low < window[0] or high > window[1]
    ]
    if not cut:
        return ""
    name = series.name if len(panel.series) > 1 else ""
    is_line = panel.mark is Mark.LINE and len(cut) > 1
    if is_line or len(cut) > _MOST_NAMED or panel.x.scale is Scale.TIME:
        return f"{name} at {len(cut):,} of {len(series.x):,} x".strip()
    names = short_names(panel.x.categories, _NAME)
    places = [names[panel.x.categories[int(x)]] if panel.x.scale is Scale.CATEGORY else short(x) for x, _, _ in cut]
    ends = [f"{place} from {short(low)} to {short(high)}" for place, (_, low, high) in zip(places, cut, strict=True)]
    return " ".join(filter(None, (name, ", ".join(ends))))


def on_axis(axis: Axis, value: float) -> float:
    """A value, or the end of the axis beyond which it lies."""
    return value if axis.window is None else min(max(value, axis.window[0]), axis.window[1])
