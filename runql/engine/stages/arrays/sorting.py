"""Sorting many numbers, equal ones as they stand.

NumPy sorts numbers several times as fast as it sorts their places. So each number and its place are packed into one
integer of 64 bits, and these are sorted: equal numbers then stand as they stood. Of numbers of too many bits the last
ones are left out; the few that this leaves out of order are put right behind it.
"""

from __future__ import annotations

from typing import Any

from runql.engine.stages.arrays.vectors import Ints

_SMALL = 2**16
"""NumPy sorts integers of 16 bits by their digits, in one pass and as they stand."""

_LONG_STRETCH = 64
_FEW_RUNS = 2**10
"""So many runs of numbers that differ in their last bits alone are put right one by one; of more, all are sorted."""
_SAMPLE = 2**10
_WIDEST = 2**62


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
