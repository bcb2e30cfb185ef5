"""Which runs lie below a path, and how their folders and the files in them are called."""
# ruff: noqa: PTH116, PTH119, PTH120 - of ten thousand folders paths as texts are looked through in a third of the time

from __future__ import annotations

import os
import re
import stat as stats
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import field
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Final, TypeAlias

from runql.errors import SourceError
from runql.sources.files.system import printable, reason
from runql.text.frozen import changeable, frozen

LOG_SUFFIX: Final = ".wandb"
FILES: Final = "files"
"""The folder in a run's folder where SDKs since 0.10 put what is not the log; older ones have no such folder."""

CONFIG: Final = "config.yaml"
SUMMARY: Final = "wandb-summary.json"
METADATA: Final = "wandb-metadata.json"
HISTORY: Final = "wandb-history.jsonl"
EVENTS: Final = "wandb-events.jsonl"
SIDE_FILES: Final = (CONFIG, SUMMARY, METADATA, HISTORY, EVENTS)


_ROOT_NAMES: Final = ("wandb", ".wandb")
_RUN_FOLDER: Final = re.compile(r"(offline-run-|dryrun-|run-)(?:(\d{8}_\d{6})-)?(.+)\Z", re.DOTALL)
_LIKELY: Final = re.compile(rf"\.?wandb\Z|{_RUN_FOLDER.pattern}", re.DOTALL)
"""Folders of these names are looked into before others, and in any case."""
_OF_THE_SDK: Final = frozenset({FILES, "logs", "tmp", "code", "media"})
"""Folders in the folder of a run that hold parts of that run, and no other runs."""
_NO_RUNS_IN: Final = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
)
"""Nobody puts runs into folders of these names, which may be huge."""
_SWEEP_FOLDER: Final = re.compile(r"sweep-(.+)\Z", re.DOTALL)
_SWEEP_CONFIG: Final = re.compile(r"config-.+\.yaml\Z", re.DOTALL)
_NAME_OF: Final = attrgetter("name")
_PATH_OF: Final = attrgetter("path")
FolderStamp: TypeAlias = tuple[int, int, int, int]
"""Device, inode, and when its entries and it itself changed, in nanoseconds."""
LinkStamp: TypeAlias = tuple[int, int, int] | None
"""Device, inode and kind of what a link leads to; `None` if that is not there."""
MOST_FOLDERS: Final = 20_000
"""So many folders that are not called like those of W&B are looked into. A home directory has more."""


@frozen
class FolderName:
    """The name of a run's folder: `date` as it is written there (`20260131_120000`), or empty."""

    prefix: str
    date: str
    run_id: str


def folder_name(name: str) -> FolderName | None:
    """What the name of a folder says, if it is that of a run."""
    match = _RUN_FOLDER.match(name)
    return None if match is None else FolderName(match[1], match[2] or "", match[3])


def is_run_folder(name: str, files: Collection[str], in_files: Collection[str]) -> bool:
    """Whether a folder without a log is that of a run: by its files and those of its folder `files`, and its name.

    A `config.yaml` alone makes no run of a folder of any name: other programs write such files too.
    """
    held = {side for side in SIDE_FILES if side in files or side in in_files}
    called = folder_name(name)
    if called is None:
        return bool(held - {CONFIG})
    return bool(held) or (bool(called.date) and bool(files))


def sweep_of(folder: str, file: str) -> str | None:
    """The id of the sweep to one of whose runs this file in this folder gave its settings."""
    match = _SWEEP_FOLDER.match(folder)
    return match[1] if match is not None and _SWEEP_CONFIG.match(file) else None


def date_of(written: str, *, utc: bool = False) -> float:
    """Seconds since 1970 of the date in a folder's name; 0 if there is none.

    It is the local time of whoever wrote it, which for want of better is taken for that of this machine.
    """
    if not written:
        return 0.0
    try:
        naive = datetime.strptime(written, "%Y%m%d_%H%M%S")
        return (naive.replace(tzinfo=UTC) if utc else naive.astimezone()).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0  # a date that no calendar has


