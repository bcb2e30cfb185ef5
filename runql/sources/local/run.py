"""One run, from the one or several folders that hold it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any, Final, overload

from runql.semantic.record import RunRecord
from runql.sources.files.system import QUIET_SECONDS
from runql.sources.local.discover import RunFile
from runql.sources.local.head import Head, LogState
from runql.sources.local.items import leaves
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

SYSTEM_PREFIX: Final = "system."
_HIDDEN: Final = "_wandb"


@frozen
class Segment:
    """One run file with what its log says. A run that was resumed has several.

    `run_id`: the one in the log or, of a run that just started, in the file's name. `owner`: the entity and the
    project; `names_project`: whether it says which project the run is of, be it none. `begun`: when it was started, by
    the log or else by the name of its folder; 0 if neither tells.
    """

    file: RunFile
    head: Head
    running: bool
    run_id: str
    owner: tuple[str, str]
    names_project: bool
    begun: float

    @property
    def started(self) -> float:
        """When it was started, by the log; 0 if that does not tell."""
        started: float = self.head.run.get("started", 0.0)
        return started

    @property
    def home(self) -> Path:
        """The folder in which the folder of the run lies."""
        return self.file.path.parent.parent if self.file.is_log else self.file.path.parent


def segment_of(file: RunFile, head: Head, *, running: bool = False) -> Segment:
    """A run file, with what follows from its log or else from its name."""
    said = head.run
    run_id, project = said.get("id") or file.run_id, said.get("project", "")
    names_project = bool(said) and (head.log is LogState.HELD or bool(project))
    begun = said.get("started") or file.date
    return Segment(file, head, running, run_id, (said.get("entity", ""), project), names_project, begun)


@frozen
class Strand:
    """The rows of a folder up to a step: what comes after it was abandoned."""

    segment: Segment
    until: float


@frozen
class LocalRun:
    """A run and its folders, in the order in which they were begun. The record has no `logged` yet.

    `strands` are its rows: those of its folders, and before them those of the runs that it was forked from.
    `mark`: a digest of all that it was made of, where the record was kept; what its logs said is read then when it is
    asked for. `is_blank`: nothing of it is known but that it was begun.
    """

    record: RunRecord
    segments: Sequence[Segment]
    strands: Sequence[Strand]
    notices: tuple[Diagnostic, ...] = ()
    mark: bytes | None = None
    is_blank: bool = False


class LaterSegments(Sequence[Segment]):
    """The folders of a run of which the logs' heads are read when the first is asked for."""

    __slots__ = ("_held", "_read")

    def __init__(self, read: Callable[[], tuple[Segment, ...]]) -> None:
        self._read = read
        self._held: tuple[Segment, ...] | None = None

    def _all(self) -> tuple[Segment, ...]:
        if self._held is None:
            self._held = self._read()
        return self._held

    @overload
    def __getitem__(self, at: int) -> Segment: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Segment]: ...
    def __getitem__(self, at: int | slice) -> Segment | Sequence[Segment]:
        return self._all()[at]

    def __len__(self) -> int:
        return len(self._all())


class WholeStrands(Sequence[Strand]):
    """All rows of some folders."""

    __slots__ = ("_segments",)

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments

    @overload
    def __getitem__(self, at: int) -> Strand: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Strand]: ...
    def __getitem__(self, at: int | slice) -> Strand | Sequence[Strand]:
        chosen = self._segments[at]
        return Strand(chosen, inf) if isinstance(chosen, Segment) else WholeStrands(chosen)

    def __len__(self) -> int:
        return len(self._segments)


