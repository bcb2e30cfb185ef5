"""How one value looks in the table view: its text, its style, and where its decimal point stands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Literal, TypeAlias

from runql.results.cells import json_text
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


@frozen
class Look:
    """A cell as shown. `tail` is how many characters of a number stand right of the place where the points meet."""

    text: str
    style: Style = ""
    tail: int | None = None


def look_of(value: Value, zone: tzinfo, *, is_state: bool = False) -> Look:  # noqa: PLR0911 - one line a type
    """How a value looks: nothing for missing, six digits of a number, the minute of a time in `zone`."""
    match value:
        case _ if value is MISSING:
            return Look("")
        case None:
            return Look("null", "dim")
        case str():
            return Look(visible(value), _STATES.get(value.lower(), "") if is_state else "")
        case bool():
            return Look("true" if value else "false")
        case int():
            return Look(str(value), tail=0)
        case float():
            return _number(value)
        case datetime():
            return Look(value.astimezone(zone).strftime("%Y-%m-%d %H:%M"))
        case list() | tuple():
            return Look(_list(value), "" if value else "dim")
        case _:
            return _record(value)


def digits(value: float) -> str:
    """A number with six significant digits; whole digits are never rounded away below 10**15."""
    if value != 0 and 1e6 <= abs(value) < _LARGEST_BEFORE_EXPONENT:
        return f"{value:.0f}"
    return f"{value:.6g}"


def _number(value: float) -> Look:
    if not math.isfinite(value):
        return Look(f"{value}", "warn")
    text = digits(value)
    mantissa, _, exponent = text.partition("e")
    _, dot, decimals = mantissa.partition(".")
    return Look(text, tail=len(dot) + len(decimals) + (len(exponent) + 1 if exponent else 0))


def _list(values: list[Value] | tuple[Value, ...]) -> str:
    if values and all(isinstance(item, str) and item and "," not in item for item in values):
        return visible(", ".join(values))
    return visible(json_text(values))


def _record(value: Mapping[str, Value]) -> Look:
    """A media object as what it is, another record as JSON."""
    kind = value.get("_type")
    if not isinstance(kind, str):
        return Look(visible(json_text(value)))
    sizes = [str(value[key]) for key in ("width", "height") if isinstance(value.get(key), int)]
    size = f" {'×'.join(sizes)}" if len(sizes) == 2 else ""
    rows = f" {value['nrows']}×{value['ncols']}" if {"nrows", "ncols"} <= value.keys() else ""
    return Look(visible(f"<{kind}{size}{rows}>"), "dim")
