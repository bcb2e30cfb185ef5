"""The judge itself: what it says of tables whose answers are known, and of stages that others have judged."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.table import Table
from runql.semantic.typed import ColumnPick, TDistinct, TGroup, TSort
from runql.semantic.values import MISSING
from tests.engine.stages.build import NUMBERS, TIMES, ask, cell, fold, named, tables
from tests.judges import sql

CELLS = st.one_of(
    NUMBERS,
    st.sampled_from([MISSING, None, math.nan, -math.inf, math.inf, 2**53 + 1, 2**53, float(2**53)]),
    st.sampled_from(["", "a", "b", "Ä", "1", "\U0001f600", "\uffff"]),
    st.booleans(),
    TIMES,
)
examples = settings(max_examples=50, deadline=None)


def test_a_column_is_what_each_of_its_cells_is() -> None:
    cells = [1, 1.0, 2**53 + 1, True, "1", None, MISSING, math.inf, datetime(2026, 1, 31, tzinfo=UTC), [1]]
    rows = sql.ask('select x, "x#whole", "x#text", "x#kind" from t order by row', t={"x": cells})
    assert rows == [
        (1.0, 1, None, "number"),
        (1.0, 1, None, "number"),
        (float(2**53), 2**53 + 1, None, "number"),
        (None, None, None, "bool"),
        (None, None, "1", "text"),
        (None, None, None, "null"),
        (None, None, None, "missing"),
        (math.inf, None, None, "number"),
        (None, None, "2026-01-31T00:00:00+00:00", "time"),
        (None, None, None, "list"),
    ]


def test_keys_are_the_same_where_values_look_the_same() -> None:
    cells = [1, 1.0, True, "1", math.nan, -math.nan, None, MISSING, 2**53, 2**53 + 1]
    groups = sql.ask('select list(row order by row) from t group by "x#key" order by 1', t={"x": cells})
    assert [one for (one,) in groups] == [[0, 1], [2], [3], [4, 5], [6], [7], [8], [9]]


@examples
@given(tables("x", "y", cells=CELLS), st.booleans(), st.booleans())
def test_order_is_that_of_the_stage(drawn: Table, down_x: bool, down_y: bool) -> None:
    keyed = Table.of({**drawn.columns, "at": list(range(drawn.length))})
    ours = ask(TSort(((cell("x"), down_x), (cell("y"), down_y))), keyed).table.columns["at"]
    keys = f"{sql.in_order('x', descending=down_x)}, {sql.in_order('y', descending=down_y)}"
    assert list(ours) == [at for (at,) in sql.ask(f"select row from t order by {keys}, row", t=drawn)]


@examples
@given(tables("key", "x", cells=CELLS))
def test_groups_are_those_of_the_stage(drawn: Table) -> None:
    folds = (named("rows", fold("count")), named("held", fold("count", "x")))
    ours = ask(TGroup((ColumnPick("key"),), folds), drawn).table
    held = "count(*) filter (\"x#kind\" not in ('null', 'missing', 'nan'))"
    theirs = sql.ask(f'select "key#key", count(*), {held} from t group by 1', t=drawn)
    columns = (map(sql.key_text, ours.columns["key"]), ours.columns["rows"], ours.columns["held"])
    assert sorted(theirs) == sorted(zip(*columns, strict=True))


@examples
@given(tables("x", "y", cells=CELLS))
def test_distinct_is_that_of_the_stage(drawn: Table) -> None:
    keyed = Table.of({**drawn.columns, "at": list(range(drawn.length))})
    ours: Any = ask(TDistinct((ColumnPick("x"), ColumnPick("y"))), keyed).table.columns["at"]
    assert list(ours) == [
        at for (at,) in sql.ask('select min(row) from t group by "x#key", "y#key" order by 1', t=drawn)
    ]
