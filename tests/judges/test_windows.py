"""Windows and rows of each group against DuckDB, on tables of all kinds."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.table import Table
from runql.semantic.typed import Named, TCell, TDerive, TLimit, TWindow
from runql.semantic.values import MISSING
from tests.engine.stages.build import FAST, NUMBERS, SLOW, TIMES, ask, cell, from_rows, named, tables
from tests.judges import sql

CELLS = st.one_of(
    NUMBERS,
    NUMBERS,
    st.sampled_from([MISSING, None, math.nan, -math.inf, math.inf, 2**53 + 1]),
    st.sampled_from(["", "a", "Ä", "\U0001f600"]),
    st.booleans(),
    TIMES,
)
BOTH = pytest.mark.parametrize("rows", [SLOW, FAST], ids=["row by row", "arrays"])
examples = settings(max_examples=60, deadline=None)
GROUP = 'partition by "g#key"'
HELD = "\"x#kind\" not in ('null', 'missing', 'nan')"
ORDERED = "\"y#kind\" in ('number', 'bool', 'text', 'time')"


def ours(node: TWindow, given_table: Table, rows: int) -> list[Any]:
    with from_rows(rows):
        return list(ask(TDerive((Named("made", node),)), given_table).table.columns["made"])


def over(name: str, argument: str | None = None, amount: int | None = None, down: bool | None = None) -> TWindow:
    order = () if down is None else ((cell("y"), down),)
    return TWindow(name, None if argument is None else TCell(argument), None, amount, (cell("g"),), order)


@BOTH
@pytest.mark.parametrize("name", ["rank", "dense_rank"])
@examples
@given(drawn=tables("g", "y", cells=CELLS), down=st.booleans())
def test_ranks(name: str, rows: int, drawn: Table, down: bool) -> None:
    theirs = sql.ask(
        f"select case when {ORDERED} then {name}() over ({GROUP} order by {sql.in_order('y', descending=down)}) end "
        "from t order by row",
        t=drawn,
    )
    assert [MISSING if one is None else one for (one,) in theirs] == ours(over(name, down=down), drawn, rows)


@BOTH
@examples
@given(drawn=tables("g", "y", cells=CELLS), down=st.booleans(), parts=st.integers(1, 5))
def test_numbers_and_parts(rows: int, drawn: Table, down: bool, parts: int) -> None:
    along = f"over ({GROUP} order by {sql.in_order('y', descending=down)}, row)"
    theirs = sql.ask(f"select row_number() {along}, ntile({parts}) {along} from t order by row", t=drawn)
    made = (ours(over("row_number", down=down), drawn, rows), ours(over("ntile", None, parts, down), drawn, rows))
    assert list(zip(*made, strict=True)) == theirs


@BOTH
@pytest.mark.parametrize("name", ["lag", "lead"])
@examples
@given(drawn=tables("g", "x", "y", cells=CELLS), amount=st.integers(1, 3))
def test_values_before_and_behind(name: str, rows: int, drawn: Table, amount: int) -> None:
    """DuckDB tells the row, of those that hold a value."""
    along = f"over ({GROUP} order by {sql.in_order('y')}, row)"
    held = f"case when {HELD} then row end"
    theirs = sql.ask(f"select {name}({held}, {amount} ignore nulls) {along} from t order by row", t=drawn)
    cells = list(drawn.columns["x"])
    wanted = [MISSING if at is None else cells[at] for (at,) in theirs]
    found = ours(over(name, "x", amount, down=False), drawn, rows)
    assert [sql.key_text(one) for one in found] == [sql.key_text(one) for one in wanted]


@BOTH
@examples
@given(drawn=tables("g", "x", cells=CELLS))
def test_values_up_to_a_row(rows: int, drawn: Table) -> None:
    """Counts and extremes are exact; sums agree where DuckDB's own rounding leaves them alone: of small integers."""
    of_number = "\"x#kind\" = 'number'"
    along = f"over ({GROUP} order by row rows unbounded preceding)"
    theirs = sql.ask(
        f"select case when {of_number} then min(x) filter ({of_number}) {along} end, "
        f"case when {of_number} then max(x) filter ({of_number}) {along} end from t order by row",
        t=drawn,
    )
    kinds = [sql.kind_text(one) for one in drawn.columns["x"]]
    for at, name in enumerate(("cummin", "cummax")):
        for found, pair, kind in zip(ours(over(name, "x"), drawn, rows), theirs, kinds, strict=True):
            if kind == "number":
                assert float(found) == pair[at] if abs(found) < 2**53 or math.isinf(found) else abs(found) >= 2**53


@BOTH
@examples
@given(drawn=tables("g", "x", cells=CELLS), count=st.integers(1, 3), last=st.booleans())
def test_rows_of_each_group(rows: int, drawn: Table, count: int, last: bool) -> None:
    keyed = Table.of({**drawn.columns, "at": list(range(drawn.length))})
    with from_rows(rows):
        found = ask(TLimit(count, (named("g"), named("x")), last), keyed).table.columns["at"]
    order = "row desc" if last else "row"
    inner = f'select row, row_number() over (partition by "g#key", "x#key" order by {order}) as n from t'
    assert list(found) == [
        at for (at,) in sql.ask(f"select row from ({inner}) where n <= {count} order by row", t=drawn)
    ]
