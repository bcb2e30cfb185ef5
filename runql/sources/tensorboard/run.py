"""One run of event files, as a record."""

from __future__ import annotations

import math
import os
import platform
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from runql.semantic.record import RunRecord
from runql.sources.files.system import QUIET_SECONDS
from runql.sources.tensorboard import notices
from runql.sources.tensorboard.discover import EventFile
from runql.sources.tensorboard.facts import RunReader
from runql.text.diagnostic import Diagnostic

_LAG_SECONDS: Final = 900
_LONG_QUIET_SECONDS: Final = 7 * 86_400
"""After so long nobody looks whether a process still has the file open."""

_AFTER_TIME: Final = re.compile(r"tfevents\.\d+\.(?P<rest>[^/]+)\Z")
_ENDED: Final = frozenset({"finished", "failed"})


def run_record(name: str, reader: RunReader, *, running: bool) -> RunRecord:
    """What a listing tells of a run. What event files do not say, such as tags, users and projects, is missing."""
    stream, facts = reader.stream, reader.facts
    start, end = stream.started, stream.ended
    first = stream.first_time or 0.0
    begun = start.started if start is not None and _is_time(start.started) else first
    last = max(stream.last_time, end.ended if end is not None and _is_time(end.ended) else 0.0)
    state = end.state if end is not None else None
    return RunRecord(
        id=name,
        name=name,
        state="running" if running else state if state in _ENDED else None,
        group=(start.group or None) if start is not None else None,
        created=_time(begun),
        heartbeat=_time(last),
        updated=_time(last),
        runtime=last - begun if _is_time(last) and last >= begun > 0 else None,
        config=dict(start.config) if start is not None else {},
        summary=_summary(reader),
        system_metrics={},
        logged=facts.logged(),
        said=tuple(_said(name, reader, running=running)),
    )


def may_be_running(reader: RunReader) -> bool:
    """Whether nothing in the files of a run says that it ended, and any of them changed not long ago."""
    end = reader.stream.ended
    changed = max(file.mtime_ns for file in reader.files) / 1e9
    return (end is None or end.state not in _ENDED) and time.time() - changed < _LONG_QUIET_SECONDS


def _summary(reader: RunReader) -> dict[str, Any]:
    stream, facts = reader.stream, reader.facts
    if not facts.last:
        return {}
    times = {"_timestamp": stream.last_time, "_runtime": stream.last_time - (stream.first_time or 0.0)}
    return {**facts.last, "_step": facts.last_step, **times}


def _said(name: str, reader: RunReader, *, running: bool) -> Iterator[Diagnostic]:
    for file, state in zip(reader.files, reader.states, strict=True):
        if state.problem:
            yield notices.unreadable(file.shown, state.problem)
        yield from notices.file_notices(file.shown, state.damages, running=running)
    if running:
        yield notices.still_written(name)
    if reader.facts.dropped:
        yield notices.restarted(name, reader.facts.dropped)
    if reader.facts.behind:
        yield notices.again(name, reader.facts.behind)
    if reader.stream.changed_config:
        yield notices.changed_config(name)
    if reader.stream.others:
        yield notices.not_read(name, reader.stream.others)


def is_running(reader: RunReader, open_files: frozenset[str] | None) -> bool:
    """Whether somebody still writes one of the files of a run that may be running.

    So it is if a process has one open for writing. If none has, and such a process would be seen (a file of this
    machine, by its name, and of this user), it is not. Otherwise it is if the newest file changed in the last five
    minutes, and the last event is about as young as the file: a copy is a young file of old events.
    """
    if open_files is not None and any(os.path.realpath(file.path) in open_files for file in reader.files):
        return True
    newest = max(reader.files, key=lambda file: file.mtime_ns)
    if open_files is not None and _is_of_here(newest):
        return False
    changed, last = newest.mtime_ns / 1e9, reader.stream.last_time
    return time.time() - changed < QUIET_SECONDS and (not last or abs(changed - last) < _LAG_SECONDS)


def _is_of_here(file: EventFile) -> bool:
    """Whether this user wrote a file on this machine, by its name: `events.out.tfevents.TIME.HOST.PID.N`."""
    told = _AFTER_TIME.search(file.shown)
    is_here = told is not None and f"{told['rest']}.".startswith(f"{platform.node()}.")
    return is_here and os.geteuid() in (0, file.owner)


def _is_time(seconds: float) -> bool:
    return math.isfinite(seconds) and seconds > 0


def _time(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if _is_time(seconds) else None
    except (OverflowError, OSError, ValueError):
        return None  # a date that no calendar has