@frozen
class RunFile:
    """What a run has on disk: its log, or without one its folder.

    `shown` is the path below the source, fit for a terminal; `folder` the folder whose other files are of this run.
    The rest tells whether the file changed.
    """

    path: Path
    shown: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: tuple[int, int]
    owner: int
    folder: Path | None = None
    is_log: bool = True

    @property
    def date(self) -> float:
        """What the name of its folder says, in seconds since 1970; 0 if that is no date."""
        called = folder_name((self.path.parent if self.is_log else self.path).name)
        return 0.0 if called is None else date_of(called.date, utc=called.prefix == "dryrun-")

    @property
    def run_id(self) -> str:
        """The id in its name."""
        if self.is_log:
            return self.path.name.removesuffix(LOG_SUFFIX).removeprefix("run-")
        called = folder_name(self.path.name)
        return self.path.name if called is None else called.run_id


@changeable
class FoundFiles:
    """What lies below a path: runs, the ids of sweeps of which there are settings, and what was not looked into.

    `folders` and `links`: the folders that were looked into and the links that were followed, each with what tells
    whether it changed: where none did, another look finds the same files.
    """

    files: list[RunFile] = field(default_factory=list)
    sweeps: set[str] = field(default_factory=set)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    is_source: bool = False
    left_out: int = 0
    folders: dict[str, FolderStamp] = field(default_factory=dict)
    links: dict[str, LinkStamp] = field(default_factory=dict)


def find_run_files(root: Path) -> FoundFiles:
    """The runs at a path and anywhere below it: a `wandb` folder, one that holds some of them, a run folder, a log.

    A run is found once, however many links lead to it. The order is that of the names.

    Raises:
        SourceError: there is nothing of that name, or nothing of that kind in it.
    """
    if not os.path.lexists(root):
        raise SourceError.of("RQL511", f"there is no file or folder `{printable(str(root))}`")
    if root.is_file() and root.suffix != LOG_SUFFIX:
        hint = "a run file is called `run-….wandb`; name it, its folder, or the `wandb` folder"
        raise SourceError.of("RQL511", f"`{printable(str(root))}` is no run file", hint)
    is_part = root.name == FILES and folder_name(root.parent.name) is not None
    start = root.parent if is_part else root
    walk = _RunWalk(os.path.realpath(start), FoundFiles(is_source=start.name in _ROOT_NAMES))
    found = walk.log_alone(root) if root.is_file() else walk.all()
    if not (found.files or found.is_source or found.unreadable):
        raise SourceError.of(
            "RQL511",
            f"no W&B runs in `{printable(str(root))}`",
            "looked for `run-….wandb`, `wandb-history.jsonl` and their like in it and in all folders below it"
            + (f", but for {found.left_out:,} folders: more than {MOST_FOLDERS:,} are there" * bool(found.left_out)),
        )
    if found.unreadable and not found.files:
        name, why = found.unreadable[0]
        raise SourceError.of("RQL511", f"nothing in `{printable(str(root))}` can be read: `{name}`: {why}")
    return found


