"""Scopes: which columns a table has before any of its rows was read, and what its rows are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import assert_never

from runql.language.fields import RUN_FIELDS, Space
from runql.language.kinds import Kind, TableKind
from runql.semantic import typed as t
from runql.semantic.catalog import Catalog, FieldInfo, seen_kinds
from runql.semantic.names.meanings import LOGGABLE
from runql.semantic.naming import aggregate_text, key_text
from runql.semantic.needed import query_expressions, walk
from runql.semantic.operands import ANY_KIND
from runql.semantic.questions import ColumnFacts
from runql.semantic.spelling import info_text
from runql.semantic.typed import (
    FieldKey,
    HistoryPart,
    TAggregate,
    TColumn,
    TField,
    TLogged,
    TStage,
    TypedExpr,
    TypedQuery,
)
from runql.syntax import tree
from runql.syntax.tree import Stream, Target
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span

RUN_ID = "run_id"
_FIRST = ("id", "name", "state", "created")
_NUMBER = frozenset({Kind.NUMBER})


@frozen
class Scope:
    """The columns that may be named.

    `fields`: every field of the runs may be named besides, and is fetched then. `more`: the rows may hold columns
    that nobody knows yet, so an unknown name is no mistake. `hidden`: columns that a stage took away.
    `metrics` are those of the columns that are logged along x. `is_sampled`: the rows are a sample of a history.
    `keys_at`: where the query names these metrics.
    """

    kind: TableKind = TableKind.OTHER
    columns: Mapping[str, ColumnFacts] = field(default_factory=dict)
    fields: bool = False
    more: bool = False
    hidden: frozenset[str] = frozenset()
    run_id: str | None = None
    x_axis: str | None = None
    metrics: frozenset[str] = frozenset()
    is_sampled: bool = False
    keys_at: Span = field(default=NOWHERE, compare=False)

    def closed(self, columns: Mapping[str, ColumnFacts], *, more: bool = False) -> Scope:
        """The same rows with these columns and no others."""
        return replace(
            self,
            columns=columns,
            fields=False,
            more=more,
            hidden=frozenset(),
            run_id=self.run_id if self.run_id in columns else None,
            x_axis=self.x_axis if self.x_axis in columns else None,
            metrics=self.metrics & set(columns),
        )

    def with_columns(self, columns: Mapping[str, ColumnFacts]) -> Scope:
        """The same with further columns."""
        hidden = self.hidden - set(columns)
        return replace(self, columns={**self.columns, **columns}, hidden=hidden)

    def without(self, names: Iterable[str]) -> Scope:
        """The same without some columns: they cannot be named any more."""
        gone = set(names)
        left = {name: facts for name, facts in self.columns.items() if name not in gone}
        return replace(
            self,
            columns=left,
            hidden=self.hidden | gone,
            run_id=None if self.run_id in gone else self.run_id,
            x_axis=None if self.x_axis in gone else self.x_axis,
            metrics=self.metrics - gone,
        )

    def other(self, columns: Mapping[str, ColumnFacts], *, more: bool = False) -> Scope:
        """Rows that are neither runs nor steps any more."""
        return Scope(TableKind.OTHER, columns, more=more)

    def of_each_run(self, columns: Mapping[str, ColumnFacts]) -> Scope:
        """One row a run of a history: what is repeated on each row, and so the fields of the run, stays."""
        return replace(self, kind=TableKind.OTHER, columns=columns, x_axis=None, metrics=frozenset(), is_sampled=False)


# ---------------------------------------------------------------- of a query


def scope_of(query: TypedQuery, catalog: Catalog | None) -> Scope:
    """The columns of a query's own table."""
    if query.target is Target.COUNT:
        return Scope(TableKind.OTHER, {"count": ColumnFacts(_NUMBER)})
    if query.histories is not None:
        return _of_histories(query, query.histories, catalog)
    if query.columns is not None:
        columns, more = _selected(query.columns, catalog)
        return Scope(TableKind.RUNS, columns, more=more, run_id="id" if "id" in columns else None)
    columns = {name: ColumnFacts(frozenset({RUN_FIELDS[name].kind})) for name in _FIRST}
    for node in (node for expr in query_expressions(query) for node in walk(expr)):
        name = _column_name(node)
        if name is not None:
            facts = _facts_of_field(node, catalog) if isinstance(node, TField) else ColumnFacts(kinds_of(node))
            columns[name] = facts
    return Scope(TableKind.RUNS, columns, fields=True, run_id="id")


