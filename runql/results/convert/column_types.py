"""What a whole column holds, as one word: the type that it gets in pandas, polars and Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from runql.semantic.values import MISSING, Value

_LEAST, _MOST = -(2**63), 2**63 - 1
_SAFE = 2**53


class Shape(StrEnum):
    """The type of a column. `EMPTY` has no value at all; `BIG` holds numbers that no one type of 64 bits holds exactly:
    integers past 64 bits, or integers beyond 2^53 beside fractions; `MIXED` unlike values."""

    EMPTY = "empty"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    TEXT = "text"
    TIME = "time"
    LIST = "list"
    RECORD = "record"
    BIG = "big"
    MIXED = "mixed"


SCALARS = frozenset({Shape.BOOL, Shape.INT, Shape.FLOAT, Shape.TEXT, Shape.TIME})
"""The shapes that a list's elements may have for the list to be typed."""

NUMBERS = frozenset({Shape.INT, Shape.FLOAT, Shape.BIG})


def shape_of_value(value: Value) -> Shape:  # noqa: PLR0911 - one line a type
    """The shape of one value; `EMPTY` for null and missing."""
    if value is None or value is MISSING:
        return Shape.EMPTY
    if isinstance(value, bool):
        return Shape.BOOL
    if isinstance(value, int):
        return Shape.INT if _LEAST <= value <= _MOST else Shape.BIG
    if isinstance(value, float):
        return Shape.FLOAT
    if isinstance(value, str):
        return Shape.TEXT
    if isinstance(value, datetime):
        return Shape.TIME
    if isinstance(value, list | tuple):
        return Shape.LIST
    return Shape.RECORD


def shape_of(values: Iterable[Value]) -> Shape:
    """The shape of a column: whole and other numbers meet as `FLOAT` where each is exact as one, else as `BIG`; all
    else that is unlike is `MIXED`."""
    held = values if isinstance(values, Sequence) else list(values)
    shapes = {shape_of_value(value) for value in held} - {Shape.EMPTY}
    if not shapes:
        return Shape.EMPTY
    if len(shapes) == 1:
        return shapes.pop()
    if shapes <= NUMBERS:
        return Shape.FLOAT if Shape.BIG not in shapes and all(map(_is_exact_as_float, held)) else Shape.BIG
    return Shape.MIXED


def _is_exact_as_float(value: Value) -> bool:
    """Whether a whole number keeps its value as a float of 64 bits; all else does. Not for integers past 64 bits."""
    return not isinstance(value, int) or -_SAFE <= value <= _SAFE or int(float(value)) == value
