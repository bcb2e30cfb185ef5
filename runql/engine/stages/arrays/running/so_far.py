"""Sums, and the best numbers, up to each place, group by group; the numbers of a group stand side by side.

Sums are rounded once each, as in `sums.py`: the numbers are cut into parts whose running sums are exact, and what is
left, with a bound; where that leaves the last digit open, `shared/totals.py` decides.
"""

from __future__ import annotations

import math

from runql.engine.stages.arrays.vectors import Floats, Ints
from runql.engine.stages.shared.totals import Total

_LONG_GROUP = 1024
_FEW_GROUPS = 4096
_FEW_PASSES = 4
"""So many numbers for each are added again where last digits are open; for more, all are added one by one."""
_HALF_DIGIT = 2.0**-53
_LARGEST = 2.0**480
"""Numbers so large are still far from overflow when they are added."""
_BLOCK = 2**14
"""So many numbers at a time, which stay in the processor's cache."""


def running_sums(numbers: Floats, counts: Ints, *, means: bool = False) -> Floats:
    """The sum of the numbers of a group up to each, or their mean."""
    import numpy as np

    length = len(numbers)
    if not length:
        return np.zeros(0)
    largest = max(float(numbers.max()), -float(numbers.min()))
    if not largest:
        return np.zeros(length)
    if not largest * length < _LARGEST:
        return _one_by_one(numbers, counts, means=means)
    counts = counts[counts > 0]
    ends = np.cumsum(counts)
    sums, open_ = _sums(numbers, ends - counts, largest)
    begin = (ends - counts)[np.searchsorted(ends, open_, side="right")]
    if int((open_ - begin).sum()) > _FEW_PASSES * length:
        return _one_by_one(numbers, counts, means=means)
    for place, start in zip(open_.tolist(), begin.tolist(), strict=True):
        sums[place] = math.fsum(numbers[start : place + 1].tolist())
    return sums / (np.arange(1, length + 1) - np.repeat(ends - counts, counts)) if means else sums


def running_integers(numbers: Ints, counts: Ints) -> Ints | None:
    """The sum of the integers of a group up to each; `None` if one could need more than 64 bits."""
    import numpy as np

    if max(int(numbers.max()), -int(numbers.min())) * len(numbers) >= 2**63:
        return None
    sums = np.cumsum(numbers)
    if len(counts) > 1:
        sums -= np.repeat(np.concatenate(([0], sums[np.cumsum(counts)[:-1] - 1])), counts)
    return sums


class _Running:
    """Sums up to each number of the group that it is of, block by block: of exact parts they are exact."""

    def __init__(self) -> None:
        self._all = self._before = 0.0

    def over(self, parts: Floats, starts: Ints, lengths: Ints) -> Floats:
        """Those of the next block; `starts`: where in it groups begin, `lengths`: of the stretches between."""
        import numpy as np

        parts[0] += self._all
        sums = np.cumsum(parts)
        before = np.concatenate(([self._before], np.where(starts > 0, sums[starts - 1], self._all)))
        self._all, self._before = sums[-1], before[-1]
        sums -= np.repeat(before, lengths)
        return sums


def _sums(numbers: Floats, starts: Ints, largest: float) -> tuple[Floats, Ints]:
    """The sums, and the places of those of which the last digit is open. `starts`: where groups begin."""
    import numpy as np

    length = len(numbers)
    bits = (length + 2).bit_length()
    unit = math.ldexp(1.0, math.frexp(largest)[1] + bits)
    next_unit = math.ldexp(unit * _HALF_DIGIT, 1 + bits)
    least_bound = 4 * next_unit * _HALF_DIGIT**2 * length * length + 5e-324
    found, open_, has_rest = np.empty(length), [np.zeros(0, np.int64)], False
    firsts, seconds, rests = _Running(), _Running(), _Running()
    for start in range(0, length, _BLOCK):
        part = numbers[start : start + _BLOCK]
        inside = starts[slice(*np.searchsorted(starts, (start, start + len(part))))] - start
        lengths = np.diff(inside, prepend=0, append=len(part))
        high = part + unit
        high -= unit
        rest = part - high
        low = rest + next_unit
        low -= next_unit
        rest -= low
        has_rest = has_rest or bool(rest.any())
        first, second = firsts.over(high, inside, lengths), seconds.over(low, inside, lengths)
        total = first + second  # both are exact, so this is rounded once
        if has_rest:
            lost = np.where(np.abs(first) >= np.abs(second), second - (total - first), first - (total - second))
            left = rests.over(rest, inside, lengths)
            bound = least_bound + 4 * _HALF_DIGIT * (np.abs(lost) + np.abs(left))
            below, above = total + ((lost + left) - bound), total + ((lost + left) + bound)
            open_.append(np.flatnonzero(below != above) + start)
            total = below
        found[start : start + len(part)] = total
    return found, np.concatenate(open_)


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


def running_best(numbers: Floats, counts: Ints, *, largest: bool) -> Floats:
    """The best numbers of a group up to each; of a zero and a negative one either."""
    import numpy as np

    better: np.ufunc = np.maximum if largest else np.minimum
    best, sizes = numbers.copy(), counts[counts > 0]
    alone = sizes > (0 if len(sizes) <= _FEW_GROUPS else _LONG_GROUP)
    ends = np.cumsum(sizes)
    for start, end in zip((ends - sizes)[alone].tolist(), ends[alone].tolist(), strict=True):
        better.accumulate(best[start:end], out=best[start:end])
    others = sizes[~alone]
    most = int(others.max()) if len(others) else 0
    behind = np.arange(len(best)) - np.repeat(ends - sizes, sizes) if most > 1 else sizes
    size = 1
    while size < most:  # short groups all at once, over one, two, four, … numbers
        grown = better(best[size:], best[:-size])
        best[size:] = np.where(behind[size:] >= size, grown, best[size:])
        size *= 2
    return best


def places_of_best(numbers: Floats, best: Floats, starts: Ints) -> Ints:
    """Where the first of the best numbers up to each stands; `starts`: where groups begin."""
    import numpy as np

    places = np.arange(len(numbers))
    is_new = np.zeros(len(numbers), bool)
    is_new[1:] = best[1:] != best[:-1]
    is_new[starts] = True
    found: Ints = np.maximum.accumulate(np.where(is_new, places, 0))
    return found
