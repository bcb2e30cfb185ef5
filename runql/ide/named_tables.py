"""The tables of queries that have a name, as far as they are known: what a query goes on from, and those beside it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial

from runql.ide.context import Context
from runql.ide.nodes import name_of, names_of
from runql.semantic.check_stages.scope import Scope
from runql.semantic.questions import MOST_NESTED, UNKNOWN, InnerTable
from runql.syntax import tree as t
from runql.syntax.parse import parse_query
from runql.syntax.tree.walk import nodes

_MOST_LEVELS = 20
_MOST_NAMES = 50
_SAVED = "@"


def sources_behind(names: tuple[str, ...], context: Context) -> tuple[str, ...]:
    """The sources that names mean, those behind queries among them; none where that is the source of whoever asks."""
    for _ in range(_MOST_LEVELS):
        query = _named(names[0], context) if len(names) == 1 and names[0] not in context.catalogs else None
        if query is None:
            break
        names = names_of(query.clause(t.FromClause))
    return names


def put_in(query: t.Query, context: Context) -> t.Query:
    """The query with the queries that it goes on from, and those beside it, in the places of their names."""
    return _Names(context).put_into(query, ())


class _Names:
    """What the names of queries stand for; each text puts in so many at most."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._left = _MOST_NAMES

    def put_into(self, query: t.Query, seen: tuple[str, ...]) -> t.Query:
        stages = tuple(self._with_other(stage, seen) for stage in query.stages)
        names = names_of(query.clause(t.FromClause))
        base = self._meant(names[0], seen) if len(names) == 1 else None
        if base is None:
            return replace(query, stages=stages)
        own = tuple(clause for clause in query.clauses if not isinstance(clause, t.FromClause))
        kinds = set(map(type, own))
        kept = tuple(clause for clause in base.clauses if type(clause) not in kinds)
        return replace(query, clauses=(*kept, *own), stages=(*base.stages, *stages))

    def _meant(self, name: str, seen: tuple[str, ...]) -> t.Query | None:
        """The query of a name, with the names in it put in; none of one that means itself."""
        query = _named(name, self._context) if name not in seen and self._left else None
        if query is None:
            return None
        self._left -= 1
        return self.put_into(query, (*seen, name))

    def _with_other(self, stage: t.Stage, seen: tuple[str, ...]) -> t.Stage:
        if not isinstance(stage, t.JoinStage | t.UnionStage):
            return stage
        if not isinstance(stage.other, t.SourceRef):
            return replace(stage, other=self.put_into(t.query_in(stage.other), seen))
        query = self._meant(name_of(stage.other), seen)
        return stage if query is None else replace(stage, other=query, label=name_of(stage.other))


def scope_of(query: t.Query, context: Context) -> Scope | None:
    """The columns of the table of a query with its names put in; none if it has mistakes. `context`: of its sources.

    Which rows there are changes no column: conditions with a mistake, and parameters without a value, are no matter.
    """
    from runql.semantic.check_query import check

    asked = replace(context.for_check(), inner=partial(_inner, context, 0))
    checked = check(query, context.catalog, asked)
    if checked.query is None:
        values = {node.name: 1 for node in nodes(query) if isinstance(node, t.Param)}
        clauses = tuple(one for one in query.clauses if not isinstance(one, t.WhereClause))
        stages = tuple(one for one in query.stages if not isinstance(one, t.WhereStage | t.AssertStage))
        rows = replace(query, clauses=clauses, stages=stages)
        checked = check(rows, context.catalog, replace(asked, params={**values, **asked.params}))
    return checked.scope() if checked.query is not None else None


def other_table(stage: t.JoinStage | t.UnionStage, known: Context, context: Context) -> tuple[Scope, Context] | None:
    """The other table of a join or a union, and what is known of its source; nothing of a query that is not known.

    `context`: that of the query around it; `known`: that of a query that names no source.
    """
    other, is_known = stage.other, True
    if isinstance(other, t.SourceRef):
        is_known = other.kind is t.SourceKind.NAME or _named(name_of(other), known) is not None
        query = t.Query(t.Target.RUNS, (t.FromClause((other,)),))
    else:
        query = t.query_in(other)
    names = names_of(query.clause(t.FromClause))
    at = known.of(sources_behind(names, known)) if names else context
    scope = scope_of(put_in(query, known), at) if is_known else None
    return None if scope is None else (scope, at)


def _inner(context: Context, level: int, query: t.Query) -> InnerTable:
    from runql.semantic.check_query import check, inner_table

    if level >= MOST_NESTED:
        return UNKNOWN
    at = context.of(names_of(query.clause(t.FromClause)))
    asked = replace(at.for_check(), inner=partial(_inner, at, level + 1))
    return inner_table(check(query, at.catalog, asked), at.catalog)


def _named(name: str, context: Context) -> t.Query | None:
    """The query of a name; none of one that is a source or has mistakes."""
    if name.startswith(_SAVED):
        return context.saved_query(name.removeprefix(_SAVED)) if context.saved_query is not None else None
    return _read(context.lets[name]) if name in context.lets else None


@lru_cache(maxsize=64)
def _read(text: str) -> t.Query | None:
    return parse_query(text)[0]
