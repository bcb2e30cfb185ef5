"""What is known of a session and its source, as the language service takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runql.errors import RunQLError
from runql.frontends.repl.knowledge import MOST_RUNS
from runql.runs.service import PageRequest, Wanted
from runql.semantic.record import RunRecord
from runql.service import Context
from runql.session import Session
from runql.session.saved import saved_queries
from runql.session.sources import DEMO
from runql.syntax import to_text
from runql.text.render import clean


def context_of(session: Session, params: Mapping[str, Any], name: str | None) -> Context:
    """All that a session knows but the catalog: names of sources, queries, parameters and aliases."""
    settings = session.settings
    sources = {DEMO: "the runs that come with RunQL", **dict(settings.sources.items())}
    try:
        aliases = session.aliases
    except RunQLError:  # said by whatever is run first
        aliases = {}
    return Context(
        parameters={each: _shown(value) for each, value in params.items()},
        values=dict(params),
        sources=sources,
        lets={each: clean(to_text(one.query)) for each, one in session.state.lets.items()},
        saved={saved.name: clean(saved.comment) for saved in saved_queries(tuple(settings.saved))},
        aliases=aliases,
        zone=session.zone,
        source_name=name,
        capabilities=_capabilities(session, name),
    )


def records_of(session: Session, name: str) -> tuple[RunRecord, ...] | None:
    """All the runs of a source with config and summary, where they cost no request and are not too many."""
    places = session.places(name)
    found: list[RunRecord] = []
    for place in places:
        if not place.service.capabilities.cheap_pages:
            return None
        wanted = Wanted(config=None, summary=None)
        page = place.service.runs_page(PageRequest(place.entity, place.project, per_page=MOST_RUNS, wanted=wanted))
        found += page.runs
        if page.has_next or len(found) > MOST_RUNS:
            return None
    return tuple(found)


def _capabilities(session: Session, name: str | None) -> Any:
    return None if name is None else session.place(name).service.capabilities


def _shown(value: object) -> str:
    return clean(str(value)) if isinstance(value, int | float | bool) else ""
