"""`diff`, `corr`, `pareto`, `holes`, `duplicates`, `describe`."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.stages import StageContext
from runql.engine.table import Table
from runql.errors import QueryError
from runql.semantic.typed import ColumnPick, TCorr, TDescribe, TDiff, TDuplicates, THoles, TPareto
from runql.semantic.values import MISSING
from runql.syntax.tree import Goal
from tests.engine.stages.build import FAST, SLOW, ask, codes, from_rows, lines, named, table

PAIR = table(
    id=["r1", "r2"],
    name=["sunny", "rainy"],
    config__lr=[0.1, 0.2],
    config__opt=["adam", "sgd"],
    config__depth=[3, 3],
    config__note=[None, MISSING],
    summary__loss=[math.nan, float("nan")],
    summary__zero=[0, 5],
)


def test_diff_of_two_runs() -> None:
    result = ask(TDiff(), PAIR)
    assert result.table.names == ("field", "sunny", "rainy", "difference", "percent")
    assert lines(result) == [
        ["config.lr", 0.1, 0.2, 0.1, 100.0],
        ["config.opt", "adam", "sgd", MISSING, MISSING],
        ["config.note", None, MISSING, MISSING, MISSING],
        ["summary.zero", 0, 5, 5, MISSING],
    ]
    assert [notice.message for notice in result.notices] == ["2 fields the same in all runs left out"]


def test_diff_against_one_of_several() -> None:
    runs = table(id=list("abc"), name=["x", "x", "y"], lr=[1, 2, 4])
    assert ask(TDiff(), runs).table.names == ("field", "x (a)", "x (b)", "y")
    result = ask(TDiff(versus="y"), runs)
    assert lines(result) == [["lr", 4, 1, 2, -3, -75.0, -2, -50.0]]
    assert ask(TDiff(versus="b"), runs).table.names[1] == "x (b)"


@pytest.mark.parametrize(
    ("versus", "message"),
    [("x", "2 runs are called `x`"), ("rain", "no run in the table has the id or the name `rain`")],
)
def test_diff_against_a_run_that_is_not_there(versus: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        ask(TDiff(versus=versus), table(id=["a", "b"], name=["x", "x"], lr=[1, 2]))
    assert caught.value.diagnostics[0].message == message


def test_diff_of_one_run_says_so() -> None:
    result = ask(TDiff(), table(id=["a"], name=["x"], lr=[1]))
    assert (result.table.length, codes(result)) == (0, ["RQL319"])


def test_runs_that_are_called_like_a_column() -> None:
    runs = table(id=["a", "b"], name=["field", "difference"], lr=[1, 2])
    assert ask(TDiff(), runs).table.names == ("field", "field_2", "difference_2", "difference", "percent")


# ---------------------------------------------------------------- corr

MATTERS = table(
    id=list("abcdef"),
    config__lr=[1, 2, 3, 4, 5, MISSING],
    config__opt=["adam", "adam", "sgd", "sgd", "sgd", "adam"],
    config__same=[7] * 6,
    config__run=list("uvwxyz"),
    config__rare=[1, 2, None, None, MISSING, MISSING],
    summary__acc=[0.9, 0.8, 0.5, 0.4, math.nan, 0.85],
)


def test_corr_strongest_first_and_what_is_left_out() -> None:
    result = ask(TCorr(named("summary.acc")), MATTERS)
    assert result.table.names == ("field", "measure", "strength", "n")
    (first, second) = lines(result)
    assert (first[0], first[1], first[2], first[3]) == ("config.lr", "spearman", pytest.approx(-1.0), 4)
    assert (second[0], second[1], second[3]) == ("config.opt", "eta", 5)
    assert [notice.message for notice in result.notices] == [
        "1 row left out: no number in `summary.acc`",
        "1 field left out, without any variation: config.same",
        "1 field left out, with another value in each row: config.run",
        "1 field left out, with fewer than three rows: config.rare",
    ]


@pytest.mark.parametrize("rows", [SLOW, FAST], ids=["row by row", "arrays"])
def test_corr_says_which_fields_have_a_category_for_nearly_each_row(rows: int) -> None:
    given_table = table(
        config__name=[*"abcdefghi", "a"], config__kind=[*"ababababab"], summary__acc=[float(one) for one in range(10)]
    )
    with from_rows(rows):
        result = ask(TCorr(named("summary.acc")), given_table)
    assert [row[0] for row in lines(result)] == ["config.name", "config.kind"]
    (notice,) = result.notices
    assert (notice.code, notice.message) == (
        "RQL575",
        "a category for nearly each row is strong by chance: `config.name` has 9",
    )


def test_corr_says_that_one_text_among_numbers_makes_categories() -> None:
    lrs = [*([0.1, 0.2, 0.3] * 3), "none"]
    given_table = table(config__lr=lrs, config__kind=[*"ababababab"], summary__acc=[float(one) for one in range(10)])
    result = ask(TCorr(named("summary.acc")), given_table)
    assert {row[0]: row[1] for row in lines(result)} == {"config.lr": "eta", "config.kind": "eta"}
    (notice,) = (one for one in result.notices if one.code == "RQL509")
    assert notice.message == "`config.lr` is taken as categories (eta): 1 of its 10 values is no number"
    assert notice.hints == ("of the numbers alone: `| where config.lr is finite | corr summary.acc`",)


def test_corr_of_other_tables_is_with_every_column() -> None:
    given_table = table(lr=[1, 2, 3], acc=[3, 2, 1])
    assert lines(ask(TCorr(named("acc")), given_table, StageContext())) == [["lr", "spearman", pytest.approx(-1.0), 3]]


# ---------------------------------------------------------------- pareto

GOALS = TPareto(((Goal.MAX, named("acc")), (Goal.MIN, named("params"))))


def test_pareto_keeps_ties_and_says_what_it_left_out() -> None:
    given_table = table(id=list("abcdef"), acc=[0.9, 0.8, 0.9, 0.7, MISSING, math.nan], params=[10, 5, 10, 7, 1, 1])
    result = ask(GOALS, given_table)
    assert [row[0] for row in lines(result)] == ["a", "b", "c"]
    assert [notice.message for notice in result.notices] == ["2 rows left out: no number in one of `acc`, `params`"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=30))
def test_pareto_is_what_no_other_row_beats(points: list[tuple[int, int]]) -> None:
    given_table = Table({"acc": [acc for acc, _ in points], "params": [params for _, params in points]}, len(points))

    def beats(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one != other and one[0] >= other[0] and one[1] <= other[1]

    expected = [list(point) for point in points if not any(beats(other, point) for other in points)]
    assert lines(ask(GOALS, given_table)) == expected


# ---------------------------------------------------------------- combinations

SWEEP = table(id=list("abcde"), lr=[0.1, 0.1, 0.2, 0.2, MISSING], seed=[1, 2, 1, 1.0, 3])


def test_holes_are_the_combinations_that_never_ran() -> None:
    result = ask(THoles((named("lr"), named("seed"))), SWEEP)
    assert (result.table.names, lines(result)) == (("lr", "seed"), [[0.2, 2]])
    assert [notice.message for notice in result.notices] == ["1 row left out: a value is missing"]


def test_too_many_combinations_are_refused() -> None:
    given_table = table(a=list(range(1001)), b=list(range(1001)))
    with pytest.raises(QueryError) as caught:
        ask(THoles((named("a"), named("b"))), given_table)
    assert caught.value.diagnostics[0].message == "2 fields make 1,002,001 combinations, more than 1,000,000"


def test_duplicates_are_those_that_ran_twice() -> None:
    stage = TDuplicates((ColumnPick("*", is_glob=True, except_=("id",)),))
    result = ask(stage, SWEEP)
    assert (result.table.names, lines(result)) == (("lr", "seed", "n", "ids"), [[0.2, 1, 2, ["c", "d"]]])


# ---------------------------------------------------------------- describe


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1, 2.5, math.nan, None, MISSING], ["number", 2, 2, 1, 1, 2.5, 1.75, 2, 1, 1]),
        (["b", "a", "b"], ["text", 3, 0, 0, "a", "b", MISSING, 2, "b", 2]),
        (["b", 1, "a"], ["text, number", 3, 0, 0, 1, 1, 1.0, 3, "b", 1]),
        ([MISSING], [MISSING, 0, 1, 0, MISSING, MISSING, MISSING, 0, MISSING, MISSING]),
        ([[1], [1.0]], ["list", 2, 0, 0, MISSING, MISSING, MISSING, 1, [1], 2]),
    ],
)
def test_describe(cells: list[Any], expected: list[Any]) -> None:
    assert lines(ask(TDescribe(), Table.of({"x": cells}))) == [["x", *expected]]