def with_mentions(query: TypedQuery, mentions: Sequence[TColumn]) -> TypedQuery:
    """The query with the columns that its stages name, after those that it has without them."""
    if not mentions or (query.columns is not None and query.histories is None):
        return query
    columns = {column.name: column for column in query.columns or ()}
    if query.histories is None:
        columns = {name: TColumn(name, value=_run_field(name)) for name in _FIRST}
        nodes = [node for expr in query_expressions(query) for node in walk(expr)]
        for node in sorted(nodes, key=lambda node: node.span.start):
            name = _column_name(node)
            if name is not None:
                columns.setdefault(name, TColumn(name, value=node))
    for column in mentions:
        columns.setdefault(column.name, column)
    return replace(query, columns=tuple(columns.values()))


def _column_name(node: TypedExpr) -> str | None:
    """The column in which what a node reads of a run is shown; none if it reads nothing itself."""
    match node:
        case TField(key=key):
            return key_text(key)
        case TAggregate() | TLogged():
            return aggregate_text(node)
        case t.TConst() | t.TCompare() | t.TBetween() | t.TIn() | t.TTextTest() | t.THas() | t.TUntagged() | t.TIs():
            return None
        case (
            t.TNot()
            | t.TAnd()
            | t.TOr()
            | t.TArithmetic()
            | t.TNegate()
            | t.TCall()
            | t.TCell()
            | t.TFold()
            | t.TQuestion()
            | t.TWindow()
            | t.TAnyField()
        ):
            return None
        case _:
            assert_never(node)


@cache
def standard_columns() -> tuple[TColumn, ...]:
    """The columns of every table of runs that names its own by nothing."""
    return tuple(TColumn(name, value=_run_field(name)) for name in _FIRST)


def open_columns(query: TypedQuery, mentions: Sequence[TColumn]) -> tuple[TColumn, ...]:
    """The columns of a table of runs without a `select`, those that its stages name among them."""
    return with_mentions(query, mentions or standard_columns()).columns or ()


def _run_field(name: str) -> TField:
    return TField(FieldKey(Space.RUN, (name,), written=name), kind=RUN_FIELDS[name].kind)


def _of_histories(query: TypedQuery, part: HistoryPart, catalog: Catalog | None) -> Scope:
    """`run_id`, x, the metrics, then what was selected."""
    is_system = part.stream is Stream.SYSTEM
    x_axis = "_timestamp" if is_system and part.x_axis == "_step" else part.x_axis
    selected, more = _selected(query.columns or (), catalog)
    metrics: dict[str, ColumnFacts] = {}
    for keys, space in ((part.keys, Space.LOGGED), (part.system_keys, Space.SYSTEM)):
        found, unknown = _metrics(keys, space, catalog)
        metrics.update(found)
        more = more or unknown
    metrics.pop(x_axis, None)
    titled = {
        f"logged.{name}" if name == RUN_ID or name in selected else name: facts for name, facts in metrics.items()
    }
    columns = {RUN_ID: ColumnFacts(frozenset({Kind.TEXT})), x_axis: ColumnFacts(_NUMBER), **titled, **selected}
    return Scope(
        TableKind.HISTORIES,
        columns,
        fields=query.columns is None,
        more=more,
        run_id=RUN_ID,
        x_axis=x_axis,
        metrics=frozenset(titled),
        is_sampled=part.samples is not None,
    )


def _metrics(
    keys: tuple[str, ...] | None, space: Space, catalog: Catalog | None
) -> tuple[dict[str, ColumnFacts], bool]:
    """The metrics that keys mean, and whether there may be others."""
    logged: Mapping[str, FieldInfo] = {} if catalog is None else catalog.index.metrics[space]
    found: dict[str, ColumnFacts] = {}
    more = False
    for key in ("*",) if keys is None else keys:
        if "*" not in key:
            found[key] = ColumnFacts(LOGGABLE, logged.get(key))
            continue
        names = [name for name in logged if fnmatchcase(name, key) and not name.startswith("_")]
        found.update((name, ColumnFacts(LOGGABLE, logged[name])) for name in names)
        more = more or not logged or catalog is None or not catalog.complete
    return found, more


def _selected(columns: Iterable[TColumn], catalog: Catalog | None) -> tuple[dict[str, ColumnFacts], bool]:
    """The columns that a `select` names, and whether its patterns may mean others."""
    found: dict[str, ColumnFacts] = {}
    more = False
    for column in columns:
        if column.glob is not None:
            names, unknown = glob_columns(column.glob, column.except_, catalog)
            found.update(names)
            more = more or unknown
        elif isinstance(column.value, TField):
            found[column.name] = _facts_of_field(column.value, catalog)
        elif column.value is not None:
            found[column.name] = ColumnFacts(kinds_of(column.value))
    return found, more


