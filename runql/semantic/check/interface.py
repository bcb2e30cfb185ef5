"""What the parts of the check of expressions ask of each other: an expression holds calls, tests and aliases, and each
of these holds expressions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from runql.semantic.check.parameters import Bound
from runql.semantic.check_context import CheckContext, Report
from runql.semantic.names.metrics import Metrics
from runql.semantic.names.resolver import Names
from runql.semantic.operands import Operand
from runql.semantic.typed import TypedExpr
from runql.syntax import tree
from runql.text.diagnostic import Fix


class Row:
    """What is read inside of `when`: the metrics of the row at hand, in their order, and the fields of the run."""

    def __init__(self) -> None:
        self.metrics: dict[str, None] = {}
        self.fields: list[tree.Field] = []


class ExpressionCheck(Protocol):
    """Checks any expression of one query, with what is known of its names."""

    context: CheckContext
    report: Report
    names: Names
    metrics: Metrics
    piped: Callable[[], tuple[str, Fix] | None]
    x_axis: str

    def condition(self, node: tree.Expr) -> TypedExpr:
        """A node where a truth must stand."""

    def operand(self, node: tree.Expr) -> Operand:
        """A node where a value may stand."""

    def beside(self, value: Operand, node: tree.Expr) -> Operand:
        """What a value is compared with."""

    def items(self, items: tree.Listed, value: Operand | None = None) -> list[Operand]:
        """The items of a list."""

    def bound(self, node: tree.Param) -> Bound | tuple[Bound, ...] | None:
        """What a parameter is bound to."""

    def reading(self, row: Row | None) -> AbstractContextManager[None]:
        """Inside, a metric is its value in a row; `None`: it is a whole history again."""

    def has_column(self, name: str) -> bool:
        """Whether a name is one of the table at hand and of no other."""

    def tested(self, node: tree.Truth) -> TypedExpr:
        """A test."""

    def written(self, node: tree.Node) -> str:
        """A node as it is written in the query."""
