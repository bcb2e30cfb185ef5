"""A table of ours as one of DuckDB's, which has one type a column.

| a column that holds | becomes |
|---|---|
| whole numbers | BIGINT; HUGEINT past 64 bits |
| other numbers, whole ones among them | DOUBLE, if each is exact as one |
| bools, texts, times | BOOLEAN, VARCHAR, TIMESTAMPTZ |
| lists of one of these | a list of its type |
| records, other lists | JSON |
| unlike values, numbers that no type holds | VARCHAR: every value as it is written, which is said |

Null and missing are NULL; NaN and the infinities stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from runql.engine.table import Table
from runql.engine.values.column import Numbers, column_of
from runql.engine.values.numpy_arrays import doubles, gap_mask, integers
from runql.results.cell_text import exact_text, iso, json_text, whole_unicode
from runql.results.column_types import SCALARS, Shape, shape_of
from runql.semantic.spelling import code
from runql.semantic.values import MISSING, Value
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import Span

if TYPE_CHECKING:
    import duckdb

TABLE: Final = "_"
"""What the table so far is called in a question."""

_MOST_HUGE: Final = 2**127 - 1
_TYPES: Final = {
    Shape.BOOL: "BOOLEAN",
    Shape.INT: "BIGINT",
    Shape.FLOAT: "DOUBLE",
    Shape.TEXT: "VARCHAR",
    Shape.TIME: "TIMESTAMPTZ",
}
_NAMED: Final = 3


@frozen
class _SqlColumn:
    """Arrays to hand over, by a part of a name, and how SQL makes the column of them. `texts`: it went as text."""

    parts: dict[str, Any]
    made: str
    texts: bool = False


def hand_over(connection: duckdb.DuckDBPyConnection, table: Table, span: Span) -> tuple[Diagnostic, ...]:
    """Make the table of which the question is asked, and say what in it is otherwise than it was."""
    arrays: dict[str, Any] = {}
    made: list[str] = []
    as_texts: list[str] = []
    names = sql_names(table.names)
    for place, (name, cells) in enumerate(table.columns.items()):
        column = _column(cells, f"c{place}")
        arrays.update(column.parts)
        made.append(f"{column.made} AS {quoted(names[name])}")
        if column.texts:
            as_texts.append(names[name])
    if arrays:
        connection.register("handed_over", arrays)
        connection.execute(f"CREATE TABLE {quoted(TABLE)} AS SELECT {', '.join(made)} FROM handed_over")
        connection.unregister("handed_over")
    else:
        connection.execute(f'CREATE TABLE {quoted(TABLE)} ("no column" INTEGER)')
    return tuple(_said(names, as_texts, span))


def _said(names: dict[str, str], as_texts: Sequence[str], span: Span) -> Iterator[Diagnostic]:
    if as_texts:
        what = _listed([f"`{one}`" for one in as_texts])
        verb, kind = ("is", "it holds") if len(as_texts) == 1 else ("are", "they hold")
        message = f"{what} {verb} text in SQL: {kind} values that no one type of SQL holds"
        hint = f"for its numbers: `try_cast({quoted(as_texts[0])} as double)`"
        yield Diagnostic("RQL353", message, span, hints=(hint,))
    renamed = [f"{code(old)} is {quoted(new)}" for old, new in names.items() if old != new]
    if renamed:
        message = f"SQL tells names not by their case, and takes none that is empty: {_listed(renamed)} in it"
        yield Diagnostic("RQL353", message, span)


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _NAMED:,} more" if len(texts) > _NAMED else ""
    return ", ".join(texts[:_NAMED]) + more


def sql_names(names: Iterable[str]) -> dict[str, str]:
    """What each column is called in SQL: as it is, but with a number where SQL would take it for another."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in names:
        base = whole_unicode(name) or "column"
        free, number = base, 2
        while free.lower() in taken:
            free, number = f"{base}_{number}", number + 1
        taken.add(free.lower())
        found[name] = free
    return found


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


# ---------------------------------------------------------------- one column


def _column(cells: Sequence[Value], name: str) -> _SqlColumn:  # noqa: PLR0911 - one line a shape
    shape = shape_of(cells)
    values = column_of(cells)
    if isinstance(values, Numbers) and shape in (Shape.INT, Shape.FLOAT):
        return _numbers(values, name, shape)
    if shape is Shape.BIG and all(_is_huge_or_gap(value) for value in values):
        return _texts(values, name, "HUGEINT", str)
    if shape is Shape.LIST:
        return _lists(values, name)
    if shape is Shape.RECORD:
        return _texts(values, name, "JSON", json_text)
    if shape in (Shape.MIXED, Shape.BIG):
        return _texts(values, name, "VARCHAR", exact_text, said=True)
    if shape is Shape.EMPTY:
        return _texts(values, name, "VARCHAR", exact_text)
    write = iso if shape is Shape.TIME else exact_text
    return _texts(values, name, _TYPES[shape], write)


def _is_gap(value: Value) -> bool:
    return value is None or value is MISSING


def _is_huge_or_gap(value: Value) -> bool:
    return _is_gap(value) or (isinstance(value, int) and abs(value) <= _MOST_HUGE)


def _numbers(column: Numbers, name: str, shape: Shape) -> _SqlColumn:
    """Numbers as they are, with flags beside them: an array has no NULL, and its NaN is a number here."""
    array = integers(column) if shape is Shape.INT else doubles(column)
    parts: dict[str, Any] = {name: array}
    if shape is Shape.FLOAT:
        import numpy as np

        # DuckDB takes a NaN that comes in an array for NULL.
        parts[f"{name}n"] = np.isnan(array) & ~gap_mask(column)
    made = f"CASE WHEN {name}n THEN 'nan'::DOUBLE ELSE {name} END" if shape is Shape.FLOAT else name
    if column.gaps is not None:
        parts[f"{name}g"] = gap_mask(column)
        made = f"CASE WHEN {name}g THEN NULL ELSE {made} END"
    return _SqlColumn(parts, f"({made})::{_TYPES[shape]}")


def _texts(values: Iterable[Value], name: str, kind: str, write: Any, *, said: bool = False) -> _SqlColumn:
    """Values as texts, of which SQL makes their type."""
    import numpy as np

    written = ["" if _is_gap(value) else whole_unicode(write(value)) for value in values]
    gaps = np.array([_is_gap(value) for value in values], np.bool_)
    array = np.empty(len(written), object)
    array[:] = written
    parts = {name: array, f"{name}g": gaps}
    return _SqlColumn(parts, f"(CASE WHEN {name}g THEN NULL ELSE {name} END)::{kind}", said)


def _lists(values: Sequence[Value], name: str) -> _SqlColumn:
    element = shape_of(item for value in values if isinstance(value, list | tuple) for item in value)
    if element not in SCALARS and element is not Shape.EMPTY:
        return _texts(values, name, "JSON", json_text)

    def write(value: Sequence[Value]) -> str:
        return json_text([None if _is_gap(item) else exact_text(item) for item in value])

    kind = _TYPES.get(element, "VARCHAR")
    found = _texts(values, name, "VARCHAR", write)
    return _SqlColumn(found.parts, f"""from_json({found.made}, '["VARCHAR"]')::{kind}[]""")
