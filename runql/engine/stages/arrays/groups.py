"""Grouping many rows: each key becomes a column of codes, the codes of several keys one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from runql.engine.stages.arrays.codes import bits_of, codes_of, dense, joined
from runql.engine.stages.arrays.ordering import sorted_rows
from runql.engine.stages.arrays.sorting import order_of_codes, stable_order
from runql.engine.stages.arrays.vectors import Array, Ints, integers_column
from runql.engine.stages.shared.groups import Groups
from runql.engine.values.column import Column
from runql.semantic.values import Value

_T = TypeVar("_T")
_BLOCK = 2**14
_STRETCH = 64
"""Rows that stand by group in stretches so long are not sorted."""
_ODD = 0x9E3779B97F4A7C15
"""What numbers of 64 bits are multiplied by to mix them."""


class CodedGroups:
    """Groups by the number of the group of each row (`of_row`), all below `count`; each has a row.

    The places of the rows by group are only worked out when an aggregate asks for them. `order`: those places where the
    rows of a group stand in another order than that of the table, as in a window (`is_arranged`).
    """

    def __init__(self, of_row: Ints, count: int, order: Ints | None = None) -> None:
        import numpy as np

        self.of_row = of_row
        self.row_counts: Ints = (
            np.array([len(of_row)], np.int64) if count == 1 else np.bincount(of_row, minlength=count)
        )
        self.is_arranged = order is not None
        self._order = order
        self._kept: dict[tuple[object, int], tuple[Sequence[Value], Any]] = {}

    def __len__(self) -> int:
        return len(self.row_counts)

    @property
    def starts(self) -> Ints:
        """Where each group begins in `order`, and one past the last."""
        import numpy as np

        return np.concatenate(([0], np.cumsum(self.row_counts)))

    @property
    def order(self) -> Ints:
        """The places of all rows, those of a group side by side."""
        if self._order is None:
            self._order = _order_of(self.of_row, len(self))
        return self._order

    @property
    def is_table(self) -> bool:
        """Whether the rows by group stand as they do in the table: they are all of one group."""
        return len(self) == 1 and not self.is_arranged

    def by_group(self, cells: Array) -> Array:
        """The cells of all rows, those of a group side by side."""
        return cells if self.is_table else cells.take(self.order)

    def kept(self, what: object, cells: Sequence[Value], make: Callable[[], _T]) -> _T:
        """What was made of a column for these groups, the first time it is asked for."""
        key = (what, id(cells))
        if key not in self._kept:
            self._kept[key] = cells, make()  # the cells too, for their identity is the key
        made: _T = self._kept[key][1]
        return made

    def firsts(self) -> Ints:
        """The place of the first row of each group."""
        return firsts_of(self.of_row, len(self))

    def sizes(self) -> Column:
        """How many rows each group has."""
        return integers_column(self.row_counts)

    def rows(self) -> Iterator[Sequence[int]]:
        """The places of the rows of each group, in their order."""
        order = self.order.tolist()
        return (order[start:end] for start, end in pairwise(self.starts.tolist()))


def _order_of(of_row: Ints, count: int) -> Ints:
    """The places of the rows, those of a group side by side."""
    import numpy as np

    if count == 1:
        return np.arange(len(of_row))
    falls = int(np.count_nonzero(of_row[1:] < of_row[:-1]))
    return stable_order(of_row) if falls * _STRETCH < len(of_row) else order_of_codes(of_row, count)


def firsts_of(of_row: Ints, count: int) -> Ints:
    """Where each code first stands; each must occur."""
    import numpy as np

    firsts = np.full(count, -1, np.int64)
    block = _BLOCK if count < _BLOCK else len(of_row)
    for start in range(0, len(of_row), block):
        part = of_row[start : start + block]
        found = np.full(count, -1, np.int64)
        found[part[::-1]] = np.arange(start + len(part) - 1, start - 1, -1)  # of several the last one written stays
        firsts = np.where(firsts < 0, found, firsts)
        if firsts.min() >= 0:
            break
    return firsts


def lasts_of(of_row: Ints, count: int) -> Ints:
    """Where each code last stands; each must occur."""
    import numpy as np

    lasts = np.empty(count, np.int64)
    lasts[of_row] = np.arange(len(of_row))
    return lasts


def coded(groups: Groups, length: int) -> CodedGroups:
    """Any groups of so many rows by their codes."""
    import numpy as np

    if isinstance(groups, CodedGroups):
        return groups
    if len(groups) == 1:
        return _one_group(length)
    of_row = np.zeros(length, np.int64)
    for group, places in enumerate(groups.rows()):
        of_row[list(places)] = group
    return CodedGroups(of_row, len(groups))


def _one_group(length: int) -> CodedGroups:
    """All rows as one group, whose number is held once and not for each row."""
    import numpy as np

    return CodedGroups(np.broadcast_to(np.int64(0), length), 1)


def grouped(keys: Sequence[Sequence[Value]], length: int) -> CodedGroups:
    """The groups of a table of so many rows, in the order of their keys; with no key one group of all rows."""
    if not keys and length:
        return _one_group(length)
    codes = joined([codes_of(cells) for cells in keys], length)
    found = CodedGroups(codes.numbers, codes.count)
    return found if codes.in_order else _in_order(found, keys)


def _in_order(found: CodedGroups, keys: Sequence[Sequence[Value]]) -> CodedGroups:
    """Where the codes don't rise with the keys: groups that no order tells apart stand as they first occur."""
    import numpy as np

    firsts = np.sort(found.firsts())
    places = sorted_rows([([cells[row] for row in firsts.tolist()], False) for cells in keys], len(firsts))
    new = np.empty(len(found), np.int64)
    new[found.of_row[firsts[np.asarray(places)]]] = np.arange(len(found))
    return CodedGroups(new[found.of_row], len(found))


