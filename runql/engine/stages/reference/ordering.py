"""The order of rows by keys, as runs are ordered; ties as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

from runql.engine.order import sorted_indices
from runql.engine.stages.shared.rows import Key
from runql.engine.table import Table
from runql.engine.values.column import Column
from runql.semantic.values import MISSING, Value


def sorted_rows(keys: Sequence[Key], length: int) -> list[int]:
    """The places of the rows in the order of the keys: from the last key to the first, each sort stable."""
    order = list(range(length))
    for cells, descending in reversed(keys):
        places = sorted_indices([cells[row] for row in order], descending=descending)
        order = [order[place] for place in places]
    return order


def cells_at(cells: Sequence[Value], rows: Sequence[int]) -> list[Value]:
    """Some cells of a column, in this order."""
    return [*cells.take(rows)] if isinstance(cells, Column) else [*map(cells.__getitem__, rows)]


def take(table: Table, rows: Sequence[int]) -> Table:
    """The table with these rows only, in this order."""
    return Table({name: cells_at(cells, rows) for name, cells in table.columns.items()}, len(rows))


def kept(table: Table, flags: bytes) -> Table:
    """The rows whose flag is 1."""
    columns: dict[str, Sequence[Value]] = {name: list(compress(cells, flags)) for name, cells in table.columns.items()}
    return Table(columns, flags.count(1))


def cells_or_gaps(cells: Sequence[Value], rows: Sequence[int]) -> list[Value]:
    """Some cells of a column, in this order; `MISSING` where a place is -1."""
    return [MISSING if row < 0 else cells[row] for row in rows]
