"""Sums of many numbers by group, each rounded once: what `math.fsum` gives, to the last digit.

Each number is cut into a part that all sums hold exactly and what is left, twice (Rump, Ogita and Oishi, "Accurate
floating-point summation", 2008), once where that is enough. So a sum is exact numbers and a remainder with a known
bound; where that bound leaves the last digit open, and where a number is infinite or so large that a sum could
overflow, `math.fsum` decides. The numbers are taken in blocks that stay in the cache of the processor.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from runql.engine import statistics
from runql.engine.stages.arrays.sorting import stable_order
from runql.engine.stages.arrays.vectors import Bools, Floats, Ints, largest_magnitude

_HALF_DIGIT = 2.0**-53
_LARGEST = 2.0**480
"""Squares of numbers so large are still far from overflow, and so are their sums."""

_BLOCK = 2**15
_MOST_GROUPS_OF_BLOCKS = 2**12


class Summands:
    """Numbers to be added group by group, or the squares of their distances from a centre of each group.

    `group`: the number of the group of each, `None` if all are of one. `counts`: how many each group has. `largest_of`:
    the largest magnitude among them, where it is known.
    """

    def __init__(
        self,
        numbers: Floats,
        group: Ints | None,
        counts: Ints,
        centres: Floats | None = None,
        largest_of: float | None = None,
    ) -> None:
        self.numbers, self.group, self.counts, self.centres = numbers, group, counts, centres
        self._largest_of = largest_of

    def within(self, start: int, stop: int) -> Floats:
        """Those of some rows."""
        numbers = self.numbers[start:stop]
        if self.centres is None:
            return numbers
        numbers = numbers - (self.centres[0] if self.group is None else self.centres[self.group[start:stop]])
        numbers *= numbers
        return numbers

    def largest(self) -> float:
        """A number that none of them exceeds, whatever its sign; NaN or infinite if they are not all finite."""
        if self.centres is None:
            return largest_magnitude(self.numbers) if self._largest_of is None else self._largest_of
        return largest_square(self.numbers)

    def totals(self, numbers: Floats, start: int) -> Floats:
        """What some numbers that belong to the rows from a place on add up to in each group."""
        import numpy as np

        if self.group is None:
            return np.add.reduce(numbers, keepdims=True)
        group = self.group[start : start + len(numbers)]
        return np.bincount(group, weights=numbers, minlength=len(self.counts))


def largest_square(numbers: Floats) -> float:
    """What the square of no distance of these from a mean of some exceeds; NaN or infinite if one of them is."""
    low, high = float(numbers.min()), float(numbers.max())
    farthest = max(high, -low)
    # The mean lies among the numbers, but for its rounding.
    return (2 * (high - low) + 8 * _HALF_DIGIT * farthest) ** 2 if farthest < _LARGEST else math.inf


def group_sums(summands: Summands) -> Floats:
    """The sum of each group."""
    import numpy as np

    with np.errstate(all="ignore"):
        sums, is_sure = _sums(summands)
        return _settled(sums, is_sure, summands, statistics.exact_sum)


def group_means(summands: Summands) -> Floats:
    """The mean of each group; NaN for one without a number."""
    import numpy as np

    with np.errstate(all="ignore"):
        sums, is_sure = _sums(summands)
        return _settled(sums / summands.counts, is_sure, summands, statistics.mean_of_floats)


def _settled(results: Floats, is_sure: Bools, summands: Summands, work: Callable[[list[float]], float]) -> Floats:
    """The results, those that are not sure worked out one after the other."""
    import numpy as np

    if is_sure.all():
        return results
    numbers = summands.within(0, len(summands.numbers))
    if summands.group is None:
        results[0] = work(numbers.tolist())
        return results
    rows = np.flatnonzero(~is_sure[summands.group])
    rows = rows[stable_order(summands.group[rows])]
    groups, starts = np.unique(summands.group[rows], return_index=True)
    for place, part in zip(groups.tolist(), np.split(numbers[rows], starts[1:]), strict=True):
        results[place] = work(part.tolist())
    return results


def _sums(summands: Summands) -> tuple[Floats, Bools]:
    """The sums, and which of them are sure to the last digit. A group without numbers is."""
    import numpy as np

    counts, length = summands.counts, len(summands.numbers)
    largest, most = (summands.largest(), int(counts.max())) if length else (0.0, 0)
    if not largest:
        return np.zeros(len(counts)), np.ones(len(counts), bool)
    if not largest * most < _LARGEST * _LARGEST:
        return np.zeros(len(counts)), counts == 0
    # What is cut off at a unit is at most half a digit of it, and the next cut begins there.
    units = [math.ldexp(1.0, math.frexp(largest)[1] + (most + 2).bit_length())]
    units.append(math.ldexp(units[0] * _HALF_DIGIT, 1 + (most + 2).bit_length()))
    sums, is_sure = _cut(summands, units[:1])  # nearly always one cut is enough
    return (sums, is_sure) if is_sure.all() else _cut(summands, units)


def _cut(summands: Summands, units: Sequence[float]) -> tuple[Floats, Bools]:
    """The sums of the numbers cut at some units, and which of them are sure to the last digit."""
    import numpy as np

    counts, length = summands.counts, len(summands.numbers)
    parts = [np.zeros(len(counts)) for _ in range(len(units) + 1)]
    block = _BLOCK if len(counts) <= _MOST_GROUPS_OF_BLOCKS else length
    has_rest = len(units) == 1
    room = np.empty((2, min(block, length)))  # the same memory for each block: new memory costs more than the sum
    for start in range(0, length, block):
        rest = summands.within(start, start + block)
        for unit, added, held in zip(units, parts, room, strict=False):
            high = np.add(rest, unit, out=held[: len(rest)])
            np.subtract(high, unit, out=high)
            np.add(added, summands.totals(high, start), out=added)
            rest = np.subtract(rest, high, out=high)
        parts[-1] += summands.totals(rest, start)
        has_rest = has_rest or bool(rest.any())
    first, second, *third = parts
    total = first + second
    if not has_rest:
        return total, np.ones(len(counts), bool)
    left = third[0] if third else np.zeros(len(counts))
    lost = np.where(np.abs(first) >= np.abs(second), second - (total - first), first - (total - second))
    bound = 2 * units[-1] * _HALF_DIGIT**2 * counts * counts
    bound += 4 * _HALF_DIGIT * (np.abs(lost) + np.abs(left)) + 5e-324
    below, above = total + ((lost + left) - bound), total + ((lost + left) + bound)
    is_empty = counts == 0
    return np.where(is_empty, 0.0, below), is_empty | (below == above)
