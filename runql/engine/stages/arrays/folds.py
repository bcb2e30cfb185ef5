"""Aggregates over the groups of many rows. Sums are exact (`math.fsum`), so they equal those of the reference."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from runql.engine.stages.arrays.groups import codes_of
from runql.engine.stages.arrays.vectors import (
    BOOL,
    LARGEST_WHOLE,
    NULL,
    NUMBER,
    TEXT,
    TIME,
    Bools,
    Floats,
    Ints,
    Vector,
    encode,
)
from runql.engine.stages.shared import statistics
from runql.engine.stages.shared.aggregates import SPREADS, FoldColumn, Skipped, Takes, of_none, takes_of
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.rows import NotHeld
from runql.semantic.folds import percentile_of
from runql.semantic.values import MISSING, Value


def fold_cells(name: str, cells: Sequence[Value], groups: Groups, answers: Sequence[Value] | None) -> FoldColumn:
    """What an aggregate comes to in each group. Raises `NotHeld`."""
    import numpy as np

    with np.errstate(all="ignore"):
        return _Folding(name, cells, groups).column(answers)


class _Folding:
    """The values that count, those of a group side by side.

    `rows`: their places in the table. `group`: the number of the group of each. `numbers`: their numbers.
    `present`: the groups that have a value. `bounds`: where the values of these begin, and one past the last.
    """

    def __init__(self, name: str, cells: Sequence[Value], groups: Groups) -> None:
        import numpy as np

        self.name, self.cells = name, cells
        takes = takes_of(name)
        vector = encode(cells)
        order, starts = np.asarray(groups.order), np.asarray(groups.starts)
        group = np.repeat(np.arange(len(groups)), np.diff(starts))
        counting = _counting(takes, vector, order, starts, group)
        self.rows, self.group = order[counting], group[counting]
        self.numbers, self.whole = vector.numbers[self.rows], vector.whole[self.rows]
        self.counts = np.bincount(self.group, minlength=len(groups))
        self.present = np.flatnonzero(self.counts)
        self.bounds = np.concatenate(([0], np.cumsum(self.counts[self.present])))
        missing = int((vector.tags >= NULL).sum())
        nan = int(((vector.tags == NUMBER) & np.isnan(vector.numbers)).sum())
        self.skipped = Skipped(missing, nan, len(cells) - len(self.rows) - missing - nan)

    def column(self, answers: Sequence[Value] | None) -> FoldColumn:
        """The result for each group."""
        values: list[Value] = [of_none(self.name) for _ in self.counts]
        if len(self.rows):
            for group, value in zip(self.present.tolist(), self._results(answers), strict=True):
                values[group] = value
        return FoldColumn(values, self.counts.tolist(), self.skipped)

    def _results(self, answers: Sequence[Value] | None) -> Sequence[Value]:
        """One value for each group that has any."""
        name = self.name
        if answers is not None:
            return [answers[row] for row in self._extremes(largest=name == "argmax")]
        if name in ("min", "max"):
            return [self.cells[row] for row in self._extremes(largest=name == "max")]
        if name in SPREADS:
            return self._spreads(SPREADS[name])
        if name == "median" or percentile_of(name) is not None:
            percent = 50 if name == "median" else percentile_of(name) or 0
            return [statistics.percentile(part, percent) for part in self._sorted_parts()]
        return _WORK[name](self)

    def parts(self, numbers: Floats) -> Iterator[list[float]]:
        """The numbers of each group as a list."""
        listed = numbers.tolist()
        return (listed[start:end] for start, end in pairwise(self.bounds.tolist()))

    def _sorted_parts(self) -> Iterator[list[float]]:
        import numpy as np

        return self.parts(self.numbers[np.lexsort((self.numbers, self.group))])

    def _extremes(self, *, largest: bool) -> list[int]:
        """The row of the first of the best values of each group."""
        import numpy as np

        reduce = np.maximum if largest else np.minimum
        best = np.zeros(len(self.counts))
        best[self.present] = reduce.reduceat(self.numbers, self.bounds[:-1])
        those = np.flatnonzero(self.numbers == best[self.group])
        firsts = np.unique(self.group[those], return_index=True)[1]
        rows: list[int] = self.rows[those[firsts]].tolist()
        return rows

    def _spreads(self, of_deviation: Callable[[float, int], float]) -> list[Value]:
        import numpy as np

        means = np.zeros(len(self.counts))
        means[self.present] = self.means()
        distances = self.numbers - means[self.group]
        squares = map(statistics.exact_sum, self.parts(distances * distances))
        counts = self.counts[self.present].tolist()
        return [
            of_deviation(math.sqrt(square / (count - 1)), count) if count > 1 else MISSING
            for square, count in zip(squares, counts, strict=True)
        ]

    def means(self) -> list[float]:
        return [statistics.mean_of_floats(part) for part in self.parts(self.numbers)]

    def sums(self) -> list[Value]:
        import numpy as np

        whole = np.logical_and.reduceat(self.whole, self.bounds[:-1]).tolist()
        sums = [statistics.exact_sum(part) for part in self.parts(self.numbers)]
        if any(is_whole and abs(value) >= LARGEST_WHOLE for value, is_whole in zip(sums, whole, strict=True)):
            raise NotHeld
        return [int(value) if is_whole else value for value, is_whole in zip(sums, whole, strict=True)]

    def iqms(self) -> list[float]:
        parts = self._sorted_parts()
        return [statistics.mean_of_floats(part[len(part) // 4 : len(part) - len(part) // 4]) for part in parts]

    def at(self, places: Ints) -> list[Value]:
        """The cells of some of the values."""
        return [self.cells[row] for row in self.rows[places].tolist()]

    def lists(self) -> list[Value]:
        cells = [self.cells[row] for row in self.rows.tolist()]
        return [cells[start:end] for start, end in pairwise(self.bounds.tolist())]

    def different(self) -> list[int]:
        import numpy as np

        codes = codes_of(self.cells)[self.rows]
        pairs = np.unique(self.group * (int(codes.max()) + 1) + codes)
        groups = pairs // (int(codes.max()) + 1)
        counts: list[int] = np.bincount(groups, minlength=len(self.counts))[self.present].tolist()
        return counts

    def truths(self, *, every: bool) -> list[bool]:
        import numpy as np

        reduce = np.logical_and if every else np.logical_or
        truths: list[bool] = reduce.reduceat(self.numbers == 1, self.bounds[:-1]).tolist()
        return truths


_WORK: dict[str, Callable[[_Folding], Sequence[Value]]] = {
    "count": lambda folding: folding.counts[folding.present].tolist(),
    "sum": _Folding.sums,
    "mean": _Folding.means,
    "iqm": _Folding.iqms,
    "first": lambda folding: folding.at(folding.bounds[:-1]),
    "last": lambda folding: folding.at(folding.bounds[1:] - 1),
    "any": lambda folding: folding.truths(every=False),
    "all": lambda folding: folding.truths(every=True),
    "n_unique": _Folding.different,
    "list": _Folding.lists,
}


def _counting(takes: Takes, vector: Vector, order: Ints, starts: Ints, group: Ints) -> Bools:
    """A flag a row, in the order of the groups: whether its value counts. Raises `NotHeld` where texts are compared."""
    import numpy as np

    tags = vector.tags[order]
    has_value = (tags < NULL) & ~((tags == NUMBER) & np.isnan(vector.numbers[order]))
    match takes:
        case Takes.NUMBERS:
            return has_value & (tags == NUMBER)
        case Takes.BOOLS:
            return has_value & (tags == BOOL)
        case Takes.ANYTHING:
            return has_value
        case Takes.COMPARABLE:
            ranks = np.where(has_value & (tags <= TIME), tags, NULL)
            if not len(ranks):
                return has_value
            kind = np.minimum.reduceat(ranks, starts[:-1])
            if (kind == TEXT).any():
                raise NotHeld
            return has_value & (tags == kind[group])
