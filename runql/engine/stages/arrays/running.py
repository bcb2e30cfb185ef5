"""Sums, and the best numbers, up to each place, group by group; the numbers of a group stand side by side.

Sums are rounded once each, as in `sums.py`: the numbers are cut into parts whose running sums are exact, and what is
left, with a bound; where that leaves the last digit open, `shared/totals.py` decides.
"""

from __future__ import annotations

import math

from runql.engine.stages.arrays.vectors import Bools, Floats, Ints
from runql.engine.stages.shared.totals import Total

_LONG_GROUP = 1024
_FEW_GROUPS = 4096
_FEW_PASSES = 4
"""So many numbers for each are added again where last digits are open; for more, all are added one by one."""
_HALF_DIGIT = 2.0**-53
_LARGEST = 2.0**480
"""Numbers so large are still far from overflow when they are added."""


def running_sums(numbers: Floats, counts: Ints, begin: Ints, *, means: bool = False) -> Floats:
    """The sum of the numbers of a group up to each, or their mean; `begin`: where the group of each begins."""
    import numpy as np

    length = len(numbers)
    counted = np.arange(length) - begin + 1 if means else 1
    largest = float(np.abs(numbers).max()) if length else 0.0
    if not largest:
        return np.zeros(length)
    if not largest * length < _LARGEST:
        return _one_by_one(numbers, counts, means=means)
    sums, is_sure = _sums(numbers, begin, largest)
    open_ = np.flatnonzero(~is_sure)
    if int((open_ - begin[open_]).sum()) > _FEW_PASSES * length:
        return _one_by_one(numbers, counts, means=means)
    for place in open_.tolist():
        sums[place] = math.fsum(numbers[begin[place] : place + 1].tolist())
    return sums / counted


def _sums(numbers: Floats, begin: Ints, largest: float) -> tuple[Floats, Bools]:
    """The sums, and which of them are sure to the last digit."""
    import numpy as np

    length = len(numbers)
    bits = (length + 2).bit_length()
    unit = math.ldexp(1.0, math.frexp(largest)[1] + bits)
    next_unit = math.ldexp(unit * _HALF_DIGIT, 1 + bits)
    high = (numbers + unit) - unit
    rest = numbers - high
    low = (rest + next_unit) - next_unit
    rest = rest - low
    first = _within(high, begin)
    if not low.any() and not rest.any():
        return first, np.ones(length, bool)
    second = _within(low, begin)
    total = first + second
    if not rest.any():
        return total, np.ones(length, bool)  # both parts are exact, so this is rounded once
    lost = np.where(np.abs(first) >= np.abs(second), second - (total - first), first - (total - second))
    left = _within(rest, begin)
    bound = 4 * next_unit * _HALF_DIGIT**2 * length * length
    bound = bound + 4 * _HALF_DIGIT * (np.abs(lost) + np.abs(left)) + 5e-324
    below, above = total + ((lost + left) - bound), total + ((lost + left) + bound)
    return below, below == above


def _within(parts: Floats, begin: Ints) -> Floats:
    """Running sums of each group: of exact parts they are exact."""
    import numpy as np

    sums = np.cumsum(parts)
    sums -= (sums - parts)[begin]
    return sums


def _one_by_one(numbers: Floats, counts: Ints, *, means: bool) -> Floats:
    import numpy as np

    found: list[float] = []
    cells = iter(numbers.tolist())
    for count in counts.tolist():
        total = Total()
        for _ in range(count):
            total.add(next(cells))
            found.append(total.mean() if means else total.sum())
    return np.array(found, np.float64)


# ---------------------------------------------------------------- the best so far


def running_best(numbers: Floats, counts: Ints, begin: Ints, *, largest: bool) -> Ints:
    """Where the first of the best numbers of a group up to each stands."""
    import numpy as np

    values = numbers if largest else -numbers
    best = _extremes(values.copy(), counts, begin)
    places = np.arange(len(values))
    is_new = places == begin
    is_new[1:] |= values[1:] > best[:-1]
    found: Ints = np.maximum.accumulate(np.where(is_new, places, 0))
    return found


def _extremes(best: Floats, counts: Ints, begin: Ints) -> Floats:
    """The largest so far: long groups one by one, short ones all at once, over one, two, four, … numbers."""
    import numpy as np

    sizes = counts[counts > 0]
    alone = sizes > (0 if len(sizes) <= _FEW_GROUPS else _LONG_GROUP)
    ends = np.cumsum(sizes)
    for start, end in zip((ends - sizes)[alone].tolist(), ends[alone].tolist(), strict=True):
        np.maximum.accumulate(best[start:end], out=best[start:end])
    others = sizes[~alone]
    most = int(others.max()) if len(others) else 0
    behind = np.arange(len(best)) - begin
    size = 1
    while size < most:
        grown = np.maximum(best[size:], best[:-size])
        best[size:] = np.where(behind[size:] >= size, grown, best[size:])
        size *= 2
    return best
