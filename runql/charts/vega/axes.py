"""The axes of a chart as channels of Vega-Lite: scale, ticks and title."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, assert_never

from runql.charts.chart import Axis, Scale
from runql.charts.vega.texts import short
from runql.text.frozen import frozen
from runql.text.visible import visible

MILLISECONDS: Final = 1000
_DAY: Final = 86400
_MOST_DAYS: Final = 10
_EXACT: Final = 2**53
_SMALL, _LARGE, _HUGE = 1e-3, 1e6, 1e15
_UNITS: Final = ((12, "T"), (9, "G"), (6, "M"))
_FEW_DECADES: Final = 1.0
_MOST_DECADES: Final = 10
_LEAST_FLOAT: Final = 5e-324
_MOST_POWER: Final = math.log10(sys.float_info.max)
_MOST_WHOLE: Final = 5
_SPARE: Final = 6
"""Points that a log axis, whose ends are no round numbers, leaves free."""


@frozen
class AxisRange:
    """The least and the most of the values on an axis, and whether all are whole numbers."""

    least: float
    most: float
    is_whole: bool = False

    @classmethod
    def of(cls, *columns: Iterable[float]) -> AxisRange | None:
        """That of all finite values; `None` where there is none."""
        finite = [value for column in columns for value in column if math.isfinite(value)]
        return cls(min(finite), max(finite), all(value == int(value) for value in finite)) if finite else None


def value_on(axis: Axis, value: float) -> Any:
    """A value as data of Vega-Lite; a gap, and what is not finite, is null."""
    if not math.isfinite(value):
        return None
    match axis.scale:
        case Scale.CATEGORY:
            return category(axis, value)
        case Scale.TIME:
            return round(value * MILLISECONDS)
        case Scale.LOG | Scale.LINEAR:
            return int(value) if value == int(value) and abs(value) <= _EXACT else value
        case _:
            assert_never(axis.scale)


def titled(axis: Axis) -> str:
    """The title of an axis, which says that it is logarithmic."""
    return visible(axis.title) + (" (log)" if axis.scale is Scale.LOG and axis.title else "")


def category(axis: Axis, place: float) -> str:
    """The category of a place."""
    return visible(axis.categories[round(place)])


def channel(
    field: str,
    axis: Axis,
    extent: AxisRange | None,
    *,
    from_zero: bool = False,
    padding: int = 0,
    angled: bool = False,
) -> dict[str, Any]:
    """The channel `x` or `y` of a field of the data.

    Args:
        field: Its name in the data.
        axis: What it counts in.
        extent: Its least and most value.
        from_zero: Bars stand on it, so zero is on it where that is possible.
        padding: How many points are left free beside the outermost values.
        angled: The labels of categories are turned, since they are long.
    """
    made: dict[str, Any] = {"field": field, "title": titled(axis) or None}
    match axis.scale:
        case Scale.CATEGORY:
            labels = {"labelAngle": -40 if angled else 0, "labelOverlap": False, "grid": False}
            names = [visible(name) for name in axis.categories]
            return {**made, "type": "nominal", "sort": names, "scale": {"domain": names}, "axis": labels | _cut(names)}
        case Scale.TIME:
            axis_look = {**_OVERLAP, "format": _CLOCK, **_daily(extent)}
            made["title"] = f"{visible(axis.title)}, {_shared_time(extent)}" if axis.title else None
            return {**made, "type": "temporal", "scale": _time(axis, padding), "axis": axis_look}
        case Scale.LOG:
            return {
                **made,
                "type": "quantitative",
                **_log(extent if axis.window is None else AxisRange(*axis.window), padding, from_zero=from_zero),
            }
        case Scale.LINEAR:
            return {**made, "type": "quantitative", **_linear(extent, padding, axis.window, from_zero=from_zero)}
        case _:
            assert_never(axis.scale)


_PLAIN_LABEL: Final = "format(datum.value, ',~g')"
_POWER_LABEL: Final = "replace(format(datum.value, '~e'), '+', '')"
"""All labels of an axis alike: 0.001, 10,000, or 1e-5, 1e10."""


def _log_label(ticks: Sequence[float]) -> str:
    return _PLAIN_LABEL if all(_SMALL / 10 <= tick < _LARGE for tick in ticks) else _POWER_LABEL


_CLOCK: Final = {
    "hours": "%H:%M",
    "minutes": "%H:%M",
    "seconds": "%H:%M:%S",
    "milliseconds": "%H:%M:%S.%L",
    "date": "%m-%d",
    "day": "%m-%d",
    "week": "%m-%d",
    "month": "%m-%d",
    "year": "%Y-%m-%d",
}
"""How ticks of times are written, as at a terminal."""

_OVERLAP: Final = {"labelOverlap": "greedy", "labelFlush": False}


def _time(axis: Axis, padding: int) -> dict[str, Any]:
    domain = {} if axis.window is None else {"domain": [round(end * MILLISECONDS) for end in axis.window]}
    return {"type": "utc"} | _padded(padding) | domain


def _shared_time(extent: AxisRange | None) -> str:
    """What the labels of times leave to the title: the year or the day of all of them, and the zone."""
    if extent is None:
        return "UTC"
    first, last = (datetime.fromtimestamp(end, UTC) for end in (extent.least, extent.most))
    if first.date() == last.date():
        return f"{first:%Y-%m-%d} (UTC)"
    return f"{'–'.join(dict.fromkeys(str(end.year) for end in (first, last)))} (UTC)"


def _daily(extent: AxisRange | None) -> dict[str, Any]:
    """A tick a day where the values are some days."""
    if extent is None or extent.least % _DAY or extent.most % _DAY or extent.most - extent.least > _MOST_DAYS * _DAY:
        return {}
    return {"tickCount": {"interval": "day", "step": 1}}


def _padded(padding: int) -> dict[str, Any]:
    return {"padding": padding} if padding else {}


def _cut(names: Sequence[str]) -> dict[str, Any]:
    """Long names are cut in the middle; in the data they are whole."""
    long = {name: text for name, text in short(names).items() if name != text}
    if not long:
        return {}
    # A dictionary of Vega's expressions: what stands in it is text of JSON, never an expression.
    return {"labelExpr": f"({json.dumps(long)})[datum.label] || datum.label"}


def _linear(
    extent: AxisRange | None, padding: int, window: tuple[float, float] | None, *, from_zero: bool
) -> dict[str, Any]:
    scale: dict[str, Any] = {"zero": from_zero, "nice": not padding} | _padded(padding)
    axis: dict[str, Any] = {"tickCount": 6, **_OVERLAP}
    if window is not None and extent is not None:
        extent = AxisRange(*window)
        scale |= {"domain": [*window], "zero": False, "nice": False}
    if extent is None:
        return {"scale": scale, "axis": axis}
    if extent.is_whole:
        axis["tickMinStep"] = 1
    if extent.least == extent.most and not (from_zero and extent.least):
        is_one = extent.is_whole and abs(extent.least) < _EXACT / 2
        around = 0.5 if is_one else abs(extent.least) / 10 or 1
        scale |= {"domain": [extent.least - around, extent.most + around], "nice": False}
        text = number_format(extent) or {"format": ",d" if is_one else ",.6~g"}
        return {"scale": scale, "axis": {**axis, "values": [extent.least], **text}}
    return {"scale": scale, "axis": {**axis, **_few_whole(extent, from_zero=from_zero), **number_format(extent)}}


def _few_whole(extent: AxisRange, *, from_zero: bool) -> dict[str, Any]:
    """A tick at each of few whole numbers: `tickMinStep` alone leaves room for halves between them."""
    ends = (min(extent.least, 0.0), max(extent.most, 0.0)) if from_zero else (extent.least, extent.most)
    if not extent.is_whole or ends[1] - ends[0] > _MOST_WHOLE or max(map(abs, ends)) > _EXACT / 2:
        return {}
    return {"values": [*range(int(ends[0]), int(ends[1]) + 1)], "format": ",d"}


def number_format(extent: AxisRange | None) -> dict[str, Any]:
    """How the numbers of an axis are written where Vega's own way would be long: of small and of large ones."""
    if extent is None:
        return {}
    largest = max(abs(extent.least), abs(extent.most))
    if 0 < largest < _SMALL or largest >= _HUGE:
        return {"format": "~e", "labelExpr": "datum.value ? replace(datum.label, '+', '') : '0'"}
    if largest >= _LARGE and extent.most - extent.least > largest / 1000:
        power, unit = next((power, unit) for power, unit in _UNITS if largest >= 10.0**power)
        return {"labelExpr": f"datum.value ? format(datum.value / 1e{power}, ',~g') + '{unit}' : '0'"}
    return {}


