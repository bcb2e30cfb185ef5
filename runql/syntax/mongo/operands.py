"""The operands of a filter, as values of runs: NumPy's numbers as Python's, times with a zone, sets as lists."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from numbers import Integral, Real
from typing import Any

from runql.language.kinds import Kind
from runql.syntax.mongo.names import LOST, cannot, said
from runql.syntax.mongo.nodes import FilterField

_SHORT = 60
TOO_DEEP = ("the filter is nested too deeply", "`$and` and `$or` take lists of any length")


def read_value(field: FilterField, operand: Any, place: str, depth: int) -> Any:
    """An operand as a value: of a time field a time. `depth`: how many levels it may have.

    Raises:
        ArgumentError: no run holds such a value.
    """
    return _time(field, operand, place) if field.kind is Kind.TIME else _plain(operand, place, depth)


def read_list(operand: Any, place: str, what: str) -> list[Any]:
    """The elements of a list; of a set in one order.

    Raises:
        ArgumentError: it is none. `what`: who takes a list.
    """
    if isinstance(operand, set | frozenset):
        return sorted(operand, key=repr)
    if not isinstance(operand, list | tuple):
        raise cannot(place, f"{what} a list, not {said(operand)}")
    return list(operand)


def read_flag(operand: Any, place: str) -> bool:
    """The operand of `$exists`: true, false, 1 or 0."""
    item = operand.item() if type(operand).__name__ in ("bool_", "bool") and hasattr(operand, "item") else operand
    if not isinstance(item, Real) or item not in (True, False):
        raise cannot(place, f"`$exists` takes true or false, not {said(operand)}")
    return bool(item)


def is_nan(value: Any) -> bool:
    """Whether a value is the number that is none."""
    return isinstance(value, float) and math.isnan(value)


def _plain(operand: Any, place: str, depth: int) -> Any:  # noqa: PLR0911 - one a kind
    if depth < 0:
        raise cannot(place, *TOO_DEEP)
    match operand:
        case None | bool():
            return operand
        case str():
            return operand if type(operand) is str else str.__str__(operand)
        case Integral():
            return int(operand)
        case Real():
            return float(operand)
        case datetime():
            return operand if operand.tzinfo else operand.replace(tzinfo=UTC)
        case list() | tuple():
            return [_plain(item, f"{place}[{index}]", depth - 1) for index, item in enumerate(operand)]
        case Mapping():
            if "" in operand:
                raise cannot(place, *LOST)
            return {str(key): _plain(value, f"{place}.{key}", depth - 1) for key, value in operand.items()}
    raise cannot(place, f"a filter compares with numbers, texts, bools, null and lists, not with {said(operand)}")


def _time(field: FilterField, operand: Any, place: str) -> datetime | None:
    """A moment: of a time without a zone in UTC, of a day its midnight there."""
    if operand is None:
        return None
    if isinstance(operand, str):
        try:
            operand = datetime.fromisoformat(operand.strip())
        except ValueError:
            hint = f"`{field.written}` takes ISO text: `2026-01-31T12:00:00Z`"
            shown = f"`{operand}`" if len(operand) <= _SHORT else said(operand)
            raise cannot(place, f"{shown} is not a time", hint) from None
    elif isinstance(operand, date) and not isinstance(operand, datetime):
        operand = datetime(operand.year, operand.month, operand.day)
    if not isinstance(operand, datetime):
        hint = "write it as `2026-01-31T12:00:00Z`"
        raise cannot(place, f"`{field.written}` compares with times, not with {said(operand)}", hint)
    return operand if operand.tzinfo else operand.replace(tzinfo=UTC)
