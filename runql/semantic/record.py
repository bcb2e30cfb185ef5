"""What a backend gives: a run, and the history of a run. Plain values, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen, packed


@frozen
class LoggedMetrics:
    """What a run logged. `kinds`: for each metric how many of its values are of a kind, or a media object of a `_type`.

    `last_step`: -1 if nothing was logged, `None` if nobody says. `answer`: that of a server, as it came.
    """

    kinds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    last_step: int | None = None
    answer: Mapping[str, Any] | None = None


@packed
class RunRecord:
    """One run. `id` is the id in its URL (W&B's `name`), `name` what people call it (`displayName`).

    `config`, `summary`, `system_metrics` and `logged` are `None` when they were not asked for. They
    nest as logged; a key with a dot in its name stays one key. Non-finite numbers are floats.
    Times are aware and in UTC. `runtime` is in seconds.
    """

    id: str
    name: str | None = None
    state: str | None = None
    entity: str = ""
    project: str = ""
    storage_id: str | None = None
    tags: tuple[str, ...] = ()
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    user: str | None = None
    sweep: str | None = None
    host: str | None = None
    created: datetime | None = None
    heartbeat: datetime | None = None
    updated: datetime | None = None
    runtime: float | None = None
    url: str | None = None
    commit: str | None = None
    read_only: bool = False
    history_line_count: int | None = None
    config: Mapping[str, Any] | None = None
    summary: Mapping[str, Any] | None = None
    system_metrics: Mapping[str, Any] | None = None
    logged: LoggedMetrics | None = None
    user_name: str | None = None
    """What people call the user, where that is not `user`."""
    description: str | None = None
    project_id: str | None = None
    internal_config: Mapping[str, Any] | None = None
    """What W&B keeps in the config for itself: `{"_wandb": {…}}`. With a whole `config` only."""
    internal_summary: Mapping[str, Any] | None = None
    """The same of the summary."""
    said: tuple[Diagnostic, ...] = field(default=(), compare=False)
    """What is to be said wherever the run is in an answer, such as that its log was cut off."""


@frozen
class RunHistory:
    """Rows of one run's history, by columns of equal length, in order of the x axis as logged.

    A cell that was not logged is `MISSING`. `rows_of` says how many rows each metric has in all, before
    sampling (within the steps asked for); `sampled` whether rows were left out. A scan may give several
    of these for one run, one after the other.
    """

    run_id: str
    columns: Mapping[str, Sequence[Any]]
    rows_of: Mapping[str, int] = field(default_factory=dict)
    sampled: bool = False
    notices: tuple[Diagnostic, ...] = ()

    @property
    def length(self) -> int:
        return len(next(iter(self.columns.values()), ()))


@frozen
class SweepRecord:
    """One sweep. `id` is the short id in its URL."""

    id: str
    name: str | None = None
    entity: str = ""
    project: str = ""
    method: str | None = None
    state: str | None = None
    config: Mapping[str, Any] | None = None
    best_loss: float | None = None
    run_count: int | None = None
    expected_run_count: int | None = None
    url: str | None = None
    storage_id: str | None = None
    description: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    source_text: str | None = None
    """The config as the server keeps it: YAML."""
    said: tuple[Diagnostic, ...] = field(default=(), compare=False)
    """What is to be said of the list that it is in."""


@frozen
class UserRecord:
    """One user of a server. `facts`: what the server says of them, by W&B's names with `_` between the words."""

    username: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@frozen
class ProjectRecord:
    """One project of an entity."""

    name: str
    entity: str = ""
    run_count: int | None = None
    last_active: datetime | None = None
    storage_id: str | None = None
    created: datetime | None = None
    is_benchmark: bool | None = None
    read_only: bool | None = None
    url: str | None = None
    owner: UserRecord | None = None
    said: tuple[Diagnostic, ...] = field(default=(), compare=False)
    """What is to be said of the list that it is in."""


@frozen
class AgentRecord:
    """One agent of a sweep. `facts` as of a user."""

    id: str
    facts: Mapping[str, Any] = field(default_factory=dict)
