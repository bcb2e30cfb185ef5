"""Aggregates of the last values up to each row: `mean(loss, last 20)`."""

from __future__ import annotations

from dataclasses import replace

from runql.language.windows import FRAMED
from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.operands import BROKEN, Operand
from runql.semantic.spelling import code
from runql.semantic.typed import TFold, TWindow
from runql.syntax import tree
from runql.text.source import Span


def is_framed(node: tree.Call) -> bool:
    """Whether it is `mean(x, last 20)`, of the last values up to each row."""
    is_plain = len(node.arguments) == 1 and node.x is None and node.held is None
    return node.last_rows is not None and is_plain and node.name in FRAMED


def of_last(node: tree.Call) -> tree.Call | None:
    """`mean(x, 20)` as `mean(x, last 20)`; `None` if it is no such call."""
    if node.name not in FRAMED or len(node.arguments) != 2 or node.last_rows is not None:
        return None
    second = node.arguments[1]
    count = second.value if isinstance(second, tree.Literal) else None
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        return None
    return replace(node, arguments=node.arguments[:1], last_rows=count)


def frame_of(node: tree.Call, span: Span, expressions: ExpressionCheck) -> int | None:
    """Of how many last values an aggregate is; `None` if that is not said, or is a mistake, which is reported."""
    if not is_framed(node) or node.last_rows is None:
        return None
    count, value = node.last_rows, node.last_rows
    if isinstance(count, tree.Param):
        operand = expressions.operand(count)
        if operand is BROKEN:
            return None
        value = operand.value
    shown = f"${count.name}" if isinstance(count, tree.Param) else f"last {count}"
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1 or value < 1:
        message = f"`last` takes a whole number, at least 1, and `{shown}` is none"
        expressions.report.add("RQL209", message, span, f"written {code(f'{node.name}(x, last 20)')}")
        return None
    return int(value)


def of_last_values(made: Operand, frame: int) -> Operand:
    """An aggregate as one of so many last values."""
    fold = made.expr
    assert isinstance(fold, TFold)
    expr = TWindow(fold.name, fold.argument, amount=frame, kind=fold.kind, span=fold.span)
    return replace(made, expr=expr)
