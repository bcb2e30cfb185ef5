"""`group` and `pivot`."""

from __future__ import annotations

import math

import pytest

from runql.engine.stages import PivotCell, StageContext
from runql.engine.table import Table
from runql.errors import QueryError
from runql.semantic.typed import ColumnPick, Pivoted, TArithmetic, TFold, TGroup, TPivot
from runql.semantic.values import MISSING
from runql.syntax.tree import ArithmeticOp, Goal
from tests.engine.stages.build import HISTORIES, RUNS, ask, cell, codes, fold, lines, named, pivot_of, table

SEEDS = table(
    id=["a", "b", "c", "d"],
    config__model=["vit", "vit", "cnn", "cnn"],
    config__lr=[0.1, 0.1, 0.2, 0.2],
    config__seed=[1, 2, 1, 2],
    summary__acc=[0.8, 0.9, 0.7, MISSING],
)


def test_seeds_together() -> None:
    stage = TGroup(
        (ColumnPick("config.*", is_glob=True, except_=("config.seed",)),),
        (named("acc", fold("mean", "summary.acc")), named("ids", fold("list", "id"))),
    )
    result = ask(stage, SEEDS)
    assert result.table.names == ("config.model", "config.lr", "acc", "ids", "n")
    assert lines(result) == [["cnn", 0.2, 0.7, ["c", "d"], 2], ["vit", 0.1, pytest.approx(0.85), ["a", "b"], 2]]
    assert [notice.message for notice in result.notices] == ["`summary.acc`: 1 missing skipped"]


def test_keys_are_told_apart_by_what_they_are() -> None:
    keys = [1, 1.0, True, "1", None, MISSING, math.nan, float("nan"), -0.0, 0, [1], [1.0], {"a": 1}, {"a": 1.0}]
    result = ask(TGroup((ColumnPick("k"),), ()), table(k=keys))
    assert [row[1] for row in lines(result)] == [2, 2, 1, 1, 2, 2, 2, 1, 1]
    assert [repr(row[0]) for row in lines(result)] == [
        "-0.0", "1", "True", "'1'", "[1]", "{'a': 1}", "nan", "None", "MISSING",
    ]  # fmt: skip


def test_a_group_of_one_is_marked() -> None:
    result = ask(TGroup((ColumnPick("k"),), (named("s", fold("std", "x")),)), table(k=[1, 1, 2], x=[1.0, 3.0, 5.0]))
    assert lines(result) == [[1, pytest.approx(math.sqrt(2)), 2], [2, MISSING, 1]]
    assert codes(result) == ["RQL311"]
    assert result.notices[0].message == "1 of 2 groups holds a single row, which has no spread"


def test_a_group_of_one_value_is_marked_too() -> None:
    stage = TGroup((ColumnPick("k"),), (named("s", fold("std", "x")), named("e", fold("ci95", "x"))))
    result = ask(stage, table(k=[1, 1, 2, 2, 3], x=[1.0, 3.0, 5.0, MISSING, 4.0]))
    assert [one.message for one in result.notices if one.code == "RQL311"] == [
        "1 of 3 groups holds a single row, which has no spread",
        "1 of 3 groups holds a single value of `x`, which has no spread",
    ]


def test_a_cell_of_a_pivot_without_a_spread_is_marked_and_a_spread_that_is_asked_for_stands_once() -> None:
    keys = (named("k"),), named("h")
    rows = table(k=[1, 1, 2], h=[1, 1, 1], x=[1.0, 3.0, 5.0])
    mean, std = (Pivoted(f"{name}(x)", fold(name, "x"), is_given=False) for name in ("mean", "std"))
    result = ask(TPivot((mean, std), *keys), rows)
    assert [name for name in result.table.names if name.endswith("std")] == []
    assert [one.message for one in result.notices] == ["1 of 2 groups holds a single row, which has no spread"]
    alone = ask(TPivot((mean,), *keys), rows)
    assert [name for name in alone.table.names if name.endswith("std")] == ["1 std"]
    assert codes(alone) == []


def test_nothing_is_said_of_the_spread_of_a_single_row_where_nobody_asks_for_it() -> None:
    counted = TGroup((ColumnPick("k"),), (named("m", fold("mean", "x")), named("c", fold("count"))))
    assert codes(ask(counted, table(k=[1, 1, 2], x=[1.0, 3.0, 5.0]))) == []


def test_an_aggregate_called_n_is_the_count() -> None:
    result = ask(TGroup((ColumnPick("k"),), (named("n", fold("count")), named("m", fold("max", "k")))), table(k=[1, 1]))
    assert result.table.names == ("k", "n", "m")


def test_arithmetic_of_aggregates_and_keys() -> None:
    spread = TArithmetic(ArithmeticOp.SUB, fold("max", "x"), fold("min", "x"))
    scaled = TArithmetic(ArithmeticOp.MUL, spread, cell("k"))
    result = ask(TGroup((ColumnPick("k"),), (named("r", scaled),)), table(k=[2, 2], x=[1, 4]))
    assert lines(result) == [[2, 6, 2]]


