"""A judge that is not ours: DuckDB answers the same question in SQL.

`ask(SQL, t=table)` gives rows of plain Python values. SQL has one type a column, RunQL a kind a cell, so a column `x`
becomes several of DuckDB's, of which a question takes those that it needs:

| column | holds |
|---|---|
| `x` | numbers as doubles, NaN and infinities too; NULL for all else |
| `x#whole` | whole numbers exactly, 1.0 too, as long as 127 bits hold them |
| `x#bool` | bools |
| `x#text` | texts |
| `x#kind` | `number bool text time list record nan null missing` |
| `x#key` | a text that is the same where the values look the same: 1 and 1.0, NaN and NaN, not 1 and true |
| `row` | the place of the row, from 0 |

`in_order("x", descending=True)` is what `order -x` means, for `order by` and windows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import Any

import duckdb

from runql.engine.table import Table
from runql.semantic.values import MISSING, Value

_MOST_WHOLE = 2**127 - 1
_KINDS = ("number", "bool", "text", "time", "list", "record", "nan", "null", "missing")
"""In the order of the kinds."""
_TYPES = {
    "": "DOUBLE",
    "#whole": "HUGEINT",
    "#bool": "BOOLEAN",
    "#text": "VARCHAR",
    "#kind": "VARCHAR",
    "#key": "VARCHAR",
}


def ask(sql: str, **tables: Table | Mapping[str, Sequence[Value]]) -> list[tuple[Any, ...]]:
    """The rows of an answer, in its order. Raises `duckdb.Error` for a question that is none."""
    connection = _database()
    for name, given in tables.items():
        _hand_over(connection, name, given.columns if isinstance(given, Table) else given)
    rows = connection.execute(sql).fetchall()
    for name in tables:
        connection.execute(f'drop table "{name}"')
    return rows


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One a process: to open one takes longer than most questions."""
    return duckdb.connect(":memory:", config={"threads": 1})


def in_order(column: str, *, descending: bool = False) -> str:
    """The keys of `order by` for one key of RunQL: kinds in their order both ways, a sign turns what is inside."""
    kinds = " ".join(f"when '{kind}' then {place}" for place, kind in enumerate(_KINDS))
    down = "desc" if descending else "asc"
    inside = (f'"{column}"', f'"{column}#whole"', f'"{column}#bool"', f'"{column}#text"')
    return ", ".join([f'case "{column}#kind" {kinds} end', *(f"{one} {down} nulls last" for one in inside)])


def kind_text(value: Value) -> str:  # noqa: PLR0911 - one line a kind
    """The kind of a value as the judge knows it; written without the engine's own."""
    if value is MISSING:
        return "missing"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, datetime):
        return "time"
    return "record" if isinstance(value, Mapping) else "list"


def key_text(value: Value) -> str:
    """A text that two values share if, and only if, they look the same."""
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Value) -> Any:
    kind = kind_text(value)
    if kind == "number":
        whole = not isinstance(value, float) or value.is_integer()
        return [kind, str(int(value)) if whole else repr(value)]
    if kind == "time":
        return [kind, value.astimezone(UTC).isoformat()]
    if kind == "list":
        return [kind, [_plain(one) for one in value]]
    if kind == "record":
        return [kind, {name: _plain(one) for name, one in value.items()}]
    return [kind, value if kind in ("text", "bool") else None]


def _parts(value: Value) -> tuple[Any, ...]:
    """What stands of a value in its columns."""
    kind = kind_text(value)
    number = _double(value) if kind in ("number", "nan") else None
    whole = _whole(value) if kind == "number" else None
    text = value if kind == "text" else value.astimezone(UTC).isoformat() if kind == "time" else None
    return number, whole, value if kind == "bool" else None, text, kind, key_text(value)


def _whole(value: float) -> int | None:
    is_whole = not isinstance(value, float) or value.is_integer()
    return int(value) if is_whole and abs(value) <= _MOST_WHOLE else None


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _hand_over(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, Sequence[Value]]) -> None:
    spelled = [f'"{column}{end}" {type_}' for column in columns for end, type_ in _TYPES.items()]
    connection.execute(f'create or replace table "{name}" (row BIGINT, {", ".join(spelled)})')
    rows = list(_rows(columns))
    if rows:
        marks = f"({', '.join('?' * (1 + len(spelled)))})"
        connection.execute(f'insert into "{name}" values {", ".join([marks] * len(rows))}', [*chain(*rows)])


def _rows(columns: Mapping[str, Sequence[Value]]) -> Iterable[list[Any]]:
    for place, cells in enumerate(zip(*columns.values(), strict=True)):
        yield [place, *(part for cell in cells for part in _parts(cell))]
