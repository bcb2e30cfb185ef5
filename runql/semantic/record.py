"""What a backend gives: a run, and the history of a run. Plain values, no behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any, Final, overload

from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable, frozen, packed, records_of


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


_FIELDS: Final[tuple[str, ...]] = RunRecord.__match_args__


@changeable
class RunBlock:
    """Runs that came together, field by field. Their records are made when somebody asks for one of them.

    `fields`: what gives the cells of a field of `RunRecord`, run by run; called when the field is first asked for.
    `_cells`: those of the fields that are known.
    """

    length: int
    fields: Mapping[str, Callable[[], Sequence[Any]]]
    _cells: dict[str, Sequence[Any]] = field(default_factory=dict)
    _records: Sequence[RunRecord] | None = None

    def cells(self, name: str) -> Sequence[Any]:
        """What stands in a field, run by run."""
        if self._records is not None:
            return list(map(attrgetter(name), self._records))
        found = self._cells.get(name)
        if found is None:
            found = self._cells[name] = self.fields[name]()
        return found

    @property
    def records(self) -> Sequence[RunRecord]:
        """The records, always the same ones; the cells are in them from then on."""
        if self._records is None:
            self._records = tuple(records_of(RunRecord, [self.cells(name) for name in _FIELDS]))
            self.fields, self._cells = {}, {}
        return self._records


class RunRows(Sequence[RunRecord]):
    """Runs of some blocks, in a row: a sequence of records to whoever looks at single runs, columns to others."""

    __slots__ = ("_length", "parts")

    def __init__(self, *parts: tuple[RunBlock, int, int]) -> None:
        self.parts = parts
        self._length = sum(end - start for _, start, end in parts)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[RunRecord]:
        return chain.from_iterable(block.records[start:end] for block, start, end in self.parts)

    @overload
    def __getitem__(self, index: int) -> RunRecord: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[RunRecord]: ...

    def __getitem__(self, index: int | slice) -> RunRecord | Sequence[RunRecord]:
        if isinstance(index, int):
            return next(iter(self[range(self._length)[index] :]))
        first, last, step = index.indices(self._length)
        if step != 1:
            return tuple(self)[index]
        parts, at = [], 0
        for block, start, end in self.parts:
            low, high = max(start, start + first - at), min(end, start + last - at)
            if low < high:
                parts.append((block, low, high))
            at += end - start
        return RunRows(*parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunRows | list | tuple) and len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


def cells_of(runs: Sequence[RunRecord], name: str) -> Sequence[Any]:
    """What stands in a field of `RunRecord`, run by run."""
    if not isinstance(runs, RunRows):
        return list(map(attrgetter(name), runs))
    if len(runs.parts) == 1:
        block, start, end = runs.parts[0]
        cells = block.cells(name)
        return cells if end - start == len(cells) else cells[start:end]
    return [*chain.from_iterable(block.cells(name)[start:end] for block, start, end in runs.parts)]


def joined_runs(several: Sequence[Sequence[RunRecord]]) -> Sequence[RunRecord]:
    """These runs, one after the other."""
    parts = [runs for runs in several if runs]
    if len(parts) == 1:
        return parts[0]
    rows = [runs for runs in parts if isinstance(runs, RunRows)]
    if parts and len(rows) == len(parts):
        return RunRows(*(part for each in rows for part in each.parts))
    return [*chain.from_iterable(parts)]


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
