"""Lists that are written out: `["lr", 0.1, $seed]`."""

from __future__ import annotations

from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.check.unquoted import is_word
from runql.semantic.check_context import rewrite
from runql.semantic.operands import BROKEN, Operand, constant
from runql.semantic.spelling import code
from runql.syntax import tree
from runql.text.source import Span


def list_value(expressions: ExpressionCheck, node: tree.ListValue, span: Span) -> Operand:
    """A list of constants, the same for each run."""
    items = [_element(expressions, item) for item in node.items]
    if any(item is BROKEN or not item.is_constant for item in items):
        return BROKEN
    return constant(tuple(item.value for item in items), span, text=expressions.written(node) or None)


def _element(expressions: ExpressionCheck, node: tree.Expr) -> Operand:
    """One value of a list. A word is a text without its quotes."""
    if isinstance(node, tree.Field) and is_word(node):
        text = f'"{expressions.written(node)}"'
        hints, fixes = (f"text stands in quotes: {code(text)}",), rewrite(node.span, text)
        expressions.report.add("RQL203", "a list holds values, not fields", node.span, *hints, fixes=fixes)
        return BROKEN
    operand = expressions.operand(node)
    if not operand.is_constant:
        expressions.report.add("RQL203", "a list holds values, not fields or expressions", operand.span)
    return operand
