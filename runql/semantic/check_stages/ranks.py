"""What a rank ranks by, where that is not said by an order."""

from __future__ import annotations

from runql.language.kinds import Kind
from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.check_context import Report, rewrites
from runql.semantic.operands import BROKEN
from runql.semantic.spelling import code
from runql.semantic.typed import TCell
from runql.syntax import tree
from runql.syntax.mistakes.functions.window_calls import WindowRows
from runql.text.source import Span


def say_both_ways(report: Report, name: str, key: str, rows: WindowRows, *, message: str, span: Span) -> None:
    """RQL226 with both directions of an order, for the first rank may be that of the most or of the least."""
    ways = {"the most": key} if key.startswith("-") else {"the most": f"-{key}", "the least": key}
    texts = [f"{name}(){rows.behind([way])}" for way in ways.values()]
    hints = [f"{which} first: {code(text)}" for which, text in zip(ways, texts, strict=True)]
    report.add("RQL226", message, span, *hints, fixes=rewrites(span, texts))


def is_measured(node: tree.Expr, expressions: ExpressionCheck) -> bool:
    """Whether a key is a number that was measured, of which nearly each row has its own."""
    operand = expressions.operand(node) if isinstance(node, tree.Field) else BROKEN
    name = operand.expr.name if isinstance(operand.expr, TCell) else ""
    return operand.kinds == {Kind.NUMBER} and not name.startswith("config.")
