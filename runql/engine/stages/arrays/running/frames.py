"""What the last numbers up to each of its group come to: frames, as SQL calls them; a group's numbers stand together.

Sums are rounded once each: the numbers are cut into a part whose sums are exact and what is left, with a bound; where
that leaves the last digit open, they are cut once more, and what is still open `math.fsum` decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runql.engine.stages.arrays.vectors import Floats, Ints, largest_magnitude

if TYPE_CHECKING:
    import numpy as np

_HALF_DIGIT = 2.0**-53
_SMALLEST, _LARGEST = 2.0**-400, 2.0**480
"""Numbers between these, and their squares, are far from what a double does not hold when they are added."""
_BLOCK = 2**14
"""So many numbers at a time, which stay in the processor's cache."""
_STRETCHES = 2**15
"""So many numbers of frames at a time are sorted."""
_SQUARES = 2**17
"""So many squares at a time are added."""


@dataclass(slots=True)
class RowFrames:
    """Up to each of so many numbers the last ones of its group: `width` of them, or all where there are fewer.

    `short`: the places of those of fewer, rising, and `sizes`: how many these have.
    """

    length: int
    width: int
    short: Ints
    sizes: Ints

    def all_sizes(self) -> Ints:
        """How many numbers each has."""
        import numpy as np

        sizes = np.full(self.length, self.width)
        sizes[self.short] = self.sizes
        return sizes

    def divided(self, numbers: Floats, by: int, by_sizes: Ints) -> Floats:
        """A number of each, divided in its place: by one number, those of fewer by their own."""
        few = numbers[self.short] / by_sizes
        numbers /= by
        numbers[self.short] = few
        return numbers

    def within(self, first: int, stop: int) -> RowFrames:
        """Those up to some of the numbers, whose places are counted from the first one."""
        import numpy as np

        inside = slice(*np.searchsorted(self.short, (first, stop)))
        return RowFrames(stop - first, self.width, self.short[inside] - first, self.sizes[inside])

    def blocks(self) -> Iterator[tuple[int, int, int]]:
        """Where to read from, and between which places to write, some places at a time."""
        step, before = max(_BLOCK, 2 * self.width), self.width - 1
        for start in range(0, self.length, step):
            yield max(0, start - before), start, min(start + step, self.length)


def frames(counts: Ints, amount: int) -> RowFrames:
    """The frames of so many numbers in groups of so many."""
    import numpy as np

    counts = counts[counts > 0]
    length, starts = int(counts.sum()), np.cumsum(counts) - counts
    width = min(amount, int(counts.max(initial=1)))
    if len(counts) * (width - 1) < length:
        each = np.arange(width - 1)
        there = each < counts[:, None]
        return RowFrames(length, width, (starts[:, None] + each)[there], np.broadcast_to(each + 1, there.shape)[there])
    places = np.arange(length) - np.repeat(starts, counts)
    short = np.flatnonzero(places < width - 1)
    return RowFrames(length, width, short, places[short] + 1)


def _over_frames(work: np.ufunc, numbers: Floats, of: RowFrames) -> Floats:
    """What a function makes of the numbers of each frame, from stretches of one, two, four, … of them.

    What the frames before the first whole one come to is right only where the first number is the first of a group.
    """

    level, size = numbers, 1  # of so many last numbers, or of all of the group
    found, done = None, 0
    while True:
        if of.width & size:
            found = level if found is None else _with(work, found, level, done, of)
            done += size
        if done == of.width:
            assert found is not None
            return found
        level, size = _with(work, level, level, size, of), 2 * size


def _with(work: np.ufunc, found: Floats, level: Floats, size: int, of: RowFrames) -> Floats:
    """What was made of so many last numbers, with what was made of those before them."""
    import numpy as np

    made = np.empty_like(found)
    made[:size] = found[:size]
    work(found[size:], level[:-size], out=made[size:])
    few = of.short[of.sizes <= size]
    made[few] = found[few]
    return made


