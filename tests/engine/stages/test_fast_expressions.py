"""Expressions over whole columns against the reference evaluator."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.stages.dispatch import rows_that_hold, values_of
from runql.engine.stages.shared.rows import compile_rows
from runql.engine.table import Table
from runql.semantic.typed import (
    TAnd,
    TArithmetic,
    TBetween,
    TCall,
    TCell,
    TCompare,
    TConst,
    THas,
    TIn,
    TIs,
    TNegate,
    TNot,
    TOr,
    TTextTest,
    TypedExpr,
)
from runql.semantic.values import MISSING, RegexValue
from runql.syntax.tree import ArithmeticOp, Comparison, HasMode, State, TextOp
from tests.engine.stages.build import CELLS, FAST, alike, from_rows, tables

examples = settings(max_examples=200, deadline=None)

LEAVES = st.one_of(
    st.sampled_from([TCell("x"), TCell("y"), TCell("x"), TCell("state"), TCell("not there")]),
    CELLS.filter(lambda value: value is not MISSING).map(TConst),
)


ZONES = st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), ZoneInfo("America/St_Johns")])
PATTERNS = st.sampled_from([TConst("%Y-%m"), TConst("%G-W%V %a"), TConst("%H:%M")])
OLD = st.sampled_from([TConst("a"), TConst(RegexValue("[ab]")), TConst(RegexValue("x*"))])
PLACES = st.sampled_from([TConst(0), TConst(1), TConst(-1), TConst(5)])


def _grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(TCompare, st.sampled_from(Comparison), inner, inner),
        st.builds(TArithmetic, st.sampled_from(ArithmeticOp), inner, inner),
        st.builds(TArithmetic, st.sampled_from(ArithmeticOp), inner, inner),
        st.builds(TBetween, inner, inner, inner),
        st.builds(TIn, inner, st.lists(inner, max_size=3).map(tuple)),
        st.builds(TTextTest, st.sampled_from(TextOp), inner, st.sampled_from([TConst("a"), TConst("[a-b]")])),
        st.builds(TIs, inner, st.sampled_from(State)),
        st.builds(THas, st.just(HasMode.ONE), inner, st.tuples(inner)),
        st.builds(TNot, inner),
        st.builds(TNegate, inner),
        st.builds(TAnd, several),
        st.builds(TOr, several),
        st.builds(
            TCall,
            st.sampled_from(["abs", "sqrt", "floor", "ceil", "round", "log", "log2", "log10", "exp", "lower", "len"]),
            st.tuples(inner),
        ),
        st.builds(TCall, st.sampled_from(["number", "text", "bool", "trim", "sign", "log1p"]), st.tuples(inner)),
        st.builds(TCall, st.just("time"), st.tuples(inner), ZONES),
        st.builds(
            TCall, st.sampled_from(["date", "week", "month", "year", "hour", "weekday"]), st.tuples(inner), ZONES
        ),
        st.builds(TCall, st.just("format"), st.tuples(inner, PATTERNS), ZONES),
        st.builds(TCall, st.just("concat"), st.tuples(inner, st.one_of(inner, st.just(TConst("-"))), inner)),
        st.builds(TCall, st.just("replace"), st.tuples(inner, OLD, st.sampled_from([TConst(""), TConst("<\\0>")]))),
        st.builds(TCall, st.just("substr"), st.tuples(inner, PLACES, PLACES)),
        st.builds(TCall, st.just("split"), st.tuples(inner, OLD, PLACES)),
        st.builds(TCall, st.just("extract"), st.tuples(inner, st.sampled_from([TConst("a|(b)"), TConst("[a-b1]")]))),
        st.builds(TCall, st.just("clip"), st.tuples(inner, inner, inner)),
        st.builds(TCall, st.sampled_from(["coalesce", "min", "max"]), st.tuples(inner, inner)),
        st.builds(TCall, st.just("if"), st.tuples(inner, inner, inner)),
    )


EXPRESSIONS = st.recursive(LEAVES, _grow, max_leaves=6)


@examples
@given(EXPRESSIONS, tables("x", "y", "state"))
def test_values(expr: TypedExpr, given_table: Table) -> None:
    with from_rows(FAST):
        assert alike(list(values_of(expr, given_table)), compile_rows(expr)(given_table))


@examples
@given(EXPRESSIONS, tables("x", "y", "state"))
def test_truth(expr: TypedExpr, given_table: Table) -> None:
    expected = [value is True for value in compile_rows(expr)(given_table)]
    with from_rows(FAST):
        assert list(rows_that_hold(expr, given_table)) == expected


def test_a_column_that_is_not_there_is_missing() -> None:
    assert list(values_of(TCell("z"), Table.of({"x": [1, 2]}))) == [MISSING, MISSING]


def test_state_is_compared_without_regard_to_case() -> None:
    states = Table.of({"state": ["Finished", "failed"]})
    assert list(rows_that_hold(TCompare(Comparison.EQ, TCell("state"), TConst("finished")), states)) == [True, False]