def _log(extent: AxisRange | None, padding: int, *, from_zero: bool) -> dict[str, Any]:
    scale: dict[str, Any] = {"type": "log", "nice": False} | _padded(0 if from_zero else padding or _SPARE)
    axis: dict[str, Any] = {"labelExpr": _PLAIN_LABEL, **_OVERLAP}
    if extent is None or extent.least <= 0:
        return {"scale": scale, "axis": axis}
    least, most = math.log10(extent.least), math.log10(extent.most)
    if from_zero:
        scale["domain"] = [floor_of(extent), extent.most]
        least = math.log10(floor_of(extent))
    elif least == most:
        scale["domain"] = [extent.least / 2 or extent.least, min(extent.most, sys.float_info.max / 2) * 2]
        return {"scale": scale, "axis": {**axis, "labelExpr": _log_label(scale["domain"])}}
    ticks = log_ticks(least, most)
    return {"scale": scale, "axis": {**axis, "values": ticks, "labelExpr": _log_label(ticks)}}


def floor_of(extent: AxisRange) -> float:
    """Where bars stand on a log axis: the power of ten below the least value."""
    below: float = 10.0 ** math.floor(math.log10(extent.least))
    return max(below if below < extent.least else below / 10, _LEAST_FLOAT)


def log_ticks(least: float, most: float) -> list[float]:
    """Powers of ten; between them 2 and 5 where there are few, and only some where there are many; within one
    of them round numbers.
    """
    first, last = math.floor(least), math.ceil(most)
    step = max(1, math.ceil((most - least) / _MOST_DECADES))
    factors = (1, 2, 5) if most - least < 2 * _FEW_DECADES else (1,)
    ticks = [float(f"{factor}e{power}") for power in range(first, last + 1, step) for factor in factors]
    seen = [tick for tick in ticks if tick > 0 and least - 1e-9 <= math.log10(tick) <= most + 1e-9]
    if len(seen) >= 2:
        return seen
    ends = AxisRange(_power_of_ten(least), _power_of_ten(most))
    if most > least and len(rounded := [tick for tick in round_ticks(ends) if tick > 0]) >= 2:
        return rounded
    return [*map(_power_of_ten, (least, (least + most) / 2, most))]


def _power_of_ten(exponent: float) -> float:
    """A power of ten, at most the largest float."""
    return sys.float_info.max if exponent >= _MOST_POWER else 10.0**exponent


def round_ticks(extent: AxisRange, most: int = 6) -> list[float]:
    """Round numbers between the ends, at most so many: 1, 2 or 5 times a power of ten apart."""
    span = extent.most - extent.least
    if not math.isfinite(span):
        return [extent.least, 0.0, extent.most]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if span / (power * factor) <= most - 1)
    first, last = math.ceil(extent.least / step - 1e-9), math.floor(extent.most / step + 1e-9)
    return [float(f"{place * step:.12g}") for place in range(first, last + 1)]
