"""Areas, slopes and spikes of long histories, on NumPy arrays. `curves` and `spikes` say what they must give."""

from __future__ import annotations

from array import array
from typing import Any, TypeAlias

from runql.engine.stages.arrays.sums import Summands, group_means, group_sums
from runql.engine.statistics import between, robust_deviation

Floats: TypeAlias = Any


def area(xs: array[float], ys: array[float]) -> float | None:
    """The area under a curve by trapezoids; `None` where x does not vary."""
    import numpy as np

    x, y = np.frombuffer(xs), np.frombuffer(ys)
    with np.errstate(all="ignore"):
        widths = np.diff(x)
        if (widths < 0).any():
            order = np.argsort(x, kind="stable")
            x, y = x[order], y[order]
            widths = np.diff(x)
        if x[0] == x[-1]:
            return None
        heights = y[1:] + y[:-1]
        if not np.isfinite(heights).all():
            heights, widths = heights[widths != 0], widths[widths != 0]
        return _sum(widths * heights) / 2


def slope(xs: array[float], ys: array[float]) -> float | None:
    """The slope of the line of least squares; `None` where x does not vary."""
    import numpy as np

    x, y = np.frombuffer(xs), np.frombuffer(ys)
    with np.errstate(all="ignore"):
        along = x - _mean(x)
        spread = _sum(along * along)
        return None if spread == 0 else _sum(along * (y - _mean(y))) / spread


def spikes(numbers: array[float], deviations: float) -> int:
    """How many values lie farther from the median than so many robust deviations; an infinity always does."""
    import numpy as np

    values = np.frombuffer(numbers)
    finite = values[np.isfinite(values)]
    beyond = len(values) - len(finite)
    if not len(finite):
        return beyond
    with np.errstate(all="ignore"):
        distances = np.abs(finite - _median(finite))
        return beyond + int((distances > deviations * robust_deviation(_median(distances))).sum())


def _median(numbers: Floats) -> float:
    import numpy as np

    low, high = (len(numbers) - 1) // 2, len(numbers) // 2
    parted = np.partition(numbers, (low, high))
    below, above = float(parted[low]), float(parted[high])
    return below if below == above else between(below, above, 0.5)


def _sum(numbers: Floats) -> float:
    return float(group_sums(_all(numbers))[0])


def _mean(numbers: Floats) -> float:
    return float(group_means(_all(numbers))[0])


def _all(numbers: Floats) -> Summands:
    import numpy as np

    return Summands(numbers, None, np.array([len(numbers)]))
