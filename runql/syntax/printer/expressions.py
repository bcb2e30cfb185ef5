"""Expressions as text: parsing it gives the same tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from enum import IntEnum
from functools import partial
from typing import Final, assert_never

from runql.syntax import tree as t
from runql.syntax.keywords import keywords
from runql.syntax.literals import write_duration, write_number, write_path, write_string, write_time
from runql.text.source import NOWHERE, Span


class Binds(IntEnum):
    """How tightly an expression holds together: a looser one inside a tighter one stands in parentheses."""

    OR = 1
    AND = 2
    NOT = 3
    TEST = 4
    SUM = 5
    PRODUCT = 6
    UNARY = 7
    POWER = 8
    ATOM = 9


_ARITHMETIC: Final = {
    t.ArithmeticOp.ADD: Binds.SUM,
    t.ArithmeticOp.SUB: Binds.SUM,
    t.ArithmeticOp.MUL: Binds.PRODUCT,
    t.ArithmeticOp.DIV: Binds.PRODUCT,
    t.ArithmeticOp.MOD: Binds.PRODUCT,
    t.ArithmeticOp.POW: Binds.POWER,
}
_SPELLED: Final = re.compile(r"-?\s*([0-9.][\w.+:-]*)")


def word(terminal: str) -> str:
    """The canonical spelling of a keyword or an operator."""
    return keywords().spelling(terminal)


class ExpressionPrinter:
    """Writes expressions. With the text they were read from, numbers and times keep the spelling they have there."""

    def __init__(self, text: str | None = None) -> None:
        self._text = text

    def expr(self, expr: t.Expr) -> str:
        return self._write(expr)[0]

    def at(self, expr: t.Expr, binds: Binds) -> str:
        """An expression where one is expected that binds at least so tightly."""
        text, own = self._write(expr)
        return text if own >= binds else f"({text})"

    def _write(self, expr: t.Expr) -> tuple[str, Binds]:  # noqa: PLR0911 - one a node
        match expr:
            case t.Or(terms=terms):
                return f" {word('OR')} ".join(self.at(term, Binds.AND) for term in terms), Binds.OR
            case t.And(terms=terms):
                return f" {word('AND')} ".join(self.at(term, Binds.NOT) for term in terms), Binds.AND
            case t.Not(value=value):
                return f"{word('NOT')} {self._denied(value)}", Binds.NOT
            case t.Arithmetic() | t.Negate():
                return self._arithmetic(expr)
            case t.Is(value=value, state=t.State.MISSING, negated=negated):
                return f"{word('EXISTS' if negated else 'MISSING')}({self.expr(value)})", Binds.ATOM
            case t.Window():
                return self._window(expr), Binds.ATOM
            case t.ListValue(items=items):
                return f"[{', '.join(map(self.expr, items))}]", Binds.ATOM
            case (
                t.Call() | t.Field() | t.Param() | t.Untagged() | t.ValueQuery() | t.Regex() | t.Broken() | t.AnyField()
            ):
                return self._atom(expr), Binds.ATOM
            case t.Literal() | t.Time() | t.Duration() | t.RelativeTime():
                text = self._value(expr)
                return text, Binds.UNARY if text.startswith("-") else Binds.ATOM
            case t.Compare() | t.Between() | t.In() | t.TextTest() | t.Has() | t.Is():
                return self._test(expr), Binds.TEST
            case _:
                assert_never(expr)

    def _denied(self, value: t.Expr) -> str:
        """What follows `not`: a test in parentheses, so that it reads as it is meant."""
        text, own = self._write(value)
        return f"({text})" if own < Binds.NOT or own is Binds.TEST else text

    def _test(self, expr: t.Test) -> str:  # noqa: PLR0911 - one a node
        side = partial(self.at, binds=Binds.SUM)
        denied = "" if isinstance(expr, t.Compare) or not expr.negated else f"{word('NOT')} "
        match expr:
            case t.Compare(op=op, left=left, right=right):
                return f"{side(left)} {op.value} {side(right)}"
            case t.Between(value=value, low=low, high=high):
                return f"{side(value)} {denied}{word('BETWEEN')} {side(low)} {word('AND')} {side(high)}"
            case t.In(value=value, items=items):
                return f"{side(value)} {denied}{word('IN')} {self._list(items)}"
            case t.TextTest(op=t.TextOp.REGEX | t.TextOp.REGEX_ANY_CASE as op, value=value, pattern=pattern):
                return f"{side(value)} {'!' if denied else ''}{op.value} {side(pattern)}"
            case t.TextTest(op=op, value=value, pattern=pattern):
                return f"{side(value)} {denied}{op.value} {side(pattern)}"
            case t.Has(mode=t.HasMode.ONE, value=value, items=(item,)):
                return f"{side(value)} {denied}{word('HAS')} {side(item)}"
            case t.Has(mode=mode, value=value, items=items):
                return f"{side(value)} {denied}{mode.value} {self._list(items)}"
            case t.Is(value=value, state=state):
                return f"{side(value)} {word('IS')} {denied}{state.value}"
            case _:
                assert_never(expr)

    def inner(self, query: t.QueryNode) -> str:
        """A query inside an expression or a stage: whoever prints queries knows how."""
        raise NotImplementedError

    def _list(self, items: t.Listed) -> str:
        if isinstance(items, t.Param):
            return f"${items.name}"
        if isinstance(items, t.QueryNode):
            return f"({self.inner(items)})"
        return f"({', '.join(self.expr(item) for item in items)})"

    def _arithmetic(self, expr: t.Arithmetic | t.Negate) -> tuple[str, Binds]:
        match expr:
            case t.Negate(value=t.Literal() | t.Duration() as value) if not self.expr(value).startswith("-"):
                return f"-({self.expr(value)})", Binds.UNARY
            case t.Negate(value=value):
                return f"-{self.at(value, Binds.UNARY)}", Binds.UNARY
            case t.Arithmetic(op=t.ArithmeticOp.POW as op, left=left, right=right):
                text = f"{self.at(left, Binds.ATOM)} {op.value} {self.at(right, Binds.UNARY)}"
                return text, Binds.POWER
            case t.Arithmetic(op=op, left=left, right=right):
                binds = _ARITHMETIC[op]
                return f"{self.at(left, binds)} {op.value} {self.at(right, Binds(binds + 1))}", binds
            case _:
                assert_never(expr)

    def _atom(  # noqa: PLR0911 - one a node
        self, expr: t.Call | t.Field | t.AnyField | t.Param | t.Untagged | t.ValueQuery | t.Regex | t.Broken
    ) -> str:
        match expr:
            case t.Call(name=name, arguments=arguments):
                parts = [*map(self.expr, arguments), *self._modifiers(expr)]
                return f"{name}({', '.join(parts)})"
            case t.Field(path=path):
                return write_path(path)
            case t.AnyField(path=wanted):
                return word("ANY_FIELD") if wanted is None else write_path(wanted)
            case t.Param(name=name):
                return f"${name}"
            case t.Regex(pattern=pattern):
                return f"{word('RE')} {self.expr(pattern)}"
            case t.Untagged():
                return word("UNTAGGED")
            case t.ValueQuery(query=query):
                return f"{word('VALUE')}({self.inner(query)})"
            case t.Broken():
                return "…"
            case _:
                assert_never(expr)

    def _modifiers(self, call: t.Call) -> Iterator[str]:
        """What stands behind the values of a call."""
        for terminal, count in (("HELD", call.held), ("LAST", call.last_rows)):
            if count is not None:
                yield f"{word(terminal)} {f'${count.name}' if isinstance(count, t.Param) else count}"
        if call.x is not None:
            yield f"{word('ALONG')} {write_path(call.x)}"
        if call.approx:
            yield word("APPROX")

    def _window(self, expr: t.Window) -> str:
        words = [self._atom(expr.call), word("OVER"), self._partition(expr.keys) if expr.keys else word("EVERY")]
        if expr.order:
            words += [word("SORTED"), self._along(expr.order)]
        return " ".join(words)

    def _partition(self, keys: tuple[t.Expr, ...]) -> str:
        """One short key as it is, others in parentheses."""
        texts = [self.expr(key) for key in keys]
        is_short = len(keys) == 1 and isinstance(keys[0], t.Field | t.Call) and texts[0].lower() != word("EVERY")
        return texts[0] if is_short else f"({', '.join(texts)})"

    def _along(self, keys: tuple[t.OrderKey, ...]) -> str:
        only = keys[0] if len(keys) == 1 else None
        if only is not None and isinstance(only.value, t.Field | t.Call):
            return f"{'-' * only.descending}{self.expr(only.value)}"
        return f"({', '.join(map(self.order_key, keys))})"

    def order_key(self, key: t.OrderKey) -> str:
        if not key.descending:
            text = self.expr(key.value)
            return f"({text})" if isinstance(key.value, t.Negate) else text
        if isinstance(key.value, t.Literal | t.Duration):
            return f"{self.expr(key.value)} {word('DESC')}"
        return f"-{self.at(key.value, Binds.UNARY)}"

    def _value(self, expr: t.Constant) -> str:
        match expr:
            case t.Literal(value=value):
                return self._literal(value, expr.span)
            case t.Time(value=value):
                return (self.spelled(expr.span) or write_time(value)).upper()
            case t.Duration(value=length):
                return self.spelled(expr.span) or write_duration(length)
            case t.RelativeTime(moment=t.Moment.NOW, back=back) if back != timedelta(0):
                return f"{self.spelled(expr.span) or write_duration(back)} {word('AGO')}"
            case t.RelativeTime(moment=moment):
                return moment.value
            case _:
                assert_never(expr)

    def _literal(self, value: int | float | str | bool | None, span: Span) -> str:
        match value:
            case None:
                return word("NULL")
            case bool():
                return word("TRUE" if value else "FALSE")
            case str():
                return write_string(value)
            case int() | float():
                return self.spelled(span) or write_number(value)
            case _:
                assert_never(value)

    def spelled(self, span: Span) -> str | None:
        """How a number or a time was written; none without the text."""
        if self._text is None or span == NOWHERE:
            return None
        match = _SPELLED.match(self._text, span.start)
        sign = "-" if self._text[span.start] == "-" else ""
        return f"{sign}{match[1]}" if match and match.end() <= span.end else None