def glob_columns(
    glob: FieldKey, except_: Iterable[FieldKey], catalog: Catalog | None
) -> tuple[dict[str, ColumnFacts], bool]:
    """The fields that a pattern means by the catalog, and whether there may be others."""
    pattern = ".".join(map(str, glob.segments))
    left_out = [".".join(map(str, key.segments)) for key in except_]
    if glob.space is Space.RUN:
        names = [name for name in RUN_FIELDS if is_meant(name, pattern)]
        return {name: ColumnFacts(frozenset({RUN_FIELDS[name].kind})) for name in names}, False
    if catalog is None or glob.space not in catalog.index.spaces:
        return {}, catalog is None or not catalog.complete
    found = {
        info_text(info): ColumnFacts(_kinds_seen(info, catalog), info)
        for info in catalog.fields
        if info.space is glob.space
        and is_meant(info.dotted, pattern)
        and not any(is_meant(info.dotted, one) for one in left_out)
        and (info.path[0] != "_wandb" or glob.segments[0] == "_wandb")
    }
    return found, not catalog.complete


def is_meant(name: str, pattern: str) -> bool:
    """Whether a dotted name is what a pattern means, or lies inside it."""
    return fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*")


def _facts_of_field(node: TField, catalog: Catalog | None) -> ColumnFacts:
    """A field's kinds: those that were seen, if every run was looked at."""
    if node.key.space is Space.RUN or catalog is None:
        return ColumnFacts(kinds_of(node))
    found = catalog.index.by_dotted.get((node.key.space, ".".join(map(str, node.key.segments))), ())
    return ColumnFacts(_kinds_seen(found[0], catalog), found[0]) if len(found) == 1 else ColumnFacts(LOGGABLE)


def _kinds_seen(info: FieldInfo, catalog: Catalog) -> frozenset[Kind]:
    return (seen_kinds(info, catalog) if catalog.complete else frozenset()) or LOGGABLE


def kinds_of(expr: TypedExpr) -> frozenset[Kind]:
    """The kinds that an expression's value may have."""
    return ANY_KIND if expr.kind is Kind.UNKNOWN else frozenset({expr.kind})


@frozen
class CheckedStages:
    """Checked stages, and all that is to be said of them.

    `stages` is `None` if there is an error. `scope`: the table after them. `mentions`: what the stages name of the runs
    and the query itself must fetch, as columns.
    """

    stages: tuple[TStage, ...] | None
    scope: Scope
    mentions: tuple[TColumn, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def names_made(node: tree.Stage | tree.SelectClause | None) -> set[str]:  # noqa: PLR0911 - one line a node
    """The names that a stage or `select` gives to columns, as far as they are written."""
    match node:
        case tree.DeriveStage(columns=columns):
            return {_dotted(one.defined) for one in columns if one.defined is not None}
        case tree.GroupStage(keys=keys, folds=folds):
            return _titles(keys) | {_dotted(one.defined) for one in folds if one.defined is not None}
        case tree.SelectStage(columns=chosen) | tree.SelectClause(columns=chosen):
            return _titles(chosen)
        case tree.RenameStage(names=names):
            return {_dotted(new) for _, new in names}
        case tree.UnnestStage(name=tree.Path() as path):
            return {_dotted(path)}
        case tree.HistogramStage():
            return {"low", "high", "n"}
        case (
            None
            | tree.PlainStage()
            | tree.PartsStage()
            | tree.WhereStage()
            | tree.OrderStage()
            | tree.DropStage()
            | tree.EdgeStage()
            | tree.UnnestStage()
        ):
            return set()
        case tree.PivotStage() | tree.JoinStage() | tree.UnionStage() | tree.SqlStage() | tree.PlotStage():
            return set()
        case tree.ToStage() | tree.AssertStage() | tree.BrokenStage():
            return set()
        case _:
            assert_never(node)


def _titles(columns: Iterable[tree.Column]) -> set[str]:
    named = {one.name for one in columns if one.name is not None}
    fields = (one.value for one in columns if one.name is None)
    return named | {_dotted(one.path) for one in fields if isinstance(one, tree.Field)}


def _dotted(path: tree.Path) -> str:
    return ".".join(map(str, path.segments))
