"""Expressions over the rows of a table: what they read, and their values row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import TypeAlias, assert_never

from runql.engine.evaluate import compile_row
from runql.engine.table import Table
from runql.semantic import typed as t
from runql.semantic.needed import postorder
from runql.semantic.typed import TCell, TFold, TUntagged, TypedExpr
from runql.semantic.values import MISSING, Value

Key: TypeAlias = tuple[Sequence[Value], bool]
"""The values of a key of an order, and whether it is descending."""


class NotHeld(Exception):  # noqa: N818 - it is a turn, not an error
    """Arrays would not hold this column exactly: the reference works on it."""


def cells_in(expr: TypedExpr) -> tuple[str, ...]:
    """The columns that an expression reads, each once; those inside aggregates are not among them."""
    names: dict[str, None] = {}
    for node in postorder(expr):
        match node:
            case TCell(name=name):
                names[name] = None
            case TUntagged():
                names["tags"] = None
            case t.TConst() | t.TField() | t.TCompare() | t.TBetween() | t.TIn() | t.TTextTest() | t.THas() | t.TIs():
                pass
            case t.TLogged() | t.TNot() | t.TAnd() | t.TOr() | t.TArithmetic() | t.TNegate() | t.TCall():
                pass
            case t.TAggregate() | t.TFold() | t.TQuestion() | t.TWindow() | t.TAnyField():
                pass
            case _:
                assert_never(node)
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
