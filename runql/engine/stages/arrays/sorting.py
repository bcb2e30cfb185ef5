"""Sorting many numbers, equal ones as they stand."""

from __future__ import annotations

from typing import Any

from runql.engine.stages.arrays.vectors import Ints

_SMALL = 2**16
"""NumPy sorts integers of 16 bits by their digits, in one pass and as they stand."""


_LONG_STRETCH = 64


def stable_order(numbers: Any) -> Ints:
    """The places of the numbers in their order, those of equal ones rising. None is NaN."""
    import numpy as np

    length = len(numbers)
    falls = np.flatnonzero(numbers[1:] < numbers[:-1])
    if not len(falls):
        return np.arange(length)
    if len(falls) * _LONG_STRETCH < length:
        stretched = _of_stretches(numbers)
        if stretched is not None:
            return stretched
    if numbers.dtype.kind in "iu" and numbers.min() >= 0 and numbers.max() < _SMALL:
        return np.argsort(numbers.astype(np.uint16), kind="stable")
    small = _as_small(numbers)
    if small is not None:
        return np.argsort(small, kind="stable")
    order = np.argsort(numbers)
    inside = numbers[order]
    other = inside[1:] != inside[:-1]
    if other.all():
        return order
    # The places of equal numbers are put right among themselves.
    runs = np.zeros(length, np.int64)
    np.cumsum(other, out=runs[1:])
    return np.sort(runs * length + order) - runs * length


def _as_small(numbers: Any) -> Any:
    """Floats that are whole and near to each other as integers of 16 bits, in the same order; else `None`."""
    import numpy as np

    if numbers.dtype.kind != "f":
        return None
    least, most = float(numbers.min()), float(numbers.max())
    if not most - least < _SMALL:  # in Python, where what is too large is infinite and nothing is said
        return None
    small = (numbers - least).astype(np.uint16)
    return small if (small + least == numbers).all() else None


def _of_stretches(numbers: Any) -> Ints | None:
    """The same where equal numbers stand side by side in long stretches; `None` where they do not."""
    import numpy as np

    length = len(numbers)
    starts = np.concatenate(([0], np.flatnonzero(numbers[1:] != numbers[:-1]) + 1))
    if len(starts) * _LONG_STRETCH > length:
        return None
    ends = np.append(starts[1:], length)
    order = np.argsort(numbers[starts], kind="stable")
    pairs = zip(starts[order].tolist(), ends[order].tolist(), strict=True)
    return np.concatenate([np.arange(start, end) for start, end in pairs])