def run_record(segments: Sequence[Segment]) -> RunRecord:
    """The record of a run: what is said later wins, so config and summary are those of all its folders."""
    said: dict[str, Any] = {}
    config: dict[str, Any] = {}
    summary: dict[str, Any] = {}
    system: dict[str, Any] = {}
    for head in (segment.head for segment in segments):
        said |= {name: value for name, value in head.run.items() if value}
        config |= head.config
        summary |= head.summary
        system |= head.system
    internal = {key: value for segment in segments for key, value in segment.head.internal_config.items()}
    hidden = summary.pop(_HIDDEN, None)
    (entity, project), (created, last_sign, runtime) = segments[-1].owner, _times(segments)
    return RunRecord(
        id=segments[-1].run_id,
        name=said.get("name"),
        state=_state(segments[-1]),
        entity=entity,
        project=project,
        storage_id=said.get("storage_id"),
        tags=tuple(said.get("tags", ())),
        group=said.get("group"),
        job_type=said.get("job_type"),
        notes=said.get("notes"),
        user=next((segment.head.user for segment in reversed(segments) if segment.head.user), None),
        sweep=said.get("sweep"),
        host=said.get("host"),
        created=created,
        heartbeat=last_sign,
        updated=last_sign,
        runtime=runtime,
        commit=said.get("commit"),
        history_line_count=sum(segment.head.rows for segment in segments),
        config=config,
        summary=summary,
        system_metrics={name: cell for key in system for name, cell in leaves(SYSTEM_PREFIX + key, system[key])},
        internal_config=internal or None,
        internal_summary=None if hidden is None else {_HIDDEN: hidden},
    )


def _state(segment: Segment) -> str | None:
    head = segment.head
    if head.exit_code is not None:
        return "failed" if head.exit_code else "finished"
    if segment.running:
        return "running"
    is_cut_short = head.log is LogState.HELD or (head.log is LogState.EMPTY and not head.beside)
    return "crashed" if is_cut_short else head.state


def _times(segments: Sequence[Segment]) -> tuple[datetime | None, datetime | None, float | None]:
    """When a run was created, its last sign of life, and its seconds, each `None` where nothing tells.

    A run that was resumed online counts on from where it stood, an offline one from 0.
    """
    total, known, sign = 0.0, False, 0.0
    for segment in segments:
        head, begun, own = segment.head, segment.begun, _own_runtime(segment.head)
        known = known or own is not None
        total = (own or 0.0) + (0.0 if head.run.get("runtime") else total)
        sign = max(sign, last_sign(head), begun + (own or 0.0) if begun else 0.0)
    created = min((segment.begun for segment in segments if segment.begun), default=0.0)
    return _time(created), _time(sign), total if known else None


def _own_runtime(head: Head) -> float | None:
    hidden, last, started = head.summary.get(_HIDDEN), head.summary.get("_timestamp"), head.run.get("started")
    told = (
        head.exit_runtime,
        head.summary.get("_runtime"),
        hidden.get("runtime") if isinstance(hidden, dict) else None,
        # From the start to the last row: SDKs since 0.20 set the summary's `_runtime` to whole seconds in the end.
        last - started if isinstance(last, int | float) and started else None,
    )
    numbers = [float(each) for each in told if isinstance(each, int | float) and not isinstance(each, bool)]
    return max((number for number in numbers if number >= 0), default=None)


def _time(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, OSError, ValueError):
        return None  # a date that no calendar has


_LAG_SECONDS: Final = 900


def is_running(file: RunFile, head: Head, open_files: frozenset[str] | None) -> bool:
    """Whether a run without an exit record still runs.

    It does if a process has its file open for writing. If none has, and such a process would be seen (the run was
    started on this machine by this user), it does not. Otherwise it does if the file changed in the last five minutes
    and the last record is about as young as the file: a copy is a young file of old records. Where no record tells a
    time, the date in the folder's name does.
    """
    if open_files is not None:
        if str(file.path) in open_files:
            return True
        if head.run.get("host") == os.uname().nodename and os.geteuid() in (0, file.owner):
            return False
    changed = file.mtime_ns / 1e9
    last = last_sign(head) or file.date
    return time.time() - changed < QUIET_SECONDS and (not last or abs(changed - last) < _LAG_SECONDS)


def last_sign(head: Head) -> float:
    """The time of the last record that has one, in seconds since 1970; 0 if none has."""
    logged = head.summary.get("_timestamp")
    last_row = float(logged) if isinstance(logged, int | float) else 0.0
    started: float = head.run.get("started", 0.0)
    return max(head.last_sample, started, last_row, head.sign)
