"""What a session knows, as the language service takes it: its names, its catalog, the runs at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from runql.errors import RunQLError
from runql.ide.context import Context
from runql.script.saved import saved_queries
from runql.semantic.record import RunRecord
from runql.session.session import Session
from runql.sources.names import known_sources
from runql.sources.protocol import PageRequest, Wanted
from runql.syntax import to_text
from runql.text.render import clean

MOST_RUNS: Final = 2_000
"""As many runs are held for counting; of more the catalog's estimate is shown."""


def context_of(session: Session, params: Mapping[str, Any], name: str | None) -> Context:
    """All that a session knows but the catalog: names of sources, queries, parameters and aliases. Asks for nothing.

    `name` is the source of queries that name none; it is opened if it is not yet.
    """
    sources = known_sources(session.settings)
    try:
        aliases = session.aliases
    except RunQLError:  # said by whatever is run first
        aliases = {}
    return Context(
        parameters={each: _shown(value) for each, value in params.items()},
        values=dict(params),
        sources=sources,
        lets={each: clean(to_text(one.query)) for each, one in session.state.lets.items()},
        saved={saved.name: clean(saved.comment) for saved in saved_queries(tuple(session.settings.saved))},
        aliases=aliases,
        zone=session.zone,
        source_name=name,
        saved_query=session.loader(params).query,
        capabilities=None if name is None else session.place(name).service.capabilities,
    )


def learned(session: Session, context: Context) -> Context:
    """The context with what its source holds, ready for completion, and its runs if they are at hand.

    Reads the source, so it belongs in a thread of its own. Raises the `BackendError` family.
    """
    from runql.ide.completion.index import index_of
    from runql.ide.loaded_runs import LoadedRuns

    name = context.source_name
    if name is None:
        return context
    catalog = session.catalog(name, metrics=True)
    index_of(catalog)
    context = replace(context, catalog=catalog)
    records = records_of(session, name)
    return context if records is None else replace(context, values_of=LoadedRuns(records, context))


def records_of(session: Session, name: str) -> tuple[RunRecord, ...] | None:
    """All the runs of a source with config and summary, where they cost no request and are not too many."""
    found: list[RunRecord] = []
    for place in session.places(name):
        if not place.service.capabilities.cheap_pages:
            return None
        wanted = Wanted(config=None, summary=None)
        page = place.service.runs_page(PageRequest(place.entity, place.project, per_page=MOST_RUNS, wanted=wanted))
        found += page.runs
        if page.has_next or len(found) > MOST_RUNS:
            return None
    return tuple(found)


def _shown(value: object) -> str:
    return clean(str(value)) if isinstance(value, int | float | bool) else ""
