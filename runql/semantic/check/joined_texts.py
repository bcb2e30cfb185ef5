"""Texts that are joined by `+` or `||`, as other languages do: `concat` is offered."""

from __future__ import annotations

from runql.language.kinds import TEXT
from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.check_context import rewrite
from runql.semantic.operands import Operand
from runql.semantic.spelling import code
from runql.syntax import tree
from runql.text.diagnostic import Fix
from runql.text.source import Span

_JOINED = tree.Literal | tree.Field | tree.Call | tree.Param


def joined_texts(node: tree.Arithmetic, expressions: ExpressionCheck) -> bool:
    """Whether a chain of `+` holds a text that is written out, which is reported for all of it."""
    parts: list[tree.Expr] = []
    waiting: list[tree.Expr] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tree.Arithmetic) and one.op is tree.ArithmeticOp.ADD:
            waiting += (one.right, one.left)
        else:
            parts.append(one)
    if node.op is not tree.ArithmeticOp.ADD or not any(map(_is_text, parts)):
        return False
    text = _concat(parts, expressions)
    hints, fixes = ((f"texts are joined by {code(text)}",), rewrite(node.span, text)) if text else ((), ())
    expressions.report.add("RQL203", "`+` works on numbers, and a text is among them", node.span, *hints, fixes=fixes)
    return True


def joined_by_bars(node: tree.Or, expressions: ExpressionCheck) -> bool:
    """Whether it is `name || "-"`, which is reported: `||` is `or`, and a text is no condition."""
    written = expressions.written(node)
    if "||" not in written or not all(isinstance(term, _JOINED) for term in node.terms):
        return False
    if not any(map(_is_text, node.terms)):
        return False
    text = _concat(node.terms, expressions)
    hint = f"texts are joined by {code(text)}"
    message = "`||` is `or`, and a text is no condition"
    expressions.report.add("RQL203", message, node.span, hint, fixes=rewrite(node.span, text))
    return True


def joined_fields(
    op: tree.ArithmeticOp, left: Operand, right: Operand, span: Span
) -> tuple[tuple[str, ...], tuple[Fix, ...]]:
    """The way out of `name + group`, of two fields that hold texts."""
    if op is not tree.ArithmeticOp.ADD or not left.kinds == right.kinds == TEXT or not (left.text and right.text):
        return (), ()
    text = f"concat({left.text}, {right.text})"
    return (f"texts are joined by {code(text)}",), rewrite(span, text)


def _is_text(node: tree.Expr) -> bool:
    return isinstance(node, tree.Literal) and isinstance(node.value, str)


def _concat(parts: list[tree.Expr] | tuple[tree.Expr, ...], expressions: ExpressionCheck) -> str:
    texts = [expressions.written(part) for part in parts]
    return f"concat({', '.join(texts)})" if all(texts) else ""
