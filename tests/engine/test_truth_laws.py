"""Laws that hold of every condition."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.evaluate import evaluate, truth
from runql.semantic.record import RunRecord
from runql.semantic.typed import (
    TAnd,
    TOr,
    TypedExpr,
)
from runql.semantic.values import MISSING
from tests.engine.build import (
    arithmetic,
    compare,
    const,
    field,
    is_,
    is_in,
    not_,
    run,
    text_test,
)

X = field("config.x")

VALUES = st.one_of(
    st.none(),
    st.just(MISSING),
    st.booleans(),
    st.integers(-2, 2),
    st.floats(width=16),
    st.sampled_from(["", "a", "b", "1", "None"]),
    st.sampled_from([datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2)]),
    st.lists(st.integers(0, 2), max_size=2),
    st.fixed_dictionaries({"a": st.integers(0, 1)}),
)


def _record(values: dict[str, Any]) -> RunRecord:
    return run(config={name: value for name, value in values.items() if value is not MISSING})


RECORDS = st.fixed_dictionaries({"x": VALUES, "y": VALUES}).map(_record)
OPERANDS = st.one_of(st.just(field("config.x")), st.just(field("config.y")), VALUES.map(const))
TESTS = st.one_of(
    st.builds(compare, OPERANDS, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), OPERANDS),
    st.builds(lambda value, items: is_in(value, *items), OPERANDS, st.lists(VALUES, max_size=3)),
    st.builds(text_test, OPERANDS, st.sampled_from(["~", "contains", "glob"]), st.sampled_from(["a", "", "1"])),
    st.builds(is_, OPERANDS, st.sampled_from(["null", "nan", "finite", "missing"])),
    OPERANDS,
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        inner.map(not_),
        st.lists(inner, min_size=2, max_size=4).map(lambda terms: TAnd(tuple(terms))),
        st.lists(inner, min_size=2, max_size=4).map(lambda terms: TOr(tuple(terms))),
    ),
    max_leaves=6,
)
laws = settings(max_examples=150, deadline=None)


@laws
@given(CONDITIONS, RECORDS)
def test_not_turns_true_and_false_and_keeps_unknown(condition: TypedExpr, record: RunRecord) -> None:
    value = truth(condition, record)
    assert truth(not_(condition), record) is (None if value is None else not value)
    assert truth(not_(not_(condition)), record) is value


@laws
@given(CONDITIONS, CONDITIONS, RECORDS)
def test_de_morgan(one: TypedExpr, other: TypedExpr, record: RunRecord) -> None:
    assert truth(not_(TAnd((one, other))), record) is truth(TOr((not_(one), not_(other))), record)
    assert truth(not_(TOr((one, other))), record) is truth(TAnd((not_(one), not_(other))), record)


@laws
@given(CONDITIONS, CONDITIONS, RECORDS)
def test_and_is_the_least_and_or_the_greatest_of_false_unknown_true(
    one: TypedExpr, other: TypedExpr, record: RunRecord
) -> None:
    rank = {False: 0, None: 1, True: 2}
    ranks = rank[truth(one, record)], rank[truth(other, record)]
    assert rank[truth(TAnd((one, other)), record)] == min(ranks)
    assert rank[truth(TOr((one, other)), record)] == max(ranks)


@laws
@given(OPERANDS, OPERANDS, RECORDS)
def test_comparisons_agree_with_each_other(left: TypedExpr, right: TypedExpr, record: RunRecord) -> None:
    def of(op: str, one: TypedExpr, other: TypedExpr) -> bool | None:
        return truth(compare(one, op, other), record)

    assert of("!=", left, right) is not of("=", left, right)
    assert of("=", left, right) is of("=", right, left)
    assert of("<", left, right) is of(">", right, left)
    assert of("<=", left, right) is of(">=", right, left)
    if of("<", left, right) is not None:
        either = bool(of("<", left, right)) or bool(of("=", left, right))
        assert of("<=", left, right) is either


@laws
@given(CONDITIONS, RECORDS)
def test_a_deep_condition_means_what_a_flat_one_means(condition: TypedExpr, record: RunRecord) -> None:
    deep = condition
    for _ in range(120):
        deep = TAnd((not_(not_(deep)), const(True)))
    assert truth(deep, record) is truth(condition, record)


def test_nothing_is_too_deep() -> None:
    condition: TypedExpr = compare(X, ">", const(1))
    total: TypedExpr = X
    for _ in range(5_000):
        condition = not_(condition)
        total = arithmetic(total, "+", const(1))
    assert truth(condition, run(config={"x": 2})) is True
    assert evaluate(total, run(config={"x": 2})) == 5_002
    chain = TAnd(tuple(compare(X, "!=", const(n)) for n in range(1_000)))
    assert truth(chain, run(config={"x": -1})) is True
    assert truth(chain, run(config={"x": 999})) is False
