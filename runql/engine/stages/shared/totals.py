"""Sums that grow, each time rounded once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from runql.engine.functions import in_range, to_float


class Total:
    """A sum that grows, each time rounded once: what `math.fsum` of the numbers so far gives; of integers, an integer.

    The numbers are kept as a few that add up to them exactly (Shewchuk 1997); beyond the range of floats as a fraction.
    """

    def __init__(self) -> None:
        self._parts: list[float] = []
        self._whole: int | None = 0
        self._exact: Fraction | None = None
        self._special = 0.0
        self._count = 0

    def add(self, number: float) -> None:
        self._count += 1
        if self._whole is not None:
            self._whole = self._whole + number if isinstance(number, int) else None
        value = to_float(number)
        if not math.isfinite(value):
            self._special += value
            return
        if self._exact is None:
            grown = _grown(self._parts, value)
            if all(map(math.isfinite, grown)):
                self._parts = grown
                return
            self._exact = sum(map(Fraction, self._parts), Fraction(0))
        self._exact += Fraction(value)

    def sum(self) -> float:
        if self._whole is not None:
            return in_range(self._whole)  # type: ignore[no-any-return]
        return self._divided(1)

    def mean(self) -> float:
        return self._divided(self._count)

    def _divided(self, count: int) -> float:
        if self._special or math.isnan(self._special):
            return self._special
        if self._exact is None:
            return math.fsum(self._parts) / count
        try:
            return float(self._exact / count)
        except OverflowError:
            return math.inf if self._exact > 0 else -math.inf


def _grown(parts: Sequence[float], value: float) -> list[float]:
    """Numbers that don't overlap and add up to these and one more."""
    result = []
    for part in parts:
        large, small = (value, part) if abs(value) >= abs(part) else (part, value)
        value = large + small
        rest = small - (value - large)
        if rest:
            result.append(rest)
    result.append(value)
    return result
