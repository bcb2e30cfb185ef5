"""Sums of many numbers by group, each rounded once: what `math.fsum` gives, to the last digit.

Each number is cut into a part that all sums hold exactly and what is left, twice (Rump, Ogita and Oishi, "Accurate
floating-point summation", 2008). So a sum is two exact numbers and a remainder with a known bound; where that bound
leaves the last digit open, and where a number is infinite or so large that a sum could overflow, `math.fsum` decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from runql.engine.stages.arrays.sorting import stable_order
from runql.engine.stages.arrays.vectors import Bools, Floats, Ints
from runql.engine.stages.shared import statistics

_UNIT = 2.0**-53
_LARGEST = 2.0**960


def group_sums(numbers: Floats, group: Ints | None, counts: Ints) -> Floats:
    """The sum of each group; without `group` all are of the only one. `counts`: how many numbers each has."""
    import numpy as np

    with np.errstate(all="ignore"):
        sums, is_sure = _sums(numbers, group, counts)
    return _settled(sums, is_sure, numbers, group, statistics.exact_sum)


def group_means(numbers: Floats, group: Ints | None, counts: Ints) -> Floats:
    """The mean of each group; NaN for one without a number."""
    import numpy as np

    with np.errstate(all="ignore"):
        sums, is_sure = _sums(numbers, group, counts)
        means = sums / counts
    return _settled(means, is_sure, numbers, group, statistics.mean_of_floats)


def _settled(
    results: Floats, is_sure: Bools, numbers: Floats, group: Ints | None, work: Callable[[list[float]], float]
) -> Floats:
    """The results, those that are not sure worked out one after the other."""
    import numpy as np

    if is_sure.all():
        return results
    if group is None:
        results[0] = work(numbers.tolist())
        return results
    rows = np.flatnonzero(~is_sure[group])
    rows = rows[stable_order(group[rows])]
    groups, starts = np.unique(group[rows], return_index=True)
    for place, part in zip(groups.tolist(), np.split(numbers[rows], starts[1:]), strict=True):
        results[place] = work(part.tolist())
    return results


def _sums(numbers: Floats, group: Ints | None, counts: Ints) -> tuple[Floats, Bools]:
    """The sums, and which of them are sure to the last digit."""
    import numpy as np

    if not len(numbers):
        return np.zeros(len(counts)), np.ones(len(counts), bool)
    most = int(counts.max())
    largest = max(float(numbers.max()), -float(numbers.min()))
    if not largest * most < _LARGEST:
        return np.zeros(len(counts)), np.zeros(len(counts), bool)
    if not largest:
        return np.zeros(len(counts)), np.ones(len(counts), bool)
    high, rest = _cut(numbers, largest, most)
    first = _totals(high, group, len(counts))
    largest = max(float(rest.max()), -float(rest.min()))
    if not largest:
        return first, np.ones(len(counts), bool)
    middle, rest = _cut(rest, largest, most)
    second = _totals(middle, group, len(counts))
    largest = max(float(rest.max()), -float(rest.min()))
    if not largest:
        return first + second, np.ones(len(counts), bool)
    left = _totals(rest, group, len(counts))
    total = first + second
    lost = second - (total - first)  # exact, for `first` is zero or not smaller than `second`
    lost = np.where(np.abs(first) >= np.abs(second), lost, first - (total - second))
    bound = largest * _UNIT * counts * counts + 4 * _UNIT * (np.abs(lost) + np.abs(left)) + 5e-324
    below, above = total + ((lost + left) - bound), total + ((lost + left) + bound)
    return below, (below == above) | (counts == 0)


def _cut(numbers: Floats, largest: float, count: int) -> tuple[Floats, Floats]:
    """Each number as a part of few digits, of which so many can be added exactly, and what is left."""
    unit = math.ldexp(1.0, math.frexp(largest)[1] + (count + 2).bit_length())
    high = numbers + unit
    high -= unit
    return high, numbers - high


def _totals(numbers: Floats, group: Ints | None, count: int) -> Floats:
    import numpy as np

    if group is None:
        return np.array([numbers.sum()])
    return np.bincount(group, weights=numbers, minlength=count)
