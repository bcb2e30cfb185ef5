"""Expressions and names, from the parser's tree to ours."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

from runql.syntax import tree as t
from runql.syntax.literals import BadLiteral, read_duration, read_number, read_path, read_string, read_time
from runql.syntax.lr_parser import TerminalNode
from runql.text.diagnostic import Diagnostic, Edit, Fix
from runql.text.frozen import frozen
from runql.text.source import Span

_COMPARISONS: Final = {
    "EQ": t.Comparison.EQ,
    "NE": t.Comparison.NE,
    "LT": t.Comparison.LT,
    "LE": t.Comparison.LE,
    "GT": t.Comparison.GT,
    "GE": t.Comparison.GE,
}
_TEXT_OPS: Final = {
    "REGEX": (t.TextOp.REGEX, False),
    "NOT_REGEX": (t.TextOp.REGEX, True),
    "REGEX_ANY_CASE": (t.TextOp.REGEX_ANY_CASE, False),
    "NOT_REGEX_ANY_CASE": (t.TextOp.REGEX_ANY_CASE, True),
    "CONTAINS": (t.TextOp.CONTAINS, False),
    "STARTSWITH": (t.TextOp.STARTSWITH, False),
    "ENDSWITH": (t.TextOp.ENDSWITH, False),
    "LIKE_GLOB": (t.TextOp.GLOB, False),
}
_ARITHMETIC: Final = {
    "PLUS": t.ArithmeticOp.ADD,
    "MINUS": t.ArithmeticOp.SUB,
    "TIMES": t.ArithmeticOp.MUL,
    "DIVIDE": t.ArithmeticOp.DIV,
    "MODULO": t.ArithmeticOp.MOD,
    "POWER": t.ArithmeticOp.POW,
}
_STATES: Final = {
    "NULL": t.State.NULL,
    "NAN": t.State.NAN,
    "FINITE": t.State.FINITE,
    "INFINITE": t.State.INFINITE,
    "UNSET": t.State.MISSING,
}
_CONSTANTS: Final[dict[str, float | bool | None]] = {
    "TRUE": True,
    "FALSE": False,
    "NULL": None,
    "NAN": float("nan"),
    "INF": float("inf"),
}
_MOMENTS: Final = {"NOW": t.Moment.NOW, "TODAY": t.Moment.TODAY, "YESTERDAY": t.Moment.YESTERDAY}
_HAS: Final = {"ANY": t.HasMode.ANY, "ALL": t.HasMode.ALL, "NONE": t.HasMode.NONE}

_LARGEST_COUNT: Final = 2**53
_DATE_HINT: Final = "a date is year, month and day: `2026-01-31`"


@frozen
class _Modifier:
    """What is not a value among the arguments of a call: `last 100`, `approx`, `x epoch`, `held 5`."""

    word: str
    span: Span
    last_rows: int | t.Param | None = None
    approx: bool = False
    x: t.Path | None = None
    held: int | t.Param | None = None


class Part:
    """What a rule of the grammar holds: lexemes and nodes that are already built, in order."""

    __slots__ = ("children", "span")

    def __init__(self, children: list[Any], span: Span) -> None:
        self.children = children
        self.span = span

    @property
    def types(self) -> list[str]:
        """The terminals among the children."""
        return [child.type for child in self.children if isinstance(child, TerminalNode)]

    @property
    def nodes(self) -> list[Any]:
        return [child for child in self.children if not isinstance(child, TerminalNode)]


class ExpressionBuilder:
    """Each method is named after a rule of the grammar. `place` maps offsets to a span of the written text."""

    def __init__(self, text: str, place: Callable[[int, int], Span] = Span) -> None:
        self.text = text
        self.place = place
        self.diagnostics: list[Diagnostic] = []
        self.parenthesised: set[int] = set()

    def span(self, token: TerminalNode) -> Span:
        return self.place(token.first, token.last)

    def bad(self, message: str, span: Span, nearest: str | None = None, hint: str = "") -> None:
        """A value that cannot be read, and one that can, if it is near."""
        fixes = (Fix(f"write `{nearest}`", (Edit(span, nearest),)),) if nearest is not None else ()
        self.diagnostics.append(Diagnostic("RQL107", message, span, hints=(hint,) if hint else (), fixes=fixes))

    def path(self, token: TerminalNode) -> t.Path:
        path = read_path(token)
        return t.Path(path.segments, path.exact, span=self.span(token))

    def whole(self, token: TerminalNode) -> int | None:
        """A whole number, or none with a diagnostic."""
        try:
            value = read_number(token)
        except BadLiteral as error:
            self.bad(str(error), self.span(token))
            return None
        if isinstance(value, float):
            nearest = str(int(value)) if 1 <= value < _LARGEST_COUNT else None
            self.bad(f"`{token}` is not a whole number", self.span(token), nearest, "a count is written `10` or `10k`")
            return None
        return value

    def or_(self, part: Part) -> t.Expr:
        return t.Or(tuple(part.nodes), span=part.span)

    def and_(self, part: Part) -> t.Expr:
        return t.And(tuple(part.nodes), span=part.span)

    def not_(self, part: Part) -> t.Expr:
        return t.Not(part.children[1], span=part.span)

    def compare(self, part: Part) -> t.Expr:
        left, op, right = part.children
        return t.Compare(_COMPARISONS[op.type], left, right, span=part.span)

    def text_test(self, part: Part) -> t.Expr:
        value, pattern = part.nodes
        signs = part.types
        op, negated = _TEXT_OPS[signs[-1]]
        return t.TextTest(op, value, pattern, negated or "NOT" in signs, span=part.span)

    def between(self, part: Part) -> t.Expr:
        value, low, high = part.nodes
        return t.Between(value, low, high, "NOT" in part.types, span=part.span)

    def in_(self, part: Part) -> t.Expr:
        value, items = part.nodes
        return t.In(value, items, "NOT" in part.types, span=part.span)

    def has(self, part: Part) -> t.Expr:
        value, items = part.nodes
        signs = part.types
        mode = _HAS.get(signs[-1], t.HasMode.ONE)
        return t.Has(mode, value, (items,) if mode is t.HasMode.ONE else items, "NOT" in signs, span=part.span)

    def is_(self, part: Part) -> t.Expr:
        signs = part.types
        return t.Is(part.children[0], _STATES[signs[-1]], "NOT" in signs, span=part.span)

    def items(self, part: Part) -> t.Listed:
        first = part.children[0]
        if isinstance(first, TerminalNode):
            return t.Param(str(first)[1:], span=part.span)
        return first if isinstance(first, t.Query) else tuple(part.children)

    def arithmetic(self, part: Part) -> t.Expr:
        left, op, right = part.children
        return t.Arithmetic(_ARITHMETIC[op.type], left, right, span=part.span)

    def negate(self, part: Part) -> t.Expr:
        value: t.Expr = part.children[1]
        bare = id(value) not in self.parenthesised
        number = value.value if isinstance(value, t.Literal) else None
        if bare and isinstance(number, int | float) and not isinstance(number, bool):
            if math.isnan(number):
                return value
            if not str(number).startswith("-"):
                return t.Literal(-number, span=part.span)
        if bare and isinstance(value, t.Duration) and value.value >= timedelta(0):
            return t.Duration(-value.value, span=part.span)
        return t.Negate(value, span=part.span)

    def paren(self, part: Part) -> t.Expr:
        value: t.Expr = part.children[0]
        self.parenthesised.add(id(value))
        return value

    def call(self, part: Part) -> t.Expr:
        name, *rest = part.children
        arguments = tuple(argument for argument in rest if isinstance(argument, t.Expr))
        modifiers = [argument for argument in rest if isinstance(argument, _Modifier)]
        self._modifiers_twice(rest)
        return t.Call(
            name.lower(),
            arguments,
            last_rows=next((m.last_rows for m in modifiers if m.last_rows is not None), None),
            approx=any(m.approx for m in modifiers),
            x=next((m.x for m in modifiers if m.x is not None), None),
            held=next((m.held for m in modifiers if m.held is not None), None),
            name_span=self.span(name),
            span=part.span,
        )

    def _modifiers_twice(self, arguments: list[t.Expr | _Modifier]) -> None:
        """`held 5, held 6`: which of them is meant, nobody can tell."""
        seen: set[str] = set()
        for before, one in pairwise(arguments):
            if isinstance(before, _Modifier):
                seen.add(before.word)
            if isinstance(one, _Modifier) and one.word in seen:
                fixes = (Fix("leave out the second", (Edit(Span(before.span.end, one.span.end), ""),)),)
                self.diagnostics.append(Diagnostic("RQL105", f"`{one.word}` is given twice", one.span, fixes=fixes))

    def window(self, part: Part) -> t.Expr:
        call, keys, *order = part.nodes
        return t.Window(call, keys, order[0] if order else (), span=part.span)

    def partition(self, part: Part) -> tuple[t.Expr, ...]:
        return tuple(part.nodes)

    def window_order(self, part: Part) -> tuple[t.OrderKey, ...]:
        return tuple(part.nodes)

    def window_key(self, part: Part) -> t.OrderKey:
        return self._sorted_by(part.nodes[0], part.types, part.span)

    def order_key(self, part: Part) -> t.OrderKey:
        value = part.nodes[0]
        if isinstance(value, t.Negate) and id(value) not in self.parenthesised:
            return self._sorted_by(value.value, ["MINUS", *part.types], part.span)
        return self._sorted_by(value, part.types, part.span)

    def _sorted_by(self, value: t.Expr, signs: list[str], span: Span) -> t.OrderKey:
        if len(signs) > 1:
            message = "the direction of this key is given twice"
            hint = "one of `-`, `+`, `asc` and `desc` is enough"
            self.diagnostics.append(Diagnostic("RQL101", message, span, hints=(hint,)))
        return t.OrderKey(value, not {"MINUS", "DESC", "SORTED_DESC"}.isdisjoint(signs), span=span)

    def argument(self, part: Part) -> t.Expr | _Modifier:
        word, span = str(part.children[0]).lower(), part.span
        match part.types:
            case ["LAST"]:
                return _Modifier(word, span, last_rows=part.children[1])
            case ["HELD"]:
                return _Modifier(word, span, held=part.children[1])
            case ["APPROX"]:
                return _Modifier(word, span, approx=True)
            case ["ALONG", _]:
                return _Modifier(word, span, x=self.path(part.children[1]))
            case _:
                value: t.Expr = part.children[0]
                return value

    def value_query(self, part: Part) -> t.Expr:
        return t.ValueQuery(part.nodes[0], span=part.span)

    def presence(self, part: Part) -> t.Expr:
        return t.Is(part.children[1], t.State.MISSING, part.children[0].type == "EXISTS", span=part.span)

    def field(self, part: Part) -> t.Expr:
        return t.Field(self.path(part.children[0]), span=part.span)

    def param(self, part: Part) -> t.Expr:
        return t.Param(str(part.children[0])[1:], span=part.span)

    def number(self, part: Part) -> t.Expr:
        return self._read(lambda text: t.Literal(read_number(text), span=part.span), part)

    def string(self, part: Part) -> t.Expr:
        return t.Literal(read_string(part.children[0]), span=part.span)

    def list_value(self, part: Part) -> t.Expr:
        return t.ListValue(tuple(part.nodes), span=part.span)

    def regex(self, part: Part) -> t.Expr:
        _, token = part.children
        place = self.span(token)
        is_text = token.type == "STRING"
        pattern = t.Literal(read_string(token), span=place) if is_text else t.Param(str(token)[1:], span=place)
        return t.Regex(pattern, span=part.span)

    def constant(self, part: Part) -> t.Expr:
        return t.Literal(_CONSTANTS[part.children[0].type], span=part.span)

    def time(self, part: Part) -> t.Expr:
        return self._read(lambda text: t.Time(read_time(text), span=part.span), part)

    def moment(self, part: Part) -> t.Expr:
        return t.RelativeTime(_MOMENTS[part.children[0].type], span=part.span)

    def ago(self, part: Part) -> t.Expr:
        return self._read(lambda text: t.RelativeTime(t.Moment.NOW, read_duration(text), span=part.span), part)

    def duration(self, part: Part) -> t.Expr:
        return self._read(lambda text: t.Duration(read_duration(text), span=part.span), part)

    def any_field(self, part: Part) -> t.Expr:
        token = part.children[0]
        return t.AnyField(None if token.type == "ANY_FIELD" else self.path(token), span=part.span)

    def untagged(self, part: Part) -> t.Expr:
        return t.Untagged(span=part.span)

    def _read(self, read: Callable[[str], t.Expr], part: Part) -> t.Expr:
        """A literal from its lexeme, or a broken expression with a diagnostic."""
        try:
            return read(part.children[0])
        except BadLiteral as error:
            hint = _DATE_HINT if "calendar" in str(error) and error.nearest is None else ""
            self.bad(str(error), part.span, error.nearest, hint)
            return t.Broken(span=part.span)