def test_where_the_best_is() -> None:
    folds = (named("run", fold("argmax", "summary.acc")), named("lr", fold("argmin", "summary.acc", of="config.lr")))
    assert lines(ask(TGroup((), folds), SEEDS)) == [["b", 0.2]]


def test_the_id_that_is_gone() -> None:
    stage = TGroup((), (named("run", fold("argmax", "x")),))
    with pytest.raises(QueryError) as caught:
        ask(stage, table(x=[1]), StageContext())
    assert caught.value.diagnostics[0].code == "RQL316"


def test_curves_of_a_group_at_each_step() -> None:
    curves = table(
        run_id=["a", "a", "b", "b"], _step=[0, 1, 0, 1], loss=[1.0, 0.5, 3.0, 1.5], config__lr=[0.1, 0.1, 0.1, 0.1]
    )
    stage = TGroup(
        (ColumnPick("config.lr"), ColumnPick("_step")),
        (named("mean", fold("mean", "loss")), named("ci", fold("ci95", "loss"))),
    )
    rows = lines(ask(stage, curves, HISTORIES))
    assert [row[:3] for row in rows] == [[0.1, 0, 2.0], [0.1, 1, 1.0]]


def test_two_columns_of_one_name() -> None:
    with pytest.raises(QueryError) as caught:
        ask(TGroup((ColumnPick("k"),), (named("k", fold("count")),)), table(k=[1]))
    assert caught.value.diagnostics[0].code == "RQL318"


def test_no_rows_give_no_groups() -> None:
    result = ask(TGroup((ColumnPick("k"),), (named("m", fold("mean", "k")),)), table(k=[]))
    assert (result.table.names, result.table.length, codes(result)) == (("k", "m", "n"), 0, [])


# ---------------------------------------------------------------- pivot

PAPER = table(
    id=list("abcdef"),
    model=["vit", "vit", "cnn", "cnn", "cnn", "mlp"],
    data=["imagenet", "imagenet", "cifar", "cifar", "imagenet", "cifar"],
    summary__acc=[0.7, 0.8, 0.9, 0.92, 0.6, 0.5],
)
MEAN_BY_MODEL = pivot_of(fold("mean", "summary.acc"), named("model"), named("data"))


def test_a_table_of_a_paper() -> None:
    result = ask(MEAN_BY_MODEL, PAPER)
    assert result.table.names == (
        "model", "cifar", "cifar std", "cifar n", "imagenet", "imagenet std", "imagenet n",
    )  # fmt: skip
    near = pytest.approx
    assert lines(result) == [
        ["cnn", near(0.91), near(math.sqrt(2) / 100), 2, 0.6, MISSING, 1],
        ["mlp", 0.5, MISSING, 1, MISSING, MISSING, 0],
        ["vit", MISSING, MISSING, 0, near(0.75), near(math.sqrt(2) / 20), 2],
    ]
    assert [notice.message for notice in result.notices] == ["2 of 6 cells are empty: vit × cifar, mlp × imagenet"]


def test_a_cell_is_empty_if_none_of_its_aggregates_has_a_value() -> None:
    rows = table(model=["vit", "cnn", "cnn"], data=["a", "a", "b"], summary__acc=[MISSING, 0.9, 0.6])
    values = (Pivoted("mean", fold("mean", "summary.acc"), True), Pivoted("n", TFold("count"), True))
    both = TPivot(values, (named("model"),), named("data"))
    empty = [one.message for one in ask(both, rows).notices if one.code == "RQL315"]
    assert empty == ["1 of 4 cells are empty: vit × b"]


def test_how_a_paper_reads_it() -> None:
    result = ask(MEAN_BY_MODEL, PAPER)
    layout = result.context.layout
    assert layout is not None
    assert layout.rows == ("model",)
    assert layout.cells[0] == PivotCell("cifar", "cifar std", "cifar n", Goal.MAX)
    assert layout.best(result.table) == {"cifar": {0}, "imagenet": {2}}


def test_a_pivot_of_single_rows_has_no_more_columns() -> None:
    result = ask(MEAN_BY_MODEL, table(model=["a", "b"], data=[1, 1.5], summary__acc=[1, 2]))
    assert result.table.names == ("model", "1", "1.5")
    assert lines(result) == [["a", 1.0, MISSING], ["b", MISSING, 2.0]]


@pytest.mark.parametrize(
    ("metric", "goal"),
    [("summary.val/loss", Goal.MIN), ("Test Accuracy", Goal.MAX), ("loss_acc", None), ("summary.width", None)],
)
def test_which_way_is_better(metric: str, goal: Goal | None) -> None:
    given = Table.of({"model": [1], "data": [2], metric: [3]})
    layout = ask(pivot_of(fold("mean", metric), named("model"), named("data")), given).context.layout
    assert layout is not None
    assert layout.cells[0].goal is goal


def test_keys_of_unlike_kinds_have_columns_of_their_own() -> None:
    given = table(model=["a"] * 5, data=["1", 1, None, MISSING, "model"], x=[1, 2, 3, 4, 5])
    result = ask(pivot_of(fold("sum", "x"), named("model"), named("data")), given, RUNS)
    assert result.table.names == ("model", "1", "1_2", "model_2", "null", "missing")
    assert lines(result) == [["a", 2, 1, 5, 3, 4]]
