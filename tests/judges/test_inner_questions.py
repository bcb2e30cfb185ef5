"""`in (QUERY)`, `not in (QUERY)` and `value(QUERY)` over random runs, judged by DuckDB."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import runql
from runql.semantic.values import MISSING, Value
from runql.sources.memory import MemoryService
from tests.judges import sql

CELLS = st.one_of(
    st.integers(-2, 2),
    st.sampled_from([0.5, -0.0, 1.0, math.nan, math.inf, -math.inf, 2**53, 2**53 + 1, float(2**53), 10**30]),
    st.sampled_from(["", "a", "b", "Ä", "1"]),
    st.booleans(),
    st.sampled_from([MISSING, None]),
    st.sampled_from([[1], [1.0], ["a", None], [True]]),
)
KINDS: tuple[Value, ...] = (0, "a", True, [2])
"""A run for each kind in all fields, so that none is compared with a field of another kind alone."""
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12)
HELD = "not in ('nan', 'null', 'missing')"
ORDERED = "\"a#kind\" in ('number', 'bool', 'text') and \"a#kind\" = v.kind"
LESS = 'coalesce("a#whole" < v.whole, "a" < v.number, cast("a#bool" as int) < cast(v.bool as int), "a#text" < v.text)'
SAME = f'("a#key" = v.key and "a#kind" {HELD})'
SIGNS = {
    "=": SAME,
    "!=": f"not {SAME}",
    "<": f"({ORDERED} and {LESS})",
    ">=": f"({ORDERED} and not {LESS})",
    "<=": f"({ORDERED} and ({LESS} or {SAME}))",
    ">": f"({ORDERED} and not {LESS} and not {SAME})",
}
PARTS = (
    '"{0}" as number, "{0}#whole" as whole, "{0}#bool" as bool, '
    '"{0}#text" as text, "{0}#kind" as kind, "{0}#key" as key'
)


def columns(rows: Sequence[tuple[Value, ...]]) -> dict[str, list[Value]]:
    given = [*[(one, one, one) for one in KINDS], *rows]
    return dict(zip("abc", map(list, zip(*given, strict=True)), strict=True))


def asked(text: str, table: Mapping[str, Sequence[Value]]) -> list[int]:
    """The places of the runs that a query gives."""
    cells = zip(*table.values(), strict=True)
    runs: list[dict[str, Any]] = [
        {
            "id": f"r{at:03}",
            "config": {name: v for name, v in zip("abc", row, strict=True) if v is not MISSING},
            "summary": {"at": at},
        }
        for at, row in enumerate(cells)
    ]
    return [row["summary.at"] for row in runql.query(text, source=MemoryService(runs))]


@settings(max_examples=25, deadline=None)
@given(ROWS, st.booleans())
def test_what_is_in_the_values_of_a_question(rows: list[tuple[Value, ...]], negated: bool) -> None:
    table = columns(rows)
    word = "not " * negated
    ours = asked(f"runs where config.a {word}in (runs where config.b > 0 select config.c) select summary.at", table)
    held = f'a."a#kind" {HELD} and a."a#key" = b."c#key" and b."b#kind" = \'number\' and b.b > 0'
    theirs = sql.ask(f"select row from t a where {word}exists (select 1 from t b where {held}) order by 1", t=table)
    assert [(one,) for one in ours] == theirs


@settings(max_examples=25, deadline=None)
@given(ROWS, st.sampled_from([*SIGNS]), st.integers(0, 15))
def test_what_compares_with_the_value_of_a_question(rows: list[tuple[Value, ...]], sign: str, which: int) -> None:
    table = columns(rows)
    which %= len(table["a"])
    text = f'runs where config.a {sign} value(runs where id = "r{which:03}" select config.b) select summary.at'
    theirs = (
        f"select row from t, (select {PARTS.format('b')} from t where row = {which}) v where {SIGNS[sign]} order by 1"
    )
    assert [(one,) for one in asked(text, table)] == sql.ask(theirs, t=table)


@settings(max_examples=15, deadline=None)
@given(ROWS, st.sampled_from([*SIGNS]))
def test_what_compares_with_the_largest_of_a_question(rows: list[tuple[Value, ...]], sign: str) -> None:
    table = columns(rows)
    text = f"runs where config.a {sign} value(runs | group : max(config.b)) select summary.at"
    largest = (
        f"select {PARTS.format('b')} from t where \"b#kind\" = 'number' order by "
        f"{sql.in_order('b', descending=True)}, row limit 1"
    )
    theirs = f"select row from t, ({largest}) v where {SIGNS[sign]} order by 1"
    assert [(one,) for one in asked(text, table)] == sql.ask(theirs, t=table)
