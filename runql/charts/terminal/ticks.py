"""Where the ticks of an axis stand, and how they read: rounded, and no two alike."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from runql.charts.chart import Axis, Scale
from runql.charts.numbers import short
from runql.text.frozen import frozen

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_EXACT: Final = 2**50
_LARGE: Final = 1e6
_SMALL: Final = 1e-3
_LEAST_POWER, _MOST_POWER = -323, 308
"""Between these the powers of ten are floats."""
_MOST_DIGITS: Final = 4
_SECONDS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
_DAYS: Final = (1, 2, 7, 14)
_MONTHS: Final = (1, 3, 6, 12, 24, 60, 120)
_DAY: Final = 86400


@frozen
class AxisExtent:
    """An axis from its first to its last place; `place` gives the part of it at which a value lies."""

    low: float
    high: float
    is_log: bool = False
    is_whole: bool = False
    only: float | None = None
    """The value of an axis that has one alone."""

    def place(self, value: float) -> float:
        """0 at the beginning, 1 at the end."""
        if self.is_log:
            low, high, value = math.log10(self.low), math.log10(self.high), math.log10(value)
        else:
            low, high = self.low, self.high
        if math.isfinite(high - low):
            return (value - low) / (high - low)
        return (value / 2 - low / 2) / (high / 2 - low / 2)  # between the largest floats lies more than a float


def span_of(values: Sequence[float], axis: Axis, *, padded: bool = False, zero: bool = False) -> AxisExtent:
    """The span of some values, none of which is a gap; with room around them, and with zero in it, if asked for."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if axis.scale is Scale.LOG and low > 0:
        is_one = math.log10(low) == math.log10(high)  # of neighbours among the large too
        return AxisExtent(low / 1.5, high * 1.5, True, only=low) if is_one else AxisExtent(low, high, True)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    is_whole = all(value == int(value) for value in values)
    if low == high and is_whole and abs(low) < _EXACT:
        return AxisExtent(low - 0.5, high + 0.5, is_whole=True, only=low)
    if low == high:
        room = abs(low) * 0.5 or 1.0
        return AxisExtent(max(low - room, -sys.float_info.max), min(high + room, sys.float_info.max), only=low)
    room = (high / 20 - low / 20) if padded else 0.0
    if math.isinf(low - room) or math.isinf(high + room):
        room = 0.0
    ends = low - (0 if zero and low == 0 else room), high + (0 if zero and high == 0 else room)
    return AxisExtent(*ends, is_whole=is_whole)


def ticks_of(span: AxisExtent, axis: Axis, most: int, zone: tzinfo) -> list[tuple[float, str]]:
    """At most so many ticks, each with its text."""
    if axis.scale is Scale.TIME:
        return time_ticks(span.low, span.high, most, zone)
    if span.only is not None:
        return [(span.only, short(span.only))]
    if span.is_log:
        return _log_ticks(span.low, span.high, most)
    return number_ticks(span.low, span.high, most, is_whole=span.is_whole)


def number_ticks(low: float, high: float, most: int, *, is_whole: bool = False) -> list[tuple[float, str]]:
    """Round numbers between two, whole ones if asked for."""
    rough = high / max(1, most - 1) - low / max(1, most - 1)
    if rough <= 0 or not math.isfinite(rough):
        return [(low, f"{low:g}")]
    power = 10.0 ** math.floor(math.log10(rough))
    if power == 0:
        return [(low, f"{low:g}"), (high, f"{high:g}")]
    for scale in (*_STEPS, 20.0, 25.0, 50.0):
        step = scale * power
        if is_whole and step != int(step):
            continue
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            places = [at * step for at in range(first, last + 1)]
            return list(zip(places, number_texts(places, step), strict=True)) or [(low, f"{low:g}")]
    return [(low, f"{low:g}"), (high, f"{high:g}")]


