"""The fields that every run has: one table for the language, for filters and for orders.

`name` is RunQL's and the attribute of `RunRecord`; `filter_name` is what W&B's filters and orders call it
(`None`: the server cannot filter by it); `aliases` are W&B's other spellings, accepted everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from runql.language.kinds import Kind
from runql.text.frozen import frozen


@frozen
class RunField:
    """One field of every run."""

    name: str
    kind: Kind
    filter_name: str | None
    aliases: tuple[str, ...] = ()


_TABLE = (
    RunField("id", Kind.TEXT, "name", ("run_id",)),
    RunField("name", Kind.TEXT, "displayName", ("display_name", "displayName")),
    RunField("state", Kind.TEXT, "state"),
    RunField("tags", Kind.LIST, "tags"),
    RunField("group", Kind.TEXT, "group"),
    RunField("job_type", Kind.TEXT, "jobType", ("jobType",)),
    RunField("notes", Kind.TEXT, None),
    RunField("user", Kind.TEXT, "username", ("username",)),
    RunField("sweep", Kind.TEXT, "sweep", ("sweep_name", "sweepName")),
    RunField("host", Kind.TEXT, "host", ("hostname",)),
    RunField("created", Kind.TIME, "createdAt", ("created_at", "createdAt")),
    RunField("heartbeat", Kind.TIME, "heartbeatAt", ("heartbeat_at", "heartbeatAt")),
    RunField("updated", Kind.TIME, "updatedAt", ("updated_at", "updatedAt")),
    RunField("runtime", Kind.NUMBER, "duration", ("duration",)),
    RunField("project", Kind.TEXT, None),
    RunField("entity", Kind.TEXT, None),
    RunField("url", Kind.TEXT, None),
)

RUN_FIELDS: Mapping[str, RunField] = MappingProxyType({f.name: f for f in _TABLE})
"""By RunQL's name."""

RUN_FIELD_SPELLINGS: Mapping[str, RunField] = MappingProxyType(
    {spelling: f for f in _TABLE for spelling in (f.name, *f.aliases)}
)
"""By every spelling that RunQL accepts. (In W&B's filters `name` is the id: see `FILTER_NAMES`.)"""

FILTER_NAMES: Mapping[str, RunField] = MappingProxyType(
    {spelling: f for f in _TABLE if f.filter_name for spelling in (f.filter_name, *f.aliases)}
)
"""By every spelling that W&B's filters and orders accept: there `name` is the run id."""
