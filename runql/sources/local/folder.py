"""A folder of run files, as it is now: only what changed is read again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from runql.errors import NotFound
from runql.sources.files.names import printable, reason
from runql.sources.files.writers import open_for_writing
from runql.sources.local.branches import Branches, said_of_rewinds
from runql.sources.local.discover import FoundFiles, RunFile, find_run_files, stamps
from runql.sources.local.head import Head, LogState
from runql.sources.local.kept.heads import KeptFolder, is_large
from runql.sources.local.notices import (
    copied,
    file_notices,
    filled,
    not_looked_into,
    one_id,
    outsize,
    still_written,
    sweeps_alone,
    unreadable,
    without_log,
)
from runql.sources.local.run import LocalRun, Segment, is_running, run_record
from runql.sources.local.side_files.complete import read_run
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

_NO_PROJECT: Final = "uncategorized"
"""What W&B calls the project of runs that name none."""

_COMPARED: Final = 1 << 16


@frozen
class Snapshot:
    """The runs of a folder at one moment, what is wrong with it, and the ids of sweeps of which there are settings."""

    runs: tuple[LocalRun, ...]
    notices: tuple[Diagnostic, ...]
    sweeps: frozenset[str] = frozenset()
    _named: dict[tuple[str, str], dict[str, LocalRun]] = field(default_factory=dict)

    def within(self, entity: str, project: str) -> dict[str, LocalRun]:
        """The runs of an entity and a project (all, where they are empty) by an id that is theirs alone.

        Where two runs of different projects have one id, each has its project before it: `vision/abc`.
        """
        if (entity, project) not in self._named:
            self._named[entity, project] = _by_own_id([run for run in self.runs if _matches(run, entity, project)])
        return self._named[entity, project]

    def find(self, entity: str, project: str, run_id: str) -> LocalRun | None:
        """The run of an id, with its project before it or without.

        Raises:
            NotFound: there are several.
        """
        named = self.within(entity, project)
        if run_id in named:
            return named[run_id]
        fitting = {name: run for name, run in named.items() if run_id in spellings(run)}
        if len(fitting) > 1:
            names = ", ".join(f"`{name}`" for name in fitting)
            hint = f"name it with its project: `run {next(iter(fitting))}`"
            raise NotFound.of("RQL402", f"{len(fitting)} runs have the id `{run_id}`: {names}", hint)
        return next(iter(fitting.values()), None)


class Folder:
    """Reads run files and keeps what it read for as long as they do not change.

    `kept`: where it is kept for other processes, if the folder is large; `from_kept`: so many of the `logs` were not
    read.
    """

    def __init__(self, root: Path, kept: KeptFolder | None = None) -> None:
        self._root = root
        self._kept = kept
        self.kept: KeptFolder | None = None
        self.from_kept = self.logs = 0
        self._heads: dict[Path, tuple[RunFile, Head]] = {}
        self._branches = Branches()

    def snapshot(self) -> Snapshot:
        """The folder as it is now.

        Raises:
            SourceError: it is gone, or holds no runs.
        """
        found = find_run_files(self._root)
        trouble = [unreadable(shown, why) for shown, why in found.unreadable]
        heads = self._heads = self._read(found, trouble)
        for file, head in heads.values():
            if head.is_foreign:
                trouble += file_notices(file.shown, head, running=False)
        heads = {path: known for path, known in heads.items() if not known[1].is_foreign or known[1].run}
        unended = [file for file, head in heads.values() if head.exit_code is None and file.is_log]
        open_files = open_for_writing([str(file.path) for file in unended])
        segments = [Segment(file, head, _is_running(file, head, open_files)) for file, head in heads.values()]
        runs = self._branches.inherit([self._local_run(group, trouble) for group in _groups(segments)])
        if found.left_out:
            trouble.append(not_looked_into(found.left_out))
        if found.sweeps and not found.files:
            trouble.append(sweeps_alone(len(found.sweeps)))
        runs = tuple(replace(run, record=replace(run.record, said=run.notices)) if run.notices else run for run in runs)
        return Snapshot(runs, tuple(trouble), frozenset(found.sweeps))

    def _read(self, found: FoundFiles, trouble: list[Diagnostic]) -> dict[Path, tuple[RunFile, Head]]:
        """All logs, but those that are known."""
        kept = self.kept = self._kept if is_large(found.files) else None
        begun, known, new = time.time(), self._heads, []
        self.logs = len(found.files)
        if kept is not None and not known:
            known = kept.heads(found.files)
            self.from_kept = len(known)
        heads = {}
        for file in found.files:
            one = known.get(file.path)
            if one is None or one[0] != file or not _is_unchanged(*one):
                try:
                    one = (file, read_run(file))
                except OSError as problem:
                    trouble.append(unreadable(file.shown, reason(problem)))
                    continue
                new.append(one)
            heads[file.path] = one
        if kept is not None and (new or known.keys() - heads.keys()):
            kept.keep_heads(new, known.keys() - heads.keys(), begun)
        return heads

    def _local_run(self, group: list[Segment], trouble: list[Diagnostic]) -> LocalRun:
        segments = _without_copies(group, trouble)
        run_id = segments[-1].run_id
        left, strands = self._branches.rewind(segments, run_id)
        record = run_record(left)
        named = [each for each in segments if each.names_project]
        if named and named[-1] is not segments[-1]:
            entity, project = named[-1].owner
            record = replace(record, entity=entity, project=project)
        notices = (*_notices(run_id, segments), *said_of_rewinds(run_id, segments, left))
        return LocalRun(record, tuple(segments), tuple(strands), notices)


def _is_unchanged(file: RunFile, head: Head) -> bool:
    """Whether the files beside the log are as they were, of a run for which they count."""
    counts = head.log is not LogState.HELD or head.exit_code is None
    return not counts or head.beside == tuple(stamps(file.folder))


def _is_running(file: RunFile, head: Head, open_files: frozenset[str] | None) -> bool:
    return head.exit_code is None and is_running(file, head, open_files)


def _groups(segments: Iterable[Segment]) -> list[list[Segment]]:
    """The run files by run: those of one id, entity and project.

    A file so young that it does not name its project belongs to the only run of its id in the same `wandb` folder.
    """
    groups: dict[tuple[str, str, str], list[Segment]] = {}
    nameless: list[Segment] = []
    for segment in segments:
        if segment.names_project:
            groups.setdefault((*segment.owner, segment.run_id), []).append(segment)
        else:
            nameless.append(segment)
    for segment in nameless:
        fitting = [
            key
            for key, group in groups.items()
            if key[2] == segment.run_id and any(each.home == segment.home for each in group)
        ]
        key = fitting[0] if len(fitting) == 1 else ("", "", segment.run_id)
        groups.setdefault(key, []).append(segment)
    return list(groups.values())


def _without_copies(group: list[Segment], trouble: list[Diagnostic]) -> list[Segment]:
    """The folders of a run in the order in which they were begun, each once."""
    # A file that does not say when it was begun is the youngest.
    ordered = sorted(group, key=lambda each: (not each.begun, each.begun, -each.file.size, each.file.shown))
    segments: list[Segment] = []
    for segment in ordered:
        original = next((each for each in segments if _is_copy(segment, each)), None)
        if original is None:
            segments.append(segment)
        else:
            trouble.append(copied(segment.file.shown, original.file.shown))
    return segments


def _notices(run_id: str, segments: Sequence[Segment]) -> Iterator[Diagnostic]:
    for segment in segments:
        head = segment.head
        yield from (unreadable(printable(name), why) for name, why in head.bad_sides)
        if head.log is not LogState.FOREIGN:  # such a one is told where the folder is
            told = file_notices(segment.file.shown, head, running=segment.running)
            yield from (one for one in told if one.code != "RQL502" or head.log is LogState.HELD)
        yield from outsize(run_id, head.outsize)
        if segment.running:
            yield still_written(run_id, head)
        else:
            yield from without_log(run_id, head)
        yield from filled(run_id, head)
    if (count := _starts(segments)) > 1:
        yield one_id(run_id, count)


def _starts(segments: Sequence[Segment]) -> int:
    """How many folders begin at or before a step at which another one began, and are no branch of it."""
    steps = [
        (segment.head.first_step, segment.head.last_step)
        for segment in segments
        if segment.head.first_step is not None and segment.head.branch is None
    ]
    again = (
        0
        if len(steps) < 2
        else sum(
            any(first <= (end or 0) and begin <= (last or 0) for begin, end in steps[:at] if begin is not None)
            for at, (first, last) in enumerate(steps)
            if first is not None
        )
    )
    return again + 1 if again else 0


def _is_copy(one: Segment, other: Segment) -> bool:
    """Whether a file begins as another one does, and was begun in the same instant."""
    if not one.started or one.started != other.started:
        return False
    if LogState.HELD not in (one.head.log, other.head.log):
        return one.head.config == other.head.config and one.head.summary == other.head.summary
    size = min(one.file.size, other.file.size, _COMPARED)
    return _beginning(one.file, size) == _beginning(other.file, size)


def _beginning(file: RunFile, size: int) -> bytes:
    try:
        with file.path.open("rb") as log:
            return log.read(size)
    except OSError:
        return str(file.path).encode()  # it was there a moment ago; equal to no other file


def _matches(run: LocalRun, entity: str, project: str) -> bool:
    record = run.record
    return (not entity or record.entity == entity) and (not project or record.project == project)


def spellings(run: LocalRun) -> tuple[str, str, str]:
    """The id of a run alone, with its project, and with its entity and project."""
    record = run.record
    in_project = f"{record.project or _NO_PROJECT}/{record.id}"
    return record.id, in_project, f"{record.entity}/{in_project}"


def _by_own_id(runs: list[LocalRun]) -> dict[str, LocalRun]:
    """Each run by the shortest spelling of its id that no other run has."""
    counts = Counter(name for run in runs for name in set(spellings(run)))
    return {next(name for name in spellings(run) if counts[name] == 1): run for run in runs}
