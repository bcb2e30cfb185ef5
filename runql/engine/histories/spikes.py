"""How many values of a history lie far from their median."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Sequence

from runql.engine import statistics
from runql.engine.functions import to_float
from runql.engine.histories.accumulators import OfValues
from runql.engine.histories.points import floats_of
from runql.engine.values.column import LONG
from runql.semantic.values import MISSING, Value


class Spikes(OfValues):
    """The values beyond so many robust deviations; missing where there is no number."""

    def __init__(self, deviations: float) -> None:
        self._deviations = deviations
        self._numbers = array("d")

    def add(self, cells: Sequence[Value], _xs: Sequence[Value], /) -> None:
        self._numbers.extend(floats_of(cells))

    def result(self) -> Value:
        if not self._numbers:
            return MISSING
        if len(self._numbers) < LONG:
            return spikes(self._numbers, self._deviations)
        from runql.engine.histories import long_curves

        return long_curves.spikes(self._numbers, self._deviations)


def spikes(numbers: Sequence[float], deviations: float) -> int:
    """How many values lie farther from the median than so many robust deviations; an infinity always does.

    The robust deviation is the median distance of the finite values from their median, over 0.6745: for values that
    are normal it is their standard deviation. Where it is 0, every value that is not the median counts.
    """
    finite = sorted(filter(math.isfinite, numbers))
    beyond = len(numbers) - len(finite)
    if not finite:
        return beyond
    centre = to_float(statistics.percentile(finite, 50))
    distances = sorted([abs(value - centre) for value in finite])  # two stretches that are in order already
    bound = deviations * statistics.robust_deviation(to_float(statistics.percentile(distances, 50)))
    return beyond + len(distances) - bisect_right(distances, bound)
