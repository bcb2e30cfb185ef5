"""The functions of windows of one argument over many rows: what stands before and behind, and what is so far.

What is said of `reference/moving.py` holds, to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from runql.engine.stages.arrays.folds import counted
from runql.engine.stages.arrays.groups import coded
from runql.engine.stages.arrays.ordering import plain_numbers
from runql.engine.stages.arrays.running.frames import frames, last_best, last_medians, last_squares, last_sums
from runql.engine.stages.arrays.running.so_far import places_of_best, running_best, running_integers, running_sums
from runql.engine.stages.arrays.vectors import (
    BOOL,
    NO_VALUE,
    NULL,
    NUMBER,
    TEXT,
    TIME,
    Array,
    Bools,
    Floats,
    Ints,
    Vector,
    decode,
    encode,
    integers_column,
    numbers_column,
    too_large,
)
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.rows import NotHeld
from runql.engine.stages.shared.windows import WindowColumn, window_takes
from runql.engine.values.column import Column
from runql.semantic.values import Value


class _Run:
    """The values that count for a function, group by group in the order of the window.

    `rows`: the rows of the table that hold them. `counts`: how many each group has. `held`: a flag for each row of the
    table, group by group, `None` if all count.
    """

    def __init__(self, name: str, cells: Sequence[Value], groups: Groups) -> None:
        import numpy as np

        self.length = len(cells)
        self.groups = of = coded(groups, self.length)
        self.vector = encode(cells)
        takes = window_takes(name)
        holds, self.skipped = of.kept((takes, "counted"), cells, lambda: counted(takes, self.vector, of))
        self.held = None if holds is None else of.by_group(holds)
        self.counts = of.row_counts if holds is None else np.diff(np.concatenate(([0], self.so_far))[of.starts])

    @cached_property
    def so_far(self) -> Ints:
        """How many values stand up to each row, group by group."""
        import numpy as np

        return np.arange(1, self.length + 1) if self.held is None else np.cumsum(self.held, dtype=np.int64)

    @cached_property
    def rows(self) -> Ints:
        import numpy as np

        return self.groups.order if self.held is None else self.groups.order[np.flatnonzero(self.held)]

    @property
    def count(self) -> int:
        return self.length if self.held is None else len(self.rows)

    @cached_property
    def numbers(self) -> Floats:
        return self._of(self.vector.numbers)

    @cached_property
    def whole(self) -> Bools:
        """Which of the numbers are integers."""
        import numpy as np

        whole = self.vector.whole
        return self._of(whole) if whole.any() and not whole.all() else np.full(self.count, whole.any())

    def _of(self, cells: Array) -> Array:
        return cells if self.held is None and self.groups.is_table else cells.take(self.rows)

    @cached_property
    def starts(self) -> Ints:
        """Where the groups that have any begin among the values."""
        import numpy as np

        counts = self.counts[self.counts > 0]
        return np.cumsum(counts) - counts

    def holds(self, tag: int) -> bool:
        """Whether some of the values are of a kind."""
        there = self.vector.tags == tag
        return bool(there.any() and (self.held is None or there[self.rows].any()))

    def column(
        self, numbers: Floats, whole: Bools, unknown: Ints | None = None, *, all_rows: bool = False
    ) -> WindowColumn:
        """Numbers for the rows that hold the values, or for all rows, but for some places; the others have none.

        Raises `NotHeld`.
        """
        import numpy as np

        all_rows = all_rows or self.held is None
        some = unknown is not None and len(unknown) > 0
        if some:
            numbers[unknown] = 0.0
        if too_large(numbers, whole):
            raise NotHeld
        if all_rows and self.groups.is_table and not some:
            return WindowColumn(numbers_column(numbers, whole), self.skipped)
        rows = self.groups.order if all_rows else self.rows
        tags = None
        if not all_rows or some:
            tags = np.full(self.length, NUMBER if all_rows else NO_VALUE, np.uint8)
            if not all_rows:
                tags[rows] = NUMBER
            if some:
                tags[rows[unknown]] = NO_VALUE
        everywhere, are_whole = np.zeros(self.length), np.full(self.length, whole.all())
        everywhere[rows] = numbers
        if whole.any() and not whole.all():
            are_whole[rows] = whole
        if tags is not None and tags.all():
            return WindowColumn(decode(Vector(tags, everywhere, are_whole)), self.skipped)
        return WindowColumn(numbers_column(everywhere, are_whole, tags), self.skipped)

    def taken(self, of: Ints, known: Bools) -> WindowColumn:
        """The cells of these rows of the table, where they are known, in the rows group by group."""
        import numpy as np

        vector = self.vector
        rows, there = np.zeros(self.length, np.intp), np.zeros(self.length, bool)
        rows[self.groups.order], there[self.groups.order] = np.where(known, of, 0), known
        tags = np.where(there, vector.tags[rows], np.uint8(NO_VALUE)) if self.length else vector.tags
        numbers = np.where(there, vector.numbers[rows], 0.0)
        cells = None if vector.cells is None else vector.cells[rows]
        return WindowColumn(decode(Vector(tags, numbers, vector.whole[rows] & there, cells)), self.skipped)


def window_cells(name: str, cells: Sequence[Value], groups: Groups, amount: int) -> WindowColumn:
    """What a function of one argument comes to in each row. Raises `NotHeld`."""
    import numpy as np

    if name == "cumsum" and (totals := _integer_totals(cells, groups)) is not None:
        return WindowColumn(totals)
    run = _Run(name, cells, groups)
    with np.errstate(all="ignore"):
        match name:
            case "lag" | "lead":
                return _shifted(run, amount, behind=name == "lead")
            case "cummin" | "cummax":
                return _best(run, largest=name == "cummax")
            case "cumsum" | "cummean":
                return _totals(run, means=name == "cummean")
            case "sum" | "mean" | "min" | "max" | "median" | "std" | "var":
                return _of_last(run, name, amount)
            case _:
                return _changes(run, name)


def _shifted(run: _Run, amount: int, *, behind: bool) -> WindowColumn:
    """The nth value before each row, or behind it."""
    import numpy as np

    if not run.count:
        return run.taken(np.zeros(run.length, np.intp), np.zeros(run.length, bool))
    ends = np.cumsum(run.counts)
    edge = np.repeat(ends if behind else ends - run.counts, run.groups.row_counts)
    at = run.so_far + (amount - 1 if behind else -amount)
    if not behind:
        at -= 1 if run.held is None else run.held
    known = (at < edge) if behind else (at >= edge)
    np.clip(at, 0, run.count - 1, out=at)
    tags = run.vector.tags
    if ((tags != NUMBER) & (tags < NULL)).any():
        return run.taken(run.rows[at], known)
    whole, unknown = run.whole, np.flatnonzero(~known)
    is_mixed = whole.any() and not whole.all()
    whole = whole[at] & known if is_mixed else np.full(run.length, whole.any())
    return run.column(run.numbers[at], whole, unknown, all_rows=True)


def _best(run: _Run, *, largest: bool) -> WindowColumn:
    """The first of the best values so far."""
    import numpy as np

    if any(map(run.holds, (BOOL, TEXT, TIME))):
        raise NotHeld
    numbers, whole = run.numbers, run.whole
    best = running_best(numbers, run.counts, largest=largest)
    zeros = numbers == 0
    is_plain = whole.all() or not whole.any()
    if not is_plain or (zeros.any() and np.signbit(numbers[zeros]).any()):
        places = places_of_best(numbers, best, run.starts)
        best, whole = numbers[places], whole[places]
    return run.column(best, whole)


def _integer_totals(cells: Sequence[Value], groups: Groups) -> Column | None:
    """The sums of a column of nothing but integers, of any size that 64 bits hold."""
    import numpy as np

    numbers = plain_numbers(cells)
    if numbers is None or numbers.dtype.kind != "i":
        return None
    of = coded(groups, len(cells))
    sums = running_integers(of.by_group(numbers), of.row_counts)
    if sums is None or of.is_table:
        return None if sums is None else integers_column(sums)
    result = np.empty(len(cells), np.int64)
    result[of.order] = sums
    return integers_column(result)


def _totals(run: _Run, *, means: bool) -> WindowColumn:
    import numpy as np

    numbers, whole = run.numbers, run.whole
    sums = running_sums(numbers, run.counts, means=means)
    if means:
        return run.column(sums, np.zeros(len(numbers), bool))
    if whole.any() and not whole.all():
        broken, begin = np.cumsum(~whole), np.repeat(run.starts, run.counts[run.counts > 0])
        whole = broken - (broken[begin] - ~whole[begin]) == 0
    return run.column(sums, whole)


def _of_last(run: _Run, name: str, amount: int) -> WindowColumn:
    """An aggregate of the last values up to each. Raises `NotHeld`."""
    import numpy as np

    if any(map(run.holds, (BOOL, TEXT, TIME))):
        raise NotHeld
    numbers, whole, of = run.numbers, run.whole, frames(run.counts, amount)
    is_mixed = whole.any() and not whole.all()
    if name in ("min", "max"):
        if is_mixed or (numbers == 0).any():
            raise NotHeld  # of equal ones the first counts, which may be whole, or a negative zero
        return run.column(last_best(numbers, of, largest=name == "max"), whole)
    parts = np.zeros(len(numbers), bool)
    if name == "median":
        if (np.signbit(numbers) & (numbers == 0)).any():
            raise NotHeld  # which of two zeros stands in the middle, only their order tells
        return run.column(last_medians(numbers, of), parts)
    sums = last_sums(numbers, of)
    if sums is None:
        raise NotHeld
    if name == "sum":
        if is_mixed:
            broken = np.concatenate(([0], np.cumsum(~whole)))
            whole = broken[1:] == broken[np.arange(1, len(broken)) - of.all_sizes()]
        return run.column(sums, whole)
    means = of.divided(sums, of.width, of.sizes)
    if name == "mean":
        return run.column(means, parts)
    spreads = of.divided(last_squares(numbers, of, means), max(of.width - 1, 1), np.maximum(of.sizes - 1, 1))
    alone = of.short[of.sizes == 1] if of.width > 1 else np.arange(len(numbers))
    return run.column(np.sqrt(spreads, out=spreads) if name == "std" else spreads, parts, alone)


def _changes(run: _Run, name: str) -> WindowColumn:
    """The difference of each value and the one before, or how many times as large it is."""
    import numpy as np

    if run.holds(TIME):
        raise NotHeld
    numbers, whole = run.numbers, run.whole
    made, is_whole = np.zeros(len(numbers)), np.zeros(len(numbers), bool)
    if name == "delta":
        made[1:] = numbers[1:] - numbers[:-1]
        is_whole[1:] = whole[1:] & whole[:-1]
        is_whole[run.starts] = whole.all()  # they have no value: all are alike, or none is whole
    else:
        made[1:] = numbers[1:] / numbers[:-1]
    return run.column(made, is_whole, run.starts)
