"""The fields that every run has: for the language, for filters and for orders."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from runql.language.entry import FieldEntry
from runql.language.kinds import Kind


class Space(StrEnum):
    """Where a field lives. `RUN` holds the fields every run has, such as `state`."""

    RUN = "run"
    CONFIG = "config"
    SUMMARY = "summary"
    LOGGED = "logged"
    SYSTEM = "system"


_TABLE = (
    FieldEntry(
        "id",
        "What tells the run from all others in its project.",
        "runs where id = 's084pbp3'",
        kind=Kind.TEXT,
        filter_name="name",
        aliases=("run_id",),
    ),
    FieldEntry(
        "name",
        "The name that is shown; several runs may have it.",
        "runs where name startswith 'baseline'",
        kind=Kind.TEXT,
        filter_name="displayName",
        aliases=("display_name", "displayName"),
    ),
    FieldEntry(
        "state",
        "Whether it runs, or how it ended: `running`, `finished`, `failed`, `crashed` and the like.",
        "runs where state = 'finished'",
        kind=Kind.TEXT,
        filter_name="state",
    ),
    FieldEntry(
        "tags",
        "Its tags.",
        "runs where tags has 'baseline'",
        kind=Kind.LIST,
        filter_name="tags",
    ),
    FieldEntry(
        "group",
        "The group that it was put in.",
        "runs where group = 'long'",
        kind=Kind.TEXT,
        filter_name="group",
    ),
    FieldEntry(
        "job_type",
        "What its work was, such as `train`.",
        "runs where job_type = 'train'",
        kind=Kind.TEXT,
        filter_name="jobType",
        aliases=("jobType",),
    ),
    FieldEntry("notes", "What somebody wrote about it.", "runs where notes is not null", kind=Kind.TEXT),
    FieldEntry(
        "user",
        "Who started it; only a server knows.",
        "runs select name, user",
        kind=Kind.TEXT,
        filter_name="username",
        aliases=("username",),
    ),
    FieldEntry(
        "sweep",
        "The id of the sweep that it belongs to.",
        "runs select name, sweep",
        kind=Kind.TEXT,
        filter_name="sweep",
        aliases=("sweep_name", "sweepName"),
    ),
    FieldEntry(
        "host",
        "The machine that it ran on.",
        "runs where host = 'demo'",
        kind=Kind.TEXT,
        filter_name="host",
        aliases=("hostname",),
    ),
    FieldEntry(
        "created",
        "When it was started.",
        "runs where created > 2026-01-12",
        kind=Kind.TIME,
        filter_name="createdAt",
        aliases=("created_at", "createdAt"),
    ),
    FieldEntry(
        "heartbeat",
        "When it last reported that it is running.",
        "runs where heartbeat < now - 1h",
        kind=Kind.TIME,
        filter_name="heartbeatAt",
        aliases=("heartbeat_at", "heartbeatAt"),
    ),
    FieldEntry(
        "updated",
        "When it was last changed.",
        "runs order -updated limit 5",
        kind=Kind.TIME,
        filter_name="updatedAt",
        aliases=("updated_at", "updatedAt"),
    ),
    FieldEntry(
        "runtime",
        "How long it ran, in seconds.",
        "runs where runtime < 15m",
        kind=Kind.NUMBER,
        filter_name="duration",
        aliases=("duration",),
    ),
    FieldEntry("project", "The project that it belongs to.", "runs select name, project", kind=Kind.TEXT),
    FieldEntry("entity", "The user or team that the project belongs to.", "runs select name, entity", kind=Kind.TEXT),
    FieldEntry("url", "Its page on the server, if it has one.", "runs select name, url", kind=Kind.TEXT),
)

RUN_FIELDS: Final[Mapping[str, FieldEntry]] = MappingProxyType({one.name: one for one in _TABLE})
"""By RunQL's name."""

RUN_FIELD_SPELLINGS: Final[Mapping[str, FieldEntry]] = MappingProxyType(
    {spelling: one for one in _TABLE for spelling in (one.name, *one.aliases)}
)
"""By every spelling that RunQL accepts. (In W&B's filters `name` is the id: see `FILTER_NAMES`.)"""

FILTER_NAMES: Final[Mapping[str, FieldEntry]] = MappingProxyType(
    {spelling: one for one in _TABLE if one.filter_name for spelling in (one.filter_name, *one.aliases)}
)
"""By every spelling that W&B's filters and orders accept: there `name` is the run id."""

RUN_STATES: Final = ("running", "finished", "crashed", "failed", "killed", "pending", "preempting", "preempted")
"""The values of `state` at W&B."""

_SYNONYMS: Final = {
    "finished": ("done", "success", "successful", "succeeded", "complete", "completed", "ok"),
    "failed": ("error", "failure", "fail", "failing"),
    "running": ("active", "alive", "live", "started", "run", "ongoing"),
    "crashed": ("crash", "dead", "lost"),
    "killed": ("stopped", "aborted", "cancelled", "canceled"),
    "pending": ("queued", "waiting", "scheduled"),
}
_OF_SYNONYM: Final = {word: state for state, words in _SYNONYMS.items() for word in words}


def state_like(word: str) -> list[str]:
    """The state that a word of another tool means; none for other words."""
    return [_OF_SYNONYM[one] for one in (word.lower(),) if one in _OF_SYNONYM]
