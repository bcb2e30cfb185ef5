"""Work along the x of one run, on arrays."""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.stages.arrays.vectors import NUMBER, Bools, Floats, Vector, decode, encode
from runql.semantic.values import Value


def points(x_cells: Sequence[Value], cells_of_metric: Sequence[Value]) -> tuple[list[Value], list[Value]]:
    """The x and the value of the rows where both are finite numbers; of rows of equal x the last. Raises `NotHeld`."""
    import numpy as np

    xs, cells = encode(x_cells), encode(cells_of_metric)
    there = np.flatnonzero(_finite(xs) & _finite(cells))
    along = xs.numbers[there]
    lasts = there[np.append(along[1:] != along[:-1], np.True_)] if len(there) else there
    return _taken(xs, lasts), _taken(cells, lasts)


def _taken(vector: Vector, places: Floats) -> list[Value]:
    return decode(Vector(vector.tags[places], vector.numbers[places], vector.whole[places]))


def _finite(vector: Vector) -> Bools:
    """Where a finite number stands."""
    import numpy as np

    return (vector.tags == NUMBER) & np.isfinite(vector.numbers)


def smoothed(cells: Sequence[Value], method: str, amount: float) -> list[Value]:
    """One metric of one run smoothed. Raises `NotHeld`."""
    return _exponential(cells, amount) if method == "ema" else _trailing(cells, int(amount))


def _exponential(cells: Sequence[Value], weight: float) -> list[Value]:
    """The debiased exponential mean of the finite numbers; other cells as they are."""
    import pandas as pd

    vector = encode(cells)
    there = _finite(vector)
    smoothed = pd.Series(vector.numbers[there]).ewm(com=weight / (1 - weight), adjust=True, ignore_na=True).mean()
    return _replaced(cells, there, smoothed.to_numpy())


def _trailing(cells: Sequence[Value], count: int) -> list[Value]:
    """The mean of the last so many finite numbers; other cells as they are."""
    import numpy as np

    vector = encode(cells)
    there = _finite(vector)
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
