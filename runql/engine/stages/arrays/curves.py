"""Metrics along the x of runs, on arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence

from runql.engine.stages.arrays.vectors import NULL, NUMBER, Bools, Floats, Ints, Vector, decode, encode, numbers_column
from runql.engine.stages.shared.numbers import LeftOut
from runql.engine.stages.shared.rows import NotHeld
from runql.engine.values.column import Column, column_of
from runql.semantic.values import Value

_NO_WEIGHT = 1e-20
_LARGEST = 1e280
"""Larger numbers may overflow when they are added, or divided by `_NO_WEIGHT`."""

_SHORT, _LONGEST = 2**6, 2**13
"""Of fewer numbers that weigh something the sums are doubled; more are weighed a stretch at a time."""


def rising(xs: Sequence[Value], lengths: Sequence[int]) -> list[bool]:
    """For each stretch of so many cells, whether it holds numbers that never fall. Raises `NotHeld`."""
    import numpy as np

    vector = encode(xs)
    numbers = vector.numbers
    wrong = (vector.tags != NUMBER) | np.isnan(numbers)
    ends = np.cumsum(lengths)
    wrong[1:] |= numbers[1:] < numbers[:-1]
    starts = ends - lengths
    at_start = starts[1:]
    wrong[at_start] = (vector.tags[at_start] != NUMBER) | np.isnan(numbers[at_start])
    flags = np.ones(len(lengths), bool)
    flags[np.searchsorted(ends, np.flatnonzero(wrong), side="right")] = False
    found: list[bool] = flags.tolist()
    return found


def left_out(cells: Sequence[Value]) -> LeftOut:
    """How many cells hold NaN, an infinity, and a value that is no number. Raises `NotHeld`."""
    import numpy as np

    vector = encode(cells)
    nan, infinite = (int(((vector.tags == NUMBER) & test(vector.numbers)).sum()) for test in (np.isnan, np.isinf))
    return LeftOut(nan, infinite, int(((vector.tags != NUMBER) & (vector.tags < NULL)).sum()))


def points(x_cells: Sequence[Value], cells_of_metric: Sequence[Value]) -> tuple[Column, Column, int]:
    """The x and the value of the rows where both are finite numbers; of rows of equal x the last, and how many not.

    Raises `NotHeld`.
    """
    import numpy as np

    xs, cells = encode(x_cells), encode(cells_of_metric)
    there = np.flatnonzero(_finite(xs) & _finite(cells))
    along = xs.numbers[there]
    lasts = there[np.append(along[1:] != along[:-1], np.True_)] if len(there) else there
    return _taken(xs, lasts), _taken(cells, lasts), len(there) - len(lasts)


def _taken(vector: Vector, places: Ints) -> Column:
    return decode(Vector(vector.tags[places], vector.numbers[places], vector.whole[places]))


def _finite(vector: Vector) -> Bools:
    """Where a finite number stands."""
    import numpy as np

    return (vector.tags == NUMBER) & np.isfinite(vector.numbers)


def smoothed(cells: Sequence[Value], method: str, amount: float) -> Column:
    """One metric of one run smoothed: its finite numbers; other cells stay as they are. Raises `NotHeld`."""
    import numpy as np

    vector = encode(cells)
    there = _finite(vector)
    everywhere = bool(there.all())
    numbers = vector.numbers if everywhere else vector.numbers[there]
    if not len(numbers):
        return column_of(cells)
    smooth = _exponential(numbers, amount) if method == "ema" else _trailing(numbers, int(amount))
    if everywhere:
        return numbers_column(smooth, np.zeros(len(smooth), bool))
    together = vector.numbers.copy()
    together[there] = smooth
    return decode(Vector(vector.tags, together, vector.whole & ~there, vector.cells))


def _exponential(numbers: Floats, weight: float) -> Floats:
    """The debiased exponential mean: the weighted sums over the sums of the weights. Raises `NotHeld`."""
    import numpy as np

    if np.abs(numbers).max() > _LARGEST:
        raise NotHeld
    length = len(numbers)
    heavy = weight ** np.arange(min(length, _numbers_of_weight(weight)))
    is_short = len(heavy) <= min(_SHORT, length - 1)
    sums = _doubled(numbers, weight) if is_short else _by_stretches(numbers, heavy[:_LONGEST], weight)
    np.cumsum(heavy, out=heavy)
    sums[: len(heavy)] /= heavy
    sums[len(heavy) :] /= heavy[-1]
    return sums


def _numbers_of_weight(weight: float) -> int:
    """How many numbers, the last among them, weigh something beside it."""
    return 1 if weight == 0 else 1 + math.floor(math.log(_NO_WEIGHT) / math.log(weight))


def _doubled(numbers: Floats, weight: float) -> Floats:
    """The weighted sums of the last number, the last two, four, …, until the rest has no weight."""
    length, size = len(numbers), 1
    sums: Floats = numbers.copy()
    while size < length and (factor := weight**size) > _NO_WEIGHT:
        sums[size:] += factor * sums[:-size]
        size *= 2
    return sums


def _by_stretches(numbers: Floats, powers: Floats, weight: float) -> Floats:
    """The weighted sums up to each number, stretch by stretch: a number weighs more, the later it stands in one, and
    all are weighed down together behind it."""
    import numpy as np

    sums, before = np.empty(len(numbers)), 0.0
    for start in range(0, len(numbers), len(powers)):
        part = sums[start : start + len(powers)]
        down = powers[: len(part)]
        np.divide(numbers[start : start + len(powers)], down, out=part)
        part[0] += weight * before
        np.cumsum(part, out=part)
        part *= down
        before = float(part[-1])
    return sums


def _trailing(numbers: Floats, count: int) -> Floats:
    """The mean of the last so many numbers, of fewer at the start."""
    import numpy as np

    width = min(count, len(numbers))
    sums, power, size, behind = np.zeros(len(numbers)), numbers, 1, 0
    with np.errstate(all="ignore"):
        while size <= width:  # `power`: the sums of the last `size` numbers
            if width & size:
                sums[behind:] += power[: len(power) - behind]
                behind += size
            longer = power.copy()
            longer[size:] += power[:-size]
            power, size = longer, 2 * size
    return sums / np.minimum(np.arange(1, len(numbers) + 1), width)