def last_best(numbers: Floats, of: RowFrames, *, largest: bool) -> Floats:
    """The best number of each frame."""
    import numpy as np

    found = np.empty(len(numbers))
    for first, start, stop in of.blocks():
        best = _over_frames(np.maximum if largest else np.minimum, numbers[first:stop], of.within(first, stop))
        found[start:stop] = best[start - first :]
    return found


def last_sums(numbers: Floats, of: RowFrames) -> Floats | None:
    """The sum of each frame; `None` beside infinities, and near overflow."""
    import numpy as np

    found = np.empty(len(numbers))
    bits = (of.width + 2).bit_length()
    for first, start, stop in of.blocks():
        part, inside = numbers[first:stop], of.within(first, stop)
        largest = largest_magnitude(part)
        if not largest * of.width < _LARGEST:
            return None
        # What is cut off at a unit is at most half a digit of it; the sum of what is not is exact.
        unit = math.ldexp(1.0, math.frexp(largest)[1] + bits)
        high, rest = _cut(part, unit)
        low, _ = _cut(rest, math.ldexp(unit * _HALF_DIGIT, bits + 1))
        sums, left = (_over_frames(np.add, each, inside)[start - first :] for each in (high, rest))
        if (low == rest).all():  # then the sum of the rest is exact too, and this is rounded once
            np.add(sums, left, out=found[start:stop])
            continue
        bound = 2 * unit * _HALF_DIGIT**2 * of.width**2 + 5e-324
        found[start:stop] = sums + (left - bound)
        open_ = np.flatnonzero(found[start:stop] != sums + (left + bound))
        if len(open_):
            _settle(found, open_ + start, numbers, of)
    return found


def _cut(numbers: Floats, unit: Floats) -> tuple[Floats, Floats]:
    """The numbers rounded to the last digit of a power of two that is above them, and the rest."""
    high = numbers + unit
    high -= unit
    return high, numbers - high


