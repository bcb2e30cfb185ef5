"""What a query needs of each run: read off its typed tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.typed import (
    READING,
    FieldKey,
    HistoryNode,
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
    TypedQuery,
)
from runql.syntax.tree import Comparison, HasMode, State, Target
from runql.text.frozen import frozen
from runql.text.source import Span

_NEVER_UNKNOWN = frozenset({Comparison.EQ, Comparison.NE})
"""The comparisons that hold or don't of a missing field too."""
_LEAVES = frozenset({TConst, TField, TCell})
_FAILING_CASTS = frozenset({"number", "bool", "time"})
PARTS_OF_TIMES = frozenset({"date", "week", "month", "year", "hour", "weekday", "format"})
"""The functions whose time may lie outside of the calendar once it is moved into the zone."""


@frozen
class Needed:
    """The parts of a run that a query reads. `config` and `summary`: top-level keys, or `None` for all.

    A path `a.b` may be nested or a key with a dot, so both `a` and `a.b` are among the keys. `aggregates` are
    the histories behind single values, `history_keys` says whether the names of the logged metrics are asked for.
    """

    config: tuple[str, ...] | None = ()
    summary: tuple[str, ...] | None = ()
    aggregates: tuple[TAggregate, ...] = ()
    logged: tuple[str, ...] = ()
    history_keys: bool = False


def children(expr: TypedExpr) -> tuple[TypedExpr, ...]:  # noqa: PLR0911 - one line a shape
    """The expressions right below one, in the order of the text."""
    if type(expr) in _LEAVES:  # most nodes are: long conditions spend their time here
        return ()
    match expr:
        case TCompare(left=left, right=right) | TArithmetic(left=left, right=right):
            return (left, right)
        case TBetween(value=value, low=low, high=high):
            return (value, low, high)
        case TIn(value=value, items=items) | THas(value=value, items=items):
            return (value, *items)
        case TTextTest(value=value, pattern=pattern):
            return (value, pattern)
        case TIs(value=value) | TNot(value=value) | TNegate(value=value):
            return (value,)
        case TAnd(terms=terms) | TOr(terms=terms):
            return terms
        case TCall(arguments=arguments):
            return arguments
        case (
            TConst()
            | TField()
            | TUntagged()
            | TLogged()
            | TAggregate()
            | TCell()
            | TFold()
            | TQuestion()
            | TWindow()
            | TAnyField()
        ):
            return ()
        case _:
            assert_never(expr)


