"""The text of an explanation, from a query that was checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from runql.plan.explain import ExplainedSource, explain
from runql.plan.nodes import TableStage
from runql.session.checked_query import CheckedQuery
from runql.syntax import to_text
from runql.text.source import Source

_SHORTEST = 4
"""A shorter secret is struck out only as a value of its own: its letters stand all over a text."""


def explained(about: CheckedQuery, source: Source) -> str:
    """What a checked query becomes. Nothing is asked of its sources."""
    asked = [
        ExplainedSource(place.name, place.entity, place.project, place.service.capabilities) for place in about.places
    ]
    canonical = to_text(about.tree)
    tell = partial(explain, canonical, about.plan, asked, text=source.text, catalog=about.catalog, notices=about.said)
    if not isinstance(about.plan, TableStage):
        return _struck_out(tell(), about.hidden)
    from runql.execute.stage_plan import RUN_BY, way_of

    return _struck_out(tell(way_of=partial(way_of, folder=about.folder), run_by=RUN_BY), about.hidden)


def _struck_out(text: str, hidden: Sequence[str]) -> str:
    for value in sorted(filter(None, hidden), key=len, reverse=True):
        written = json.dumps(value, ensure_ascii=False)
        text = text.replace(written, '"…"').replace(json.dumps(value), '"…"')
        if len(value) >= _SHORTEST:
            text = text.replace(written[1:-1], "…").replace(value, "…")
    return text
