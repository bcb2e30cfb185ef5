"""Operands: a typed expression, the kinds that its value may have, and how messages speak of it."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Final

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import FieldInfo
from runql.semantic.spelling import code
from runql.semantic.times import Day
from runql.semantic.typed import FieldKey, TConst, TField, TypedExpr
from runql.semantic.values import MISSING, Value, kind_of
from runql.syntax.tree import State
from runql.text.frozen import frozen
from runql.text.source import Span

ANY_KIND = frozenset(Kind) - {Kind.NULL, Kind.MISSING, Kind.UNKNOWN}


NUMBER_STATES = frozenset({State.NAN, State.FINITE, State.INFINITE})
"""What `is` asks of a number alone."""

MOST_COUNTED = 2**53
"""How many rows, runs or points can be asked for: no table has more."""


@frozen
class Operand:
    """One side of a test. `kinds` are those of its value, null and missing apart.

    `day`: it is a date, a whole day. `is_duration`: a number that was written as a span of time. `text`: what
    messages call it. `info`: what is known of the field that it is.
    """

    expr: TypedExpr
    kinds: frozenset[Kind] = ANY_KIND
    day: Day | None = None
    is_duration: bool = False
    text: str = ""
    info: FieldInfo | None = None

    @property
    def span(self) -> Span:
        return self.expr.span

    @property
    def key(self) -> FieldKey:
        """The field that it is."""
        assert isinstance(self.expr, TField)
        return self.expr.key

    @property
    def is_constant(self) -> bool:
        return isinstance(self.expr, TConst)

    @property
    def value(self) -> Value:
        """The value of a constant, else `MISSING`."""
        return self.expr.value if isinstance(self.expr, TConst) else MISSING

    @property
    def shown(self) -> str:
        """What messages call it, if it is a secret constant."""
        return self.expr.shown if isinstance(self.expr, TConst) else ""

    @property
    def is_null(self) -> bool:
        return isinstance(self.expr, TConst) and self.expr.value is None

    @property
    def is_nan(self) -> bool:
        return isinstance(self.value, float) and math.isnan(self.value)

    @property
    def is_state(self) -> bool:
        return (
            isinstance(self.expr, TField) and self.expr.key.space is Space.RUN and self.expr.key.segments == ("state",)
        )

    @property
    def holds(self) -> str:
        """What its values are, in a message: `a number`, `text`, `a number or text`."""
        return said(self.kinds)


SAID = {
    Kind.NUMBER: "a number",
    Kind.BOOL: "true or false",
    Kind.TEXT: "text",
    Kind.TIME: "a time",
    Kind.LIST: "a list",
    Kind.RECORD: "a record",
    Kind.NULL: "null",
}
"""The kinds as words."""


def said(kinds: frozenset[Kind]) -> str:
    """Kinds as words."""
    return " or ".join(SAID[k] for k in Kind if k in kinds and k in SAID)


BROKEN = Operand(TConst(MISSING))
"""What stands where an error was reported: it fits everywhere, so that nothing more is said of it."""


def constant(
    value: Value,
    span: Span,
    *,
    day: Day | None = None,
    is_duration: bool = False,
    text: str | None = None,
    shown: str = "",
) -> Operand:
    """A constant as an operand; a null or a value that is not there fits every kind. `text`: as it was written;
    `shown`: what messages call it, if it is secret."""
    kind = kind_of(value)
    kinds = ANY_KIND if kind in (Kind.NULL, Kind.MISSING) else frozenset({kind})
    expr = TConst(value, shown, kind=kind, span=span)
    text = literal_text(value, is_duration=is_duration) if text is None else text
    return Operand(expr, kinds, day=day, is_duration=is_duration, text=text)


def kind_in(kinds: frozenset[Kind]) -> Kind:
    """The kind, if only one is possible."""
    return next(iter(kinds)) if len(kinds) == 1 else Kind.UNKNOWN


def literal_text(value: Value, *, is_duration: bool = False) -> str:  # noqa: PLR0911 - one line a kind
    """A value as the language writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return duration_text(value) if is_duration else repr(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal_text, value))}]"
    return "" if value is MISSING else repr(value)


_NUMBERS: Final = re.compile(r"\s*\[?\s*(-?[\d.]+(?:e[+-]?\d+)?(?:\s*,\s*-?[\d.]+(?:e[+-]?\d+)?)*)\s*\]?\s*", re.I)


def element_text(item: Operand, info: FieldInfo | None) -> str:
    """A constant as an element of a list that is known: without its quotes where its elements are numbers."""
    kinds = {kind_of(value) for value, _ in info.elements} if info is not None else set()
    value = item.value
    if isinstance(value, str) and not item.shown and Kind.NUMBER in kinds and Kind.TEXT not in kinds:
        return value.strip() if "," not in value and _NUMBERS.fullmatch(value) else item.text
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return literal_text(item.text) if is_number and Kind.TEXT in kinds and Kind.NUMBER not in kinds else item.text


def numbers_in(text: str) -> str | None:
    """A list of numbers that was written as a text, `"64, 32"`; `None` if it is none."""
    found = _NUMBERS.fullmatch(text)
    return f"[{found[1]}]" if found is not None and ("," in text or "[" in text) else None


def duration_text(total: float) -> str:
    """A number of seconds as a duration, in the largest unit that divides it."""
    try:
        span = timedelta(seconds=abs(total))
    except (OverflowError, ValueError):
        return repr(total)
    sign = "-" if total < 0 else ""
    for unit, size in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60)):
        if span and not span % timedelta(seconds=size):
            return f"{sign}{span // timedelta(seconds=size)}{unit}"
    return f"{sign}{abs(total):g}s"


def example_value(operand: Operand) -> str:
    """A value that would fit beside an operand: one that occurs, if one is known."""
    info = operand.info
    if info is not None and info.median is not None and Kind.NUMBER in operand.kinds:
        return f"{info.median:g}"
    if info is not None and info.top:
        return literal_text(info.top[0][0])
    if operand.is_state:
        return '"finished"'
    if operand.text == "runtime":
        return "2h"
    for kind, text in _EXAMPLES.items():
        if kind in operand.kinds:
            return text
    return "null"


_EXAMPLES = {Kind.NUMBER: "0.1", Kind.TEXT: '"adam"', Kind.BOOL: "true", Kind.TIME: "2026-01-31"}


def quoted(operand: Operand) -> str:
    """An operand in a message, in backticks; `the expression` if it has no short text."""
    if not operand.text or len(operand.text) > 60:
        return "the expression"
    return code(operand.text)
