"""Aggregates over the groups of many rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise

from runql.engine.stages.arrays.codes import codes_of
from runql.engine.stages.arrays.groups import CodedGroups, coded, firsts_of, lasts_of
from runql.engine.stages.arrays.ordering import cells_at
from runql.engine.stages.arrays.sorting import OrderStatistics, stable_order
from runql.engine.stages.arrays.sums import Summands, group_means, group_sums
from runql.engine.stages.arrays.vectors import (
    BOOL,
    LARGEST_WHOLE,
    NO_VALUE,
    NULL,
    NUMBER,
    TEXT,
    TIME,
    Bools,
    Floats,
    Ints,
    Vector,
    encode,
    integers_column,
    numbers_column,
)
from runql.engine.stages.shared.aggregates import (
    NOTHING_SKIPPED,
    SPREADS,
    FoldColumn,
    Skipped,
    Takes,
    is_spread,
    of_none,
    takes_of,
)
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.rows import NotHeld
from runql.engine.values.column import Column, column_of
from runql.semantic.folds import percentile_of
from runql.semantic.values import Value


def fold_cells(name: str, cells: Sequence[Value], groups: Groups, answers: Sequence[Value] | None) -> FoldColumn:
    """What an aggregate comes to in each group. Raises `NotHeld`."""
    import numpy as np

    with np.errstate(all="ignore"):
        return _Folding(name, cells, coded(groups, len(cells))).column(answers)


class Counting:
    """The values of a column that count for some aggregates, in the order of the table.

    `rows`: their places in the table, `None` for all; of arranged groups group by group in the order of the window.
    `group`: the number of the group of each. `numbers`: their numbers. `counts`: how many each group has.
    `present`: the groups that have any.
    """

    def __init__(self, takes: Takes, cells: Sequence[Value], groups: CodedGroups) -> None:
        import numpy as np

        vector = encode(cells)
        counting, self.skipped = counted(takes, vector, groups)
        rows = groups.order if groups.is_arranged else None
        if counting is not None:
            rows = np.flatnonzero(counting) if rows is None else rows[counting[rows]]
        self.rows = rows
        if rows is None:
            self.group, self.numbers, self.whole = groups.of_row, vector.numbers, vector.whole
            self.counts = groups.row_counts
        else:
            self.group = groups.of_row[rows]
            self.numbers, self.whole = vector.numbers[rows], vector.whole[rows]
            self.counts = np.bincount(self.group, minlength=len(groups))
        self._tags = vector.tags
        self._largest = vector.largest if rows is None else None
        self.present = np.flatnonzero(self.counts)

    @property
    def is_bool(self) -> Bools:
        """Which of the values are bools."""
        return (self._tags if self.rows is None else self._tags[self.rows]) == BOOL

    @property
    def has_texts(self) -> bool:
        """Whether a cell of the column is a text."""
        return bool((self._tags == TEXT).any())

    def summands(self, centres: Floats | None = None) -> Summands:
        """The numbers to be added, or the squares of their distances from a centre of each group."""
        return Summands(self.numbers, self.group if len(self.counts) > 1 else None, self.counts, centres, self._largest)

    @cached_property
    def means(self) -> Floats:
        """The mean of each group."""
        return group_means(self.summands())

    @cached_property
    def squares(self) -> Floats:
        """The sum of the squared distances from the mean of each group."""
        return group_sums(self.summands(self.means))

    @cached_property
    def order_statistics(self) -> OrderStatistics:
        """The numbers at places of the order of each group that has any."""
        return OrderStatistics(self.numbers, self.group, self.counts)


class _Folding:
    """An aggregate over the values that count for it."""

    def __init__(self, name: str, cells: Sequence[Value], groups: CodedGroups) -> None:
        self.name, self.cells = name, cells
        takes = takes_of(name)
        self.of = groups.kept(takes, cells, lambda: Counting(takes, cells, groups))
        self.rows, self.group, self.numbers, self.whole = self.of.rows, self.of.group, self.of.numbers, self.of.whole
        self.counts, self.present = self.of.counts, self.of.present

    def column(self, answers: Sequence[Value] | None) -> FoldColumn:
        """The result for each group."""
        counts = integers_column(self.counts)
        if not len(self.present):
            return FoldColumn(column_of([of_none(self.name) for _ in counts]), counts, self.of.skipped)
        values = self._results(answers)
        if len(self.present) < len(self.counts):
            values = self._spread_out(values)
        return FoldColumn(values, counts, self.of.skipped)

    def _spread_out(self, values: Sequence[Value]) -> Column:
        """The results with what comes of no value in the other groups."""
        everywhere: list[Value] = [of_none(self.name) for _ in self.counts]
        for group, value in zip(self.present.tolist(), values, strict=True):
            everywhere[group] = value
        return column_of(everywhere)

    def _results(self, answers: Sequence[Value] | None) -> Sequence[Value]:
        """One value for each group that has any."""
        name = self.name
        if name in ("wmean", "mode"):
            raise NotHeld
        if answers is not None:
            return cells_at(answers, self.places(self._extremes(largest=name == "argmax")))
        if name in ("min", "max"):
            return self.at(self._extremes(largest=name == "max"))
        if is_spread(name):
            return self._spreads(SPREADS.get(name))
        if name == "median":
            return self._percentiles(50)
        if (percent := percentile_of(name)) is not None:
            return self._percentiles(percent)
        return _WORK[name](self)

    def places(self, chosen: Ints) -> Ints:
        """The rows of the table in which some of the values stand."""
        return chosen if self.rows is None else self.rows[chosen]

    def at(self, chosen: Ints) -> Column:
        """The cells of some of the values."""
        return cells_at(self.cells, self.places(chosen))

    def edges(self, *, last: bool) -> Column:
        """The first or the last value of each group."""
        find = lasts_of if last else firsts_of
        return self.at(find(self.group, len(self.counts))[self.present])

    def _extremes(self, *, largest: bool) -> Ints:
        """The first of the best values of each group."""
        import numpy as np

        numbers = self.numbers
        if self.of.has_texts:
            inside = codes_of(self.cells).numbers
            numbers = (inside if self.rows is None else inside[self.rows]).astype(np.float64)
        best = np.full(len(self.counts), -np.inf if largest else np.inf)
        (np.maximum if largest else np.minimum).at(best, self.group, numbers)
        those = np.flatnonzero(numbers == best[self.group])
        return those[firsts_of(self.group[those], len(self.counts))[self.present]]

    # ------------------------------------------------------------ statistics

    def means(self) -> Column:
        return _floats(self.of.means[self.present])

    def _spreads(self, of_deviation: Callable[[float, int], float] | None) -> Column:
        """What is made of the standard deviation; the variance without it."""
        import numpy as np

        counts = self.counts[self.present]
        deviations = self.of.squares[self.present] / (counts - 1)
        deviations = np.sqrt(deviations) if of_deviation is not None else deviations
        several = counts > 1
        if of_deviation is not None and self.name != "std":
            made = map(of_deviation, deviations[several].tolist(), counts[several].tolist())
            deviations[several] = np.fromiter(made, np.float64, int(several.sum()))
        if several.all():
            return _floats(deviations)
        if not several.any():
            return column_of([of_none(self.name)] * len(counts))
        tags = np.where(several, np.uint8(NUMBER), np.uint8(NO_VALUE))
        return numbers_column(np.where(several, deviations, 0.0), several & False, tags)

    def sums(self) -> Column:
        import numpy as np

        sums = group_sums(self.of.summands())[self.present]
        parts = ~(self.whole | self.of.is_bool)
        if parts.all() or not parts.any():
            whole = np.full(len(sums), not parts.any())
        else:
            whole = np.bincount(self.group, weights=parts, minlength=len(self.counts))[self.present] == 0
        if (np.abs(sums[whole]) >= LARGEST_WHOLE).any():
            raise NotHeld
        return numbers_column(sums, whole)

    def _percentiles(self, percent: float) -> Column:
        """Linear between two neighbours, as `statistics.percentile` has it."""
        import numpy as np

        statistics = self.of.order_statistics
        places = percent * (statistics.sizes - 1) / 100
        low = np.floor(places).astype(np.int64)
        below, above = statistics.pair_at(low)
        part, width = places - low, above - below
        between = np.where(part >= 0.5, above - width * (1 - part), below + width * part)
        between = np.where(np.isinf(width), below * (1 - part) + above * part, between)
        return _floats(np.where((below == above) | (part == 0), below, between))

    def iqms(self) -> Column:
        import numpy as np

        (numbers, starts), counts = self.of.order_statistics.in_order, self.of.order_statistics.sizes
        group = np.repeat(np.arange(len(counts)), counts)
        place, cut = np.arange(len(numbers)) - starts[group], counts // 4
        inside = (place >= cut[group]) & (place < (counts - cut)[group])
        return _floats(group_means(Summands(numbers[inside], group[inside], counts - 2 * cut)))

    # ------------------------------------------------------------ other aggregates

    def lists(self) -> Sequence[Value]:
        order = stable_order(self.group)
        cells = list(self.at(order))
        ends = self.counts[self.present].cumsum().tolist()
        return column_of([cells[start:end] for start, end in pairwise([0, *ends])])

    def different(self) -> Column:
        import numpy as np

        codes = codes_of(self.cells, sort_texts=False)
        numbers = codes.numbers if self.rows is None else codes.numbers[self.rows]
        pairs = self.group * codes.count + numbers
        if len(self.counts) * codes.count <= 4 * len(pairs) + 2**20:
            groups = np.flatnonzero(np.bincount(pairs, minlength=1)) // codes.count
        else:
            groups = np.unique(pairs) // codes.count
        return integers_column(np.bincount(groups, minlength=len(self.counts))[self.present])

    def holding(self) -> Column:
        import numpy as np

        return integers_column(np.bincount(self.group, weights=self.numbers, minlength=len(self.counts))[self.present])

    def truths(self, *, every: bool) -> Column:
        import numpy as np

        true = np.bincount(self.group, weights=self.numbers, minlength=len(self.counts))[self.present]
        return column_of((true == self.counts[self.present] if every else true > 0).tolist())


_WORK: dict[str, Callable[[_Folding], Sequence[Value]]] = {
    "count": lambda folding: integers_column(folding.counts[folding.present]),
    "sum": _Folding.sums,
    "mean": _Folding.means,
    "share": _Folding.means,
    "count_if": _Folding.holding,
    "iqm": _Folding.iqms,
    "first": lambda folding: folding.edges(last=False),
    "last": lambda folding: folding.edges(last=True),
    "any": lambda folding: folding.truths(every=False),
    "all": lambda folding: folding.truths(every=True),
    "n_unique": _Folding.different,
    "list": _Folding.lists,
}


def _floats(numbers: Floats) -> Column:
    import numpy as np

    return numbers_column(numbers, np.zeros(len(numbers), bool))


def counted(takes: Takes, vector: Vector, groups: CodedGroups) -> tuple[Bools | None, Skipped]:
    """A flag a row, whether its value counts, or `None` if all do; and what is skipped. Raises `NotHeld`."""
    import numpy as np

    length = len(vector.tags)
    are_numbers = takes is not Takes.BOOLS and length > 0 and (vector.is_plain or not vector.tags.any())
    if are_numbers and not math.isnan(vector.magnitude()):
        return None, NOTHING_SKIPPED
    is_nan = (vector.tags == NUMBER) & np.isnan(vector.numbers)
    counting = _counting(takes, vector, is_nan, groups)
    missing, nan, count = (int(np.count_nonzero(each)) for each in (vector.tags >= NULL, is_nan, counting))
    return None if count == length else counting, Skipped(missing, nan, length - count - missing - nan)


def _counting(takes: Takes, vector: Vector, is_nan: Bools, groups: CodedGroups) -> Bools:  # noqa: PLR0911 - one a case
    """A flag a row: whether its value counts."""
    import numpy as np

    tags = vector.tags
    has_value = (tags < NULL) & ~is_nan
    match takes:
        case Takes.NUMBERS:
            return has_value & (tags == NUMBER)
        case Takes.ADDABLE:
            return has_value & ((tags == NUMBER) | (tags == BOOL))
        case Takes.BOOLS:
            return has_value & (tags == BOOL)
        case Takes.ANYTHING:
            return has_value
        case Takes.MEASURES:
            if (tags == TIME).any():
                raise NotHeld
            return has_value & (tags == NUMBER)
        case Takes.COMPARABLE:
            comparable = has_value & (tags <= TIME)
            if len(np.unique(tags[comparable])) < 2:
                return comparable
            ranks = np.where(comparable, tags, np.uint8(NULL))
            kind = np.full(len(groups), NULL, np.uint8)
            np.minimum.at(kind, groups.of_row, ranks)
            return comparable & (tags == kind[groups.of_row])
