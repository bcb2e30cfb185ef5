"""Which room does an operation: `reference`, row by row, or `arrays`, on NumPy arrays, for many rows.

The two have the same functions and know nothing of each other. What arrays would not hold exactly they refuse
(`NotHeld`), and the reference does it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from runql.engine.stages.reference import (
    bins,
    correlation,
    curves,
    describe,
    expressions,
    folds,
    groups,
    matching,
    moving,
    ordering,
    pareto,
)
from runql.engine.stages.reference import windows as reference_windows
from runql.engine.stages.shared.aggregates import FoldColumn
from runql.engine.stages.shared.bins import Binned
from runql.engine.stages.shared.described import Described
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.matches import Matches, RowMatcher
from runql.engine.stages.shared.measures import Measured
from runql.engine.stages.shared.numbers import LeftOut
from runql.engine.stages.shared.rows import Key, NotHeld, cells_of
from runql.engine.stages.shared.windows import WindowColumn
from runql.engine.table import Table
from runql.engine.values.column import LONG
from runql.semantic.typed import TCell, TypedExpr
from runql.semantic.values import Value

FAST_ROWS = LONG
"""From so many rows on, columns are worked on as arrays."""

_SHARE_IF_LOADED = 50
"""NumPy takes longer to load than fewer rows than `FAST_ROWS` do. Where it is loaded already, this part of them makes
up for the modules of the arrays."""

_FAST_RUN = 250
"""A single run of fewer rows is not worth its arrays, however many rows there are in all."""

_T = TypeVar("_T")


def is_long(length: int) -> bool:
    """Whether so many rows are worth their arrays."""
    return length >= FAST_ROWS


def _is_worth_it(length: int) -> bool:
    """The same in this process, as both rooms agree to the last bit: fewer rows, where NumPy is there."""
    return is_long(length) or (length >= max(1, FAST_ROWS // _SHARE_IF_LOADED) and "numpy" in sys.modules)


class Pace:
    """Whether arrays are worth their while, run after run: once many rows came by, and for runs that are not tiny."""

    def __init__(self) -> None:
        self._seen = 0

    def counted(self, tables: Iterable[Table]) -> Iterator[Table]:
        """The parts of a table; their rows count when they come."""
        for table in tables:
            self._seen += table.length
            yield table

    def is_fast(self, length: int) -> bool:
        """How to work on a run of so many rows."""
        return _is_worth_it(self._seen) and length >= min(_FAST_RUN, FAST_ROWS)


def _fast_if_held(fast: Callable[[], _T], slow: Callable[[], _T]) -> _T:
    try:
        return fast()
    except NotHeld:
        return slow()


# ---------------------------------------------------------------- expressions


def values_of(expr: TypedExpr, table: Table) -> Sequence[Value]:
    """The value of an expression in each row."""
    if isinstance(expr, TCell):
        return cells_of(table, expr.name)
    if not _is_worth_it(table.length):
        return expressions.values(expr, table)
    from runql.engine.stages.arrays.expressions import values

    return _fast_if_held(lambda: values(expr, table), lambda: expressions.values(expr, table))


def rows_that_hold(condition: TypedExpr, table: Table) -> bytes:
    """A flag a row: 1 where the condition is true."""
    if not _is_worth_it(table.length):
        return expressions.true_rows(condition, table)
    from runql.engine.stages.arrays.expressions import true_rows

    return true_rows(condition, table)


def has_ends(values: Sequence[Value]) -> bool:
    """Whether values may hold a time at an end of the calendar: arrays hold none."""
    if len(values) < LONG:
        return expressions.has_ends(values)
    from runql.engine.stages.arrays.expressions import has_ends as ends_of_arrays

    return ends_of_arrays(values)


# ---------------------------------------------------------------- rows


def sorted_rows(keys: Sequence[Key], length: int) -> Sequence[int]:
    """The places of the rows in the order of the keys, ties as they stand."""
    if not _is_worth_it(length):
        return ordering.sorted_rows(keys, length)
    from runql.engine.stages.arrays.ordering import sorted_rows as sorted_arrays

    places: Sequence[int] = sorted_arrays(keys, length)
    return places


def take(table: Table, rows: Sequence[int]) -> Table:
    """The table with these rows only, in this order."""
    if not _is_worth_it(len(rows)):
        return ordering.take(table, rows)
    from runql.engine.stages.arrays.ordering import take as take_arrays

    return take_arrays(table, rows)


def kept(table: Table, flags: bytes) -> Table:
    """The rows whose flag is 1."""
    if not _is_worth_it(table.length):
        return ordering.kept(table, flags)
    from runql.engine.stages.arrays.ordering import kept as kept_arrays

    return kept_arrays(table, flags)


def cells_at(cells: Sequence[Value], rows: Sequence[int]) -> Sequence[Value]:
    """Some cells of a column, in this order."""
    if not _is_worth_it(len(rows)):
        return ordering.cells_at(cells, rows)
    from runql.engine.stages.arrays.ordering import cells_at as cells_at_arrays

    return cells_at_arrays(cells, rows)


def cells_or_gaps(cells: Sequence[Value], rows: Sequence[int]) -> Sequence[Value]:
    """Some cells of a column, in this order; `MISSING` where a place is -1."""
    if not _is_worth_it(max(len(rows), len(cells))):
        return ordering.cells_or_gaps(cells, rows)
    from runql.engine.stages.arrays.ordering import cells_or_gaps as cells_or_gaps_of_arrays

    return cells_or_gaps_of_arrays(cells, rows)


# ---------------------------------------------------------------- two tables


class Matching:
    """The other table of a join, made ready once in each room that the parts of this one ask for."""

    def __init__(self, keys: Sequence[Sequence[Value]], length: int) -> None:
        self._keys, self._length = keys, length
        self._slow: RowMatcher | None = None
        self._fast: RowMatcher | None = None

    def matches(self, keys: Sequence[Sequence[Value]], length: int) -> Matches:
        """The rows that match the rows with these keys."""
        if not _is_worth_it(length):
            return self._by_row().matches(keys, length)
        if self._fast is None:
            from runql.engine.stages.arrays.matching import indexed as indexed_arrays

            self._fast = indexed_arrays(self._keys, self._length)
        fast = self._fast
        return _fast_if_held(lambda: fast.matches(keys, length), lambda: self._by_row().matches(keys, length))

    def _by_row(self) -> RowMatcher:
        if self._slow is None:
            self._slow = matching.indexed(self._keys, self._length)
        return self._slow


# ---------------------------------------------------------------- groups


def grouped(keys: Sequence[Sequence[Value]], length: int) -> Groups:
    """The groups of a table of so many rows, in the order of their keys; with no key one group of all rows.

    Groups that the order does not tell apart (lists and records) stand as they first occur.
    """
    if not _is_worth_it(length):
        return groups.grouped(keys, length)
    from runql.engine.stages.arrays.groups import grouped as grouped_arrays

    return grouped_arrays(keys, length)


def first_rows(keys: Sequence[Sequence[Value]], length: int) -> Sequence[int]:
    """The first row of each group, in the order of the table."""
    if not _is_worth_it(length):
        return groups.first_rows(keys, length)
    from runql.engine.stages.arrays.groups import first_rows as first_rows_arrays

    return first_rows_arrays(keys, length)


def edge_rows(parts: Groups, length: int, count: int, *, last: bool) -> Sequence[int]:
    """The first or last so many rows of each group, all in the order of the table."""
    if not _is_worth_it(length):
        return groups.edge_rows(parts, count, last=last)
    from runql.engine.stages.arrays.groups import edge_rows as edge_rows_arrays

    rows: Sequence[int] = edge_rows_arrays(parts, length, count, last=last)
    return rows


def fold_cells(name: str, cells: Sequence[Value], parts: Groups, answers: Sequence[Value] | None = None) -> FoldColumn:
    """An aggregate over each group; `answers` are those that `argmin` and `argmax` choose from."""
    if not _is_worth_it(len(cells)):
        return folds.fold_cells(name, cells, parts, answers)
    from runql.engine.stages.arrays.folds import fold_cells as fold_arrays

    return _fast_if_held(
        lambda: fold_arrays(name, cells, parts, answers), lambda: folds.fold_cells(name, cells, parts, answers)
    )


# ---------------------------------------------------------------- windows


def arranged(parts: Groups, keys: Sequence[Key], length: int) -> Groups:
    """The same groups, the rows of each in the order of the keys, ties as they stand."""
    if not _is_worth_it(length):
        return reference_windows.arranged(parts, keys, length)
    from runql.engine.stages.arrays.windows import arranged as arranged_arrays

    return arranged_arrays(parts, keys, length)


def spread(values: Sequence[Value], parts: Groups, length: int) -> Sequence[Value]:
    """The value of its group for each row."""
    if not _is_worth_it(length):
        return reference_windows.spread(values, parts, length)
    from runql.engine.stages.arrays.windows import spread as spread_arrays

    return spread_arrays(values, parts, length)


def numbered(parts: Groups, length: int) -> Sequence[Value]:
    """The number of each row in its group, from 1."""
    if not _is_worth_it(length):
        return reference_windows.numbered(parts, length)
    from runql.engine.stages.arrays.windows import numbered as numbered_arrays

    return numbered_arrays(parts, length)


def parted(key: Sequence[Value] | None, groups: Groups, length: int, parts: int) -> WindowColumn:
    """Which of so many parts of its group each row is in; `key`: by which the rows of a group are ordered."""
    if not _is_worth_it(length):
        return reference_windows.parted(key, groups, length, parts)
    from runql.engine.stages.arrays.windows import parted as parted_arrays

    return _fast_if_held(
        lambda: parted_arrays(key, groups, length, parts),
        lambda: reference_windows.parted(key, groups, length, parts),
    )


def ranks(keys: Sequence[Sequence[Value]], parts: Groups, length: int, *, dense: bool) -> WindowColumn:
    """The rank of each row by the keys in whose order the rows stand."""
    if not _is_worth_it(length):
        return reference_windows.ranks(keys, parts, length, dense=dense)
    from runql.engine.stages.arrays.windows import ranks as ranks_arrays

    return _fast_if_held(
        lambda: ranks_arrays(keys, parts, length, dense=dense),
        lambda: reference_windows.ranks(keys, parts, length, dense=dense),
    )


def window_cells(name: str, cells: Sequence[Value], parts: Groups, amount: int) -> WindowColumn:
    """What a function of windows of one argument comes to in each row."""
    if not _is_worth_it(len(cells)):
        return moving.window_cells(name, cells, parts, amount)
    from runql.engine.stages.arrays.moving import window_cells as window_arrays

    return _fast_if_held(
        lambda: window_arrays(name, cells, parts, amount),
        lambda: moving.window_cells(name, cells, parts, amount),
    )


# ---------------------------------------------------------------- columns, and columns against each other


def described(cells: Sequence[Value]) -> Described:
    """What `describe` says of a column."""
    if not _is_worth_it(len(cells)):
        return describe.described(cells)
    from runql.engine.stages.arrays.describe import described as described_arrays

    return _fast_if_held(lambda: described_arrays(cells), lambda: describe.described(cells))


def measuring(targets: Sequence[Value]) -> Callable[[Sequence[Value]], Measured]:
    """How strongly a column goes together with the targets, of the rows in which both have a value."""
    slow = correlation.measuring(targets)
    if not _is_worth_it(len(targets)):
        return slow
    from runql.engine.stages.arrays.correlation import measuring as measuring_arrays

    fast = _fast_if_held(lambda: measuring_arrays(targets), lambda: slow)
    return lambda cells: _fast_if_held(lambda: fast(cells), lambda: slow(cells))


def without_number(targets: Sequence[Value]) -> int:
    """How many of the targets are no number: rows of which nothing is measured."""
    if not _is_worth_it(len(targets)):
        return correlation.without_number(targets)
    from runql.engine.stages.arrays.correlation import without_number as without_number_arrays

    return _fast_if_held(lambda: without_number_arrays(targets), lambda: correlation.without_number(targets))


def undominated(columns: Sequence[Sequence[Value]], signs: Sequence[int]) -> tuple[Sequence[int], int]:
    """The rows that no other row beats, and how many lack a number; by sign 1 less is better, by -1 more."""
    if not _is_worth_it(len(columns[0])):
        return pareto.undominated(columns, signs)
    from runql.engine.stages.arrays.pareto import undominated as undominated_arrays

    return _fast_if_held(lambda: undominated_arrays(columns, signs), lambda: pareto.undominated(columns, signs))


def binned(cells: Sequence[Value], parts: Groups, count: int) -> Binned:
    """How many values of each group lie in each of so many bins."""
    if not _is_worth_it(len(cells)):
        return bins.binned(cells, parts, count)
    from runql.engine.stages.arrays.bins import binned as binned_arrays

    return _fast_if_held(lambda: binned_arrays(cells, parts, count), lambda: bins.binned(cells, parts, count))


# ---------------------------------------------------------------- along the x of runs


def rising(xs: Sequence[Value], lengths: Sequence[int]) -> Sequence[bool]:
    """For each stretch of so many cells, whether it holds numbers that never fall."""
    if not _is_worth_it(len(xs)):
        return curves.rising(xs, lengths)
    from runql.engine.stages.arrays.curves import rising as rising_arrays

    return _fast_if_held(lambda: rising_arrays(xs, lengths), lambda: curves.rising(xs, lengths))


def smoothed(cells: Sequence[Value], method: str, amount: float, *, fast: bool) -> Sequence[Value]:
    """One metric of one run smoothed, `fast` by arrays (`Pace`)."""
    if not fast:
        return curves.smoothed(cells, method, amount)
    from runql.engine.stages.arrays.curves import smoothed as smoothed_arrays

    return _fast_if_held(lambda: smoothed_arrays(cells, method, amount), lambda: curves.smoothed(cells, method, amount))


def left_out(cells: Sequence[Value], *, fast: bool) -> LeftOut:
    """How many cells hold NaN, an infinity, and a value that is no number; null and missing are no values."""
    if not fast:
        return curves.left_out(cells)
    from runql.engine.stages.arrays.curves import left_out as left_out_arrays

    return _fast_if_held(lambda: left_out_arrays(cells), lambda: curves.left_out(cells))


def points(xs: Sequence[Value], cells: Sequence[Value], *, fast: bool) -> tuple[Sequence[Value], Sequence[Value], int]:
    """The x and the value of the rows where both are finite numbers, x increasing.

    Of rows of equal x it is the last; how many that leaves out is the third.
    """
    if not fast:
        return curves.points(xs, cells)
    from runql.engine.stages.arrays.curves import points as points_of_arrays

    return _fast_if_held(lambda: points_of_arrays(xs, cells), lambda: curves.points(xs, cells))
