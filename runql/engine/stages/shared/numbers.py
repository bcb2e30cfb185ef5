"""Cells that are finite numbers, and cells that are NaN."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from operator import add, ne
from typing import NamedTuple

from runql.engine.compare import is_number
from runql.engine.functions import to_float
from runql.engine.values.column import Column
from runql.semantic.values import Value


class LeftOut(NamedTuple):
    """How many values are no points of a curve."""

    nan: int = 0
    infinite: int = 0
    other: int = 0

    def and_(self, more: LeftOut) -> LeftOut:
        return LeftOut(*map(add, self, more))


def count_nan(cells: Iterable[Value]) -> int:
    """How many cells are NaN: no other value differs from itself."""
    if isinstance(cells, Column):
        return cells.nan_count()
    listed = list(cells)
    return sum(map(ne, listed, listed))


def is_point(value: Value) -> bool:
    """Whether a value is a finite number, as a float has it."""
    return isfinite(value) if type(value) is float else is_number(value) and isfinite(to_float(value))