def number_texts(places: Sequence[float], step: float) -> list[str]:
    """Numbers that are `step` apart, with as many digits as tell them apart."""
    largest = max(map(abs, places), default=0.0)
    unit = math.floor(math.log10(step) + 1e-9)
    digits = max(0, -unit + (0 if math.isclose(step / 10.0**unit, round(step / 10.0**unit)) else 1))
    if largest and (largest >= _LARGE or largest < _SMALL):
        power = math.floor(math.log10(largest))
        mantissa = max(0, power - unit) + (digits > max(0, -unit))
        if 0 <= mantissa <= _MOST_DIGITS:
            return [_scientific(place, power, mantissa) for place in places]
    if digits > 20:
        return [f"{place:.6g}" for place in places]
    return [f"{0.0 if abs(place) < step / 2 else place:,.{digits}f}" for place in places]


def _scientific(value: float, power: int, digits: int) -> str:
    mantissa = value / 10.0**power if abs(power) < 300 else value / 10.0 ** (power // 2) / 10.0 ** (power - power // 2)
    text = f"{mantissa:.{digits}f}"
    return "0" if float(text) == 0 else f"{text}e{power}"


def _log_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    powers = [*range(max(first, _LEAST_POWER), min(last + 1, _MOST_POWER))]
    if len(powers) >= 2:
        every = math.ceil(len(powers) / most)
        shown = [power for power in powers if not (power - powers[0]) % every]
        is_plain = all(-5 < power < 6 for power in shown)
        return [(10.0**power, _power(power) if is_plain else f"1e{power}") for power in shown]
    for scales in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3)):
        between = [
            scale * 10.0**power
            for power in range(max(first - 1, _LEAST_POWER), min(last + 2, _MOST_POWER))
            for scale in scales
        ]
        inside = [value for value in between if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
        if 2 <= len(inside) <= most:
            return [(value, f"{value:.3g}") for value in inside]
    return [(value, text) for value, text in number_ticks(low, high, most) if value > 0]


def _power(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}"


# ---------------------------------------------------------------- times


def time_ticks(low: float, high: float, most: int, zone: tzinfo) -> list[tuple[float, str]]:
    """Round times between two, in seconds since 1970; the day stands where it changes."""
    try:
        start = datetime.fromtimestamp(low, zone)
    except (OverflowError, ValueError, OSError):
        return number_ticks(low, high, most)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    for step in (*_SECONDS, *(days * _DAY for days in _DAYS)):
        if (high - low) / step <= most + 1 and len(ticks := _even_ticks(midnight, step, low, high)) <= most:
            return ticks
    return _month_ticks(midnight, low, high, most)


def _even_ticks(midnight: datetime, step: int, low: float, high: float) -> list[tuple[float, str]]:
    found: list[tuple[float, str]] = []
    at, day = midnight, ""
    skipped = max(0, int((low - midnight.timestamp()) // step))
    at += timedelta(seconds=skipped * step)
    while at.timestamp() <= high:
        if at.timestamp() >= low:
            today = f"{at:%m-%d}"
            clock = "" if step >= _DAY else f"{at:%H:%M:%S}" if step < 60 else f"{at:%H:%M}"
            text = " ".join(filter(None, ("" if today == day and clock else today, clock)))
            found.append((at.timestamp(), text))
            day = today
        at += timedelta(seconds=step)
    return found


def _month_ticks(midnight: datetime, low: float, high: float, most: int) -> list[tuple[float, str]]:
    for months in _MONTHS:
        found: list[tuple[float, str]] = []
        year, month = midnight.year, 1
        while year < 9999:
            at = midnight.replace(year=year, month=month, day=1).timestamp()
            if at > high:
                break
            if at >= low:
                found.append((at, f"{year}-{month:02}" if months < 12 else str(year)))
            year, month = year + (month + months - 1) // 12, (month + months - 1) % 12 + 1
        if len(found) <= most:
            return found
    return []
