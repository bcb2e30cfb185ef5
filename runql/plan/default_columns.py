"""The columns of a query that selects none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runql.language.fields import RUN_FIELDS, Space
from runql.semantic.naming import aggregate_text, key_text
from runql.semantic.needed import query_expressions, walk
from runql.semantic.typed import FieldKey, TAggregate, TColumn, TField, TLogged, TypedExpr, TypedQuery
from runql.syntax.tree import Target

FIRST_COLUMNS = ("id", "name", "state", "created")
_ALL_OF_A_RUN = (*FIRST_COLUMNS, "tags", "group", "runtime")


def columns_of(query: TypedQuery) -> tuple[TColumn, ...] | None:
    """The columns of the table of runs of a query; `None`: those in which its runs differ.

    Those that it selects, else `id, name, state, created` and every field and aggregate that it names. `lazy` without
    a named field leaves it at these four: the usual columns would need what it leaves out. `run ID` shows all of that
    run: nothing differs between the runs where there is but one.
    """
    if query.columns is not None:
        return query.columns
    named = mentions(query_expressions(query))
    if query.lazy and not any(isinstance(node, TField) for node in named):
        return run_columns(FIRST_COLUMNS)
    if query.target is Target.RUN and not query.lazy:
        globs = (TColumn(f"{space}.*", glob=FieldKey(space, ("*",))) for space in (Space.CONFIG, Space.SUMMARY))
        return (*run_columns(_ALL_OF_A_RUN), *globs)
    return (*run_columns(FIRST_COLUMNS), *map(_mention_column, named)) if named else None


def mentions(expressions: Iterator[TypedExpr]) -> list[TField | TAggregate | TLogged]:
    """Fields and aggregates, each once. The clauses stand in the order of the text, which only the spans tell."""
    found = [node for expr in expressions for node in walk(expr) if isinstance(node, TField | TAggregate | TLogged)]
    return list(dict.fromkeys(sorted(found, key=lambda node: node.span.start)))


def run_columns(names: Sequence[str]) -> tuple[TColumn, ...]:
    """The columns of fields that every run has."""
    return tuple(TColumn(name, value=run_field(name)) for name in names)


def run_field(name: str) -> TField:
    """The value of a field that every run has."""
    return TField(FieldKey(Space.RUN, (name,), written=name), kind=RUN_FIELDS[name].kind)


def _mention_column(node: TField | TAggregate | TLogged) -> TColumn:
    return TColumn(key_text(node.key) if isinstance(node, TField) else aggregate_text(node), value=node)
