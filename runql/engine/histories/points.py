"""Values of a metric with the x of their rows: which rows have one, and which values are numbers.

A row counts if its x is a finite number. Columns of numbers are taken as they are, without a look at each cell.
"""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Sequence
from itertools import compress
from math import isfinite, isnan
from operator import eq, le
from typing import Any, Final

from runql.engine.compare import is_nan, is_number
from runql.engine.functions import to_float
from runql.engine.histories.accumulators import numbers_of
from runql.engine.values.column import HELD, Column, Numbers
from runql.semantic.values import MISSING, Value

_NUMBERS: Final = frozenset({int, float})
_IS_HELD: Final = bytes(gap == HELD for gap in range(256))


def is_place(x: Value) -> bool:
    """Whether a row can stand there: a finite number."""
    return is_number(x) and isfinite(to_float(x))


def is_ordered(xs: Sequence[Value]) -> bool:
    """Whether no x is smaller than the one before."""
    return all(map(le, xs, xs[1:]))


class OfX:
    """What looks at the x of each value."""

    def __init__(self) -> None:
        self.without_x = 0

    def add(self, cells: Sequence[Value], xs: Sequence[Value], /) -> None:
        """Count in cells; those whose rows have no x are counted and left out."""
        if not _are_places(xs):
            there = [(cell, x) for cell, x in zip(cells, xs, strict=True) if cell is not MISSING]
            kept = [pair for pair in there if is_place(pair[1])]
            self.without_x += len(there) - len(kept)
            cells, xs = [cell for cell, _ in kept], [x for _, x in kept]
        self.take(cells, xs)

    @abstractmethod
    def take(self, cells: Sequence[Value], xs: Sequence[Value]) -> None:
        """Count in cells, `MISSING` ones among them; each x is a finite number."""

    @abstractmethod
    def result(self) -> Value: ...


class OfNumbers(OfX):
    """What looks at the numbers that are not NaN alone, and at the x of each."""

    def take(self, cells: Sequence[Value], xs: Sequence[Value]) -> None:
        numbers, places = _numbers_and_places(cells, xs)
        if len(numbers):
            self.take_numbers(numbers, places)

    @abstractmethod
    def take_numbers(self, numbers: Sequence[int | float], xs: Sequence[Value]) -> None:
        """Count in numbers, at least one, each with its x."""


def floats_of(cells: Sequence[Value]) -> array[float]:
    """The cells that are numbers and not NaN, as floats."""
    numbers, _ = _numbers_and_places(cells, cells)
    return as_floats(numbers)


def as_floats(numbers: Sequence[Value]) -> array[float]:
    """Numbers as floats; one that is beyond their range as an infinity."""
    if isinstance(numbers, Numbers) and not numbers.has_gaps:
        numbers = numbers.values
    return array("d", numbers if isinstance(numbers, array) else map(to_float, numbers))


def _are_places(xs: Sequence[Value]) -> bool:
    if isinstance(xs, Numbers):
        # The sum of finite numbers may overflow, so it only tells that all of them are finite.
        is_finite = xs.is_whole or isfinite(sum(xs.values)) or all(map(isfinite, xs.values))
        return is_finite and not xs.has_gaps
    return _NUMBERS.issuperset(map(type, xs)) and all(map(isfinite, map(to_float, xs)))


def _numbers_and_places(cells: Sequence[Value], xs: Sequence[Value]) -> tuple[Sequence[int | float], Sequence[Value]]:
    """The cells that are numbers and not NaN, and what stands beside each."""
    if isinstance(cells, Numbers):
        values: array[Any] = cells.values
        if cells.gaps is not None:
            held = cells.gaps.translate(_IS_HELD)
            values, xs = array(values.typecode, compress(values, held)), _where(held, xs)
        if values.typecode == "d" and isnan(sum(values)):
            known = bytes(map(eq, values, values))  # NaN is not equal to itself
            values, xs = array("d", compress(values, known)), _where(known, xs)
        return values, xs
    if numbers_of(cells) is cells:
        return cells, xs
    flags = bytes(is_number(cell) and not is_nan(cell) for cell in cells)
    return list(compress(cells, flags)), _where(flags, xs)


def _where(flags: bytes, xs: Sequence[Value]) -> Sequence[Value]:
    return xs.compress(flags) if isinstance(xs, Column) else list(compress(xs, flags))
