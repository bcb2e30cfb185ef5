"""The bodies of the functions of times, in a zone: that of the session. Anything but a time gives missing.

A time that begins a day is an instant, with the distance from UTC that the zone had then: so its difference from
another is in seconds, whatever the clocks did between the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from runql.engine.casts import to_time
from runql.engine.compare import is_number
from runql.semantic.times import midnight
from runql.semantic.values import MISSING, Value

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

DIRECTIVES: Final[Mapping[str, Callable[[datetime], str]]] = MappingProxyType(
    {
        "Y": lambda t: f"{t.year:04}",
        "y": lambda t: f"{t.year % 100:02}",
        "m": lambda t: f"{t.month:02}",
        "d": lambda t: f"{t.day:02}",
        "H": lambda t: f"{t.hour:02}",
        "I": lambda t: f"{(t.hour + 11) % 12 + 1:02}",
        "p": lambda t: "AM" if t.hour < 12 else "PM",
        "M": lambda t: f"{t.minute:02}",
        "S": lambda t: f"{t.second:02}",
        "f": lambda t: f"{t.microsecond:06}",
        "j": lambda t: f"{t.timetuple().tm_yday:03}",
        "G": lambda t: f"{t.isocalendar().year:04}",
        "V": lambda t: f"{t.isocalendar().week:02}",
        "u": lambda t: str(t.isoweekday()),
        "a": lambda t: WEEKDAYS[t.weekday()][:3],
        "A": lambda t: WEEKDAYS[t.weekday()],
        "b": lambda t: MONTHS[t.month - 1][:3],
        "B": lambda t: MONTHS[t.month - 1],
        "F": lambda t: f"{t.year:04}-{t.month:02}-{t.day:02}",
        "T": lambda t: f"{t.hour:02}:{t.minute:02}:{t.second:02}",
        "z": lambda t: t.strftime("%z"),
        "Z": lambda t: t.tzname() or "",
        "%": lambda _: "%",
    }
)
_DIRECTIVE: Final = re.compile(r"%(.?)", re.DOTALL)


def _format(zone: tzinfo, value: Value, pattern: Value) -> Value:
    if not (isinstance(value, datetime) and isinstance(pattern, str)):
        return MISSING
    local = _local(value, zone)
    return MISSING if local is None else _DIRECTIVE.sub(lambda match: DIRECTIVES[match[1]](local), pattern)


def _local(value: datetime, zone: tzinfo) -> datetime | None:
    try:
        return value.astimezone(zone)
    except (OverflowError, ValueError):  # at the ends of the calendar
        return None


@lru_cache(maxsize=4096)
def _midnight(day: date, zone: tzinfo) -> Value:
    """Where a day begins: at the first instant after midnight if the clocks skip it."""
    try:
        begin = midnight(day, zone)
        offset = begin.astimezone(zone).utcoffset() or timedelta(0)
    except (OverflowError, ValueError):
        return MISSING
    return begin.astimezone(timezone(offset)) if offset else begin


def _beginning(of_day: Callable[[date], date]) -> Callable[[tzinfo, date], Value]:
    def run(zone: tzinfo, day: date) -> Value:
        try:
            return _midnight(of_day(day), zone)
        except OverflowError:
            return MISSING

    return run


OF_DAYS: Mapping[str, Callable[[tzinfo, date], Value]] = MappingProxyType(
    {
        "date": _beginning(lambda day: day),
        "week": _beginning(lambda day: day - timedelta(days=day.weekday())),
        "month": _beginning(lambda day: day.replace(day=1)),
        "year": lambda _, day: day.year,
        "weekday": lambda _, day: day.isoweekday(),
    }
)
"""By name, the functions that depend on the day alone, on which a time is in the zone."""


def _of_day(work: Callable[[tzinfo, date], Value]) -> Callable[[tzinfo, Value], Value]:
    def run(zone: tzinfo, value: Value) -> Value:
        local = _local(value, zone) if isinstance(value, datetime) else None
        return MISSING if local is None else work(zone, local.date())

    return run


def _hour(zone: tzinfo, value: Value) -> Value:
    local = _local(value, zone) if isinstance(value, datetime) else None
    return MISSING if local is None else local.hour


def duration(value: Value) -> Value:
    """A number as it is: that it is a length of time is known of the column."""
    return value if is_number(value) else MISSING


ZONED: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {
        **{name: _of_day(work) for name, work in OF_DAYS.items()},
        "hour": _hour,
        "format": _format,
        "time": to_time,
    }
)
"""By name; the zone is their first argument."""
