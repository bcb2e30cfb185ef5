"""The functions of windows over many rows. What is said of `reference/windows.py` holds, to the last digit."""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.stages.arrays.folds import Counting
from runql.engine.stages.arrays.groups import CodedGroups, coded
from runql.engine.stages.arrays.ordering import cells_at, ranks_of, values_in_order
from runql.engine.stages.arrays.running import running_best, running_sums
from runql.engine.stages.arrays.vectors import (
    LARGEST_WHOLE,
    LIST,
    NO_VALUE,
    NULL,
    NUMBER,
    RECORD,
    TEXT,
    TIME,
    Bools,
    Floats,
    Ints,
    Vector,
    decode,
    encode,
    integers_column,
    of_numbers,
)
from runql.engine.stages.shared.aggregates import Skipped
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.rows import Key, NotHeld
from runql.engine.stages.shared.windows import TAKES, WindowColumn
from runql.engine.values.column import Column, column_of
from runql.semantic.values import Value

_SOME = 4096
"""Rows that are mostly out of order tell so soon."""


def spread(values: Sequence[Value], groups: Groups, length: int) -> Column:
    """The value of its group for each row."""
    return cells_at(column_of(values), coded(groups, length).of_row)


def is_sorted(keys: Sequence[Key], groups: Groups, length: int) -> bool:
    """Whether the rows of each group stand in the order of one key already. Raises `NotHeld`."""
    if len(keys) != 1:
        return False
    cells, descending = keys[0]
    vector = encode(cells)
    of = coded(groups, length)
    values, ranks = values_in_order(vector), ranks_of(vector)
    values = -values if descending else values
    return all(_rises(of.of_row, values, ranks, rows) for rows in (of.order[:_SOME], of.order))


def _rises(of_row: Ints, values: Floats, ranks: Ints, rows: Ints) -> bool:
    """Whether rows that stand by group are in order inside of each."""
    inside, values, ranks = of_row[rows], values[rows], ranks[rows]
    falls = (ranks[1:] < ranks[:-1]) | ((ranks[1:] == ranks[:-1]) & (values[1:] < values[:-1]))
    return not bool((falls & (inside[1:] == inside[:-1])).any())


def reordered(groups: Groups, order: Sequence[int]) -> CodedGroups:
    """The same groups of the table whose rows stand in another order."""
    import numpy as np

    of = coded(groups, len(order))
    return CodedGroups(of.of_row[np.asarray(order, np.intp)], len(of))


def back(cells: Sequence[Value], order: Sequence[int]) -> Column:
    """The cells of rows that stand in an order, where the rows stood before."""
    import numpy as np

    places = np.empty(len(order), np.intp)
    places[np.asarray(order, np.intp)] = np.arange(len(order))
    return cells_at(column_of(cells), places)


# ---------------------------------------------------------------- places


