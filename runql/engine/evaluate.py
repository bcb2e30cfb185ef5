"""The reference evaluator: the value, and the truth, of an expression for a run or for a row of a table.

Inside, an unknown truth is the value `MISSING`; so a field that holds no bool is unknown where a condition stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar, assert_never

from runql.engine.any_field import values_asked
from runql.engine.compare import (
    COMPARISONS,
    STATES,
    all_of,
    any_of,
    between,
    equal,
    holds,
    is_null,
    negate,
)
from runql.engine.fields import field_getter, values_of_runs
from runql.engine.functions import ARITHMETIC, FUNCTIONS, minus
from runql.engine.membership import constants_of, is_among
from runql.engine.patterns import matcher
from runql.engine.text_functions import bounded
from runql.engine.time_functions import ZONED
from runql.errors import RunQLError
from runql.language.fields import Space
from runql.semantic.needed import children, postorder
from runql.semantic.record import RunRecord
from runql.semantic.typed import (
    ELEMENT,
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
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import Comparison

Aggregates: TypeAlias = Mapping["TAggregate | TLogged", Value]
"""What a run's history gives for each aggregate of a query."""

NO_AGGREGATES: Aggregates = {}

AggregatesOf: TypeAlias = Callable[[RunRecord], Aggregates]
"""What the history of a run gives for each aggregate of the query."""

ValueOf: TypeAlias = Callable[[RunRecord, Aggregates], Value]

Row: TypeAlias = Mapping["str | TFold", Value]
"""A row of a table: its cells by column, and for a group what each fold comes to."""

RowValueOf: TypeAlias = Callable[[Row], Value]

_ValueOf: TypeAlias = Callable[[Any, Aggregates], Value]
"""Of a run or of a row: only the leaves tell them apart."""


class TruthOf(Protocol):
    """Whether a condition holds for a run: `True`, `False`, or `None` where that is unknown."""

    def __call__(self, record: RunRecord, aggregates: Aggregates = NO_AGGREGATES, /) -> bool | None: ...


_T = TypeVar("_T")

_MAX_CLOSURE_DEPTH = 100
"""Deeper expressions run as a list of steps, which needs no Python stack."""


def evaluate(expr: TypedExpr, record: RunRecord, aggregates: Aggregates | None = None) -> Value:
    """The value of an expression for a run; an unknown truth is `MISSING`.

    Raises RQL901 if a part of the run, or an aggregate, that it needs was not loaded.
    """
    return compile_value(expr)(record, aggregates or NO_AGGREGATES)


def truth(expr: TypedExpr, record: RunRecord, aggregates: Aggregates | None = None) -> bool | None:
    """Whether a condition holds for a run: `True`, `False`, or `None` where that is unknown."""
    return compile_truth(expr)(record, aggregates or NO_AGGREGATES)


def compile_truth(expr: TypedExpr) -> TruthOf:
    """`truth` with the expression taken apart once: a function of a run and its aggregates."""
    value_of = compile_value(expr)

    def truth_of(record: RunRecord, aggregates: Aggregates = NO_AGGREGATES) -> bool | None:
        value = value_of(record, aggregates)
        return value if value is True or value is False else None

    return truth_of


def compile_value(expr: TypedExpr) -> ValueOf:
    """`evaluate` with the expression taken apart once: a function of a run and its aggregates.

    It is one function a node, each calling those of its children; `and` and `or` stop early.
    """
    done: list[tuple[_ValueOf, int]] = []
    """With how many functions stand above each other in each."""
    for node in postorder(expr):
        count = len(children(node))
        if not count:
            done.append((_leaf(node), 1))
            continue
        parts, depths = zip(*done[-count:], strict=True)
        del done[-count:]
        if max(depths) >= _MAX_CLOSURE_DEPTH:
            return _compile_steps(expr)
        if isinstance(node, TAnd | TOr):
            made = _short_circuit(parts, stop=isinstance(node, TOr))
        else:
            made = _applied(_operation(node), node, parts)
        done.append((made, 1 + max(depths)))
    return done[0][0]


def compile_row(expr: TypedExpr) -> RowValueOf:
    """The same for the rows of a table: `TCell` reads a cell, `TFold` what the fold comes to in the row's group."""
    value_of: _ValueOf = compile_value(expr)
    return lambda row: value_of(row, NO_AGGREGATES)


