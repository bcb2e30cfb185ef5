"""A folder of run files, as it is now: only what changed is read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from runql.backends.local.discover import Found, RunFile, find_run_files, reason
from runql.backends.local.head import Head, read_head
from runql.backends.local.liveness import is_running, open_for_writing
from runql.backends.local.notices import copied, file_notices, still_written, unreadable
from runql.backends.local.run import LocalRun, Segment, run_record
from runql.errors import NotFound
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

_NO_PROJECT: Final = "uncategorized"
"""What W&B calls the project of runs that name none."""

_COMPARED: Final = 1 << 16


@frozen
class Snapshot:
    """The runs of a folder at one moment, and what is wrong with it."""

    runs: tuple[LocalRun, ...]
    notices: tuple[Diagnostic, ...]
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
    """Reads run files and keeps what it read for as long as they do not change."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._heads: dict[Path, tuple[RunFile, Head]] = {}

    def snapshot(self) -> Snapshot:
        """The folder as it is now.

        Raises:
            SourceError: it is gone, or holds no runs.
        """
        found = find_run_files(self._root)
        trouble = [unreadable(shown, why) for shown, why in found.unreadable]
        heads = self._heads = dict(self._read(found, trouble))
        for file, head in heads.values():
            if head.is_foreign:
                trouble += file_notices(file.shown, head, running=False)
        heads = {path: known for path, known in heads.items() if not known[1].is_foreign}
        open_files = open_for_writing([str(f.path) for f, head in heads.values() if head.exit_code is None])
        segments = [Segment(file, head, _is_running(file, head, open_files)) for file, head in heads.values()]
        runs = tuple(_local_run(group, trouble) for group in _groups(segments))
        return Snapshot(runs, (*trouble, *(notice for run in runs for notice in run.notices)))

    def _read(self, found: Found, trouble: list[Diagnostic]) -> Iterator[tuple[Path, tuple[RunFile, Head]]]:
        for file in found.files:
            known = self._heads.get(file.path)
            if known is not None and known[0] == file:
                yield file.path, known
                continue
            try:
                head = read_head(file.path)
            except OSError as problem:
                trouble.append(unreadable(file.shown, reason(problem)))
            else:
                yield file.path, (file, head)


def _is_running(file: RunFile, head: Head, open_files: frozenset[str] | None) -> bool:
    return head.exit_code is None and is_running(file, head, open_files)


def _groups(segments: Iterable[Segment]) -> list[list[Segment]]:
    """The run files by run: those of one id, entity and project.

    A file so young that it does not name its project belongs to the only run of its id in the same `wandb` folder.
    """
    groups: dict[tuple[str, str, str], list[Segment]] = {}
    nameless: list[Segment] = []
    for segment in segments:
        if segment.head.run:
            groups.setdefault((*segment.owner, segment.run_id), []).append(segment)
        else:
            nameless.append(segment)
    for segment in nameless:
        home = segment.file.path.parent.parent
        fitting = [
            key
            for key, group in groups.items()
            if key[2] == segment.run_id and any(each.file.path.parent.parent == home for each in group)
        ]
        key = fitting[0] if len(fitting) == 1 else ("", "", segment.run_id)
        groups.setdefault(key, []).append(segment)
    return list(groups.values())


def _local_run(group: list[Segment], trouble: list[Diagnostic]) -> LocalRun:
    # A file that does not say when it was begun is the youngest.
    ordered = sorted(group, key=lambda each: (not each.started, each.started, -each.file.size, each.file.shown))
    segments: list[Segment] = []
    for segment in ordered:
        original = next((each for each in segments if _is_copy(segment, each)), None)
        if original is None:
            segments.append(segment)
        else:
            trouble.append(copied(segment.file.shown, original.file.shown))
    named = [each for each in segments if each.head.run]
    record = run_record(segments)
    if named and named[-1] is not segments[-1]:
        entity, project = named[-1].owner
        record = replace(record, entity=entity, project=project)
    return LocalRun(record, tuple(segments), tuple(_notices(record.id, segments)))


def _notices(run_id: str, segments: Iterable[Segment]) -> Iterator[Diagnostic]:
    for segment in segments:
        yield from file_notices(segment.file.shown, segment.head, running=segment.running)
        if segment.running:
            yield still_written(run_id, segment.file.shown)


def _is_copy(one: Segment, other: Segment) -> bool:
    """Whether a file begins as another one does, and was begun in the same instant."""
    if not one.started or one.started != other.started:
        return False
    size = min(one.file.size, other.file.size, _COMPARED)
    return _beginning(one.file.path, size) == _beginning(other.file.path, size)


def _beginning(path: Path, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return str(path).encode()  # it was there a moment ago; equal to no other file


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
