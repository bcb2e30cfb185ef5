"""Expressions over the rows of a table: one after the other by the reference evaluator, or as whole columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat

from runql.engine.evaluate import compile_row
from runql.engine.table import Table
from runql.engine.walk import postorder
from runql.semantic.typed import TCell, TFold, TUntagged, TypedExpr
from runql.semantic.values import MISSING, Value

FAST_ROWS = 50_000
"""From so many rows on, columns are worked on as arrays: below, loading NumPy takes longer than the rows do."""


def is_long(table: Table) -> bool:
    """Whether a table has so many rows that arrays are worth loading."""
    return table.length >= FAST_ROWS


def cells_in(expr: TypedExpr) -> tuple[str, ...]:
    """The columns that an expression reads, each once; those inside aggregates are not among them."""
    names: dict[str, None] = {}
    for node in postorder(expr):
        if isinstance(node, TCell):
            names[node.name] = None
        elif isinstance(node, TUntagged):
            names["tags"] = None
    return tuple(names)


def folds_in(expr: TypedExpr) -> tuple[TFold, ...]:
    """The aggregates that an expression holds, each once."""
    return tuple(dict.fromkeys(node for node in postorder(expr) if isinstance(node, TFold)))


def cells_of(table: Table, name: str) -> Sequence[Value]:
    """A column; `MISSING` cells where the table has none of that name."""
    return table.columns[name] if name in table.columns else [MISSING] * table.length


def compile_rows(expr: TypedExpr) -> Callable[[Table], list[Value]]:
    """The reference: a function from a table to the value of the expression in each row."""
    value_of = compile_row(expr)
    names = cells_in(expr)

    def run(table: Table) -> list[Value]:
        columns = [cells_of(table, name) for name in names]
        rows: Iterator[tuple[Value, ...]] = zip(*columns, strict=True) if columns else repeat((), table.length)
        return [value_of(dict(zip(names, cells, strict=True))) for cells in rows]

    return run


def values_of(expr: TypedExpr, table: Table) -> Sequence[Value]:
    """The value of an expression in each row, worked out in the faster way."""
    if isinstance(expr, TCell):
        return cells_of(table, expr.name)
    if table.length < FAST_ROWS:
        return compile_rows(expr)(table)
    from runql.engine.stages.arrays.expressions import values

    return values(expr, table)


def rows_that_hold(condition: TypedExpr, table: Table) -> bytes:
    """A flag a row: 1 where the condition is true."""
    if table.length < FAST_ROWS:
        return bytes([value is True for value in compile_rows(condition)(table)])
    from runql.engine.stages.arrays.expressions import true_rows

    return true_rows(condition, table)


def take(table: Table, rows: Sequence[int]) -> Table:
    """The table with these rows only, in this order."""
    if len(rows) >= FAST_ROWS:
        from runql.engine.stages.arrays.vectors import taken

        return Table(taken(table.columns, rows), len(rows))
    return Table({name: [*map(cells.__getitem__, rows)] for name, cells in table.columns.items()}, len(rows))
