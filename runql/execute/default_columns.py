"""The columns of answers for which the engine's default does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from runql.engine.columns import FIRST_COLUMNS, fields_named
from runql.semantic.catalog import Space
from runql.semantic.run_fields import RUN_FIELDS
from runql.semantic.typed import FieldKey, TColumn, TField, TypedQuery
from runql.syntax.tree import Target

_ALL_OF_A_RUN = (*FIRST_COLUMNS, "tags", "group", "runtime")


def with_default_columns(query: TypedQuery) -> TypedQuery:
    """The query with the columns of two defaults that differ from those of a table of runs.

    `lazy` without a named field shows the run fields alone: the usual columns would need what it leaves out. `run ID`
    shows all of that run: nothing differs between the runs where there is but one.
    """
    if query.columns is not None or query.histories is not None or query.target is Target.COUNT:
        return query
    if query.lazy:
        return query if fields_named(query) else replace(query, columns=_run_columns(FIRST_COLUMNS))
    if query.target is not Target.RUN:
        return query
    globs = (TColumn(f"{space}.*", glob=FieldKey(space, ("*",))) for space in (Space.CONFIG, Space.SUMMARY))
    return replace(query, columns=(*_run_columns(_ALL_OF_A_RUN), *globs))


def _run_columns(names: Sequence[str]) -> tuple[TColumn, ...]:
    return tuple(TColumn(name, value=run_field(name)) for name in names)


def run_field(name: str) -> TField:
    """The value of a run field."""
    return TField(FieldKey(Space.RUN, (name,), written=name), kind=RUN_FIELDS[name].kind)