def _settle(found: Floats, places: Ints, numbers: Floats, of: RowFrames, means: Floats | None = None) -> None:
    """Write the sums of the frames at these places, or of the squares of the distances from their mean."""
    import numpy as np

    back, step = np.arange(of.width - 1, -1, -1)[:, None], max(1, _SQUARES // of.width)
    for start in range(0, len(places), step):
        at = places[start : start + step]
        sizes = np.full(len(at), of.width)
        near = np.searchsorted(of.short, at)
        is_short = near < len(of.short)
        is_short[is_short] = of.short[near[is_short]] == at[is_short]
        sizes[is_short] = of.sizes[near[is_short]]
        parts = numbers.take(np.maximum(at - back, 0))
        if means is not None:
            parts -= means[at]
            parts *= parts
        if is_short.any():
            parts *= back < sizes
        found[at] = _column_sums(parts)


def _column_sums(parts: Floats) -> Floats:
    """The sum of each column, rounded once."""
    import numpy as np

    bits = (len(parts) + 2).bit_length()
    units = np.ldexp(1.0, np.frexp(np.abs(parts).max(axis=0))[1] + bits)
    high, rest = _cut(parts, units)
    low, rest = _cut(rest, np.ldexp(units * _HALF_DIGIT, bits + 1))
    sums = high.sum(axis=0) + low.sum(axis=0)  # both are exact, so this is rounded once
    for place in np.flatnonzero(rest.any(axis=0)).tolist():
        sums[place] = math.fsum(parts[:, place].tolist())
    return sums


def last_squares(numbers: Floats, of: RowFrames, means: Floats) -> Floats:
    """The sum of the squares of the distances of the numbers of each frame from their mean, rounded once."""
    import numpy as np

    found, width = np.zeros(len(numbers)), of.width
    if width == 1:
        return found
    short = of.short[of.sizes > 1]
    if 2 * len(of.short) > len(numbers):
        _settle(found, np.arange(len(numbers)), numbers, of, means)
        return found
    step = max(1, _SQUARES // width)
    every = np.concatenate((np.full(width - 1, numbers[0]), numbers))
    room = np.empty((2, width, min(step, len(numbers))))
    open_ = [short]
    for start in range(0, len(numbers), step):
        stop = min(start + step, len(numbers))
        below, above = _squares(every[start : stop + width - 1], means[start:stop], room[:, :, : stop - start])
        found[start:stop] = below
        open_.append(np.flatnonzero(below != above) + start)
    _settle(found, np.concatenate(open_), numbers, of, means)
    return found


def _squares(numbers: Floats, means: Floats, room: Floats) -> tuple[Floats, Floats]:
    """Between what the sums of the squares of the distances of as many numbers as room has rows from their mean lie.

    They are worked on as multiples of a unit, a power of two, so that the sum of their whole parts is exact.
    """
    import numpy as np

    (squares, whole), width = room, room.shape[1]
    farthest = max(float(numbers.max()) - float(means.min()), float(means.max()) - float(numbers.min()))
    if not _SMALLEST < farthest < _LARGEST:
        return np.zeros(len(means)), np.full(len(means), 0.0 if not farthest else math.nan)
    power = (53 - (width + 2).bit_length()) // 2 - math.frexp(farthest)[1]
    scale = math.ldexp(1.0, power)
    scaled = numbers * scale
    # A row for each place in a frame: long rows are worked on faster.
    places = np.ndarray(squares.shape, np.float64, scaled, strides=(scaled.itemsize, scaled.itemsize))
    np.subtract(places, means * scale, out=squares)
    np.multiply(squares, squares, out=squares)
    np.rint(squares, out=whole)
    np.subtract(squares, whole, out=squares)
    ones = np.ones(width)
    sums, left = ones @ whole, ones @ squares
    bound = _HALF_DIGIT * width * width
    below, above = sums + (left - bound), sums + (left + bound)
    none = np.flatnonzero((sums == 0) & (left == 0))
    if len(
        none
    ):  # the squares of small distances are none beside large ones: only where there is no distance it is sure
        given = np.ndarray(squares.shape, np.float64, numbers, strides=(numbers.itemsize, numbers.itemsize))
        none = none[(given[:, none] == means[none]).all(axis=0)]
        below[none] = above[none] = 0.0
    back = math.ldexp(1.0, -2 * power)
    return below * back, above * back


def last_medians(numbers: Floats, of: RowFrames) -> Floats:
    """The median of each frame, as `statistics.percentile` has it."""
    import numpy as np

    found, sizes = np.empty(len(numbers)), of.all_sizes()
    with np.errstate(all="ignore"):
        for rows, part in _stretches(numbers, of.width, sizes, math.inf):
            part.sort(axis=1)
            each = np.arange(len(part))
            below, above = part[each, (sizes[rows] - 1) // 2], part[each, sizes[rows] // 2]
            width = above - below
            between = np.where(np.isinf(width), below * 0.5 + above * 0.5, above - width * 0.5)
            found[rows] = np.where(below == above, below, between)
    return found


def _stretches(numbers: Floats, width: int, sizes: Ints, fill: float) -> Iterator[tuple[slice, Floats]]:
    """The last numbers up to each, a row each, some rows at a time; before where they begin stands `fill`."""
    import numpy as np

    if not len(numbers):
        return
    every = np.lib.stride_tricks.sliding_window_view(np.concatenate((np.full(width - 1, fill), numbers)), width)
    step = max(1, _STRETCHES // width)
    for start in range(0, len(numbers), step):
        rows = slice(start, start + step)
        part = np.array(every[rows])
        short = np.flatnonzero(sizes[rows] < width)
        if len(short):
            part[short] = np.where(np.arange(width) < (width - sizes[rows][short])[:, None], fill, part[short])
        yield rows, part
