"""Expressions and names, from the parser's tree to ours."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

from runql.syntax import tree as t
from runql.syntax.lexer import Lexeme
from runql.syntax.literals import BadLiteral, read_duration, read_number, read_path, read_string, read_time
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
_LITERALS: Final[Mapping[str, tuple[Callable[[str], Any], Callable[..., t.Expr]]]] = {
    "NUMBER": (read_number, t.Literal),
    "TIME": (read_time, t.Time),
    "DURATION": (read_duration, t.Duration),
}
"""How a lexeme is read, and the node that holds its value."""

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
    """What a rule of the grammar holds, in order: lexemes, and what is built already.

    `types` are the terminals of the lexemes, `nodes` what is built.
    """

    __slots__ = ("children", "nodes", "span", "types")

    def __init__(self, children: list[Any], span: Span) -> None:
        self.children = children
        self.span = span
        self.types: list[str] = [child.terminal for child in children if child.__class__ is Lexeme]
        self.nodes: list[Any] = [child for child in children if child.__class__ is not Lexeme]


class ExpressionBuilder:
    """Each method is named after a rule of the grammar. `place` maps offsets to a span of the written text."""

    def __init__(self, text: str, place: Callable[[int, int], Span] = Span) -> None:
        self.text = text
        self.place = place
        self.diagnostics: list[Diagnostic] = []
        self.parenthesised: dict[int, t.Expr] = {}
        self.range = slice(0)
        """Where in the text the rule stands that is built."""
        self.is_too_deep = False

    def span(self, lexeme: Lexeme) -> Span:
        return self.place(lexeme.start, lexeme.end)

    def bad(self, message: str, span: Span, nearest: str | None = None, hint: str = "") -> None:
        """A value that cannot be read, and one that can, if it is near."""
        fixes = (Fix(f"write `{nearest}`", (Edit(span, nearest),)),) if nearest is not None else ()
        self.diagnostics.append(Diagnostic("RQL107", message, span, hints=(hint,) if hint else (), fixes=fixes))

    def path(self, lexeme: Lexeme) -> t.Path:
        path = read_path(lexeme.text)
        return t.Path(path.segments, path.exact, span=self.place(lexeme.start, lexeme.end))

    def count(self, part: Part) -> int | t.Param | None:
        """A whole number or a parameter; none, with a diagnostic, for another number."""
        lexeme = part.children[0]
        if lexeme.terminal == "PARAM":
            return t.Param(lexeme.text[1:], span=part.span)
        try:
            value = read_number(lexeme.text)
        except BadLiteral as error:
            self.bad(str(error), part.span)
            return None
        if isinstance(value, float):
            nearest = str(int(value)) if 1 <= value < _LARGEST_COUNT else None
            self.bad(f"`{lexeme.text}` is not a whole number", part.span, nearest, "a count is written `10` or `10k`")
            return None
        return value

    def compare(self, part: Part) -> t.Expr:
        left, op, right = part.children
        return t.Compare(_COMPARISONS[op.terminal], left, right, span=part.span)

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
        if isinstance(first, Lexeme):
            return t.Param(first.text[1:], span=part.span)
        return first if isinstance(first, t.Query) else tuple(part.children)

    def arithmetic(self, part: Part) -> t.Expr:
        left, op, right = part.children
        return t.Arithmetic(_ARITHMETIC[op.terminal], left, right, span=part.span)

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
        self.parenthesised[id(value)] = value
        return value

    def call(self, part: Part) -> t.Expr:
        name, *rest = part.children
        arguments = tuple(argument for argument in rest if isinstance(argument, t.Expr))
        modifiers = [argument for argument in rest if isinstance(argument, _Modifier)]
        self._modifiers_twice(rest)
        return t.Call(
            name.text.lower(),
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

    def order_key(self, part: Part) -> t.OrderKey:
        value, signs = part.nodes[0], part.types
        if isinstance(value, t.Negate) and "MINUS" not in signs and id(value) not in self.parenthesised:
            value, signs = value.value, ["MINUS", *signs]
        if len(signs) > 1:
            message = "the direction of this key is given twice"
            hint = "one of `-`, `+`, `asc` and `desc` is enough"
            self.diagnostics.append(Diagnostic("RQL101", message, part.span, hints=(hint,)))
        return t.OrderKey(value, not {"MINUS", "DESC", "SORTED_DESC"}.isdisjoint(signs), span=part.span)

    window_key = order_key

    def argument(self, part: Part) -> t.Expr | _Modifier:
        first, span = part.children[0], part.span
        word = first.text.lower() if isinstance(first, Lexeme) else ""
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
                value: t.Expr = first
                return value

    def presence(self, part: Part) -> t.Expr:
        return t.Is(part.children[1], t.State.MISSING, "EXISTS" in part.types, span=part.span)

    def field(self, part: Part) -> t.Expr:
        return t.Field(self.path(part.children[0]), span=part.span)

    def param(self, part: Part) -> t.Expr:
        return t.Param(part.children[0].text[1:], span=part.span)

    def literal(self, part: Part) -> t.Expr:
        """A number, a time or a duration; a broken expression, with a diagnostic, for one that has no value."""
        lexeme = part.children[0]
        read, kind = _LITERALS[lexeme.terminal]
        try:
            return kind(read(lexeme.text), span=part.span)
        except BadLiteral as error:
            hint = _DATE_HINT if "calendar" in str(error) and error.nearest is None else ""
            self.bad(str(error), part.span, error.nearest, hint)
            return t.Broken(span=part.span)

    number = time = duration = literal

    def ago(self, part: Part) -> t.Expr:
        back = self.literal(part)
        return t.RelativeTime(t.Moment.NOW, back.value, span=part.span) if isinstance(back, t.Duration) else back

    def string(self, part: Part) -> t.Expr:
        return t.Literal(read_string(part.children[0].text), span=part.span)

    def regex(self, part: Part) -> t.Expr:
        _, token = part.children
        place = self.span(token)
        is_text = token.terminal == "STRING"
        pattern = t.Literal(read_string(token.text), span=place) if is_text else t.Param(token.text[1:], span=place)
        return t.Regex(pattern, span=part.span)

    def constant(self, part: Part) -> t.Expr:
        return t.Literal(_CONSTANTS[part.types[0]], span=part.span)

    def moment(self, part: Part) -> t.Expr:
        return t.RelativeTime(_MOMENTS[part.types[0]], span=part.span)

    def any_field(self, part: Part) -> t.Expr:
        token = part.children[0]
        return t.AnyField(None if token.terminal == "ANY_FIELD" else self.path(token), span=part.span)
