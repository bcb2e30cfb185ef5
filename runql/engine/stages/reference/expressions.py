"""Expressions row by row, by the evaluator of the engine."""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.stages.shared.rows import compile_rows
from runql.engine.table import Table
from runql.semantic.typed import TypedExpr
from runql.semantic.values import Value


def values(expr: TypedExpr, table: Table) -> list[Value]:
    """The value of an expression in each row."""
    return compile_rows(expr)(table)


def true_rows(condition: TypedExpr, table: Table) -> bytes:
    """A flag a row: 1 where the condition is true."""
    return bytes([value is True for value in compile_rows(condition)(table)])


def has_ends(values: Sequence[Value]) -> bool:
    """Whether values may hold a time at an end of the calendar: few are looked at one by one anyway."""
    return len(values) > 0
