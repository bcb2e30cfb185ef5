"""How one value looks in the table view: its text, its style, and where its decimal point stands."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, time, tzinfo
from typing import Literal, TypeAlias

from runql.results.cell_text import json_text
from runql.semantic.values import MISSING, Value
from runql.text.frozen import frozen
from runql.text.visible import visible

Style: TypeAlias = Literal["", "header", "best", "dim", "good", "bad", "warn", "live", "changed"]

_STATES: Mapping[str, Style] = {
    "finished": "good",
    "running": "live",
    "pending": "live",
    "failed": "bad",
    "crashed": "bad",
    "killed": "warn",
    "preempting": "warn",
    "preempted": "warn",
}
_LARGEST_BEFORE_EXPONENT = 1e15
_FARTHEST = 1e300
"""Seconds from here on are no length of time."""


@frozen
class CellLook:
    """A cell as shown. `tail` is how many characters of a number stand right of the place where the points meet."""

    text: str
    style: Style = ""
    tail: int | None = None


@frozen
class Showing:
    """How the cells of a column are shown: times in `zone`, to the second if minutes do not tell them apart, or as
    `dates` if each begins a day; lengths of time as hours and minutes; the state in colours."""

    zone: tzinfo
    seconds: bool = False
    dates: bool = False
    is_duration: bool = False
    is_state: bool = False

    @classmethod
    def of(
        cls, name: str, zone: tzinfo, cells: Iterable[Value], *, seconds: bool = False, is_duration: bool = False
    ) -> Showing:
        """That of a column, by its name and its cells."""
        return cls(zone, seconds, _are_dates(cells, zone), is_duration or name == "runtime", name == "state")


def look_of(value: Value, showing: Showing) -> CellLook:  # noqa: PLR0911 - one line a type
    """How a value looks: nothing for missing, six digits of a number, the minute of a time."""
    match value:
        case _ if value is MISSING:
            return CellLook("")
        case None:
            return CellLook("null", "dim")
        case str():
            return CellLook(visible(value), _STATES.get(value.lower(), "") if showing.is_state else "")
        case bool():
            return CellLook("true" if value else "false")
        case int() | float() if showing.is_duration and -_FARTHEST < value < _FARTHEST:
            return CellLook(f"{'-' * (value < 0)}{duration(abs(value))}")
        case int():
            return CellLook(str(value), tail=0)
        case float():
            return _number(value)
        case datetime():
            return CellLook(_time(value, showing))
        case list() | tuple():
            return CellLook(_list(value), "" if value else "dim")
        case _:
            return _record(value)


def _time(value: datetime, showing: Showing) -> str:
    local = value.astimezone(showing.zone)
    if showing.dates:
        return local.date().isoformat()
    return local.strftime(f"%Y-%m-%d %H:%M{':%S' if showing.seconds else ''}")


def _are_dates(cells: Iterable[Value], zone: tzinfo) -> bool:
    """Whether there are times, and each is the beginning of a day."""
    times = [cell for cell in cells if isinstance(cell, datetime)]
    return bool(times) and all(cell.astimezone(zone).time() == time() for cell in times)


def duration(seconds: float) -> str:
    """A number of seconds in its two largest units: `42 s`, `21 min`, `3 h 12 min`, `2 d 4 h`."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    hours = round(seconds / 3600)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{hours // 24} d {hours % 24} h"


def needs_seconds(values: Iterable[Value]) -> bool:
    """Whether two different times among some values lie in one minute."""
    minutes: dict[datetime, datetime] = {}
    return any(
        minutes.setdefault(value.replace(second=0, microsecond=0), value) != value
        for value in values
        if isinstance(value, datetime)
    )


def digits(value: float) -> str:
    """A number with six significant digits; whole digits are never rounded away below 10**15."""
    if value != 0 and 1e6 <= abs(value) < _LARGEST_BEFORE_EXPONENT:
        return f"{value:.0f}"
    return f"{value:.6g}"


def _number(value: float) -> CellLook:
    if not math.isfinite(value):
        return CellLook(f"{value}", "warn")
    text = digits(value)
    mantissa, _, exponent = text.partition("e")
    _, dot, decimals = mantissa.partition(".")
    return CellLook(text, tail=len(dot) + len(decimals) + (len(exponent) + 1 if exponent else 0))


def _list(values: list[Value] | tuple[Value, ...]) -> str:
    if values and all(map(_stands_alone, values)):
        return visible(", ".join(item if isinstance(item, str) else _element(item) for item in values))
    return visible(json_text(values))


def _stands_alone(item: Value) -> bool:
    """Whether an element of a list is read as it is between commas."""
    return isinstance(item, int | float) or (isinstance(item, str) and bool(item) and "," not in item)


def _element(value: float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return digits(value) if isinstance(value, float) else str(value)


def _record(value: Mapping[str, Value]) -> CellLook:
    """A media object as what it is, another record as JSON."""
    kind = value.get("_type")
    if not isinstance(kind, str):
        return CellLook(visible(json_text(value)))
    sizes = [str(value[key]) for key in ("width", "height") if isinstance(value.get(key), int)]
    size = f" {'×'.join(sizes)}" if len(sizes) == 2 else ""
    rows = f" {value['nrows']}×{value['ncols']}" if {"nrows", "ncols"} <= value.keys() else ""
    return CellLook(visible(f"<{kind}{size}{rows}>"), "dim")