def walk(expr: TypedExpr) -> Iterator[TypedExpr]:
    """An expression and all below it, in the order of the text."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(children(node))


def postorder(root: TypedExpr) -> Iterator[TypedExpr]:
    """Each node after its children, in the order of the text, however deep they are."""
    waiting: list[tuple[TypedExpr, bool]] = [(root, False)]
    while waiting:
        node, opened = waiting.pop()
        if opened:
            yield node
            continue
        waiting.append((node, True))
        waiting.extend((child, False) for child in reversed(children(node)))


def casts_in(expr: TypedExpr) -> tuple[TCall | TArithmetic, ...]:
    """The casts in an expression that cannot be done of every value, the parts of times, and the sums that may be no
    time any more, each once."""
    return tuple(
        dict.fromkeys(
            node
            for node in walk(expr)
            if (isinstance(node, TCall) and node.name in _FAILING_CASTS | PARTS_OF_TIMES)
            or (isinstance(node, TArithmetic) and node.kind is Kind.TIME and not _is_constant(node))
        )
    )


def _is_constant(expr: TypedExpr) -> bool:
    return all(isinstance(node, TConst | TArithmetic | TNegate) for node in walk(expr))


def query_expressions(query: TypedQuery) -> Iterator[TypedExpr]:
    """Every expression of a query: of `where`, of `order`, of the selected columns."""
    if query.where is not None:
        yield query.where
    yield from (key.value for key in query.order)
    yield from (c.value for c in query.columns or () if c.value is not None)


def needed_fields(query: TypedQuery) -> Needed:
    """What a query reads of each run, what its columns show included."""
    globs = [c.glob for c in query.columns or () if c.glob is not None]
    expressions = [*query_expressions(query)]
    if query.columns is None and query.histories is None and query.target is not Target.COUNT:
        nodes = (node for each in expressions for node in walk(each))
        if not any(isinstance(node, TField | TAggregate | TLogged) for node in nodes):
            # The table shows the fields in which the runs differ: all of them are needed to tell.
            globs += [FieldKey(Space.CONFIG, ("*",)), FieldKey(Space.SUMMARY, ("*",))]
    return needed_of(expressions, globs)


def needed_of_taken(query: TypedQuery) -> Needed:
    """What a query reads of the runs that it takes, whoever decides which these are: what orders and shows them, and
    the fields of which it is said that runs are counted in without them."""
    shown = needed_fields(replace(query, where=None))
    lacked = [part for part, _ in negative_tests(query.where)] if query.where is not None else []
    fields = [part for part in lacked if isinstance(part, TField)]
    return joined(shown, needed_of(fields)) if fields else shown


def joined(one: Needed, other: Needed) -> Needed:
    """What is in one of them, or in both."""

    def both(first: tuple[str, ...] | None, second: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if first is None or second is None else tuple(dict.fromkeys((*first, *second)))

    return Needed(
        config=both(one.config, other.config),
        summary=both(one.summary, other.summary),
        aggregates=tuple(dict.fromkeys((*one.aggregates, *other.aggregates))),
        logged=tuple(dict.fromkeys((*one.logged, *other.logged))),
        history_keys=one.history_keys or other.history_keys,
    )


def walk_arguments(expr: TypedExpr) -> Iterator[TypedExpr]:
    """`walk`, and before each value of a history what its argument holds: the x of `at`, the condition of `when`."""
    for node in walk(expr):
        if isinstance(node, TAggregate) and node.argument is not None:
            inside = walk_arguments(node.argument)
            yield from (n for n in inside if not (isinstance(n, TAggregate) and n.name == READING))
        yield node


def aggregates_in(*exprs: TypedExpr) -> tuple[HistoryNode, ...]:
    """The aggregates that expressions hold, each once; those in the argument of another one before it."""
    found = (node for expr in exprs for node in walk_arguments(expr) if isinstance(node, TAggregate | TLogged))
    return tuple(dict.fromkeys(found))


def needed_of(expressions: Iterable[TypedExpr], globs: Sequence[FieldKey] = ()) -> Needed:
    """What expressions and patterns read of each run."""
    nodes = [n for e in expressions for n in walk_arguments(e)]
    keys = [n.key for n in nodes if isinstance(n, TField)]
    globs = [*globs, *(FieldKey(n.space or Space.CONFIG, ("*",)) for n in nodes if isinstance(n, TAnyField))]
    aggregates = tuple(dict.fromkeys(n for n in nodes if isinstance(n, TAggregate)))
    logged = tuple(dict.fromkeys(n.metric for n in nodes if isinstance(n, TLogged)))
    return Needed(
        config=_top_keys(Space.CONFIG, keys, globs),
        summary=_top_keys(Space.SUMMARY, keys, globs),
        aggregates=aggregates,
        logged=logged,
        history_keys=bool(logged),
    )


def unknown_when_negated(where: TypedExpr) -> Iterator[TField | TCell]:
    """What is read by tests of an order below a `not`: what is unknown of a row stays so when it is negated. But not
    what the condition takes in itself where it is missing or null (`or missing(KEY)`).
    """
    read: list[TField | TCell] = []
    taken_in: list[TypedExpr] = []
    waiting = [(where, False)]
    while waiting:
        node, negated = waiting.pop()
        if isinstance(node, TNot | TAnd | TOr):
            waiting += [(child, isinstance(node, TNot) is not negated) for child in reversed(children(node))]
        elif negated and (isinstance(node, TBetween) or (isinstance(node, TCompare) and node.op not in _NEVER_UNKNOWN)):
            read += [part for part in children(node) if isinstance(part, TField | TCell)]
        elif not negated and isinstance(node, TIs) and node.state in (State.MISSING, State.NULL):
            taken_in.append(node.value)
    yield from (part for part in read if part not in taken_in)


def negative_tests(root: TypedExpr) -> Iterator[tuple[TField | TCell, Span]]:
    """The fields and columns of tests that hold where these are missing, with the place of the test."""
    waiting: list[tuple[TypedExpr, bool]] = [(root, True)]
    while waiting:
        node, positive = waiting.pop()
        if isinstance(node, TNot):
            waiting.append((node.value, not positive))
        elif _holds_of_missing(node) is positive:
            yield from ((part, node.span) for part in children(node) if isinstance(part, TField | TCell))
        else:
            waiting.extend((part, positive) for part in reversed(children(node)))


def _holds_of_missing(node: TypedExpr) -> bool | None:
    """What a test says of a missing field: true for `!=`, false for `=`, `in`, `~`, …; `None` for any other node."""
    match node:
        case TCompare(op=Comparison.EQ | Comparison.NE as op):
            asks_for_null = any(isinstance(part, TConst) and part.value is None for part in (node.left, node.right))
            return None if asks_for_null else op is Comparison.NE
        case THas(mode=HasMode.NONE):
            return True
        case TIn() | TTextTest() | THas():
            return False
        case TConst() | TField() | TCompare() | TBetween() | TUntagged() | TIs() | TLogged() | TNot():
            return None
        case (
            TAnd()
            | TOr()
            | TArithmetic()
            | TNegate()
            | TCall()
            | TAggregate()
            | TCell()
            | TFold()
            | TQuestion()
            | TWindow()
            | TAnyField()
        ):
            return None
        case _:
            assert_never(node)


def _top_keys(space: Space, keys: list[FieldKey], globs: Sequence[FieldKey]) -> tuple[str, ...] | None:
    """The top-level keys that may hold these fields: the first segment, or several joined by dots; `None` for all."""
    if any(g.space is space for g in globs):
        return None
    found: dict[str, None] = {}
    for key in keys:
        if key.space is space:
            lengths = (1,) if key.exact else range(1, len(key.segments) + 1)
            found.update(dict.fromkeys(".".join(map(str, key.segments[:length])) for length in lengths))
    return tuple(found)
