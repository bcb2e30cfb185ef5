"""Sorting and choosing rows of columns of many cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from runql.engine.order import sorted_indices
from runql.engine.stages.arrays.sorting import order_within, stable_order
from runql.engine.stages.arrays.vectors import (
    NULL,
    NUMBER,
    TEXT,
    Bools,
    Floats,
    Ints,
    Vector,
    array_of,
    encode,
    gaps_of,
    listed,
    objects,
)
from runql.engine.stages.shared.rows import Key, NotHeld
from runql.engine.table import Table
from runql.engine.values import column as typed
from runql.engine.values.coded import Coded
from runql.engine.values.column import Column, Numbers, Repeats, column_of
from runql.semantic.values import MISSING, Value

Rows: TypeAlias = "Sequence[int] | Ints"


def sorted_rows(keys: Sequence[Key], length: int) -> Ints:
    """The places of the rows in the order of the keys: from the last key to the first, each sort stable."""
    import numpy as np

    order = None
    for cells, descending in reversed(keys):
        order = _sorted(order, cells, descending)
    return np.arange(length) if order is None else order


def _sorted(order: Ints | None, cells: Sequence[Value], descending: bool) -> Ints:
    try:
        key = sort_key(cells, descending=descending)
    except NotHeld:
        return _then(order, _by_reference(order, cells, descending))
    return _then(order, key.order() if order is None else key.at(order).order())


@dataclass(slots=True)
class SortKey:
    """What sorts the cells of a column. `values`: a number a cell, inside of its kind; falling where the key does.

    `ranks`: where the kind of each stands; `None` if all are of one kind.
    """

    values: Any
    ranks: Ints | None = None

    def at(self, rows: Ints) -> SortKey:
        """Of some of the cells, in this order."""
        return SortKey(self.values[rows], None if self.ranks is None else self.ranks[rows])

    def order(self) -> Ints:
        """The places of the cells in their order, equal ones as they stand."""
        return stable_order(self.values) if self.ranks is None else order_within(*self._kinds(), self.values)

    def order_within(self, group: Ints, count: int) -> Ints:
        """The places of the cells group by group, in order inside of each, equal ones as they stand."""
        if self.ranks is None:
            return order_within(group, count, self.values)
        kinds, several = self._kinds()
        return order_within(group * several + kinds, count * several, self.values)

    def _kinds(self) -> tuple[Ints, int]:
        """The kind of each cell, counted from 0 in their order, and how many there are."""
        import numpy as np

        assert self.ranks is not None
        there = np.bincount(self.ranks, minlength=1) > 0
        return (np.cumsum(there) - 1)[self.ranks], int(np.count_nonzero(there))

    def rises(self, group: Ints | None = None) -> bool:
        """Whether the cells stand in their order, inside of each group if there are any."""
        values, ranks = self.values, self.ranks
        falls = values[1:] < values[:-1]
        if ranks is not None:
            falls = (ranks[1:] < ranks[:-1]) | ((ranks[1:] == ranks[:-1]) & falls)
        if group is not None:
            falls &= group[1:] == group[:-1]
        return not falls.any()


def sort_key(cells: Sequence[Value], *, descending: bool = False) -> SortKey:
    """What sorts these cells. Raises `NotHeld`."""
    plain = plain_numbers(cells)
    if plain is not None:
        return SortKey(plain if not descending else -plain if plain.dtype.kind == "f" else ~plain)
    vector = encode(cells)
    values, ranks = values_in_order(vector), ranks_of(vector)
    ranks = None if not len(ranks) or (ranks == ranks[0]).all() else ranks
    return SortKey(-values if descending else values, ranks)


def plain_numbers(cells: Sequence[Value]) -> Any:
    """The numbers of a column of nothing but numbers that are not NaN, whole ones of any size; else `None`."""
    import numpy as np

    if not isinstance(cells, Numbers) or cells.has_gaps or not len(cells):
        return None
    values = np.asarray(cells.values)
    return None if not cells.is_whole and np.isnan(values.min()) else values


def _then(order: Ints | None, places: Ints) -> Ints:
    return places if order is None else order[places]


def _by_reference(order: Ints | None, cells: Sequence[Value], descending: bool) -> Ints:
    import numpy as np

    held = cells if order is None else [cells[row] for row in order.tolist()]
    return np.array(sorted_indices(held, descending=descending), np.int64)


def ranks_of(vector: Vector) -> Ints:
    """Where the kind of each cell stands, doubled, so that NaN fits in before null."""
    import numpy as np

    ranks = vector.tags * np.uint8(2)
    ranks[(vector.tags == NUMBER) & np.isnan(vector.numbers)] = 2 * NULL - 1
    return ranks


def values_in_order(vector: Vector) -> Floats:
    """A number a cell that sorts it inside its kind: 0 for kinds without an order, and for NaN."""
    import numpy as np

    values = vector.numbers
    is_nan = np.isnan(values)
    texts = vector.tags == TEXT
    if is_nan.any() or texts.any():
        values = np.where(is_nan, 0.0, values)
    if texts.any():
        values[texts] = _ranks_of_texts(vector, texts)
    return values


def _ranks_of_texts(vector: Vector, texts: Bools) -> Floats:
    """Each different text is compared once, by code point."""
    import numpy as np

    assert vector.cells is not None
    cells = vector.cells[texts].tolist()
    different = sorted(set(cells))
    place = dict(zip(different, range(len(different)), strict=True))
    return np.fromiter(map(place.__getitem__, cells), np.float64, len(cells))


# ---------------------------------------------------------------- some of the rows


def take(table: Table, rows: Rows) -> Table:
    """The table with these rows only, in this order."""
    import numpy as np

    places = np.asarray(rows, np.intp)
    return Table({name: cells_at(cells, places) for name, cells in table.columns.items()}, len(places))


def kept(table: Table, flags: bytes) -> Table:
    """The rows whose flag is 1."""
    import numpy as np

    keep = np.frombuffer(flags, np.uint8)
    places = np.flatnonzero(keep.view(np.bool_))
    columns = {
        name: _fewer(cells, keep) if isinstance(cells, Repeats) else cells_at(cells, places)
        for name, cells in table.columns.items()
    }
    return Table(columns, len(places))


def _fewer(cells: Repeats, keep: Ints) -> Repeats:
    """The values of the rows whose flag is 1, each as often as it is left."""
    import numpy as np

    counts = np.asarray(cells.counts, np.int64)
    some = np.flatnonzero(counts)
    left = np.zeros(len(counts), np.int64)
    if len(some):
        starts = (np.cumsum(counts) - counts)[some]
        left[some] = np.add.reduceat(keep, starts, dtype=np.int64)
    return Repeats(cells.values, left.tolist())


def cells_at(cells: Sequence[Value], rows: Rows) -> Column:
    """Some cells of a column, in this order."""
    import numpy as np

    places = np.asarray(rows, np.intp)
    if isinstance(cells, Numbers):
        values = array_of(cells.values.typecode, np.asarray(cells.values).take(places))
        return Numbers(values, _bytes_at(cells.whole, places), gaps_of(_bytes_at(cells.gaps, places)))
    if isinstance(cells, Repeats):
        numbers = np.arange(len(cells.values)).repeat(np.asarray(cells.counts))[places]
        return cells_at(column_of(list(cells.values)), numbers)
    if isinstance(cells, Coded):
        chosen = objects(cells.values)[cells.places[places]].tolist()
    else:
        chosen = objects(listed(cells))[places].tolist()
    return (
        typed.Objects(chosen, cells.types) if isinstance(cells, Column) and len(cells.types) == 1 else column_of(chosen)
    )


def _bytes_at(flags: bytes | None, places: Ints) -> bytes | None:
    import numpy as np

    return None if flags is None else np.frombuffer(flags, np.uint8)[places].tobytes()


def cells_or_gaps(cells: Sequence[Value], rows: Rows) -> Column:
    """Some cells of a column, in this order; `MISSING` where a place is -1."""
    import numpy as np

    places = np.asarray(rows, np.intp)
    gaps = places < 0
    if not gaps.any():
        return cells_at(cells, places)
    if not isinstance(cells, Numbers) or not len(cells):
        held = objects([*listed(cells), MISSING])
        return column_of(held[places].tolist())
    there = np.where(gaps, 0, places)
    values = np.asarray(cells.values)[there]
    values[gaps] = 0
    own = np.zeros(len(places), np.uint8) if cells.gaps is None else np.frombuffer(cells.gaps, np.uint8)[there]
    own = np.where(gaps, np.uint8(typed.ABSENT), own)
    whole = _bytes_at(cells.whole, there)
    return Numbers(array_of(cells.values.typecode, values), whole, gaps_of(own.tobytes()))
