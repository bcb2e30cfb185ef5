"""Unions of random tables, judged by DuckDB's `union all by name`: which rows, in which order, with which gaps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.stages import run_stage
from runql.engine.stages.context import OtherTable, StageContext
from runql.engine.table import Table
from runql.semantic.typed import TOther, TUnion
from runql.semantic.values import MISSING
from runql.syntax import parse_query, tree
from tests.engine.stages import build
from tests.engine.stages.build import FAST, SLOW, from_rows, tables
from tests.judges import sql, test_sql

CELLS = st.one_of(build.CELLS, test_sql.CELLS)


@pytest.mark.parametrize("rows", [SLOW, FAST], ids=["reference", "arrays"])
@settings(max_examples=20, deadline=None)
@given(tables("k", "x", cells=CELLS), tables("y", "k", cells=CELLS))
def test_a_union(rows: int, left: Table, right: Table) -> None:
    query = parse_query("runs")[0]
    assert isinstance(query, tree.Query)
    context = replace(StageContext(), ask=lambda _: OtherTable(right))
    with from_rows(rows):
        ours = run_stage(TUnion(TOther("runs", query=query, name="t")), left, context).table
    sides = 'select 0 as side, row, "k#key", "x#key" from a', 'select 1 as side, row, "k#key", "y#key" from b'
    question = f'select "k#key", "x#key", "y#key" from ({" union all by name ".join(sides)}) order by side, row'
    gap = sql.key_text(MISSING)
    theirs = [tuple(gap if one is None else one for one in row) for row in sql.ask(question, a=left, b=right)]
    assert list(zip(*(map(sql.key_text, ours.columns[name]) for name in "kxy"), strict=True)) == theirs
