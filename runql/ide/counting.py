"""How many runs match a condition while it is typed: counted where the runs are at hand, else from the catalog."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runql.engine.evaluate import compile_truth
from runql.engine.fields import value_of
from runql.ide.context import Context, Text, parsed
from runql.ide.declarations import with_declared
from runql.ide.diagnostics import checked_query
from runql.ide.loaded_runs import MOST_RUNS
from runql.ide.nodes import queries
from runql.ide.selectivity import likely
from runql.language.fields import Space
from runql.plan.answers import questions_in
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.needed import needed_fields, walk
from runql.semantic.record import RunRecord
from runql.semantic.typed import FieldKey, TField, TypedExpr, TypedQuery
from runql.semantic.values import MISSING
from runql.syntax import tree as t
from runql.text.frozen import frozen
from runql.text.render import clean

_MOST_NAMED = 2


@frozen
class Counts:
    """How many runs match, `about` if estimated. `without`: fields of the query with how many runs lack each."""

    matching: int
    total: int
    about: bool = False
    without: tuple[tuple[str, int], ...] = ()


def counts(text: Text, offset: int, context: Context, records: Sequence[RunRecord] | None = None) -> Counts | None:
    """How many runs the query at an offset matches; none where that is not known at once.

    `records` are all the runs of the source of the context, with config and summary, if they are at hand. Nothing is
    asked of any source. A query with a mistake, of one run, about histories or with an inner question has no count.
    """
    whole = parsed(text)
    query = next((one for one in queries(whole.script) if one.span.start <= offset <= one.span.end + 1), None)
    if query is None or query.clause(t.FromClause) is not None:
        return None
    checked, at = checked_query(query, whole.source.text, with_declared(whole, context))
    typed = checked.query
    if typed is None or typed.ident is not None or at.catalog is None:
        return None
    needed = needed_fields(typed)
    if typed.where is not None and (needed.aggregates or needed.logged) and _reads_histories(typed.where):
        return None
    if any(questions_in(typed.where)):
        return None
    if records is not None and len(records) <= MOST_RUNS:
        return _counted(typed, records)
    return _estimated(typed, at.catalog)


def _reads_histories(where: TypedExpr) -> bool:
    needed = needed_fields(TypedQuery(t.Target.COUNT, where=where))
    return bool(needed.aggregates or needed.logged)


def _counted(query: TypedQuery, records: Sequence[RunRecord]) -> Counts:
    holds = compile_truth(query.where) if query.where is not None else None
    matching = len(records) if holds is None else sum(map(bool, map(holds, records)))
    lacking = ((key, sum(value_of(record, key) is MISSING for record in records)) for key in _fields(query))
    return Counts(matching, len(records), without=_few(lacking))


def _estimated(query: TypedQuery, catalog: Catalog) -> Counts:
    total = catalog.run_count
    lacking = (
        (key, total - info.runs)
        for key in _fields(query)
        if catalog.complete and (info := info_of(catalog, key)) is not None
    )
    if query.where is None:
        return Counts(total, total, without=_few(lacking))
    return Counts(round(total * likely(query.where, catalog)), total, about=True, without=_few(lacking))


def info_of(catalog: Catalog, key: FieldKey) -> FieldInfo | None:
    """What a catalog knows of a field, if it is one field that is meant."""
    infos = catalog.by_dotted.get((key.space, ".".join(map(str, key.segments))), ())
    return infos[0] if len(infos) == 1 else None


def _fields(query: TypedQuery) -> Iterator[FieldKey]:
    """The fields of config and summary that decide which runs come, and in which order."""
    expressions = [*([query.where] if query.where is not None else []), *(key.value for key in query.order)]
    found = {node.key: None for one in expressions for node in walk(one) if isinstance(node, TField)}
    yield from (key for key in found if key.space in {Space.CONFIG, Space.SUMMARY})


def _few(lacking: Iterator[tuple[FieldKey, int]]) -> tuple[tuple[str, int], ...]:
    """The fields that the most runs lack, by the end of their names."""
    named = [(clean(str(key.segments[-1])), count) for key, count in lacking if count > 0]
    return tuple(sorted(named, key=lambda one: -one[1])[:_MOST_NAMED])
