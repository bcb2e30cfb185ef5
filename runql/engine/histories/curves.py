"""Values of a metric's history that look at x: where it was best, its value at a place, when a condition first held,
its area and its slope.

A row counts if its x is a finite number. `argmin`, `argmax` and `when` go through the rows in the order in which they
were logged; `at`, `auc` and `slope` take them for a curve over x, so in the order of x, equal ones as they were logged.
"""

from __future__ import annotations

from abc import abstractmethod
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import compress, repeat
from math import isfinite
from operator import add, ge, gt, le, lt, mul, sub
from types import MappingProxyType
from typing import Final

from runql.engine.compare import is_nan, is_number
from runql.engine.evaluate import Aggregates, compile_value
from runql.engine.histories.points import OfNumbers, OfX, as_floats, is_ordered
from runql.engine.statistics import exact_sum, mean_of_floats
from runql.engine.values.column import LONG
from runql.semantic.record import RunRecord
from runql.semantic.typed import TAggregate, TCompare, TConst, TLogged, TypedExpr
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import Comparison

_NUMBERS: Final = frozenset({int, float})


class Best(OfNumbers):
    """The x of the smallest or largest number; of the first of equal ones. NaN is skipped."""

    def __init__(self, *, largest: bool) -> None:
        super().__init__()
        self._better = gt if largest else lt
        self._pick: Callable[..., Value] = max if largest else min
        self._best: Value = MISSING
        self._x: Value = MISSING

    def take_numbers(self, numbers: Sequence[int | float], xs: Sequence[Value]) -> None:
        value = self._pick(numbers)
        if self._best is MISSING or self._better(value, self._best):
            self._best, self._x = value, xs[numbers.index(value)]

    def result(self) -> Value:
        return self._x


class ValueAt(OfX):
    """The value, of any kind, at the largest x at or before a place; of equal x what was logged last."""

    def __init__(self, place: Value) -> None:
        super().__init__()
        self._place = place if is_number(place) and not is_nan(place) else None
        self._x: Value = MISSING
        self._value: Value = MISSING

    def take(self, cells: Sequence[Value], xs: Sequence[Value]) -> None:
        place = self._place
        if place is None or not len(xs):
            return
        ordered = is_ordered(xs)
        end = bisect_right(xs, place) if ordered else len(xs)
        best: Value = MISSING
        value: Value = MISSING
        for cell, x in zip(reversed(cells[:end]), reversed(xs[:end]), strict=True):
            if cell is not MISSING and x <= place and (best is MISSING or x > best):
                best, value = x, cell
                if ordered:
                    break
        if best is not MISSING and (self._x is MISSING or best >= self._x):
            self._x, self._value = best, value

    def result(self) -> Value:
        return self._value


class FirstWhere(OfX):
    """The x of the first row in which a condition holds; of the first of so many rows in a row, if `held` asks for it.

    A row in which the condition is unknown is passed over: it neither counts nor ends such a stretch.
    """

    def __init__(self, holds: Callable[[Sequence[Value]], Sequence[Value]], held: int) -> None:
        super().__init__()
        self._holds = holds
        self._held = held
        self._first: Value = MISSING
        self._count = 0

    def take(self, cells: Sequence[Value], xs: Sequence[Value]) -> None:
        if self._count >= self._held:
            return
        for truth, x in zip(self._holds(cells), xs, strict=True):
            if truth is True:
                self._first = x if not self._count else self._first
                self._count += 1
                if self._count >= self._held:
                    return
            elif truth is False:
                self._count = 0

    def result(self) -> Value:
        return self._first if self._count >= self._held else MISSING


class _Curve(OfNumbers):
    """The points of a curve: the numbers that are not NaN, over their x."""

    def __init__(self) -> None:
        super().__init__()
        self.xs = array("d")
        self.ys = array("d")

    def take_numbers(self, numbers: Sequence[int | float], xs: Sequence[Value]) -> None:
        self.xs.extend(as_floats(xs))
        self.ys.extend(as_floats(numbers))

    def result(self) -> Value:
        if not self.xs:
            return MISSING
        found = self.of_long() if len(self.xs) >= LONG else self.of_short()
        return MISSING if found is None else found

    @abstractmethod
    def of_short(self) -> float | None:
        """What the points come to; `None` where x does not vary."""

    @abstractmethod
    def of_long(self) -> float | None:
        """The same of many points, on arrays."""


class Area(_Curve):
    """The area under the curve by trapezoids; missing where x does not vary."""

    def of_short(self) -> float | None:
        xs, ys = self.xs, self.ys
        if not is_ordered(xs):
            order = sorted(range(len(xs)), key=xs.__getitem__)
            xs, ys = array("d", map(xs.__getitem__, order)), array("d", map(ys.__getitem__, order))
        if xs[0] == xs[-1]:
            return None
        widths = list(map(sub, xs[1:], xs))
        heights = list(map(add, ys[1:], ys))
        if not all(map(isfinite, heights)):  # an infinity over no width is no area
            heights = list(compress(heights, widths))
            widths = list(filter(None, widths))
        return exact_sum(list(map(mul, widths, heights))) / 2

    def of_long(self) -> float | None:
        from runql.engine.histories import long_curves

        return long_curves.area(self.xs, self.ys)


class Slope(_Curve):
    """The slope of the line of least squares; missing where x does not vary."""

    def of_short(self) -> float | None:
        middle, height = mean_of_floats(self.xs), mean_of_floats(self.ys)
        along = [x - middle for x in self.xs]
        spread = exact_sum(list(map(mul, along, along)))
        if spread == 0:
            return None
        return exact_sum(list(map(mul, along, [y - height for y in self.ys]))) / spread

    def of_long(self) -> float | None:
        from runql.engine.histories import long_curves

        return long_curves.slope(self.xs, self.ys)


# ---------------------------------------------------------------- conditions over rows

Truths = Callable[[Sequence[Value]], Sequence[Value]]
"""What a condition comes to for the values of a metric, or of several in a tuple, row by row."""

_ORDERS: Final = MappingProxyType({Comparison.LT: lt, Comparison.LE: le, Comparison.GT: gt, Comparison.GE: ge})


def truths(condition: TypedExpr, readings: Sequence[TAggregate], record: RunRecord, known: Aggregates) -> Truths:
    """A condition of `when`: `readings` stand for the values of the row, `known` are other values of the history."""
    of_row = compile_value(condition)
    row: dict[TAggregate | TLogged, Value] = dict(known)
    quick = _quick(condition, readings)

    def one(cell: Value) -> Value:
        if cell is MISSING:
            return MISSING
        row.update(zip(readings, (cell,) if len(readings) == 1 else cell, strict=True))
        return of_row(record, row)

    def run(cells: Sequence[Value]) -> Sequence[Value]:
        if quick is not None and _NUMBERS.issuperset(map(type, cells)):
            return quick(cells)
        return [one(cell) for cell in cells]

    return run


def _quick(condition: TypedExpr, readings: Sequence[TAggregate]) -> Truths | None:
    """A metric against a number: whole columns of numbers at once."""
    if not isinstance(condition, TCompare) or (condition.left,) != tuple(readings):
        return None
    compare = _ORDERS.get(condition.op)
    bound: Value = condition.right.value if isinstance(condition.right, TConst) else None
    if compare is None or not is_number(bound):
        return None
    return lambda cells: list(map(compare, cells, repeat(bound)))