def first_rows(keys: Sequence[Sequence[Value]], length: int) -> Sequence[int]:
    """The first row of each group, in the order of the table. Where all cells of a key differ, so do the rows, and no
    other key is looked at."""
    import numpy as np

    every, bits = [], []
    for cells in keys:
        if (own := bits_of(cells)) is not None:
            bits.append(own)
            continue
        codes = codes_of(cells, sort_texts=False)
        if codes.count >= length and dense(codes)[1] == length:
            return range(length)
        every.append(codes)
    codes = joined(every, length)
    if codes.count == length:
        return range(length)
    found = _first_alike([codes.numbers, *bits]) if bits else firsts_of(codes.numbers, codes.count)
    if found is None:
        codes = joined([codes_of(cells, sort_texts=False) for cells in keys], length)
        found = firsts_of(codes.numbers, codes.count)
    rows: list[int] = np.sort(found).tolist()
    return range(length) if len(rows) == length else rows


def _first_alike(columns: Sequence[Ints]) -> Ints | None:
    """The first of the rows that have the same numbers, in any order: by a number made of all of a row, which is the
    same where these are. `None` if rows share it that are not alike."""
    import numpy as np

    mixed = np.zeros(len(columns[0]), np.uint64)
    for numbers in columns:
        mixed ^= numbers.view(np.uint64)
        mixed *= _ODD
        mixed ^= mixed >> np.uint64(32)
    order = np.argsort(mixed)
    inside = mixed[order]
    again = np.flatnonzero(inside[1:] == inside[:-1])
    if not len(again):
        return np.arange(len(order))
    one, other = order[again], order[again + 1]
    if not all(bool((numbers[one] == numbers[other]).all()) for numbers in columns):
        return None
    begins = np.ones(len(order), np.bool_)
    begins[again + 1] = False
    firsts: Ints = np.minimum.reduceat(order, np.flatnonzero(begins))
    return firsts


def edge_rows(parts: Groups, length: int, count: int, *, last: bool) -> Ints:
    """The first or last so many rows of each group, all in the order of the table."""
    import numpy as np

    groups = coded(parts, length)
    order, sizes = groups.order, groups.row_counts
    places = np.arange(length) - np.repeat(groups.starts[:-1], sizes)
    if last:
        places = np.repeat(sizes, sizes) - 1 - places
    return np.sort(order[places < count])
