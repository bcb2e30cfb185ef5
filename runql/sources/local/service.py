"""Runs in a folder, as a source of runs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from math import inf
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self

from runql.engine.selectors import reads_logged
from runql.plan.selectors import Selector
from runql.semantic.catalog import Catalog, build_catalog
from runql.semantic.record import LoggedMetrics, ProjectRecord, RunHistory, RunRecord, SweepRecord
from runql.semantic.values import MISSING
from runql.sources.at_hand import Listed, SourceAtHand, pieces
from runql.sources.history_rows import select_rows, x_axis_of
from runql.sources.local.discover import RunFile
from runql.sources.local.folder import Folder, Snapshot
from runql.sources.local.head import LogState
from runql.sources.local.history import STEP
from runql.sources.local.kept.heads import KeptFolder, kept_folder, made_of
from runql.sources.local.keys import Logged, count_keys, type_name
from runql.sources.local.metadata import ORIGIN, metadata_of
from runql.sources.local.rows import logged_rows, system_rows
from runql.sources.local.run import LocalRun, Segment
from runql.sources.local.side_files import jsonl
from runql.sources.paging import question, records_of, trimmed
from runql.sources.protocol import HistoryRequest, RunMetadata, Wanted
from runql.text.collector import uncollected

MOST_SECONDS: Final = 2.0
"""So long a look at the folder serves one question; an answer that is read later is one of then."""

BULK_BYTES: Final = 8_000_000
"""Of so much NumPy is loaded to read rows many at once."""


class LocalService(SourceAtHand):
    """The runs that the W&B SDK wrote below a path, offline or online, by any version since 0.8.

    Args:
        path: A `wandb` folder, a folder that holds one or several of them, one run folder, or one `.wandb` file.
        name: What the source is called in messages; the path if it is not given.
        cache: The folder below which is kept what was read of a large folder; without it nothing is.

    Where two runs of different projects have one id, a listing of both gives each an id of its own: `vision/abc`.
    Each such id is understood wherever an id is asked for; the plain one only together with the project.
    Threads may share it.

    Raises:
        SourceError: there is nothing of that name, or no runs are in it.
    """

    def __init__(self, path: str | Path, *, name: str | None = None, cache: Path | None = None) -> None:
        root = Path(path).expanduser()
        super().__init__(str(path) if name is None else name)
        self._path = root.absolute()
        self._cache = cache
        self._folder = Folder(root, None if cache is None else kept_folder(cache, root))
        self._logged: dict[RunFile, Logged] = {}
        self._looking = Lock()
        self._question: object | None = None
        self._looked_from = self._serves_until = 0.0
        self._snapshot = self._refresh()

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (str(self._path), self._name, self._cache and str(self._cache))

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        return self

    def listed(self, entity: str, project: str, selector: Selector) -> Listed:
        """The runs of a project as they are now, with all that a selector reads. What they logged is read when it is
        asked for, since a log is read through for that."""
        runs = self._runs(entity, project)
        records = self._records(runs, logged=reads_logged(selector))
        return Listed(records, self._snapshot.notices, lambda record: self._complete(record.id, runs[record.id]))

    @property
    def path(self) -> Path:
        """Where it looks: a folder or a file, from the root of the file system."""
        return self._path

    @property
    def kept(self) -> str:
        """How many logs were not read anew, since they are as they were."""
        folder = self._folder
        if folder.kept is None:
            return ""
        count = self._folder.from_kept
        read = (
            f"{count:,} of {folder.logs:,} logs were not read again: they are as they were"
            if count
            else "for the next time"
        )
        return f"{read}; in {folder.kept.database.file.parent}"

    def run(self, entity: str, project: str, run_id: str, wanted: Wanted) -> RunRecord | None:
        """One run, or `None`.

        Raises:
            NotFound: several runs have that id, and no project is named.
        """
        found = self._refresh().find(entity, project, run_id)
        return None if found is None else self._record(found, run_id, wanted)

    def upgrade(self, entity: str, project: str, run_ids: tuple[str, ...], wanted: Wanted) -> Mapping[str, RunRecord]:
        """The heavy parts of many runs, by run id."""
        found = {run_id: self._snapshot.find(entity, project, run_id) for run_id in run_ids}
        return {run_id: self._record(run, run_id, wanted) for run_id, run in found.items() if run is not None}

    def histories(self, request: HistoryRequest) -> Iterator[RunHistory]:
        """The rows of each run in the order of `run_ids`; a scan in pieces, each with the counts of the whole.

        Raises:
            NotFound: several runs have one of the ids, and no project is named.
        """
        snapshot, entity, project = self._snapshot, request.entity, request.project
        named = snapshot.within(entity, project)
        runs = [named.get(run_id) or snapshot.find(entity, project, run_id) for run_id in request.run_ids]
        in_bulk = sum(segment.head.size for run in runs if run for segment in run.segments) >= BULK_BYTES
        for run_id, run in zip(request.run_ids, runs, strict=True):
            if run is None:
                yield RunHistory(run_id, {})
                continue
            keys = None if request.keys is None else {*request.keys, x_axis_of(request)}
            rows = system_rows(run, keys) if request.stream == "system" else logged_rows(run, keys, in_bulk=in_bulk)
            history = select_rows(run_id, rows.columns, request)
            history = replace(history, notices=(*rows.notices, *history.notices))
            yield from pieces(history) if request.samples is None else (history,)

    def metadata(self, entity: str, project: str, run_id: str) -> RunMetadata:
        """What `wandb-metadata.json` says, or the log in its place."""
        found = self._snapshot.find(entity, project, run_id)
        return RunMetadata({} if found is None else metadata_of(found), ORIGIN)

    def sweeps(self, entity: str, project: str) -> Iterator[SweepRecord]:
        """The sweeps that runs say they belong to, and those of which there are only settings of runs."""
        counts = Counter(
            (run.record.sweep, run.record.entity, run.record.project)
            for run in self._runs(entity, project).values()
            if run.record.sweep
        )
        for (sweep_id, owner, name), count in sorted(counts.items()):
            yield SweepRecord(sweep_id, entity=owner, project=name, run_count=count)
        if not (entity or project):
            # Nothing tells of which project these are.
            for sweep_id in sorted(self._snapshot.sweeps - {sweep_id for sweep_id, _, _ in counts}):
                yield SweepRecord(sweep_id, run_count=0)

    def projects(self, entity: str) -> Iterator[ProjectRecord]:
        """The projects of an entity (of all, if it is empty), in order of their names."""
        runs = [run.record for run in self._runs(entity, "").values()]
        for owner, name in sorted({(run.entity, run.project) for run in runs}):
            own = [run for run in runs if (run.entity, run.project) == (owner, name)]
            last = max((run.heartbeat for run in own if run.heartbeat is not None), default=None)
            yield ProjectRecord(name, owner, len(own), last)

    def catalog(self, entity: str, project: str, *, metrics: bool = False) -> Catalog:
        """The facts of all the runs. With `metrics` the files are read through, to count what was logged."""
        runs = self._runs(entity, project)
        kept = self._folder.kept
        same = None if kept is None else made_of(runs.items(), self._looked_from)
        key = "\0".join((entity, project, "metrics" if metrics else ""))
        catalog = None if kept is None or same is None else kept.catalog(key, same)
        if catalog is None:
            catalog = build_catalog(self._name, self._records(runs, logged=metrics), metrics=metrics)
            if kept is not None and same is not None:
                kept.keep_catalog(key, same, catalog)
        catalog = replace(catalog, source=self._name, as_of=datetime.now(UTC))
        blank = sum(run.is_blank for run in runs.values())
        # Of runs that hold nothing no name is wrong: it may come with the next record.
        return replace(catalog, blank=blank, complete=blank == 0 or blank < len(runs))

    def _refresh(self) -> Snapshot:
        """The folder as it is now. A look serves the same question for a moment; one that takes long, as long again."""
        asked = question()
        if asked is not None and asked is self._question and time.monotonic() < self._serves_until:
            return self._snapshot
        with self._looking:
            self._looked_from, start = time.time(), time.monotonic()
            with uncollected(are_many=True):  # ten thousand heads are held, and none is in a circle
                self._snapshot = self._folder.snapshot()
            end = time.monotonic()
            self._serves_until = end + max(MOST_SECONDS, end - start)
        self._question = asked
        if self._logged:
            current = {segment.file for run in self._snapshot.runs for segment in run.segments}
            self._logged = {file: logged for file, logged in [*self._logged.items()] if file in current}
        return self._snapshot

    def _runs(self, entity: str, project: str) -> dict[str, LocalRun]:
        """The runs of a project as they are now, by ids that are theirs alone. Raises `NotFound`."""
        snapshot = self._refresh()
        named = snapshot.within(entity, project)
        if not named:
            records_of([run.record for run in snapshot.runs], entity, project)  # says so, if it is misspelt
        return named

    def _records(self, runs: Mapping[str, LocalRun], *, logged: bool) -> list[RunRecord]:
        """The records of runs under ids that are theirs alone, or with what they logged."""
        if not logged:
            return [run.record if run.record.id == name else replace(run.record, id=name) for name, run in runs.items()]
        if self._folder.kept is not None:
            self._count_all(self._folder.kept, runs.values())
        return [self._complete(name, run) for name, run in runs.items()]

    def _record(self, run: LocalRun, run_id: str, wanted: Wanted) -> RunRecord:
        whole = self._complete(run_id, run) if wanted.history_keys else replace(run.record, id=run_id)
        return trimmed(whole, wanted)

    def _count_all(self, kept: KeptFolder, runs: Iterable[LocalRun]) -> None:
        """Count what some runs logged, as far as that is neither known nor kept, and keep it."""
        segments = {segment.file: segment for run in runs for segment in run.segments}
        missing = [file for file in segments if file not in self._logged]
        if missing:
            begun = time.time()
            self._logged |= kept.logged(missing)
            new = {file: _count(segments[file]) for file in missing if file not in self._logged}
            self._logged |= new
            kept.keep_logged({file: each for file, each in new.items() if _is_log(segments[file])}, begun)

    def _complete(self, run_id: str, run: LocalRun) -> RunRecord:
        """The record of a run with what it logged."""
        if any(strand.until < inf for strand in run.strands):
            return replace(run.record, id=run_id, logged=_logged(*_counted(run)))
        counts: Counter[tuple[str, str]] = Counter()
        last_steps: list[int | None] = []
        for segment in run.segments:
            logged = self._logged.get(segment.file)
            if logged is None:
                logged = self._logged[segment.file] = _count(segment)
            counts += logged.counts
            last_steps.append(logged.last_step)
        if None in last_steps:  # some rows are numbered by counting them
            last_steps = [max(logged_rows(run, ()).columns.get(STEP, ()), default=-1)]
        last_step = max(step for step in last_steps if step is not None)
        return replace(run.record, id=run_id, logged=_logged(counts, last_step))


def _logged(counts: Counter[tuple[str, str]], last_step: int) -> LoggedMetrics:
    kinds: dict[str, dict[str, int]] = {}
    for (name, kind), count in counts.items():
        kinds.setdefault(name, {})[kind] = count
    return LoggedMetrics(kinds, last_step)


def _counted(run: LocalRun) -> tuple[Counter[tuple[str, str]], int]:
    """How often each metric was logged by a run of which not every logged row counts, and its last step."""
    columns = logged_rows(run, None).columns
    counts = Counter(
        (name, type_name(value))
        for name, cells in columns.items()
        for value in cells
        if name != STEP and value is not MISSING
    )
    return counts, max(columns.get(STEP, ()), default=-1)


def _is_log(segment: Segment) -> bool:
    """Whether what was logged is told by the log alone."""
    return segment.head.history is None and segment.head.log is LogState.HELD


def _count(segment: Segment) -> Logged:
    """How often each metric was logged in one folder."""
    if segment.head.history is not None:
        try:
            return Logged(*jsonl.counts(segment.head.history, type_name))
        except OSError:
            return Logged(Counter(), None)  # it is gone: whoever lists its folder has said so
    if segment.head.log is not LogState.HELD:
        return Logged(Counter(), None)
    return count_keys(segment.file.path)


@lru_cache(maxsize=8)
def _reopened(path: str, name: str, cache: str | None = None) -> LocalService:
    """The service of a pickle: one for all the pickles of a folder that a process reads."""
    return LocalService(path, name=name, cache=Path(cache) if cache else None)
