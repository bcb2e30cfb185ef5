"""The bodies of the casts. What cannot be done is missing; so are null and missing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Final

from runql.engine.compare import as_number, is_number
from runql.semantic.json_text import is_huge
from runql.semantic.times import Day, from_text, iso_text
from runql.semantic.values import MISSING, Value

_NUMBER: Final = re.compile(
    r"[+-]?(?:(?P<whole>[0-9]+)|(?:[0-9]+\.[0-9]*|\.?[0-9]+)(?:e[+-]?[0-9]+)?|inf|infinity|nan)",
    re.ASCII | re.IGNORECASE,
)
_LARGEST_DIGITS: Final = 4_000
_TRUTHS: Final = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WRITTEN_WHOLE: Final = 1e15
"""From here on a float is written with its exponent."""


def to_number(value: Value) -> Value:
    """The number that a text holds, 1 or 0 of a bool, the seconds since 1970 of a time."""
    value = as_number(value)
    if is_number(value):
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return _seconds((value - _EPOCH).total_seconds())
    return _number_in(value.strip()) if isinstance(value, str) else MISSING


def _seconds(seconds: float) -> int | float:
    return int(seconds) if seconds.is_integer() else seconds


def _number_in(text: str) -> Value:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return MISSING
    if match["whole"] is None or len(text) > _LARGEST_DIGITS:
        return float(text)
    whole = int(text)
    return float(text) if is_huge(whole) else whole


def to_text(value: Value) -> Value:  # noqa: PLR0911 - one line a kind
    """A value as text, equal numbers as the same one; null and missing are missing."""
    value = as_number(value)
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if value.is_integer() and abs(value) < _WRITTEN_WHOLE:
            return str(int(value))
        case float():
            return repr(value)
        case datetime():
            return iso_text(value)
        case list() | tuple() | Mapping():
            return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
        case _:
            return MISSING


def _plain(value: Value) -> Value:
    """A value in a list or a record as JSON takes it; NaN and the infinities as Python reads them."""
    match value:
        case list() | tuple():
            return [_plain(item) for item in value]
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items() if item is not MISSING}
        case datetime():
            return iso_text(value)
        case _:
            return None if value is MISSING else as_number(value)


def to_bool(value: Value) -> Value:
    """The truth that a text or a number holds."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _TRUTHS.get(value.strip().lower(), MISSING)
    if is_number(value) and value in (0, 1):
        return bool(value)
    return MISSING


_FARTHEST: Final = 2**53
"""Seconds beyond the calendar; NaN and the infinities are no less than it."""


def to_time(zone: tzinfo, value: Value) -> Value:
    """The time that a text holds, in a zone if it names none; a number is seconds since 1970."""
    value = as_number(value)
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        found = from_text(value.strip(), zone)
        return MISSING if found is None else found.start if isinstance(found, Day) else found
    if not is_number(value) or not abs(value) < _FARTHEST:
        return MISSING
    try:
        return _EPOCH + timedelta(seconds=value)
    except OverflowError:
        return MISSING


CASTS: Mapping[str, Callable[[Value], Value]] = MappingProxyType(
    {"number": to_number, "text": to_text, "bool": to_bool}
)
"""Those that need no zone, by name."""
