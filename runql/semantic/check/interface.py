"""What the parts of the check of expressions ask of each other: an expression holds calls, tests and aliases, and each
of these holds expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from runql.semantic.check_context import CheckContext, Report
from runql.semantic.names.metrics import Metrics
from runql.semantic.names.resolver import Names
from runql.semantic.operands import Operand
from runql.semantic.typed import TypedExpr
from runql.syntax import tree


class ExpressionCheck(Protocol):
    """Checks any expression of one query, with what is known of its names."""

    context: CheckContext
    report: Report
    names: Names
    metrics: Metrics

    def condition(self, node: tree.Expr) -> TypedExpr:
        """A node where a truth must stand."""

    def operand(self, node: tree.Expr) -> Operand:
        """A node where a value may stand."""

    def beside(self, value: Operand, node: tree.Expr) -> Operand:
        """What a value is compared with."""

    def items(self, items: Sequence[tree.Expr] | tree.Param, value: Operand | None = None) -> list[Operand]:
        """The items of a list."""

    def written(self, node: tree.Node) -> str:
        """A node as it is written in the query."""