def values_of(expr: TypedExpr, records: Sequence[RunRecord], aggregates_of: AggregatesOf | None = None) -> list[Value]:
    """`evaluate` for each of many runs: a column."""
    if isinstance(expr, TField):
        return values_of_runs(expr.key, records)
    value_of = compile_value(expr)
    return [value_of(one, NO_AGGREGATES if aggregates_of is None else aggregates_of(one)) for one in records]


def _applied(work: Callable[..., Value], node: TypedExpr, parts: Sequence[_ValueOf]) -> _ValueOf:
    """What a node makes of the values of its children."""
    first, *others = parts
    if not others or (isinstance(node, TIn) and constants_of(node) is not None):
        return lambda record, aggregates: work(first(record, aggregates))
    if len(others) == 1:
        (second,) = others
        operand = children(node)[1]
        if isinstance(operand, TConst):
            constant = operand.value
            return lambda record, aggregates: work(first(record, aggregates), constant)
        return lambda record, aggregates: work(first(record, aggregates), second(record, aggregates))
    return lambda record, aggregates: work(*[part(record, aggregates) for part in parts])


def _short_circuit(parts: Sequence[_ValueOf], *, stop: bool) -> _ValueOf:
    """`and` (stop at false) or `or` (stop at true)."""

    def run(record: Any, aggregates: Aggregates) -> Value:
        result: Value = not stop
        for part in parts:
            value = part(record, aggregates)
            if value is stop:
                return stop
            if value is not result:
                result = MISSING
        return result

    return run


def _compile_steps(root: TypedExpr) -> _ValueOf:
    """A list of steps over a stack of values, for expressions too deep to call each other."""
    steps: list[tuple[int, Callable[..., Value]]] = []
    for node in postorder(root):
        count = len(children(node))
        steps.append((count, _operation(node) if count else _leaf(node)))

    def run(record: Any, aggregates: Aggregates) -> Value:
        stack: list[Value] = []
        for count, work in steps:
            if count:
                arguments = stack[-count:]
                del stack[-count:]
                stack.append(work(*arguments))
            else:
                stack.append(work(record, aggregates))
        return stack[0]

    return run


def _leaf(node: TypedExpr) -> _ValueOf:  # noqa: PLR0911 - one line a node
    """A node without children: what it reads from a run or a row."""
    match node:
        case TConst(value=value):
            return lambda _record, _aggregates: value
        case TField(key=key):
            get = field_getter(key)
            return lambda record, _aggregates: get(record)
        case TCell(name=name):
            return lambda row, _aggregates: row.get(name, MISSING)
        case TFold():
            return lambda row, _aggregates: row[node]
        case TQuestion():
            raise _not_asked(node)
        case TWindow(name=name):
            raise RunQLError.of("RQL901", f"the window of `{name}` was not worked out before its stage")
        case TUntagged():
            return lambda record, _aggregates: not _tags_of(record)
        case TAnyField():
            return _any_field(node)
        case TAggregate() | TLogged():
            return _aggregate_reader(node)
        case TCompare() | TBetween() | TIn() | TTextTest() | THas() | TIs() | TNot():  # over nothing, such as `in ()`
            return _over_nothing(node)
        case TAnd() | TOr() | TArithmetic() | TNegate() | TCall():
            return _over_nothing(node)
        case _:
            assert_never(node)


def _not_asked(node: TQuestion) -> RunQLError:
    return RunQLError.of("RQL901", f"the inner question `{node.text}` was not asked before the outer one")


def _any_field(node: TAnyField) -> _ValueOf:
    values = values_asked(node)
    test: _ValueOf = compile_value(node.test)

    def holds_of_any(record: Any, _aggregates: Aggregates) -> bool:
        return any(test({ELEMENT: value}, NO_AGGREGATES) is True for value in values(record))

    return holds_of_any


def _over_nothing(node: TypedExpr) -> _ValueOf:
    work = _operation(node)
    return lambda _record, _aggregates: work()


def _tags_of(subject: RunRecord | Row) -> Value:
    return subject.tags if isinstance(subject, RunRecord) else subject.get("tags", MISSING)


def _aggregate_reader(node: TAggregate | TLogged) -> _ValueOf:
    def read(record: Any, aggregates: Aggregates) -> Value:
        try:
            return aggregates[node]
        except KeyError:
            message = f"the history of `{node.metric}` was not read for run `{record.id}`"
            raise RunQLError.of("RQL901", message) from None

    return read


