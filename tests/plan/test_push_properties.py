"""The promise of the planner: a filter narrows, and never decides. Judged by filters that others evaluate."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.evaluate import truth
from runql.engine.mongo.filters import compile_filter
from runql.plan.capabilities import Capabilities, Trust
from runql.plan.lower import lower
from runql.plan.nodes import Filter, those
from runql.plan.push import notes_of, push
from runql.plan.simplify import simplify
from runql.semantic.catalog import build_catalog
from runql.semantic.needed import walk
from runql.semantic.record import RunRecord
from runql.semantic.typed import TLogged, TypedExpr, TypedQuery
from runql.syntax.mongo.reader import read_filter
from runql.syntax.tree import Target
from tests.plan.documents import asked, document, mongo_lets_through, sql_lets_through
from tests.plan.random_runs import conditions, many_records, tests_of_run_fields
from tests.plan.reference import holds

TRUSTED = Capabilities(filters=Trust.EXACT)
DOUBTED = Capabilities()
Judge = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]


def by_engine(expr: TypedExpr, record: RunRecord) -> bool | None:
    logged = [node for node in walk(expr) if isinstance(node, TLogged)]
    return truth(expr, record, {node: holds(node, record) for node in logged})


def check_promise(
    runs: list[RunRecord], where: TypedExpr, capabilities: Capabilities, known: bool, judge: Judge, *, hidden: float = 0
) -> None:
    """Filter, then the residual, gives what the condition alone gives; and an exact filter gives it by itself."""
    catalog = build_catalog("t", runs) if known else None
    plan = push(lower(TypedQuery(Target.RUNS, where=where)), capabilities, catalog)
    assert notes_of(lower(TypedQuery(Target.RUNS, where=where)), capabilities, catalog) == plan.source.notes
    source, here = plan.source, [node.condition for node in those(plan.rest, Filter)]
    json.dumps(asked(source).filters, allow_nan=False)
    alone = [holds(where, run) is True for run in runs]
    assert [by_engine(where, run) is True for run in runs] == alone
    through = [judge(asked(source).filters, document(run, timedelta(seconds=hidden))) for run in runs]
    both = [let and all(holds(part, run) is True for part in here) for let, run in zip(through, runs, strict=True)]
    assert both == alone, asked(source).filters
    if source.exact and capabilities.filters is Trust.EXACT:
        assert not here
        assert through == alone, asked(source).filters
    if source.is_empty:
        assert not any(alone)


@settings(deadline=None, max_examples=200)
@given(many_records, conditions, st.booleans())
def test_a_filter_then_the_condition_gives_what_the_condition_gives(
    runs: list[RunRecord], where: TypedExpr, known: bool
) -> None:
    check_promise(runs, where, TRUSTED, known, mongo_lets_through)


@settings(deadline=None, max_examples=150)
@given(many_records, conditions, st.booleans(), st.sampled_from([0, 0.25, 0.999999]))
def test_and_so_on_a_server_that_hides_fractions_of_seconds(
    runs: list[RunRecord], where: TypedExpr, known: bool, hidden: float
) -> None:
    check_promise(runs, where, DOUBTED, known, mongo_lets_through, hidden=hidden)


@settings(deadline=None, max_examples=150)
@given(many_records, conditions, st.booleans())
def test_and_so_on_a_server_whose_nulls_are_those_of_sql(runs: list[RunRecord], where: TypedExpr, known: bool) -> None:
    check_promise(runs, where, DOUBTED, known, sql_lets_through)


@settings(deadline=None, max_examples=150)
@given(many_records, tests_of_run_fields, st.sampled_from([0, 0.25, 0.999999]))
def test_the_fields_of_every_run_on_a_server_that_is_doubted(
    runs: list[RunRecord], where: TypedExpr, hidden: float
) -> None:
    check_promise(runs, where, DOUBTED, False, mongo_lets_through, hidden=hidden)
    check_promise(runs, where, DOUBTED, False, sql_lets_through, hidden=hidden)


@settings(deadline=None, max_examples=150)
@given(many_records, conditions, st.booleans(), st.booleans())
def test_and_so_by_our_own_evaluation_of_filters(
    runs: list[RunRecord], where: TypedExpr, known: bool, trusted: bool
) -> None:
    catalog = build_catalog("t", runs) if known else None
    pushed = push(lower(TypedQuery(Target.RUNS, where=where)), TRUSTED if trusted else DOUBTED, catalog).source
    test = compile_filter(read_filter(asked(pushed).filters))
    for run in runs:
        let, holding = test(run), holds(where, run) is True
        assert let or not holding, asked(pushed).filters
        assert let is holding or not (pushed.exact and trusted), asked(pushed).filters


@settings(deadline=None, max_examples=200)
@given(many_records, conditions)
def test_simplifying_keeps_all_three_truths(runs: list[RunRecord], where: TypedExpr) -> None:
    simple = simplify(where)
    assert simplify(simple) == simple
    for run in runs:
        assert holds(simple, run) is holds(where, run)
        assert by_engine(simple, run) is holds(where, run)
