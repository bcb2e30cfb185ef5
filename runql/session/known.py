"""What a session knows at once, for the language service: its names, its sources, and a catalog if there is one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from runql.plan.capabilities import Capabilities
from runql.semantic.catalog import Catalog
from runql.service.context import Context
from runql.session.saved import saved_queries
from runql.session.session import Session
from runql.syntax import to_text

_LONGEST = 60


def context_of(
    session: Session,
    catalog: Catalog | None = None,
    variables: Mapping[str, Any] | None = None,
    *,
    source_name: str | None = None,
    capabilities: Capabilities | None = None,
) -> Context:
    """A snapshot of a session. It opens no source and sends no request; of the disk it reads the saved queries' names.

    `catalog` and `capabilities` are those of `source_name`, the source of queries that name none; `variables` are the
    values that `$names` have.
    """
    settings, given = session.settings, dict(variables or {})
    return Context(
        catalog=catalog,
        parameters={name: _shortened(repr(value)) for name, value in given.items()},
        values=given,
        sources={"demo": "the embedded runs", **settings.sources},
        lets={name: _shortened(to_text(named.query)) for name, named in session.state.lets.items()},
        saved={query.name: query.comment for query in saved_queries(settings.saved)},
        aliases=session.aliases,
        now=datetime.now(UTC),
        zone=session.zone,
        source_name=source_name,
        capabilities=capabilities,
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
