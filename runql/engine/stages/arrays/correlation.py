"""How strongly columns go together with one, over many rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from runql.engine.stages.arrays.codes import codes_of, codes_of_numbers
from runql.engine.stages.arrays.sums import Summands, group_means, group_sums
from runql.engine.stages.arrays.vectors import NULL, NUMBER, Bools, Floats, Ints, encode
from runql.engine.stages.shared.measures import ETA, SPEARMAN, Measured, refusal
from runql.semantic.values import Value


def measuring(targets: Sequence[Value]) -> Callable[[Sequence[Value]], Measured]:
    """What the reference gives for a column and the targets. Raises `NotHeld`, and so does what is given."""
    return _Measuring(targets).measured


def without_number(targets: Sequence[Value]) -> int:
    """How many of the targets are no number. Raises `NotHeld`."""
    import numpy as np

    return len(targets) - int(np.count_nonzero(encode(targets).is_number()))


class _Measuring:
    """The targets as numbers, and their ranks once they were asked for."""

    def __init__(self, targets: Sequence[Value]) -> None:
        vector = encode(targets)
        self._numbers, self._there = vector.numbers, vector.is_number()
        self._ranks: tuple[Bools, Floats] | None = None

    def measured(self, cells: Sequence[Value]) -> Measured:
        import numpy as np

        with np.errstate(all="ignore"):
            vector = encode(cells)
            is_nan = (vector.tags == NUMBER) & np.isnan(vector.numbers)
            rows: Bools = self._there & (vector.tags < NULL) & ~is_nan
            count = int(rows.sum())
            if count and (vector.tags[rows] == NUMBER).all():
                why = refusal(count, None)
                strength = None if why else _pearson(_ranks(vector.numbers[rows]), self._ranks_of(rows))
                return Measured(SPEARMAN, strength, count, why)
            codes = codes_of(cells, sort_texts=False).numbers[rows]
            counts = np.bincount(codes) if count else np.zeros(0, np.int64)
            different = int((counts > 0).sum())
            if why := refusal(count, different):
                return Measured(ETA, None, count, why, different)
            return Measured(ETA, _correlation_ratio(codes, counts, self._numbers[rows]), count, "", different)

    def _ranks_of(self, rows: Bools) -> Floats:
        import numpy as np

        if self._ranks is None or not np.array_equal(self._ranks[0], rows):
            self._ranks = rows, _ranks(self._numbers[rows])
        return self._ranks[1]


def _ranks(numbers: Floats) -> Floats:
    """The rank of each number from 1; equal ones share the mean of theirs."""
    import numpy as np

    codes = codes_of_numbers(numbers)
    counts = np.bincount(codes.numbers, minlength=codes.count)
    shared = np.cumsum(counts) - (counts - 1) / 2
    return shared[codes.numbers]


def _pearson(xs: Floats, ys: Floats) -> float | None:
    """`statistics.pearson`."""
    mean_x, mean_y = _mean(xs), _mean(ys)
    vary_x, vary_y = _spread(xs, mean_x), _spread(ys, mean_y)
    if vary_x == 0 or vary_y == 0:
        return None
    return max(-1.0, min(1.0, _sum((xs - mean_x) * (ys - mean_y)) / math.sqrt(vary_x) / math.sqrt(vary_y)))


def _correlation_ratio(codes: Ints, counts: Ints, numbers: Floats) -> float | None:
    """`statistics.correlation_ratio`."""
    centre = _mean(numbers)
    whole = _spread(numbers, centre)
    if whole == 0 or not math.isfinite(whole):
        return None
    there = counts > 0
    means = group_means(Summands(numbers, codes, counts))[there].tolist()
    apart = math.fsum(count * (mean - centre) ** 2 for count, mean in zip(counts[there].tolist(), means, strict=True))
    return math.sqrt(min(1.0, apart / whole))


def _mean(numbers: Floats) -> float:
    import numpy as np

    return float(group_means(Summands(numbers, None, np.array([len(numbers)])))[0])


def _spread(numbers: Floats, centre: float) -> float:
    """The sum of the squares of the distances from a centre."""
    import numpy as np

    return float(group_sums(Summands(numbers, None, np.array([len(numbers)]), np.array([centre])))[0])


def _sum(numbers: Floats) -> float:
    import numpy as np

    return float(group_sums(Summands(numbers, None, np.array([len(numbers)])))[0])
