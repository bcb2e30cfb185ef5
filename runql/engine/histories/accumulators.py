"""Values of a metric's history that need its values alone: ends, extremes, means, statistics, how many there are."""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from operator import eq, gt, lt
from typing import Protocol

from runql.engine import statistics
from runql.engine.compare import is_finite, is_nan, is_null, is_number
from runql.engine.functions import to_float
from runql.semantic.values import MISSING, Value

_NUMBERS = frozenset({int, float})


class Accumulator(Protocol):
    """One value on the way. `without_x`: how many values were left out because their rows have no x."""

    @property
    def without_x(self) -> int: ...

    def add(self, cells: Sequence[Value], xs: Sequence[Value], /) -> None:
        """Count in cells, `MISSING` ones among them, each with the x of its row."""

    def result(self) -> Value: ...


class OfValues:
    """What looks at no x."""

    without_x = 0


class Tail:
    """Only the last so many values: held back until the end."""

    def __init__(self, count: int, make: Callable[[], Accumulator]) -> None:
        self._held: deque[tuple[Value, Value]] = deque(maxlen=count)
        self._make = make

    def add(self, cells: Sequence[Value], xs: Sequence[Value], /) -> None:
        self._held.extend(pair for pair in zip(cells, xs, strict=True) if pair[0] is not MISSING)

    @property
    def without_x(self) -> int:
        return self._whole().without_x

    def result(self) -> Value:
        return self._whole().result()

    def _whole(self) -> Accumulator:
        inner = self._make()
        inner.add([cell for cell, _ in self._held], [x for _, x in self._held])
        return inner


class Exists(OfValues):
    """Whether there is any."""

    def __init__(self) -> None:
        self._found = False

    def add(self, cells: Sequence[Value], _xs: Sequence[Value], /) -> None:
        self._found = self._found or any(cell is not MISSING for cell in cells)

    def result(self) -> Value:
        return self._found


class End(OfValues):
    """The first or the last value, of any kind, NaN and null too."""

    def __init__(self, *, last: bool) -> None:
        self._last = last
        self._value: Value = MISSING

    def add(self, cells: Sequence[Value], _xs: Sequence[Value], /) -> None:
        if self._last or self._value is MISSING:
            ordered = reversed(cells) if self._last else iter(cells)
            self._value = next((cell for cell in ordered if cell is not MISSING), self._value)

    def result(self) -> Value:
        return self._value


class Extreme(OfValues):
    """The smallest or largest number. NaN is skipped."""

    def __init__(self, *, largest: bool) -> None:
        self._better = gt if largest else lt
        self._pick: Callable[..., Value] = max if largest else min
        self._best: Value = MISSING

    def add(self, cells: Sequence[Value], _xs: Sequence[Value], /) -> None:
        if numbers := numbers_of(cells):
            value = self._pick(numbers)
            if self._best is MISSING or self._better(value, self._best):
                self._best = value

    def result(self) -> Value:
        return self._best


class Mean(OfValues):
    """The mean, the same however the rows are cut into parts: hence one exact sum at the end. True is 1, false is 0."""

    def __init__(self) -> None:
        self._numbers = array("d")

    def add(self, cells: Sequence[Value], _xs: Sequence[Value], /) -> None:
        self._numbers.extend(map(to_float, numbers_of(with_bools(cells))))

    def result(self) -> Value:
        if not self._numbers:
            return MISSING
        try:
            return math.fsum(self._numbers) / len(self._numbers)
        except (OverflowError, ValueError):  # beyond the range on the way, or both infinities
            count = len(self._numbers)
            return sum(number / count for number in self._numbers)


class CountValues(OfValues):
    """How many values there are, of any kind, without null and NaN."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, cells: Sequence[Value], _xs: Sequence[Value], /) -> None:
        if set(map(type, cells)) <= _NUMBERS:
            self._count += len(numbers_of(cells))
        else:
            self._count += sum(not (is_null(cell) or is_nan(cell)) for cell in cells)

    def result(self) -> Value:
        return self._count


class Statistic(OfValues):
    """What is made of all the numbers at the end, if there are at least so many."""

    def __init__(self, of: Callable[[list[int | float]], Value], *, least: int = 1, bools: bool = False) -> None:
        self._of = of
        self._least = least
        self._bools = bools
        self._numbers: list[int | float] = []

    def add(self, cells: Sequence[Value], _xs: Sequence[Value], /) -> None:
        self._numbers.extend(numbers_of(with_bools(cells) if self._bools else cells))

    def result(self) -> Value:
        return self._of(self._numbers) if len(self._numbers) >= self._least else MISSING


class Diverged(OfValues):
    """Whether any number is NaN or infinite; missing if there is no number."""

    def __init__(self) -> None:
        self._value: Value = MISSING

    def add(self, cells: Sequence[Value], _xs: Sequence[Value], /) -> None:
        numbers = [cell for cell in cells if is_number(cell)]
        if numbers and self._value is not True:
            self._value = not all(map(is_finite, numbers))

    def result(self) -> Value:
        return self._value


def numbers_of(cells: Sequence[Value]) -> Sequence[int | float]:
    """The cells that are numbers and not NaN."""
    if set(map(type, cells)) <= _NUMBERS and all(map(eq, cells, cells)):  # NaN is not equal to itself
        return cells
    return [cell for cell in cells if is_number(cell) and not is_nan(cell)]


def with_bools(cells: Sequence[Value]) -> Sequence[Value]:
    """The cells, true as 1 and false as 0."""
    if bool not in set(map(type, cells)):
        return cells
    return [int(cell) if isinstance(cell, bool) else cell for cell in cells]


def percentile(percent: float) -> Callable[[list[int | float]], Value]:
    """A percentile of numbers in any order."""
    return lambda numbers: statistics.percentile(sorted(numbers), percent)
