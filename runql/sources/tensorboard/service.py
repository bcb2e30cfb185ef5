"""TensorBoard event files in a folder, as a source of runs; what was logged at one step is one row."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self

from runql.semantic.catalog import Catalog
from runql.semantic.record import RunRecord
from runql.semantic.values import MISSING
from runql.sources.at_hand import RunsAtHand
from runql.sources.files.system import open_for_writing, reason
from runql.sources.history_rows import Columns
from runql.sources.paging import question
from runql.sources.protocol import Stream
from runql.sources.tensorboard.discover import FoundEvents, find_runs
from runql.sources.tensorboard.facts import Extent, RunReader
from runql.sources.tensorboard.notices import not_looked_into, unreadable
from runql.sources.tensorboard.run import is_running, may_be_running, run_record
from runql.sources.tensorboard.stream import EventStream, FileState
from runql.sources.tensorboard.tensors import Number
from runql.text.diagnostic import Diagnostic


@dataclass(slots=True)
class _Tag:
    """The points of a tag, in the order in which they were logged. `again`: of the how-manieth time at its step each
    is, where any step occurs twice."""

    steps: list[int] = field(default_factory=list)
    values: list[Number] = field(default_factory=list)
    highest: int | None = None
    seen: Counter[int] | None = None
    again: dict[int, int] = field(default_factory=dict)

    def add(self, step: int, value: Number) -> int:
        """Add a point. How often the tag had this step before."""
        times = 0
        if self.highest is None or step > self.highest:
            self.highest = step
            if self.seen is not None:
                self.seen[step] += 1
        else:
            if self.seen is None:
                self.seen = Counter(self.steps)
            times = self.seen[step]
            self.seen[step] += 1
        if times:
            self.again[len(self.steps)] = times
        self.steps.append(step)
        self.values.append(value)
        return times


def run_columns(extent: Extent, names: Container[str] | None) -> dict[str, Sequence[Any]]:
    """The rows of a run by columns, in the order of the steps, with at least the tags that are named (`None`: all).

    A row is a step. A tag that was logged several times at one step has as many rows there. The time of a row is that
    of the point in it that was logged last, whichever tags are asked for.

    Raises:
        OSError: a file cannot be read.
    """
    tags: dict[str, _Tag] = {}
    times: dict[tuple[int, int], float] = {}
    stream, cuts = EventStream(), extent.cuts
    for part in extent.parts:
        for event, points in stream.points(part.file, 0, part.end, FileState(part.is_first), part.lost):
            step = event.step
            for tag, value in points:
                if not cuts.is_empty and cuts.drops(stream.events, step, tag):
                    continue
                held = tags.get(tag)
                if held is None:
                    held = tags[tag] = _Tag()
                times[step, held.add(step, value)] = event.wall_time
    return _columns(tags, times, stream.first_time or 0.0, names)


def _columns(
    tags: Mapping[str, _Tag], times: Mapping[tuple[int, int], float], first: float, names: Container[str] | None
) -> dict[str, Sequence[Any]]:
    rows = sorted(times)
    if not rows:
        return {}
    at = {row: place for place, row in enumerate(rows)}
    walls = [times[row] for row in rows]
    columns: dict[str, Sequence[Any]] = {
        "_step": [step for step, _ in rows],
        "_timestamp": walls,
        "_runtime": [wall - first for wall in walls],
    }
    for tag, held in tags.items():
        if names is None or tag in names:
            cells: list[Any] = [MISSING] * len(rows)
            for place, (step, value) in enumerate(zip(held.steps, held.values, strict=True)):
                cells[at[step, held.again.get(place, 0)]] = value
            columns[tag] = cells
    return columns


MOST_SECONDS: Final = 2.0
"""So long a look at the folder serves one question; an answer that is read later is one of then."""


class TensorboardService(RunsAtHand):
    """The runs whose event files lie below a path: each folder that holds some is one, named by its path.

    Args:
        path: A folder of logs, or one event file.
        name: What the source is called in messages; `tb:` and the path if it is not given.

    Threads may share it.

    Raises:
        SourceError: there is nothing of that name, or no event files are in it.
    """

    def __init__(self, path: str | Path, *, name: str | None = None) -> None:
        super().__init__(f"tb:{path}" if name is None else name)
        self._root = Path(path).expanduser().absolute()
        self._looking = Lock()
        self._readers: dict[str, RunReader] = {}
        self._records: dict[str, RunRecord] = {}
        self._extents: dict[str, Extent] = {}
        self._running: set[str] = set()
        self._said: tuple[Diagnostic, ...] = ()
        self._question, self._looked_at = question(), time.monotonic()
        self._take(find_runs(self._root))

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (str(self._root), self.name)

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        return self

    def look(self) -> Sequence[RunRecord]:
        """The runs as they are now. A look of a moment ago serves the same question."""
        with self._looking:
            asked, now = question(), time.monotonic()
            if asked is None or asked is not self._question or now - self._looked_at >= MOST_SECONDS:
                self._take(find_runs(self._root))
                self._question, self._looked_at = asked, now
            return [*self._records.values()]

    def columns(
        self, record: RunRecord, names: frozenset[str] | None, stream: Stream
    ) -> tuple[Columns, tuple[Diagnostic, ...]]:
        """The rows of a run as of the last look; there are no machine metrics."""
        extent = self._extents.get(record.id)
        if stream == "system" or extent is None:
            return {}, ()
        try:
            return run_columns(extent, names), ()
        except OSError as problem:
            return {}, (unreadable(record.id, reason(problem)),)

    def said(self) -> tuple[Diagnostic, ...]:
        """What could not be read or was not looked into."""
        return self._said

    def find(self, entity: str, project: str, run_id: str) -> RunRecord | None:
        """The run of a name. One with slashes in it may come as the parts of a path, of which the last may be whole."""
        before = "/".join(part for part in (entity, project) if part)
        wanted = run_id if not before or run_id.startswith(f"{before}/") else f"{before}/{run_id}"
        return next((run for run in self.look() if run.id == wanted), None)

    def catalog(self, entity: str, project: str, *, metrics: bool = False) -> Catalog:
        """The facts of all the runs. Of runs that hold nothing no name is wrong: it may come with the next event."""
        catalog = super().catalog(entity, project, metrics=metrics)
        blank = sum(not (run.config or run.summary) for run in self._records.values())
        complete = blank == 0 or blank < len(self._records)
        return replace(catalog, as_of=datetime.now(UTC), blank=blank, complete=complete)

    def _take(self, found: FoundEvents) -> None:
        """Read what is new."""
        readers = {name: self._readers.get(name) or RunReader() for name in found.runs}
        changed = {name for name, files in found.runs.items() if readers[name].update(files)}
        waiting = {name for name, reader in readers.items() if may_be_running(reader)}
        written = open_for_writing([os.path.realpath(file.path) for name in waiting for file in readers[name].files])
        running = {name for name in waiting if is_running(readers[name], written)}
        for name in changed | (running ^ self._running):
            if name in readers:
                self._records[name] = run_record(name, readers[name], running=name in running)
                self._extents[name] = readers[name].extent()
        self._records = {name: self._records[name] for name in readers}
        self._extents = {name: self._extents[name] for name in readers}
        self._readers, self._running = readers, running
        more = (not_looked_into(found.left_out),) if found.left_out else ()
        self._said = (*(unreadable(shown, why) for shown, why in found.unreadable), *more)


@lru_cache(maxsize=8)
def _reopened(path: str, name: str) -> TensorboardService:
    """The service of a pickle: one for all the pickles of a folder that a process reads."""
    return TensorboardService(path, name=name)
