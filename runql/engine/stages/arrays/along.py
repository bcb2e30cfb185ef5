"""Work along the x of one run, on arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runql.engine.stages.arrays.vectors import NUMBER, Bools, Floats, NotHeld, Vector, decode, encode
from runql.engine.stages.rows import cells_of
from runql.semantic.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runql.engine.stages.along import Run


def points(run: Run, metric: str) -> tuple[list[Value], list[Value]]:
    """The x and the value of the rows where both are finite numbers; of rows of equal x the last."""
    import numpy as np

    from runql.engine.stages.along import points_by_reference

    try:
        xs, cells = encode(run.xs), encode(cells_of(run.table, metric))
    except NotHeld:
        return points_by_reference(run, metric)
    there = np.flatnonzero(finite(xs) & finite(cells))
    along = xs.numbers[there]
    lasts = there[np.append(along[1:] != along[:-1], np.True_)] if len(there) else there
    return _taken(xs, lasts), _taken(cells, lasts)


def _taken(vector: Vector, places: Floats) -> list[Value]:
    return decode(Vector(vector.tags[places], vector.numbers[places], vector.whole[places]))


def finite(vector: Vector) -> Bools:
    """Where a finite number stands."""
    import numpy as np

    return (vector.tags == NUMBER) & np.isfinite(vector.numbers)


def exponential(cells: Sequence[Value], weight: float) -> list[Value]:
    """The debiased exponential mean of the finite numbers; other cells as they are. Raises `NotHeld`."""
    import pandas as pd

    vector = encode(cells)
    there = finite(vector)
    smoothed = pd.Series(vector.numbers[there]).ewm(com=weight / (1 - weight), adjust=True, ignore_na=True).mean()
    return _replaced(cells, there, smoothed.to_numpy())


def trailing(cells: Sequence[Value], count: int) -> list[Value]:
    """The mean of the last so many finite numbers; other cells as they are. Raises `NotHeld`."""
    import numpy as np

    vector = encode(cells)
    there = finite(vector)
    numbers = vector.numbers[there]
    if not len(numbers):
        return list(cells)
    width = min(count, len(numbers))
    padded = np.concatenate((np.zeros(width - 1), numbers))
    with np.errstate(all="ignore"):
        sums = np.lib.stride_tricks.sliding_window_view(padded, width).sum(axis=1)
    held = np.minimum(np.arange(1, len(numbers) + 1), width)
    return _replaced(cells, there, sums / held)


def _replaced(cells: Sequence[Value], there: Bools, numbers: Floats) -> list[Value]:
    if there.all():
        listed: list[Value] = numbers.tolist()
        return listed
    result = list(cells)
    for place, number in zip(there.nonzero()[0].tolist(), numbers.tolist(), strict=True):
        result[place] = number
    return result
