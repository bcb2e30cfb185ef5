"""A folder of run files, as it is now: only what changed is read again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from math import inf
from operator import itemgetter
from pathlib import Path
from typing import Final

from runql.errors import NotFound
from runql.semantic.huge_values import outsize_notice
from runql.sources.files.system import open_for_writing, printable, reason
from runql.sources.local.branches import Branches, said_of_rewinds
from runql.sources.local.copies import without_copies
from runql.sources.local.discover import RunFile, find_run_files
from runql.sources.local.head import Head, LogState
from runql.sources.local.head_reader import read_run
from runql.sources.local.kept.heads import KeptFolder, is_as_it_was, is_large
from runql.sources.local.kept.picture import FolderLook, FolderPictures, NewRun, in_order
from runql.sources.local.notices import (
    file_notices,
    filled,
    not_looked_into,
    one_id,
    still_written,
    sweeps_alone,
    unreadable,
    without_log,
)
from runql.sources.local.run import LocalRun, Segment, Strand, is_running, run_record, segment_of
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

_NO_PROJECT: Final = "uncategorized"
"""What W&B calls the project of runs that name none."""


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
        named = self._named.get((entity, project))
        if named is None:
            of_entity = [run for run in self.runs if not entity or run.record.entity == entity]
            runs = [run for run in of_entity if not project or run.record.project == project]
            named = {run.record.id: run for run in runs}
            if len(named) < len(runs) or any("/" in name for name in named):
                named = _told_apart(runs)
            self._named[entity, project] = named
        return named

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
        self._pictures = None if kept is None else FolderPictures(root, kept)
        self.kept: KeptFolder | None = None
        self.from_kept = self.logs = 0
        self._heads: dict[Path, tuple[RunFile, Head]] = {}
        self._branches = Branches()

    def snapshot(self) -> Snapshot:
        """The folder as it is now.

        Raises:
            SourceError: it is gone, or holds no runs.
        """
        begun, pictures = time.time(), self._pictures
        look = None if pictures is None else pictures.look()
        if look is None:
            found = find_run_files(self._root)
            look = FolderLook(found) if pictures is None else pictures.among(found)
        trouble = [unreadable(shown, why) for shown, why in look.found.unreadable]
        files, of_kept = look.found.files, sum(len(each.files) for each in look.kept)
        self.kept = self._kept if self._kept is not None and (look.kept or is_large(files)) else None
        self.from_kept, self.logs = of_kept, len(files) + of_kept
        heads = self._read(files, trouble)
        if look.kept:
            heads, look = self._joined(heads, look, trouble)
        groups = _groups(heads, trouble)
        made = [self._local_run(group, trouble) for group in groups]
        runs: Sequence[LocalRun] = [*made, *(each.run for each in look.kept)]
        if any(head.branch for _, head in heads.values()):
            runs = self._branches.inherit(runs)
        if look.found.left_out:
            trouble.append(not_looked_into(look.found.left_out))
        if look.found.sweeps and not self.logs:
            trouble.append(sweeps_alone(len(look.found.sweeps)))
        if self.kept is not None and pictures is not None:
            new = [NewRun(run, group) for run, group in zip(runs, groups, strict=False)]
            runs = in_order(new, look.kept) if look.kept else runs
            self._forget(heads, look)
            pictures.keep(look, new, self.logs, begun)
        self._heads = heads
        told = (replace(run, record=replace(run.record, said=run.notices)) if run.notices else run for run in runs)
        return Snapshot(tuple(told), tuple(trouble), frozenset(look.found.sweeps))

    def _read(self, files: Sequence[RunFile], trouble: list[Diagnostic]) -> dict[Path, tuple[RunFile, Head]]:
        """Some logs, but those that are known."""
        begun, known, new = time.time(), self._heads, []
        if self.kept is not None and any(file.path not in known for file in files):
            told = self.kept.heads([file for file in files if file.path not in known])
            self.from_kept += len(told)
            known = known | told
        heads = {}
        for file in files:
            one = known.get(file.path)
            if one is None or one[0] != file or not is_as_it_was(*one):
                try:
                    one = (file, read_run(file))
                except OSError as problem:
                    trouble.append(unreadable(file.shown, reason(problem)))
                    continue
                new.append(one)
            heads[file.path] = one
        if self.kept is not None and new:
            self.kept.keep_heads(new, begun)
        return heads

    def _joined(
        self, heads: dict[Path, tuple[RunFile, Head]], look: FolderLook, trouble: list[Diagnostic]
    ) -> tuple[dict[Path, tuple[RunFile, Head]], FolderLook]:
        """A run that is kept and of which there is a new log is none that is kept any more: its logs are read."""
        ids = {head.run.get("id") or file.run_id for file, head in heads.values()}
        joined = [each for each in look.kept if each.run.record.id in ids]
        if not joined:
            return heads, look
        heads = heads | self._read([file for each in joined for file in each.logs()], trouble)
        return dict(sorted(heads.items(), key=itemgetter(0))), look.without(joined)

    def _forget(self, heads: Mapping[Path, object], look: FolderLook) -> None:
        """Let go of what was kept of logs that are not there any more."""
        gone = set() if look.is_same else self._heads.keys() - heads.keys()
        if gone and self.kept is not None:
            self.kept.forget(gone - {Path(path) for each in look.kept for path in each.paths})

    def _local_run(self, group: list[Segment], trouble: list[Diagnostic]) -> LocalRun:
        segments = group if len(group) == 1 else without_copies(group, trouble)
        run_id = segments[-1].run_id
        notices = [*_notices(run_id, segments)]
        if any(segment.head.branch for segment in segments):
            left, strands = self._branches.rewind(segments, run_id)
            notices += said_of_rewinds(run_id, segments, left)
        else:
            left, strands = segments, [Strand(segment, inf) for segment in segments]
        record = run_record(left)
        named = [each for each in segments if each.names_project]
        if named and named[-1] is not segments[-1]:
            entity, project = named[-1].owner
            record = replace(record, entity=entity, project=project)
        is_blank = not any(segment.head.run for segment in segments)
        return LocalRun(record, tuple(segments), tuple(strands), tuple(notices), is_blank=is_blank)


def _groups(heads: Mapping[Path, tuple[RunFile, Head]], trouble: list[Diagnostic]) -> list[list[Segment]]:
    """The logs by run: those of one id, entity and project.

    A file so young that it does not name its project belongs to the only run of its id in the same `wandb` folder.
    """
    left = []
    for file, head in heads.values():
        is_foreign = bool(head.damages) and head.is_foreign
        if is_foreign:
            trouble += file_notices(file.shown, head, running=False)
        if head.run or not is_foreign:
            left.append((file, head))
    open_files = open_for_writing([str(file.path) for file, head in left if head.exit_code is None and file.is_log])
    groups: dict[tuple[str, str, str], list[Segment]] = {}
    nameless: list[Segment] = []
    for file, head in left:
        running = head.exit_code is None and is_running(file, head, open_files)
        segment = segment_of(file, head, running=running)
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


def _notices(run_id: str, segments: Sequence[Segment]) -> Iterator[Diagnostic]:
    for segment in segments:
        head = segment.head
        yield from (unreadable(printable(name), why) for name, why in head.bad_sides)
        if head.damages and head.log is not LogState.FOREIGN:  # such a one is told where the folder is
            told = file_notices(segment.file.shown, head, running=segment.running)
            yield from (one for one in told if one.code != "RQL502" or head.log is LogState.HELD)
        if head.outsize:
            yield outsize_notice(run_id, head.outsize)
        if segment.running:
            yield still_written(run_id, head)
        elif head.log is not LogState.HELD and head.history is None:
            yield without_log(run_id, head)
        if head.filled:
            yield filled(run_id, head)
    if len(segments) > 1 and (count := _starts(segments)) > 1:
        yield one_id(run_id, count)


def _starts(segments: Sequence[Segment]) -> int:
    """How many folders begin at or before a step at which another one began, and are no branch of it."""
    steps = [
        (segment.head.first_step, segment.head.last_step)
        for segment in segments
        if segment.head.first_step is not None and segment.head.branch is None
    ]
    again = sum(
        any(first <= (end or 0) and begin <= (last or 0) for begin, end in steps[:at] if begin is not None)
        for at, (first, last) in enumerate(steps)
        if first is not None
    )
    return again + 1 if again else 0


def spellings(run: LocalRun) -> tuple[str, str, str]:
    """The id of a run alone, with its project, and with its entity and project."""
    record = run.record
    in_project = f"{record.project or _NO_PROJECT}/{record.id}"
    return record.id, in_project, f"{record.entity}/{in_project}"


def _told_apart(runs: list[LocalRun]) -> dict[str, LocalRun]:
    """Each run by the shortest spelling of its id that no other run has."""
    counts = Counter(name for run in runs for name in set(spellings(run)))
    return {next(name for name in spellings(run) if counts[name] == 1): run for run in runs}
