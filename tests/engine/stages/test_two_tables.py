"""`join` and `union`: in both rooms, and what is said of them; `tests/judges/test_joins.py` asks DuckDB."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.stages import StageContext, StageResult, run_stage, run_stages
from runql.engine.stages.context import OtherTable
from runql.engine.table import Table
from runql.errors import QueryError
from runql.semantic.typed import TJoin, TLimit, TOther, TStage, TUnion
from runql.semantic.values import MISSING
from runql.syntax import tree
from runql.syntax.tree import JoinKind
from tests.engine.stages.build import FAST, SLOW, alike, from_rows, lines, table, tables

OTHER = TOther("other", query=tree.Query(tree.Target.RUNS), name="`other`")


def asked(stage: TStage, left: Table, right: Table) -> StageResult:
    return run_stage(stage, left, StageContext(ask=lambda _: OtherTable(right)))


def on(how: JoinKind, *keys: str) -> TJoin:
    return TJoin(OTHER, how, tuple((key, key) for key in keys))


@pytest.mark.parametrize("how", JoinKind)
@settings(max_examples=15, deadline=None)
@given(left=tables("k", "a"), right=tables("k", "b"))
def test_both_rooms_give_the_same_join(how: JoinKind, left: Table, right: Table) -> None:
    found = []
    for rows in (SLOW, FAST):
        with from_rows(rows):
            found.append(asked(on(how, "k"), left, right))
    assert alike(found[0], found[1])


@settings(max_examples=15, deadline=None)
@given(left=tables("k", "a"), right=tables("k", "b"))
def test_a_union_holds_the_cells_of_both(left: Table, right: Table) -> None:
    result = asked(TUnion(OTHER), left, right).table
    expected = [{"b": MISSING, **row} for row in left.rows()] + [{"a": MISSING, **row} for row in right.rows()]
    assert result.length == len(expected)
    assert all(
        alike({n: one[n] for n in sorted(one)}, {n: two[n] for n in sorted(two)})
        for one, two in zip(result.rows(), expected, strict=True)
    )


@settings(max_examples=15, deadline=None)
@given(
    left=tables("k", "a", most=12),
    right=tables("k", "b", most=12),
    cut=st.integers(0, 12),
    how=st.sampled_from(JoinKind),
)
def test_parts_are_joined_as_the_whole(left: Table, right: Table, cut: int, how: JoinKind) -> None:
    parts = [
        Table({name: cells[start:stop] for name, cells in left.columns.items()}, len(range(left.length)[start:stop]))
        for start, stop in ((0, cut), (cut, left.length))
    ]
    context = StageContext(ask=lambda _: OtherTable(right))
    flow = run_stages([on(how, "k")], parts, context)
    rows = [row for part in flow for row in lines(part)]
    whole = asked(on(how, "k"), left, right)
    assert alike(rows, lines(whole)) and flow.notices == whole.notices


LEFT = table(k=["a", "b", None, "c"], x=[1, 2, 3, 4])
RIGHT = table(k=["a", "a", "d", MISSING], y=[10, 20, 30, 40])


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (JoinKind.INNER, [["a", 1, 10], ["a", 1, 20]]),
        (
            JoinKind.LEFT,
            [["a", 1, 10], ["a", 1, 20], ["b", 2, MISSING], [None, 3, MISSING], ["c", 4, MISSING]],
        ),
        (
            JoinKind.FULL,
            [
                ["a", 1, 10],
                ["a", 1, 20],
                ["b", 2, MISSING],
                [None, 3, MISSING],
                ["c", 4, MISSING],
                ["d", MISSING, 30],
                [MISSING, MISSING, 40],
            ],
        ),
        (JoinKind.SEMI, [["a", 1]]),
        (JoinKind.ANTI, [["b", 2], [None, 3], ["c", 4]]),
    ],
)
def test_which_rows_a_join_gives(how: JoinKind, expected: list[list[Any]]) -> None:
    assert lines(asked(on(how, "k"), LEFT, RIGHT)) == expected


def test_a_join_says_what_matched_nothing_and_what_matched_several() -> None:
    said = {
        one.code: one.message for one in asked(on(JoinKind.INNER, "k"), LEFT, table(k=["a", "a"], y=[1, 2])).notices
    }
    assert said == {
        "RQL338": "3 of 4 rows match nothing in `other` (1 row without a key): left out",
        "RQL339": "1 row matches several of `other`: 4 rows became 2",
    }


def test_a_join_of_keys_that_hold_ids_says_so() -> None:
    runs = table(id=["r1", "r2", "r3"], k=[MISSING, MISSING, "r1"])
    (found,) = asked(on(JoinKind.LEFT, "k"), runs, table(k=["r1"], y=[1])).notices
    assert found.hints == ("`k` holds ids of these rows: `on id = k`",)
    (found,) = asked(on(JoinKind.LEFT, "k"), runs, table(k=["r1", "x"], y=[1, 2])).notices[:1]
    assert found.hints == ()


@pytest.mark.parametrize("how", [JoinKind.INNER, JoinKind.LEFT, JoinKind.FULL])
def test_a_join_that_a_limit_stops_does_not_know_what_nothing_matches(how: JoinKind) -> None:
    parts = iter([table(k=["a"], x=[1]), table(k=["d"], x=[2])])
    context = StageContext(ask=lambda _: OtherTable(table(k=["a", "d"], y=[10, 30])))
    flow = run_stages([on(how, "k"), TLimit(1)], parts, context)
    assert sum(part.length for part in flow) == 1
    assert flow.notices == ()


def test_kinds_do_not_match_across() -> None:
    left = table(k=[1, "1", True, 1.0, 2**53 + 1], x=list("abcde"))
    right = table(k=[1, float(2**53)], y=[10, 20])
    assert lines(asked(on(JoinKind.INNER, "k"), left, right)) == [[1, "a", 10], [1.0, "d", 10]]


def test_a_column_of_both_that_only_the_rows_show() -> None:
    with pytest.raises(QueryError) as error:
        asked(on(JoinKind.INNER, "k"), table(k=[1], x=[1]), table(k=[1], x=[2]))
    assert error.value.diagnostics[0].code == "RQL318"


def test_a_union_says_which_columns_only_one_side_has_and_whose_kinds_differ() -> None:
    result = asked(TUnion(OTHER), table(k=[1], x=[1]), table(k=["a"], y=[2]))
    assert [one.message for one in result.notices] == [
        "only left of `union`, and missing in the rows of `other`: `x`",
        "only in `other`, and missing in the rows left of `union`: `y`",
        "`k` is number left of `union`, and text in `other`",
    ]


def test_a_union_says_which_runs_stand_on_both_sides() -> None:
    context = StageContext(run_id="id", ask=lambda _: OtherTable(table(id=["a", "b"]), "id"))
    result = run_stage(TUnion(OTHER, of_runs=True), table(id=["b", "c"]), context)
    assert [one.code for one in result.notices] == ["RQL343"]
    assert lines(result) == [["b"], ["c"], ["a"], ["b"]]


def test_a_union_that_a_limit_stops_says_that_the_other_table_was_not_reached() -> None:
    parts = iter([table(k=["a"]), table(k=["d"])])
    context = StageContext(ask=lambda _: OtherTable(table(k=["b", "c"])))
    flow = run_stages([TUnion(OTHER), TLimit(1)], parts, context)
    assert sum(part.length for part in flow) == 1
    assert [one.message for one in flow.notices] == [
        "the rows before filled the `limit`: none of the 2 rows of `other` stands here"
    ]
