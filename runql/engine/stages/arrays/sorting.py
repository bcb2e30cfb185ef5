"""Sorting many numbers, equal ones as they stand, and order statistics by group.

NumPy sorts numbers several times as fast as it sorts their places. So each number and its place are packed into one
integer of 64 bits, and these are sorted: equal numbers then stand as they stood. Of numbers of too many bits the last
ones are left out; the few that this leaves out of order are put right behind it.

A median needs no sorted group: `OrderStatistics` counts the numbers of each group in bins, and sorts those alone that
are in the bin of the number that is asked for.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Any

from runql.engine.stages.arrays.vectors import Bools, Floats, Ints

_SMALL = 2**16
"""NumPy sorts integers of 16 bits by their digits, in one pass and as they stand."""

_LONG_STRETCH = 64
_FEW_RUNS = 2**10
"""So many runs of numbers that differ in their last bits alone are put right one by one; of more, all are sorted."""
_SAMPLE = 2**10
_WIDEST = 2**62

_FEW_GROUPS = 2**12
"""Of so many groups each is sorted by itself."""

_FEWEST_BINS, _MOST_BINS = 2**3, 2**12
_NUMBERS_OF_A_BIN = 8
_BLOCK = 2**15


def stable_order(numbers: Any) -> Ints:
    """The places of the numbers in their order, those of equal ones rising. None is NaN."""
    import numpy as np

    length = len(numbers)
    falls = int(np.count_nonzero(numbers[1:] < numbers[:-1]))
    if not falls:
        return np.arange(length)
    if falls * _LONG_STRETCH < length:
        stretched = _of_stretches(numbers)
        if stretched is not None:
            return stretched
    whole = _as_integers(numbers)
    if whole is not None:
        return order_of_codes(whole, int(whole.max()) + 1)
    order = _packed(_bits(numbers))
    return _by_places(numbers) if order is None else order


def order_of_codes(codes: Ints, count: int) -> Ints:
    """The same of integers from 0, all below `count`."""
    import numpy as np

    if count <= _SMALL:
        return np.argsort(codes.astype(np.uint16), kind="stable")
    order = _packed(codes, width=(count - 1).bit_length())
    return _by_places(codes) if order is None else order


def order_within(group: Ints, count: int, numbers: Any) -> Ints:
    """The places of the numbers group by group, in order inside of each, equal ones rising. None is NaN."""
    if count == 1:
        return stable_order(numbers)
    whole = _as_integers(numbers)
    order = _packed(_bits(numbers) if whole is None else whole, group, count)
    if order is not None:
        return order
    order = stable_order(numbers)
    inside: Ints = order[order_of_codes(group[order], count)]
    return inside


def _as_integers(numbers: Any) -> Ints | None:
    """Whole numbers that are not far apart as integers from 0, in the same order; else `None`."""
    import numpy as np

    is_float = numbers.dtype.kind == "f"
    if is_float:
        sample = numbers[:: max(1, len(numbers) // _SAMPLE)]
        if not (np.floor(sample) == sample).all():
            return None
    least, most = numbers.min(), numbers.max()
    span = float(most) - float(least) if is_float else int(most) - int(least)
    if not span < (2**52 if is_float else _WIDEST):
        return None
    integers = (numbers - least).astype(np.int64)
    return integers if not is_float or (integers + float(least) == numbers).all() else None


def _bits(numbers: Any) -> Any:
    """Integers in the same order, of all bits of the numbers, from 0."""
    import numpy as np

    if numbers.dtype.kind != "f":
        bits = numbers.astype(np.int64)
    else:
        bits = (numbers + 0.0).view(np.int64)  # one zero
        bits ^= (bits >> 63) & np.int64(2**63 - 1)
    unsigned = bits.view(np.uint64)
    unsigned -= np.uint64(int(bits.min()) % 2**64)
    return unsigned


def _packed(keys: Any, group: Ints | None = None, count: int = 1, *, width: int | None = None) -> Ints | None:
    """The order of integers from 0, inside of each group if there are any; `None` where too many bits are left out."""
    import numpy as np

    length = len(keys)
    places, high = (length - 1).bit_length(), (count - 1).bit_length()
    width = int(keys.max()).bit_length() if width is None else width
    lost = max(0, width + places + high - 64)
    if lost >= width:
        return None
    keys = keys.astype(np.uint64, copy=False)
    packed = keys >> np.uint64(lost)
    packed <<= np.uint64(places)
    if group is not None:
        packed |= group.astype(np.uint64) << np.uint64(width - lost + places)
    packed |= np.arange(length, dtype=np.uint64)
    packed.sort()
    order: Ints = (packed & np.uint64(2**places - 1)).view(np.int64)
    if not lost:
        return order
    packed >>= np.uint64(places)
    return _put_right(order, keys, packed)


def _put_right(order: Ints, keys: Any, known: Any) -> Ints | None:
    """An order by the first bits of keys alone; `known`: what it was made by. `None` if too much is out of order."""
    import numpy as np

    like = np.flatnonzero(known[1:] == known[:-1])
    falls = like[keys[order[like + 1]] < keys[order[like]]]
    if not len(falls):
        return order
    runs = np.unique(known[falls])
    if len(runs) > _FEW_RUNS:
        return None
    starts, ends = (np.searchsorted(known, runs, side).tolist() for side in ("left", "right"))
    for start, end in zip(starts, ends, strict=True):
        rows = order[start:end]
        order[start:end] = rows[np.argsort(keys[rows], kind="stable")]
    return order


def _by_places(numbers: Any) -> Ints:
    """The places sorted by their numbers, whatever these are."""
    import numpy as np

    order = np.argsort(numbers)
    inside = numbers[order]
    other = inside[1:] != inside[:-1]
    if other.all():
        return order
    # The places of equal numbers are put right among themselves.
    length = len(numbers)
    runs = np.zeros(length, np.int64)
    np.cumsum(other, out=runs[1:])
    return np.sort(runs * length + order) - runs * length


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


# ---------------------------------------------------------------- by group


def sorted_groups(numbers: Floats, group: Ints, sizes: Ints) -> Floats:
    """The numbers group by group, in order inside of each. `sizes`: of the groups that have any. None is NaN."""
    import numpy as np

    if len(sizes) <= _FEW_GROUPS or len(sizes) == len(numbers):
        found = numbers[stable_order(group)]
        for start, end in pairwise([0, *sizes.cumsum().tolist()]) if len(sizes) < len(numbers) else ():
            found[start:end].sort()
        return found
    order = np.argsort(numbers)
    return numbers[order[stable_order(group[order])]]


class OrderStatistics:
    """The numbers at given places of the order of each group that has any. `sizes`: how many it has. None is NaN."""

    def __init__(self, numbers: Floats, group: Ints, counts: Ints) -> None:
        import numpy as np

        self._numbers, self._group, self._count = numbers, group, len(counts)
        self._present = np.flatnonzero(counts)
        self.sizes: Ints = counts[self._present]
        self._bin_count = min(_MOST_BINS, len(numbers) // (_NUMBERS_OF_A_BIN * len(counts)))

    def pair_at(self, places: Ints) -> tuple[Floats, Floats]:
        """Those at a place, and those behind it, or at the last place."""
        import numpy as np

        behind = np.minimum(places + 1, self.sizes - 1)
        numbers, starts = self.in_order if self._bin_count < _FEWEST_BINS else self._near(places, behind)
        return numbers[starts + places], numbers[starts + behind]

    @cached_property
    def in_order(self) -> tuple[Floats, Ints]:
        """All numbers in order inside of each group, and where each group begins."""
        return sorted_groups(self._numbers, self._group, self.sizes), self.sizes.cumsum() - self.sizes

    @cached_property
    def _counted(self) -> tuple[Ints, Ints]:
        """The bin of each number, and how many numbers each group has up to the end of each of its bins."""
        import numpy as np

        found = _bins(self._numbers, self._group, self._bin_count)
        held = np.bincount(found, minlength=self._bin_count * self._count).reshape(self._count, self._bin_count)
        return found, held[self._present].cumsum(axis=1)

    def _near(self, places: Ints, behind: Ints) -> tuple[Floats, Ints]:
        """The numbers of the bins of two places, in order, and where each group would begin if all of it were there."""
        import numpy as np

        bin_of, up_to = self._counted
        low, high = ((up_to <= each[:, None]).sum(axis=1) for each in (places, behind))
        is_wanted: Bools = np.zeros(self._bin_count * self._count, bool)
        is_wanted[self._present * self._bin_count + low] = True
        is_wanted[self._present * self._bin_count + high] = True
        rows = np.flatnonzero(is_wanted[bin_of])
        group, each = self._group[rows], np.arange(len(up_to))
        taken = np.bincount(group, minlength=self._count)[self._present]
        before = np.where(low > 0, up_to[each, low - 1], 0)
        return sorted_groups(self._numbers[rows], group, taken), taken.cumsum() - taken - before


def _bins(numbers: Floats, group: Ints, bins: int) -> Ints:
    """A bin of its group for each number, rising with the numbers: about as many are in each, as a sample has it.

    The bins are stretches of the first bits of the numbers, which are in the order of the numbers, however far apart.
    """
    import numpy as np

    sample = np.sort(_ordered_bits(numbers[:: max(1, len(numbers) // _MOST_BINS)]))
    edge = len(sample) // 100
    low, high = int(sample[edge]), int(sample[-1 - edge])
    shift = max(1, (high - low).bit_length() - _MOST_BINS.bit_length())  # at least one, so that no difference overflows
    cells = np.clip((sample >> shift) - (low >> shift), 0, (high >> shift) - (low >> shift))
    held = np.bincount(cells)
    bin_of_cell = (np.cumsum(held) - held) * bins // len(sample)
    found = np.empty(len(numbers), np.int64)
    for start in range(0, len(numbers), _BLOCK):
        part = found[start : start + _BLOCK]
        bits = _ordered_bits(numbers[start : start + _BLOCK])
        bits >>= shift
        bits -= low >> shift
        np.take(bin_of_cell, bits, mode="clip", out=part)
        part += np.multiply(group[start : start + _BLOCK], bins, out=bits)
    return found


def _ordered_bits(numbers: Floats) -> Ints:
    """An integer for each number, in the order of the numbers; of the two zeros one is just before the other."""
    import numpy as np

    bits = np.array(numbers).view(np.int64)
    if bits.min() < 0:
        bits ^= (bits >> 63) & np.int64(2**63 - 1)
    return bits