@changeable
class _RunWalk:
    """One look at a tree of folders, nearest first. Each folder is entered once, whatever links lead to it."""

    root: str
    found: FoundFiles
    seen: set[tuple[int, int]] = field(default_factory=set)
    waiting: deque[tuple[str, int]] = field(default_factory=deque)
    linked: deque[tuple[str, int]] = field(default_factory=deque)

    def log_alone(self, path: Path) -> FoundFiles:
        """One log, with the files beside it."""
        real = os.path.realpath(path)
        logs, _, _ = self._scan(os.path.dirname(real))
        self._add(real, is_alone=len(logs) == 1)
        return self.found

    def all(self) -> FoundFiles:
        """Everything below the root."""
        self.waiting.append((self.root, 0))
        looked_into = 0
        while self.waiting or self.linked:
            folder, depth = self.waiting.popleft() if self.waiting else self.linked.popleft()
            if looked_into >= MOST_FOLDERS and not _LIKELY.match(os.path.basename(folder)):
                self.found.left_out += 1
                continue
            looked_into += self._enter(folder, depth)
        self.found.files.sort(key=_PATH_OF)
        return self.found

    def _enter(self, folder: str, depth: int) -> bool:
        """Look into a folder. Whether it is one that holds no run itself."""
        try:
            stat = os.stat(folder)
        except OSError as problem:
            self.found.unreadable.append((self._shown(folder), reason(problem)))
            return True
        if (inode := (stat.st_dev, stat.st_ino)) in self.seen:
            return False
        self.seen.add(inode)
        self.found.folders[folder] = folder_stamp(stat)
        logs, files, folders = self._scan(folder)
        name = os.path.basename(folder)
        if depth <= 2 and name in _ROOT_NAMES and "__init__.py" not in files:
            self.found.is_source = True
        self.found.sweeps.update(sweep for file in files if (sweep := sweep_of(name, file)))
        for log in logs:
            self._add(os.path.realpath(log.path) if log.is_symlink() else log.path, is_alone=len(logs) == 1)
        is_run = bool(logs)
        if not logs:
            in_files = self._names_in(folders[FILES].path) if FILES in folders else ()
            is_run = is_run_folder(name, {*files, *folders}, in_files)
            if is_run:
                self._add(folder, is_log=False)
        for child, entry in folders.items():
            if child in _NO_RUNS_IN or (is_run and child in _OF_THE_SDK):
                continue
            if entry.is_symlink():  # last: a run has the name of its own folder
                self.linked.append((os.path.realpath(entry.path), depth + 1))
            elif _LIKELY.match(child):
                self.waiting.appendleft((entry.path, depth + 1))
            else:
                self.waiting.append((entry.path, depth + 1))
        return not (is_run or _LIKELY.match(name))

    def _names_in(self, folder: str) -> Collection[str]:
        with suppress(OSError):  # `_scan` says so
            self.found.folders[folder] = folder_stamp(os.stat(folder))
        logs, files, folders = self._scan(folder)
        return {*(log.name for log in logs), *files, *folders}

    def _scan(self, folder: str) -> tuple[list[os.DirEntry[str]], set[str], dict[str, os.DirEntry[str]]]:
        """The logs, the names of all other files, and the folders of a folder."""
        logs, files, folders = [], set(), {}
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=_NAME_OF)
        except OSError as problem:
            self.found.unreadable.append((self._shown(folder), reason(problem)))
            entries = []
        for entry in entries:
            if entry.is_symlink():
                self.found.links[entry.path] = link_stamp(entry.path)
            try:
                is_folder = entry.is_dir()
                is_log = not is_folder and entry.name.endswith(LOG_SUFFIX) and entry.is_file()
            except OSError:
                is_folder = is_log = False  # a link that leads nowhere, or round in a circle
            if is_folder:
                folders[entry.name] = entry
            elif is_log:
                logs.append(entry)
            else:
                files.add(entry.name)
        return logs, files, folders

    def _add(self, path: str, *, is_alone: bool = False, is_log: bool = True) -> None:
        """Take a log, or the folder of a run that has none. `is_alone`: no other log lies beside it."""
        try:
            stat = os.stat(path)
        except OSError as problem:
            self.found.unreadable.append((self._shown(path), reason(problem)))
            return
        inode = stat.st_dev, stat.st_ino
        if is_log and inode in self.seen:
            return
        self.seen.add(inode)
        size, home = 0, path
        if is_log:
            size, (home, name) = stat.st_size, os.path.split(path)
            called = None if is_alone else folder_name(os.path.basename(home))
            if not is_alone and (called is None or name != f"run-{called.run_id}{LOG_SUFFIX}"):
                home = ""
        self.found.files.append(
            RunFile(
                Path(path),
                self._shown(path),
                size,
                stat.st_mtime_ns,
                stat.st_ctime_ns,
                inode,
                stat.st_uid,
                Path(home) if home else None,
                is_log,
            )
        )

    def _shown(self, path: str) -> str:
        below = path.removeprefix(self.root.rstrip(os.sep) + os.sep)
        return printable(below if below != path else os.path.basename(path))


def folder_stamp(stat: os.stat_result) -> FolderStamp:
    """What changes where an entry of a folder comes or goes."""
    return stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns


def link_stamp(path: str) -> LinkStamp:
    """What changes where a link leads elsewhere."""
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_dev, stat.st_ino, stats.S_IFMT(stat.st_mode)


def stamps(folder: Path | None) -> Iterator[tuple[str, int, int]]:
    """The files beside a log, each with what tells whether it changed."""
    for place in () if folder is None else (f"{folder}{os.sep}{FILES}", str(folder)):
        try:
            with os.scandir(place) as entries:
                names = {entry.name for entry in entries}
        except OSError:
            continue  # the log is what counts; many runs have no such folder
        for name in SIDE_FILES:
            if name in names:
                try:
                    stat = os.stat(path := f"{place}{os.sep}{name}")
                except OSError:
                    continue  # it went just now, or is a link that leads nowhere
                yield path, stat.st_size, stat.st_mtime_ns
