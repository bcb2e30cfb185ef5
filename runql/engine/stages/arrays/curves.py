"""Metrics along the x of runs, on arrays."""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.stages.arrays.vectors import NULL, NUMBER, Bools, Floats, Ints, Vector, decode, encode, numbers_column
from runql.engine.stages.shared.numbers import LeftOut
from runql.engine.stages.shared.rows import NotHeld
from runql.engine.values.column import Column, column_of
from runql.semantic.values import Value

_NO_WEIGHT = 1e-20
_LARGEST = 1e290
"""So large numbers may overflow when they are added."""


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
    """The debiased exponential mean: sums of the last number, the last two, four, …, until the rest has no weight."""
    import numpy as np

    if np.abs(numbers).max() > _LARGEST:
        raise NotHeld
    length, size = len(numbers), 1
    sums = numbers.copy()
    while size < length and (factor := weight**size) > _NO_WEIGHT:
        sums[size:] += factor * sums[:-size]
        size *= 2
    averages: Floats = sums / np.cumsum(weight ** np.arange(length))
    return averages


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
