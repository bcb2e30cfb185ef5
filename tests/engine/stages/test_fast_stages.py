"""Stages on arrays against the same stages row by row."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.stages import StageContext, StageResult, run_stage, run_stages
from runql.engine.stages.context import OtherTable
from runql.engine.stages.dispatch import fold_cells, grouped, smoothed, sorted_rows
from runql.engine.stages.shared.groups import Groups
from runql.engine.table import Table
from runql.engine.values.column import LONG, Numbers, Objects
from runql.errors import RunQLError
from runql.language.aggregates import OFFERED_PERCENTILES, ROW_AGGREGATES
from runql.semantic.typed import (
    ColumnPick,
    Pivoted,
    TAlignStage,
    TAnd,
    TArithmetic,
    TAssert,
    TBest,
    TBin,
    TCompare,
    TConst,
    TCorr,
    TCountStage,
    TDerive,
    TDescribe,
    TDiff,
    TDistinct,
    TDrop,
    TDuplicates,
    TEdge,
    TGroup,
    THistogram,
    THoles,
    TJoin,
    TLimit,
    TOr,
    TOther,
    TPareto,
    TPivot,
    TPlot,
    TRename,
    TSelect,
    TSmooth,
    TSort,
    TSql,
    TStage,
    TTo,
    TUnion,
    TUnnest,
    TWhere,
)
from runql.syntax import tree
from runql.syntax.tree import ArithmeticOp, Comparison, Goal, JoinKind
from tests.engine.stages.build import (
    FAST,
    HISTORIES,
    PLAIN,
    SLOW,
    alike,
    ask,
    cell,
    fold,
    from_rows,
    lines,
    named,
    pivot_of,
    tables,
)

examples = settings(max_examples=70, deadline=None)
TWO_ARGUMENTS = ("argmin", "argmax", "wmean")
_ALL = (*ROW_AGGREGATES, *OFFERED_PERCENTILES, "p99.5")
ONE_ARGUMENT = [name for name in _ALL if name not in (*TWO_ARGUMENTS, "percentile")]


def _both(work: Any) -> tuple[Any, Any]:
    """What arrays make of it, and what the reference does."""
    with from_rows(FAST):
        fast = work()
    with from_rows(SLOW):
        return fast, work()


def _plain(groups: Groups) -> list[list[int]]:
    return [[int(row) for row in places] for places in groups.rows()]


@examples
@given(tables("x", "y"), st.booleans(), st.booleans())
def test_order(given_table: Table, down_x: bool, down_y: bool) -> None:
    keys = [(given_table.columns["x"], down_x), (given_table.columns["y"], down_y)]
    fast, slow = _both(lambda: list(sorted_rows(keys, given_table.length)))
    assert fast == slow


@examples
@given(tables("x", "y"), st.sampled_from([(), ("x",), ("x", "y"), ("x", "y", "x")]))
def test_groups(given_table: Table, names: tuple[str, ...]) -> None:
    fast, slow = _both(lambda: _plain(grouped([given_table.columns[name] for name in names], given_table.length)))
    assert fast == slow


@pytest.mark.parametrize("name", ONE_ARGUMENT)
@settings(max_examples=30, deadline=None)
@given(given_table=tables("key", "x"))
def test_fold(name: str, given_table: Table) -> None:
    columns = given_table.columns
    fast, slow = _both(
        lambda: fold_cells(name, columns["x"], grouped([columns["key"]], given_table.length)),
    )
    assert alike(list(fast.values), list(slow.values))
    assert (list(fast.counts), fast.skipped) == (list(slow.counts), slow.skipped)


@pytest.mark.parametrize("name", TWO_ARGUMENTS)
@examples
@given(given_table=tables("key", "x", "y"))
def test_fold_where(name: str, given_table: Table) -> None:
    columns = given_table.columns
    groups = grouped([columns["key"]], given_table.length)
    fast, slow = _both(lambda: fold_cells(name, columns["x"], groups, columns["y"]))
    assert alike(list(fast.values), list(slow.values))


@examples
@given(tables("key", "x", "y"))
def test_group_stage(given_table: Table) -> None:
    folds = (
        named("mean", fold("mean", "x")),
        named("std", fold("std", "y")),
        named("at", fold("argmax", "x", of="y")),
        named("list", fold("list", "y")),
    )
    fast, slow = _both(lambda: ask(TGroup((ColumnPick("key"),), folds), given_table))
    assert alike(fast, slow)


@examples
@given(tables("x", "y"))
def test_sort_stage(given_table: Table) -> None:
    stage = TSort(((cell("x"), True), (cell("y"), False)))
    assert alike(*_both(lambda: ask(stage, given_table)))


HISTORY = tables("run_id", "_step", "loss", "acc", "name")


@examples
@given(HISTORY, st.sampled_from([1, 2.5, 100, 0.1]))
def test_bin_stage(given_table: Table, width: float) -> None:
    assert alike(*_both(lambda: ask(TBin(width), _hashable_runs(given_table), HISTORIES)))


@examples
@given(HISTORY, st.integers(1, 7))
def test_resample_stage(given_table: Table, points: int) -> None:
    fast, slow = _both(lambda: ask(TCountStage("RESAMPLE", points), _hashable_runs(given_table), HISTORIES))
    assert alike(fast, slow)


@examples
@given(HISTORY, st.sampled_from([("ema", 0.0), ("ema", 0.5), ("ema", 0.99), ("mean", 1), ("mean", 3), ("mean", 50)]))
def test_smooth_stage(given_table: Table, method: tuple[str, float]) -> None:
    fast, slow = _both(lambda: ask(TSmooth(*method), _hashable_runs(given_table), HISTORIES))
    assert alike(fast, slow, tolerance=1e-9)


@examples
@given(
    st.lists(PLAIN.filter(lambda cell: cell != 1e300), min_size=1, max_size=60),
    st.integers(0, 999).map(lambda thousandths: thousandths / 1000),
)
def test_exponential_mean(cells: list[Any], weight: float) -> None:
    """Rounded differently: to 1e-12 of the largest number, which is 100."""
    fast, slow = smoothed(cells, "ema", weight, fast=True), smoothed(cells, "ema", weight, fast=False)
    assert alike(fast, slow, tolerance=1e-9)


@pytest.mark.parametrize("weight", [0.5, 0.95, 0.999, 0.9999, 1 - 1e-12])
def test_exponential_mean_of_many(weight: float) -> None:
    """Of more numbers than weigh something, and of more than are weighed together."""
    draw = random.Random(3)
    cells = [1e280, *(draw.choice((0.0, 1e-300, 1.0, -1e6)) * draw.random() for _ in range(20_000))]
    for some in (cells, cells[1:]):
        fast, slow = smoothed(some, "ema", weight, fast=True), smoothed(some, "ema", weight, fast=False)
        assert isinstance(fast, Numbers)
        assert list(fast) == pytest.approx(list(slow), rel=1e-9, abs=1e-9)


def _hashable_runs(given_table: Table) -> Table:
    """Run ids are texts."""
    return Table.of({**given_table.columns, "run_id": [f"r{str(one)[:1]}" for one in given_table.columns["run_id"]]})


X, Y = named("x", cell("x")), named("y", cell("y"))
ABOVE = TCompare(Comparison.GT, cell("x"), TConst(0))
OF_RUNS: tuple[TStage, ...] = (
    TWhere(ABOVE),
    TWhere(
        TAnd((ABOVE, TOr((TCompare(Comparison.LE, cell("y"), TConst(1)), TCompare(Comparison.EQ, X.value, Y.value)))))
    ),
    TSort(((cell("y"), True), (cell("x"), False))),
    TLimit(3),
    TLimit(2, (named("x"),)),
    TLimit(1, (ColumnPick("config.*", is_glob=True),), last=True),
    TLimit(4, last=True),
    TCountStage("OFFSET", 2),
    TSelect((named("sum", TArithmetic(ArithmeticOp.ADD, cell("x"), cell("y"))), ColumnPick("config.*", is_glob=True))),
    TDrop((ColumnPick("x"),)),
    TRename((("x", "z"),)),
    TDerive((named("half", TArithmetic(ArithmeticOp.DIV, cell("x"), TConst(2))),)),
    TDistinct(),
    TDistinct((ColumnPick("y"), ColumnPick("config.a"))),
    TGroup((ColumnPick("config.a"), ColumnPick("x")), (named("median", fold("median", "y")),)),
    TGroup((), (named("sum", fold("sum", "x")), named("least", fold("min", "y")))),
    pivot_of(fold("mean", "x"), named("y"), named("config.a")),
    TPivot((Pivoted("m", fold("mean", "x"), True), Pivoted("n", fold("count"))), (Y, named("config.b")), X),
    THistogram(X),
    THistogram(X, 3, (Y,)),
    TUnnest("x", "x"),
    TDiff(),
    TCorr(X),
    TPareto(((Goal.MIN, X), (Goal.MAX, Y))),
    TPareto(((Goal.MAX, X),)),
    THoles((X, Y)),
    TDuplicates((X, Y)),
    TDescribe(),
    TAssert(ABOVE, text="x > 0"),
    TAssert(TCompare(Comparison.GT, fold("max", "x"), TConst(0)), over_table=True, text="max(x) > 0"),
)
OTHER = TOther("other", query=tree.Query(tree.Target.RUNS), name="`other`")
OF_TWO_TABLES: tuple[TStage, ...] = (
    *(TJoin(OTHER, how, (("x", "x"),)) for how in JoinKind),
    TJoin(OTHER, JoinKind.LEFT, (("x", "z"), ("config.a", "x"))),
    TUnion(OTHER),
)
OF_HISTORIES: tuple[TStage, ...] = (
    TBest(Goal.MIN, "loss"),
    TEdge(last=True),
    TEdge(last=False),
    TEdge(last=True, count=2),
    TBin(2.5),
    TCountStage("RESAMPLE", 5),
    *(TAlignStage(mode) for mode in ("outer", "inner", "ffill", "nearest")),
)


def test_every_stage_is_drawn() -> None:
    """But `to` and `plot`, which pass their rows on, and `smooth`, which is above: it differs by rounding."""
    drawn = {type(stage) for stage in (*OF_RUNS, *OF_TWO_TABLES, *OF_HISTORIES)}
    assert drawn == {*get_args(TStage)} - {TTo, TPlot, TSql, TSmooth}


def _result(stage: TStage, given_table: Table, context: StageContext) -> StageResult | str:
    try:
        return run_stage(stage, given_table, context)
    except RunQLError as error:
        return str(error)


def _same(stage: TStage, given_table: Table, context: StageContext) -> None:
    fast, slow = _both(lambda: _result(stage, given_table, context))
    assert fast == slow if isinstance(slow, str) else alike(fast, slow)


@pytest.mark.parametrize("stage", OF_RUNS, ids=lambda stage: type(stage).__name__)
@settings(max_examples=25, deadline=None)
@given(given_table=tables("id", "x", "y", "config.a", "config.b"))
def test_stages_of_runs(stage: TStage, given_table: Table) -> None:
    _same(stage, given_table, StageContext.of_runs())


@pytest.mark.parametrize("stage", OF_TWO_TABLES, ids=lambda stage: type(stage).__name__)
@settings(max_examples=30, deadline=None)
@given(given_table=tables("id", "x", "y", "config.a"), other=tables("x", "z"))
def test_stages_of_two_tables(stage: TStage, given_table: Table, other: Table) -> None:
    _same(stage, given_table, replace(StageContext.of_runs(), ask=lambda _: OtherTable(other)))


@pytest.mark.parametrize("stage", OF_HISTORIES, ids=lambda stage: type(stage).__name__)
@settings(max_examples=25, deadline=None)
@given(given_table=HISTORY)
def test_stages_of_histories(stage: TStage, given_table: Table) -> None:
    _same(stage, _hashable_runs(given_table), HISTORIES)


@settings(max_examples=30, deadline=None)
@given(st.lists(tables("x", "y", least=1, most=6), min_size=1, max_size=4), st.booleans())
def test_distinct_over_several_parts(parts: list[Table], lacks: bool) -> None:
    if lacks:
        parts[-1] = Table({"y": parts[-1].columns["y"]}, parts[-1].length)
    fast, slow = _both(lambda: [lines(table) for table in run_stages([TDistinct()], parts, StageContext())])
    assert alike(fast, slow)


def test_results_over_many_rows_are_vectors() -> None:
    """No column is a list of objects where its cells are numbers; text columns are lists that know their type."""
    table = Table.of({"x": [float(row % 7) for row in range(LONG)], "t": ["a", "b"] * (LONG // 2)})
    stages: list[TStage] = [
        TWhere(TCompare(Comparison.GT, cell("x"), TConst(1))),
        TSort(((cell("x"), True),)),
        TDerive((named("y", TArithmetic(ArithmeticOp.MUL, cell("x"), TConst(2))),)),
    ]
    for stage in stages:
        columns = run_stage(stage, table, StageContext.of_runs()).table.columns
        assert isinstance(columns["x"], Numbers)
        assert isinstance(columns["t"], Objects)
    groups = run_stage(TGroup((ColumnPick("x"),), (named("n", fold("count", "t")),)), table, StageContext.of_runs())
    assert isinstance(groups.table.columns["n"], Numbers)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 6).map(float)] * 3), max_size=60))
def test_a_front_of_three_goals(costs: list[tuple[float, float, float]]) -> None:
    columns = dict(zip("abc", map(list, zip(*costs, strict=True)), strict=False)) or {"a": [], "b": [], "c": []}
    stage = TPareto(tuple((Goal.MIN, named(name, cell(name))) for name in "abc"))
    fast, slow = _both(lambda: run_stage(stage, Table(columns, len(costs)), StageContext()))
    assert fast == slow
