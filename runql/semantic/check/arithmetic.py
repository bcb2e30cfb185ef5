"""Arithmetic; and texts that are joined by `+` or `||`, as other languages do: `concat` is offered."""

from __future__ import annotations

from collections.abc import Iterable

from runql.language.kinds import TEXT, Kind
from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.check.quotes.names_in_quotes import say_in_quotes
from runql.semantic.check_context import Report, rewrite, rewrites
from runql.semantic.names.idioms import MOMENTS
from runql.semantic.operands import BROKEN, NUMBER_STATES, Operand, constant, kind_in, quoted
from runql.semantic.spelling import code
from runql.semantic.times import time_arithmetic
from runql.semantic.typed import TArithmetic, TNegate
from runql.syntax import to_text, tree
from runql.text.diagnostic import Fix
from runql.text.source import Span

_JOINED = tree.Literal | tree.Field | tree.Call | tree.Param


def arithmetic(node: tree.Arithmetic, span: Span, expressions: ExpressionCheck) -> Operand:
    """The value of a sum, a difference, a product or a quotient."""
    if _joined_texts(node, expressions) or _moment_of_sql(node, span, expressions.report):
        return BROKEN
    if any(say_in_quotes(side, expressions) for side in (node.left, node.right)):
        return BROKEN
    left, right = expressions.operand(node.left), expressions.operand(node.right)
    if left is BROKEN or right is BROKEN:
        return BROKEN
    kinds: set[Kind] = set()
    if Kind.NUMBER in left.kinds and Kind.NUMBER in right.kinds:
        kinds.add(Kind.NUMBER)
    if node.op in (tree.ArithmeticOp.ADD, tree.ArithmeticOp.SUB):
        kinds |= time_arithmetic(node.op, left.kinds, right.kinds)
    if not kinds:
        _no_arithmetic(node.op, left, right, span, expressions.report)
        return BROKEN
    result = frozenset(kinds)
    if result == {Kind.TIME}:
        _bare_seconds(node, expressions.report)
    expr = TArithmetic(node.op, left.expr, right.expr, kind=kind_in(result), span=span)
    return Operand(expr, result, text=expressions.written(node))


def _moment_of_sql(node: tree.Arithmetic, span: Span, report: Report) -> bool:
    """Whether it is `current_date - 7`, of SQL, where a number is so many days; then it is said."""
    if node.op not in (tree.ArithmeticOp.ADD, tree.ArithmeticOp.SUB) or not isinstance(node.left, tree.Field):
        return False
    name = ".".join(map(str, node.left.path.segments))
    moment = MOMENTS.get(name.lower())
    days = node.right.value if isinstance(node.right, tree.Literal) else None
    if moment is None or type(days) is not int:
        return False
    new = f"{moment} {node.op} {days}d"
    report.add(
        "RQL108",
        f"{code(f'{name} {node.op} {days}')} is SQL",
        span,
        f"in RunQL write {code(new)}",
        fixes=rewrite(span, new),
    )
    return True


def _bare_seconds(node: tree.Arithmetic, report: Report) -> None:
    """RQL591 for `now - 7`, which elsewhere is seven days."""
    for side in (node.left, node.right):
        if isinstance(side, tree.Literal) and isinstance(side.value, int) and side.value:
            hint = f"days are {code(f'{side.value}d')}"
            fixes = rewrite(side.span, f"{side.value}s")
            report.add("RQL591", f"`{side.value}` beside a time is so many seconds", side.span, hint, fixes=fixes)


def _no_arithmetic(op: tree.ArithmeticOp, left: Operand, right: Operand, span: Span, report: Report) -> None:
    wrong = left if not left.kinds & {Kind.NUMBER, Kind.TIME} else right
    message = f"{quoted(wrong)} is {wrong.holds}, and `{op}` works on numbers"
    if left.kinds == right.kinds == {Kind.TIME}:
        message = f"two times cannot be joined by `{op}`; their difference is `later - earlier`"
    elif Kind.TIME in left.kinds | right.kinds:
        message = f"`{op}` does not go with {left.holds} and {right.holds}"
    else:
        span = wrong.span if wrong.span in report.records else span
    hints, fixes = _joined_fields(op, left, right, span)
    report.add("RQL203", message, span, *hints, fixes=fixes)


def negation(node: tree.Negate, span: Span, expressions: ExpressionCheck) -> Operand:
    """The value of `-` before a number."""
    value = expressions.operand(node.value)
    if value is BROKEN:
        return BROKEN
    if Kind.NUMBER not in value.kinds:
        span = value.span if value.span in expressions.report.records else span
        hint = f"to leave a column out: `| drop {to_text(node.value)}`"
        message = f"{quoted(value)} is {value.holds}, and `-` works on numbers"
        expressions.report.add("RQL203", message, span, *([hint] if isinstance(node.value, tree.Field) else ()))
        return BROKEN
    number = value.value
    if isinstance(number, int | float) and not isinstance(number, bool):
        return constant(-number, span, is_duration=value.is_duration, text=expressions.written(node) or None)
    expr = TNegate(value.expr, kind=Kind.NUMBER, span=span)
    return Operand(expr, frozenset({Kind.NUMBER}), text=expressions.written(node))


def _joined_texts(node: tree.Arithmetic, expressions: ExpressionCheck) -> bool:
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


def _joined_fields(
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


def asked_beside_null(terms: Iterable[tree.Expr]) -> frozenset[tree.Is]:
    """The terms that ask for NaN beside one that asks for null: together they ask fields of any kind for no value."""
    asked = [one for one in terms if isinstance(one, tree.Is)]
    nulls = {(one.value, one.negated) for one in asked if one.state is tree.State.NULL}
    return frozenset(one for one in asked if one.state is tree.State.NAN and (one.value, one.negated) in nulls)


def refuse_other_kinds(
    node: tree.Is, value: Operand, beside_null: frozenset[tree.Is], report: Report, place: Span
) -> None:
    """Say it (RQL203) where something that is no number is asked whether it is NaN, finite or infinite."""
    is_number = Kind.NUMBER in value.kinds or value is BROKEN
    if node.state not in NUMBER_STATES or is_number or node in beside_null:
        return
    message = f"{quoted(value)} is {value.holds}, and only a number can be `{node.state}`"
    if node.state is not tree.State.NAN:
        report.add("RQL203", message, place)
        return
    null = to_text(tree.Is(node.value, tree.State.NULL, node.negated))
    report.add("RQL203", message, place, f"no value is {code(null)}", fixes=rewrites(node.span, [null]))
