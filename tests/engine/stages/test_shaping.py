"""`where`, `order`, `limit`, `select`, `drop`, `rename`, `distinct`, `derive`."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from runql.engine.stages import column_order, run_stages
from runql.engine.table import Table
from runql.errors import QueryError
from runql.semantic.typed import (
    ColumnPick,
    TArithmetic,
    TCompare,
    TConst,
    TDerive,
    TDistinct,
    TDrop,
    TLimit,
    TRename,
    TSelect,
    TSort,
    TStage,
    TWhere,
    TypedExpr,
)
from runql.semantic.values import MISSING
from runql.syntax.tree import ArithmeticOp, Comparison
from tests.engine.stages.build import RUNS, ask, cell, lines, named, table

WIDE = table(id=["a", "b"], config__lr=[0.1, 0.2], config__data__path=["x", "y"], config__database=[1, 2])


def _above(name: str, least: float) -> TypedExpr:
    return TCompare(Comparison.GT, cell(name), TConst(least))


def test_where_keeps_only_what_is_true() -> None:
    given = table(x=[1, 3, None, MISSING, "4", math.nan, 5], y=list("abcdefg"))
    assert lines(ask(TWhere(_above("x", 2)), given)) == [[3, "b"], [5, "g"]]


def test_order_is_that_of_runs_and_keeps_ties() -> None:
    given = table(x=[1, MISSING, 2, None, 1, math.nan, "a"], y=list("abcdefg"))
    assert [row[1] for row in lines(ask(TSort(((cell("x"), True),)), given))] == list("caegfdb")
    assert [row[1] for row in lines(ask(TSort(((cell("x"), False), (cell("y"), True))), given))] == list("eacgfdb")


def test_select_makes_picks_and_gives_what_is_not_there_as_missing() -> None:
    double = named("double", TArithmetic(ArithmeticOp.MUL, cell("config.lr"), TConst(2)))
    picks = (double, ColumnPick("config.*", is_glob=True, except_=("config.data",)), ColumnPick("summary.acc"))
    result = ask(TSelect(picks), WIDE)
    assert result.table.names == ("double", "config.lr", "config.database", "summary.acc")
    assert lines(result)[0] == [0.2, 0.1, 1, MISSING]


def test_drop_by_name_and_glob() -> None:
    assert ask(TDrop((ColumnPick("config.d*", is_glob=True), ColumnPick("nothing"))), WIDE).table.names == (
        "id",
        "config.lr",
    )


def test_rename_keeps_the_place() -> None:
    result = ask(TRename((("config.lr", "lr"),)), WIDE)
    assert result.table.names == ("id", "lr", "config.data.path", "config.database")


@pytest.mark.parametrize(
    "stage",
    [
        TRename((("config.lr", "id"),)),
        TSelect((ColumnPick("id"), named("id", cell("config.lr")))),
        TSelect((named("id", cell("config.lr")), ColumnPick("*", is_glob=True))),
    ],
)
def test_two_columns_of_one_name(stage: TStage) -> None:
    with pytest.raises(QueryError) as caught:
        ask(stage, WIDE)
    assert caught.value.diagnostics[0].code == "RQL318"


def test_distinct_by_all_columns_and_by_some() -> None:
    given = table(x=[1, 1.0, True, math.nan, math.nan], y=["a", "a", "a", "b", "c"])
    assert len(lines(ask(TDistinct(), given))) == 4
    assert [row[1] for row in lines(ask(TDistinct((ColumnPick("y"),)), given))] == ["a", "b", "c"]


def test_distinct_over_parts_that_lack_a_column() -> None:
    parts = [table(x=[1]), table(x=[1], y=[MISSING]), table(y=[2], x=[1])]
    assert [part.length for part in run_stages([TDistinct()], parts, RUNS)] == [1, 0, 1]


def test_derived_columns_see_the_ones_before() -> None:
    one = named("b", TArithmetic(ArithmeticOp.ADD, cell("a"), TConst(1)))
    two = named("a", TArithmetic(ArithmeticOp.MUL, cell("b"), TConst(10)))
    result = ask(TDerive((one, two)), table(a=[1, 2], c=[0, 0]))
    assert result.table.names == ("a", "c", "b")
    assert lines(result) == [[20, 0, 2], [30, 0, 3]]


@pytest.mark.parametrize(("count", "lengths"), [(0, [0]), (1, [1]), (2, [2]), (3, [2, 1]), (9, [2, 2])])
def test_limit_over_parts(count: int, lengths: list[int]) -> None:
    parts = [table(x=[1, 2]), table(x=[3, 4])]
    assert [part.length for part in run_stages([TLimit(count)], parts, RUNS)] == lengths


def test_limit_reads_no_more_than_it_must() -> None:
    def parts() -> Iterator[Table]:
        yield table(x=[1, 2])
        raise AssertionError("a part too many was read")

    assert [part.length for part in run_stages([TLimit(2)], parts(), RUNS)] == [2]


def test_the_columns_are_known_before_any_row() -> None:
    stages: list[TStage] = [
        TDrop((ColumnPick("config.d*", is_glob=True),)),
        TDerive((named("x", cell("id")),)),
        TLimit(1),
    ]
    assert column_order(stages, WIDE.names, RUNS) == ("id", "config.lr", "x")
