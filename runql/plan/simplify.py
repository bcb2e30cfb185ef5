"""Simplification of conditions and plans. It keeps the three-valued truth of each run, and the places of what stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import assert_never

from runql.language.kinds import Kind
from runql.plan.nodes import Fetch, Filter, Merge, RunOperation, Runs, RunScan
from runql.semantic.check.comparisons import FLIPPED
from runql.semantic.needed import children, walk
from runql.semantic.typed import (
    TAggregate,
    TAnd,
    TAnyField,
    TArithmetic,
    TBetween,
    TCall,
    TCell,
    TCompare,
    TConst,
    TField,
    TFold,
    THas,
    TIn,
    TIs,
    TLogged,
    TNegate,
    TNot,
    TOr,
    TQuestion,
    TTextTest,
    TUntagged,
    TWindow,
    TypedExpr,
)
from runql.syntax.tree import Comparison

_TESTS = (TCompare, TBetween, TIn, TTextTest, THas, TUntagged, TAnyField, TIs, TLogged, TNot, TAnd, TOr)


def condition_of(runs: Runs) -> TypedExpr | None:
    """The whole condition of a plan, simplified: what names its run or sweep, and all of its filters."""
    terms: list[TypedExpr] = []
    below: Runs | None = runs
    while below is not None:
        match below:
            case Filter(condition=condition):
                terms.append(condition)
                below = below.input
            case RunOperation():
                below = below.input
            case RunScan(named=named):
                terms += () if named is None else (named.condition,)
                below = None
            case Fetch() | Merge():
                below = None
            case _:
                assert_never(below)
    whole = all_of(terms[::-1])
    return None if whole is None else simplify(whole)


def by_cost(condition: TypedExpr) -> tuple[TypedExpr | None, TypedExpr | None]:
    """The terms of a condition that need no history of a run, and those that do."""
    terms = condition.terms if isinstance(condition, TAnd) else (condition,)
    is_dear = [reads_history(term) for term in terms]
    cheap, dear = ([term for term, is_so in zip(terms, is_dear, strict=True) if is_so is one] for one in (False, True))
    return all_of(cheap), all_of(dear)


def reads_history(expr: TypedExpr) -> bool:
    """Whether the history of a run must be read for an expression, or what it logged be looked up."""
    return any(isinstance(node, TAggregate | TLogged) for node in walk(expr))


def reads_rows(expr: TypedExpr) -> bool:
    """Whether the rows of a run must be read for an expression: more than the names of what it logged."""
    return any(isinstance(node, TAggregate) for node in walk(expr))


def all_of(terms: Sequence[TypedExpr]) -> TypedExpr | None:
    """Terms that must all hold, as one condition."""
    return None if not terms else terms[0] if len(terms) == 1 else TAnd(tuple(terms), kind=Kind.BOOL)


def simplify(expr: TypedExpr) -> TypedExpr:  # noqa: PLR0911 - one line a node
    """A condition that is true, false and unknown for the same runs: chains flat, constants folded, fields first."""
    match expr:
        case TAnd(terms=terms):
            return _chain(expr, terms, TAnd, stop=False)
        case TOr(terms=terms):
            return _chain(expr, terms, TOr, stop=True)
        case TNot(value=value):
            return _negation(expr, simplify(value))
        case TCompare(left=TConst() as left, right=TField() | TCall() | TAggregate() as right):
            return replace(expr, op=FLIPPED[expr.op], left=right, right=left)  # a field stands left of a constant
        case TIn():
            return _membership(expr)
        case (
            TCompare()
            | TConst()
            | TField()
            | TBetween()
            | TTextTest()
            | THas()
            | TUntagged()
            | TIs()
            | TLogged()
            | TArithmetic()
        ):
            return expr
        case TNegate() | TCall() | TAggregate() | TCell() | TFold() | TQuestion() | TWindow() | TAnyField():
            return expr
        case _:
            assert_never(expr)


def _membership(expr: TIn) -> TypedExpr:
    if any(isinstance(item, TQuestion) for item in expr.items):
        return expr  # it stands for many values, or none
    items = _distinct(list(expr.items))
    if not items:
        return TConst(False, kind=Kind.BOOL, span=expr.span)
    if len(items) == 1:
        return simplify(TCompare(Comparison.EQ, expr.value, items[0], kind=Kind.BOOL, span=expr.span))
    return replace(expr, items=tuple(items))


def never_true(expr: TypedExpr | None) -> bool:
    """Whether a simplified condition can be seen to hold for no run."""
    return isinstance(expr, TConst) and expr.value is not True


def _chain(expr: TypedExpr, terms: tuple[TypedExpr, ...], kind: type[TAnd] | type[TOr], *, stop: bool) -> TypedExpr:
    """`and` (stopped by false) or `or` (stopped by true)."""
    flat: list[TypedExpr] = []
    for term in map(simplify, terms):
        flat += term.terms if isinstance(term, kind) else [term]
    if any(isinstance(t, TConst) and t.value is stop for t in flat):
        return TConst(stop, kind=Kind.BOOL, span=expr.span)
    kept = _distinct([t for t in flat if not (isinstance(t, TConst) and t.value is (not stop))])
    if not kept:
        return TConst(not stop, kind=Kind.BOOL, span=expr.span)
    # A lone field of no bool is unknown where a condition stands, and so it is alone or in a chain.
    return kept[0] if len(kept) == 1 else kind(tuple(kept), kind=Kind.BOOL, span=expr.span)


def _distinct(terms: list[TypedExpr]) -> list[TypedExpr]:
    """Each term once. By their text, since `1`, `1.0` and `true` are equal to Python but not to us."""
    shapes = [_shape(term) for term in terms]
    alike = Counter(shapes)
    if len(alike) == len(terms):
        return terms
    first: dict[object, TypedExpr] = {}
    for term, shape in zip(terms, shapes, strict=True):
        first.setdefault(shape if alike[shape] == 1 else repr(term), term)
    return list(first.values())


def _shape(term: TypedExpr) -> tuple[object, ...]:
    """What alike terms have in common, worked out sooner than their text: what they are, and which fields and plain
    constants they hold."""
    return type(term), _mark(term), *map(_mark, children(term))


def _mark(node: TypedExpr) -> object:
    if isinstance(node, TField):
        return node.key
    value = node.value if isinstance(node, TConst) else None
    is_plain = isinstance(value, str | int) or (isinstance(value, float) and not isnan(value))
    return (type(value), value) if is_plain else type(node)


def _negation(expr: TypedExpr, value: TypedExpr) -> TypedExpr:
    match value:
        case TNot(value=inner) if is_test(inner):
            return inner
        case TConst(value=bool() as constant):
            return TConst(not constant, kind=Kind.BOOL, span=expr.span)
        case TCompare(op=Comparison.NE):
            return replace(value, op=Comparison.EQ)
        case TConst() | TField() | TCompare() | TBetween() | TIn() | TTextTest() | THas() | TUntagged() | TIs():
            return TNot(value, kind=Kind.BOOL, span=expr.span)
        case TLogged() | TNot() | TAnd() | TOr() | TArithmetic() | TNegate() | TCall() | TAggregate() | TCell():
            return TNot(value, kind=Kind.BOOL, span=expr.span)
        case TFold() | TQuestion() | TWindow() | TAnyField():
            return TNot(value, kind=Kind.BOOL, span=expr.span)
        case _:
            assert_never(value)


def is_test(expr: TypedExpr) -> bool:
    """Whether the value of an expression is a truth for every run, never a value of another kind."""
    return isinstance(expr, _TESTS)
