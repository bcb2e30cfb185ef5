"""Fields of runs in a statement to another engine, and the columns that come of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from runql.engine.values.column import Column, column_of
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.to_sql.fields import AttrField, OddOf, RunColumn, located
from runql.plan.to_sql.statement import RunStatement
from runql.semantic.typed import FieldKey
from runql.semantic.values import MISSING, Value
from runql.sources.protocol import RunValue
from runql.sources.store.records import moment_of
from runql.sources.store.values import value_of

Place: TypeAlias = AttrField | RunColumn

_SPACES: Final = frozenset({Space.RUN, Space.CONFIG, Space.SUMMARY})
_CELL: Final = ("t", "num", "str", "whole")
_WIDE: Final = 24
"""Of so many fields at the most columns are made: each is a join."""


def places_of(keys: Iterable[FieldKey], odd_of: OddOf) -> dict[FieldKey, Place] | None:
    """Where fields are; `None` where one is not found by a place alone, and for many."""
    found: dict[FieldKey, Place] = {}
    for key in keys:
        place = located(key, odd_of) if key.space in _SPACES else None
        if place is None or (isinstance(place, AttrField) and place.chosen):
            return None
        found[key] = place
    return found if len(found) <= _WIDE else None


def named_fields(asked: RunStatement, places: Iterable[Place]) -> dict[AttrField, str]:
    """The fields that a statement joins, those of some places among them, by their names in it."""
    fields = {field: name for name, field in asked.fields}
    for place in places:
        if isinstance(place, AttrField):
            fields.setdefault(place, f"c{len(fields)}")
    return fields


def cells_sql(place: Place, names: Mapping[AttrField, str]) -> list[str]:
    """The columns of a statement that say what a run has in a field: one of `runs`, or four of `attr`."""
    if isinstance(place, AttrField):
        return [f"{names[place]}.{cell}" for cell in _CELL]
    return [f"epoch_us({place.sql})" if place.kind is Kind.TIME else place.sql]


def below_zero(number: str) -> str:
    """Whether a number is a zero below zero: 1 or 0."""
    return f"CASE WHEN {number} = 0e0 AND runql_below_zero({number}) THEN 1 ELSE 0 END"


def cell_columns(rows: Sequence[tuple[Any, ...]], places: Mapping[FieldKey, Place]) -> dict[RunValue, Column] | None:
    """The rows of such columns as columns of fields; `None` where a cell is a record, whose values have rows of their
    own."""
    columns: dict[RunValue, Column] = {}
    at = 0
    for key, place in places.items():
        if isinstance(place, RunColumn):
            columns[key] = column_of([value_in_run(row[at], place.kind) for row in rows])
            at += 1
            continue
        if any(row[at] == "o" for row in rows):
            return None
        end = at + len(_CELL)
        columns[key] = column_of([MISSING if row[at] is None else value_of(*row[at:end]) for row in rows])
        at = end
    return columns


def value_in_run(cell: Any, kind: Kind) -> Value:
    """The value of a column of `runs`, whose times are microseconds."""
    if kind is Kind.LIST:
        return list(cell or ())
    if cell is None:
        return MISSING
    return moment_of(cell) if kind is Kind.TIME else cell
