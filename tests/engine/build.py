"""Short names for typed nodes, so that a test reads like the query it means."""

from __future__ import annotations

from typing import Any

from runql.language.fields import Space
from runql.semantic.record import RunRecord
from runql.semantic.typed import (
    FieldKey,
    TArithmetic,
    TBetween,
    TCall,
    TCompare,
    TConst,
    TField,
    THas,
    TIn,
    TIs,
    TNot,
    TTextTest,
    TypedExpr,
)
from runql.syntax.tree import ArithmeticOp, Comparison, HasMode, State, TextOp

_SPACES = {"config": Space.CONFIG, "summary": Space.SUMMARY, "system": Space.SYSTEM, "logged": Space.LOGGED}


def key(text: str, *, exact: bool = False) -> FieldKey:
    """`config.a.b` or `state`; a segment of digits in brackets is an index."""
    first, _, rest = text.partition(".")
    if first not in _SPACES:
        return FieldKey(Space.RUN, (text,), written=text)
    segments = tuple(int(s[1:-1]) if s.startswith("[") else s for s in rest.split("."))
    return FieldKey(_SPACES[first], segments, exact=exact, written=text)


def field(text: str) -> TField:
    return TField(key(text))


def const(value: Any) -> TConst:
    return TConst(value)


def compare(left: TypedExpr, op: str, right: TypedExpr) -> TCompare:
    return TCompare(Comparison(op), left, right)


def between(value: TypedExpr, low: Any, high: Any) -> TBetween:
    return TBetween(value, const(low), const(high))


def is_in(value: TypedExpr, *items: Any) -> TIn:
    return TIn(value, tuple(map(const, items)))


def text_test(value: TypedExpr, op: str, pattern: str) -> TTextTest:
    return TTextTest(TextOp(op), value, const(pattern))


def has(value: TypedExpr, mode: str, *items: Any) -> THas:
    return THas(HasMode(mode), value, tuple(map(const, items)))


def is_(value: TypedExpr, state: str) -> TIs:
    return TIs(value, State(state))


def not_(value: TypedExpr) -> TNot:
    return TNot(value)


def arithmetic(left: TypedExpr, op: str, right: TypedExpr) -> TArithmetic:
    return TArithmetic(ArithmeticOp(op), left, right)


def call(name: str, *arguments: TypedExpr) -> TCall:
    return TCall(name, arguments)


def run(id_: str = "r1", *, config: Any = None, summary: Any = None, **fields: Any) -> RunRecord:
    """A run whose config and summary are loaded, empty unless given."""
    return RunRecord(id=id_, config=config or {}, summary=summary or {}, **fields)
