"""Sorting many numbers, equal ones as they stand."""

from __future__ import annotations

from typing import Any

from runql.engine.stages.arrays.vectors import Ints

_SMALL = 2**16
"""NumPy sorts integers of 16 bits by their digits, in one pass and as they stand."""


def stable_order(numbers: Any) -> Ints:
    """The places of the numbers in their order, those of equal ones rising. None is NaN."""
    import numpy as np

    length = len(numbers)
    if length < 2 or not (numbers[1:] < numbers[:-1]).any():
        return np.arange(length)
    if numbers.dtype.kind in "iu" and numbers.min() >= 0 and numbers.max() < _SMALL:
        return np.argsort(numbers.astype(np.uint16), kind="stable")
    order = np.argsort(numbers)
    inside = numbers[order]
    other = inside[1:] != inside[:-1]
    if other.all():
        return order
    # The places of equal numbers are put right among themselves.
    runs = np.zeros(length, np.int64)
    np.cumsum(other, out=runs[1:])
    return np.sort(runs * length + order) - runs * length