def numbered(groups: Groups, length: int, parts: int | None) -> Column:
    """The number of each row in its group, from 1; with `parts`, the number of the part."""
    import numpy as np

    of = coded(groups, length)
    sizes = np.repeat(of.row_counts, of.row_counts)
    places = np.arange(length) - np.repeat(of.starts[:-1], of.row_counts)
    result = np.empty(length, np.int64)
    if parts is None:
        result[of.order] = places + 1
        return integers_column(result)
    small, larger = sizes // parts, sizes % parts
    edge = larger * (small + 1)
    late = larger + (places - edge) // np.maximum(small, 1)
    result[of.order] = np.where(places < edge, places // (small + 1), late) + 1
    return integers_column(result)


def ranks(keys: Sequence[Sequence[Value]], groups: Groups, length: int, *, dense: bool) -> WindowColumn:
    """The rank of each row by the keys in whose order the rows stand. Raises `NotHeld`."""
    import numpy as np

    of = coded(groups, length)
    order = of.order
    vectors = [encode(cells) for cells in keys]
    is_new = np.ones(length, bool)
    inside = of.of_row[order]
    is_new[1:] = inside[1:] != inside[:-1]
    for vector in vectors:
        is_new[1:] |= _unlike(vector, order)
    places = np.arange(length)
    starts = np.repeat(of.starts[:-1], of.row_counts)
    if dense:
        counted = np.cumsum(is_new)
        found = counted - counted[starts] + 1 if length else counted
    else:
        found = np.maximum.accumulate(np.where(is_new, places, 0)) - starts + 1
    result = np.empty(length, np.int64)
    result[order] = found
    first = vectors[0]
    is_nan = (first.tags == NUMBER) & np.isnan(first.numbers)
    known = (first.tags <= TIME) & ~is_nan
    missing, nan = int((first.tags >= NULL).sum()), int(is_nan.sum())
    skipped = Skipped(missing, nan, length - int(known.sum()) - missing - nan)
    if known.all():
        return WindowColumn(integers_column(result), skipped)
    return WindowColumn(decode(of_numbers(result.astype(np.float64), known, known)), skipped)


def _unlike(vector: Vector, order: Ints) -> Bools:
    """Where a cell looks other than the one before it in an order."""
    import numpy as np

    tags = vector.tags[order]
    if (tags == LIST).any() or (tags == RECORD).any():
        raise NotHeld
    numbers = np.where(np.isnan(vector.numbers), 0.0, vector.numbers)[order]
    ranks = ranks_of(vector)[order]
    unlike: Bools = (ranks[1:] != ranks[:-1]) | (numbers[1:] != numbers[:-1])
    texts = tags == TEXT
    if texts.any():
        assert vector.cells is not None
        cells = vector.cells[order]
        both = texts[1:] & texts[:-1]
        unlike[both] |= (cells[1:][both] != cells[:-1][both]).astype(bool)
    return unlike


# ---------------------------------------------------------------- values before and behind, and up to a row


class _Run:
    """The values that count for a function, group by group in the order of the rows.

    `rows`: the rows of the table that hold them. `place`: where they stand among all rows, group by group. `begin`: the
    first of its group, counted among the values.
    """

    def __init__(self, name: str, cells: Sequence[Value], groups: Groups) -> None:
        import numpy as np

        length = len(cells)
        self.groups = coded(groups, length)
        self.vector = encode(cells)
        counting = self.groups.kept(TAKES[name], cells, lambda: Counting(TAKES[name], cells, self.groups))
        self.skipped = counting.skipped
        order = self.groups.order
        self.is_whole = counting.rows is None
        if counting.rows is None:
            self.place, self.rows, self.counts = np.arange(length), order, self.groups.row_counts
        else:
            holds = np.zeros(length, bool)
            holds[counting.rows] = True
            self.place = np.flatnonzero(holds[order])
            self.rows, self.counts = order[self.place], counting.counts
        ends = np.cumsum(self.counts)
        self.begin = np.repeat(ends - self.counts, self.counts)
        self.length = length

    @property
    def numbers(self) -> Floats:
        return self.vector.numbers[self.rows]

    @property
    def whole(self) -> Bools:
        return self.vector.whole[self.rows]

    def column(self, numbers: Floats, whole: Bools) -> WindowColumn:
        """These numbers in the rows that hold the values; the others have none. Raises `NotHeld`."""
        import numpy as np

        if self.is_whole:
            everywhere, are_whole = np.empty(self.length), np.empty(self.length, bool)
            known = np.ones(self.length, bool)
        else:
            everywhere, are_whole = np.zeros(self.length), np.zeros(self.length, bool)
            known = np.zeros(self.length, bool)
            known[self.rows] = True
        everywhere[self.rows], are_whole[self.rows] = numbers, whole
        return WindowColumn(decode(of_numbers(everywhere, are_whole, known)), self.skipped)

    def taken(self, of: Ints, known: Bools, at: Ints | None = None) -> WindowColumn:
        """The cells of these rows of the table, where they are known, in the rows `at`."""
        import numpy as np

        vector = self.vector
        rows = np.zeros(self.length, np.intp)
        there = np.zeros(self.length, bool)
        target = self.groups.order if at is None else at
        rows[target], there[target] = np.where(known, of, 0), known
        tags = np.where(there, vector.tags[rows], np.uint8(NO_VALUE)) if self.length else vector.tags
        numbers = np.where(there, vector.numbers[rows], 0.0)
        cells = None if vector.cells is None else vector.cells[rows]
        return WindowColumn(decode(Vector(tags, numbers, vector.whole[rows] & there, cells)), self.skipped)


def window_cells(name: str, cells: Sequence[Value], groups: Groups, amount: int) -> WindowColumn:
    """What a function of one argument comes to in each row. Raises `NotHeld`."""
    import numpy as np

    run = _Run(name, cells, groups)
    with np.errstate(all="ignore"):
        match name:
            case "lag" | "lead":
                return _shifted(run, amount, behind=name == "lead")
            case "cummin" | "cummax":
                if (run.vector.tags[run.rows] != NUMBER).any():
                    raise NotHeld
                best = running_best(run.numbers, run.counts, run.begin, largest=name == "cummax")
                return run.taken(run.rows[best], np.ones(len(best), bool), run.rows)
            case "cumsum" | "cummean":
                return _totals(run, means=name == "cummean")
            case _:
                return _changes(run, name)


def _shifted(run: _Run, amount: int, *, behind: bool) -> WindowColumn:
    """The nth value before each row, or behind it."""
    import numpy as np

    groups, length = run.groups, run.length
    if not len(run.rows):
        return run.taken(np.zeros(length, np.intp), np.zeros(length, bool))
    before = np.arange(length)
    if not run.is_whole:
        holds = np.zeros(length, np.int64)
        holds[run.place] = 1
        before = np.cumsum(holds) - (0 if behind else holds)
    elif behind:
        before = before + 1
    ends = np.cumsum(run.counts)
    edges = ends if behind else ends - run.counts
    edge = np.repeat(edges, groups.row_counts)
    at = before + amount - 1 if behind else before - amount
    known = (at < edge) if behind else (at >= edge)
    return run.taken(run.rows[np.clip(at, 0, len(run.rows) - 1)], known)


def _totals(run: _Run, *, means: bool) -> WindowColumn:
    import numpy as np

    numbers, whole = run.numbers, run.whole
    sums = running_sums(numbers, run.counts, run.begin, means=means)
    if means:
        return run.column(sums, np.zeros(len(numbers), bool))
    broken = np.cumsum(~whole)
    whole = broken - (broken[run.begin] - ~whole[run.begin]) == 0 if len(numbers) else whole
    if (np.abs(sums[whole]) >= LARGEST_WHOLE).any():
        raise NotHeld
    return run.column(sums, whole)


def _changes(run: _Run, name: str) -> WindowColumn:
    """The difference of each value and the one before, or how many times as large it is."""
    import numpy as np

    if (run.vector.tags[run.rows] == TIME).any():
        raise NotHeld
    numbers, whole = run.numbers, run.whole
    known = np.arange(len(numbers)) > run.begin
    made, is_whole = np.zeros(len(numbers)), np.zeros(len(numbers), bool)
    if name == "delta":
        made[1:] = numbers[1:] - numbers[:-1]
        is_whole[1:] = whole[1:] & whole[:-1]
        made = np.where(is_whole, made + 0.0, made)
        if (np.abs(made[is_whole]) >= LARGEST_WHOLE).any():
            raise NotHeld
    else:
        made[1:] = numbers[1:] / numbers[:-1]
    everywhere, are_whole = np.zeros(run.length), np.zeros(run.length, bool)
    there = np.zeros(run.length, bool)
    everywhere[run.rows], are_whole[run.rows], there[run.rows] = made, is_whole & known, known
    return WindowColumn(decode(of_numbers(everywhere, are_whole, there)), run.skipped)
