"""What a whole column holds, as one word: the type that it gets in pandas, polars and Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from runql.engine.values.column import Column, Numbers, column_of
from runql.semantic.values import MISSING, Missing, Value

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

_SHAPE_OF_TYPE: Mapping[type, Shape] = {
    type(None): Shape.EMPTY,
    Missing: Shape.EMPTY,
    bool: Shape.BOOL,
    int: Shape.INT,
    float: Shape.FLOAT,
    str: Shape.TEXT,
    datetime: Shape.TIME,
    list: Shape.LIST,
    tuple: Shape.LIST,
    dict: Shape.RECORD,
}


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
    column = column_of(values)
    shapes = _shapes_in(column) - {Shape.EMPTY}
    if not shapes:
        return Shape.EMPTY
    if len(shapes) == 1:
        return shapes.pop()
    if shapes <= NUMBERS:
        is_exact = isinstance(column, Numbers) or (Shape.BIG not in shapes and all(map(_is_exact_as_float, column)))
        return Shape.FLOAT if is_exact else Shape.BIG
    return Shape.MIXED


def _shapes_in(column: Column) -> set[Shape]:
    """The shapes of the cells. One of each type tells, but for integers and for types that are nobody's."""
    shapes: set[Shape] = set()
    for each in column.types:
        if each in _SHAPE_OF_TYPE and (each is not int or isinstance(column, Numbers)):
            shapes.add(_SHAPE_OF_TYPE[each])
        else:
            shapes.update(shape_of_value(value) for value in column if type(value) is each)
    return shapes


def _is_exact_as_float(value: Value) -> bool:
    """Whether a whole number keeps its value as a float of 64 bits; all else does. Not for integers past 64 bits."""
    return not isinstance(value, int) or -_SAFE <= value <= _SAFE or int(float(value)) == value
