"""Joins of random tables, judged by DuckDB: which rows stand beside which, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.stages import run_stage
from runql.engine.stages.context import OtherTable, StageContext
from runql.engine.table import Table
from runql.semantic.typed import TJoin, TOther
from runql.semantic.values import MISSING
from runql.syntax import parse_query, tree
from runql.syntax.tree import JoinKind
from tests.engine.stages import build
from tests.engine.stages.build import FAST, SLOW, from_rows, tables
from tests.judges import sql, test_sql

SIDES = {JoinKind.INNER: "join", JoinKind.LEFT: "left join", JoinKind.FULL: "full join"}
PAIRS = [(("k", "k"),), (("k", "m"),), (("k", "k"), ("l", "l")), (("l", "k"), ("k", "m"))]
HELD = "not in ('nan', 'null', 'missing')"
CELLS = st.one_of(build.CELLS, test_sql.CELLS)


def joined(how: JoinKind, keys: Sequence[tuple[str, str]], left: Table, right: Table) -> Table:
    query = parse_query("runs")[0]
    assert isinstance(query, tree.Query)
    stage = TJoin(TOther("runs", query=query, name="t"), how, tuple(keys))
    context = replace(StageContext(), ask=lambda _: OtherTable(right))
    return run_stage(stage, left, context).table


def with_places(drawn: Table, name: str) -> Table:
    return Table.of({name: list(range(drawn.length)), **drawn.columns})


def places(table: Table, name: str) -> list[Any]:
    cells = table.columns.get(name, [MISSING] * table.length)
    return [None if cell is MISSING else cell for cell in cells]


def condition(keys: Sequence[tuple[str, str]]) -> str:
    """Keys are equal where they look the same, and are held."""
    return " and ".join(f'a."{x}#key" = b."{y}#key" and a."{x}#kind" {HELD}' for x, y in keys)


@pytest.mark.parametrize("rows", [SLOW, FAST], ids=["reference", "arrays"])
@settings(max_examples=30, deadline=None)
@given(
    tables("k", "l", cells=CELLS),
    tables("k", "m", "l", cells=CELLS),
    st.sampled_from(list(JoinKind)),
    st.sampled_from(PAIRS),
)
def test_a_join(rows: int, left: Table, right: Table, how: JoinKind, keys: tuple[tuple[str, str], ...]) -> None:
    equal = {y for x, y in keys if x == y}
    other = Table.of(
        {name: cells for name, cells in right.columns.items() if name in equal or name == "m"}
        | {f"{name}_": cells for name, cells in right.columns.items() if name not in equal and name != "m"}
    )
    renamed = [(x, y if y in equal or y == "m" else f"{y}_") for x, y in keys]
    with from_rows(rows):
        ours = joined(how, renamed, with_places(left, "a_row"), with_places(other, "b_row"))
    if how in SIDES:
        question = f"select a.row, b.row from a {SIDES[how]} b on {condition(renamed)} order by a.row nulls last, b.row"
        theirs = sql.ask(question, a=left, b=other)
        assert list(zip(places(ours, "a_row"), places(ours, "b_row"), strict=True)) == theirs
    else:
        word = "" if how is JoinKind.SEMI else "not"
        question = f"select a.row from a where {word} exists (select 1 from b where {condition(renamed)}) order by 1"
        assert [(one,) for one in places(ours, "a_row")] == sql.ask(question, a=left, b=other)
