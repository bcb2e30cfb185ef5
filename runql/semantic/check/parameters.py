"""Parameters: Python values bound to the tree as values, never as text."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from runql.semantic.times import Day, absolute, seconds, whole_day
from runql.semantic.values import Value
from runql.text.frozen import frozen
from runql.text.hidden import SecretText


@frozen
class Bound:
    """One value of the language. `day` is set for a date, `is_duration` for a span of time (then in seconds).

    `shown`: what messages call a secret.
    """

    value: Value
    day: Day | None = None
    is_duration: bool = False
    shown: str = ""


class UnfitError(Exception):
    """A Python value that has no counterpart in the language; the text says why."""


def bind(value: object, zone: tzinfo) -> Bound | tuple[Bound, ...]:
    """A Python value as one value, or as several for a list, tuple, set, array or series.

    Raises `UnfitError` for anything else.
    """
    value = _plain(value)
    if isinstance(value, Set):
        return tuple(_one(v, zone) for v in sorted(value, key=repr))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return tuple(_one(v, zone) for v in value)
    return _one(value, zone)


def _plain(value: object) -> object:
    """NumPy's, pandas' and polars' values as Python's own."""
    kind = type(value).__name__
    if kind in ("datetime64", "timedelta64"):
        array: Any = value
        return array.astype(f"{kind}[us]").item()
    if isinstance(value, str | bytes | int | float | datetime | Mapping | Sequence | Set):
        return value
    for name in ("tolist", "to_list"):
        if callable(to_list := getattr(value, name, None)):
            return to_list()
    return value


def _one(value: object, zone: tzinfo) -> Bound:
    match _plain(value):
        case None | bool() as plain:
            return Bound(plain)
        case SecretText() as secret:
            return Bound(str.__str__(secret), shown=secret.shown)
        case str() as text:
            return Bound(str(text))
        case int() as whole:
            if abs(whole) > sys.float_info.max:
                raise UnfitError("a whole number beyond the range of numbers (1.8e308)")
            return Bound(int(whole))
        case float() | Decimal() as number:
            return Bound(float(number))
        case other:
            return _other(other, zone)


def _other(value: object, zone: tzinfo) -> Bound:
    if type(value).__name__ == "NaTType":  # pandas' missing time calls itself a datetime
        raise UnfitError("a time that is missing (NaT)")
    if isinstance(value, timedelta):
        return Bound(seconds(value), is_duration=True)
    if isinstance(value, datetime):
        moment = absolute(value, zone)
        if moment is not None:
            return Bound(moment)
        raise UnfitError("a time outside of the calendar")
    if isinstance(value, date):
        day = whole_day(value, zone)
        if day is not None:
            return Bound(day.start, day=day)
        raise UnfitError("a date outside of the calendar")
    if isinstance(value, Sequence | Set) and not isinstance(value, bytes | bytearray):
        items = sorted(value, key=repr) if isinstance(value, Set) else value
        return Bound(tuple(_one(item, zone).value for item in items))
    raise UnfitError(f"a value of the Python type `{type(value).__name__}`, which RunQL does not have")