def _operation(node: TypedExpr) -> Callable[..., Value]:  # noqa: PLR0911, PLR0912 - one line a node
    """What a node makes of the values of its children."""
    match node:
        case TCompare(op=Comparison.EQ, left=left, right=right):
            return _equality(left, right)
        case TCompare(op=Comparison.NE, left=left, right=right):
            same = _equality(left, right)
            return lambda one, other: not same(one, other)
        case TCompare(op=op, left=left, right=right):
            return _any_case(COMPARISONS[op]) if _reads_state(left, right) else COMPARISONS[op]
        case TBetween(value=value, low=low, high=high):
            return _any_case(between) if _reads_state(value, low, high) else between
        case TIn(value=value) if (constants := constants_of(node)) is not None:
            return is_among(constants, any_case=_reads_state(value))
        case TIn(value=value, items=items):
            tests = [_equality(value, item) for item in items]
            return lambda first, *rest: any(test(first, other) for test, other in zip(tests, rest, strict=True))
        case TTextTest():
            return _text_test(node)
        case THas(mode=mode, items=items):
            nulls = [_is_null_literal(item) for item in items]
            return lambda value, *rest: holds(
                mode, value, [_element_test(*pair) for pair in zip(rest, nulls, strict=True)]
            )
        case TIs(state=state):
            return STATES[state]
        case TNot():
            return negate
        case TAnd():
            return all_of
        case TOr():
            return any_of
        case TArithmetic(op=op):
            return ARITHMETIC[op]
        case TNegate():
            return minus
        case TCall():
            return _function(node)
        case (
            TConst()
            | TField()
            | TUntagged()
            | TAggregate()
            | TLogged()
            | TCell()
            | TFold()
            | TQuestion()
            | TWindow()
            | TAnyField()
        ):
            raise RunQLError.of("RQL901", f"`{type(node).__name__}` has no operands")
        case _:
            assert_never(node)


def _function(node: TCall) -> Callable[..., Value]:
    if node.zone is not None and node.name in ZONED:
        return partial(ZONED[node.name], node.zone)
    try:
        return bounded(node.name, node.span, FUNCTIONS[node.name])
    except KeyError:
        raise RunQLError.of("RQL901", f"the function `{node.name}` has no body") from None


# ---------------------------------------------------------------- tests with a rule of their own


def _equality(left: TypedExpr, right: TypedExpr) -> Callable[[Value, Value], bool]:
    """`=`, where the literal `null` asks for null or missing."""
    if _is_null_literal(right):
        return lambda one, _: is_null(one)
    if _is_null_literal(left):
        return lambda _, other: is_null(other)
    return _any_case(equal) if _reads_state(left, right) else equal


def _element_test(item: Value, is_null_literal: bool) -> Callable[[Value], bool]:
    return is_null if is_null_literal else lambda element: equal(element, item)


def _is_null_literal(expr: TypedExpr) -> bool:
    return isinstance(expr, TConst) and expr.value is None


def _reads_state(*operands: TypedExpr) -> bool:
    """Whether an operand is the run's `state`, which is compared without regard to case."""
    return any(
        operand.key.space is Space.RUN and operand.key.segments == ("state",)
        if isinstance(operand, TField)
        else isinstance(operand, TCell) and operand.name == "state"
        for operand in operands
    )


def _any_case(test: Callable[..., _T]) -> Callable[..., _T]:
    """The test without regard to case."""
    return lambda *values: test(*[value.casefold() if isinstance(value, str) else value for value in values])


def _text_test(node: TTextTest) -> Callable[[Value, Value], bool]:
    """Of a text, or of any element of a list."""
    op = node.op
    if isinstance(node.pattern, TConst) and isinstance(node.pattern.value, str):
        matches = matcher(op, node.pattern.value)
        return lambda value, _: _any_text(value, matches)

    def test(value: Value, pattern: Value) -> bool:
        return isinstance(pattern, str) and _any_text(value, matcher(op, pattern))

    return test


def _any_text(value: Value, matches: Callable[[str], bool]) -> bool:
    if isinstance(value, list | tuple):
        return any(isinstance(element, str) and matches(element) for element in value)
    return isinstance(value, str) and matches(value)
