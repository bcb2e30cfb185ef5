"""Which runs lie below a path."""
# ruff: noqa: PTH116, PTH119, PTH120 - of ten thousand folders paths as texts are looked through in a third of the time

from __future__ import annotations

import os
import stat as stats
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import field
from operator import attrgetter
from pathlib import Path
from typing import Final, TypeAlias

from runql.errors import SourceError
from runql.sources.files.names import printable, reason
from runql.sources.local.folder_layout import (
    FILES,
    LOG_SUFFIX,
    SIDE_FILES,
    belongs_to_run,
    date_of,
    folder_name,
    holds_no_runs,
    is_run_folder,
    sweep_of,
)
from runql.text.frozen import changeable, frozen

_ROOT_NAMES: Final = ("wandb", ".wandb")
_NAME_OF: Final = attrgetter("name")
FolderStamp: TypeAlias = tuple[int, int, int, int]
"""Device, inode, and when its entries and it itself changed, in nanoseconds."""
LinkStamp: TypeAlias = tuple[int, int, int] | None
"""Device, inode and kind of what a link leads to; `None` if that is not there."""
MOST_FOLDERS: Final = 20_000
"""So many folders that are not called like those of W&B are looked into. A home directory has more."""


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
    walk = _RunWalk(_run_of(root))
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


def _run_of(root: Path) -> Path:
    """The folder of the run if its folder `files` is named."""
    is_part = root.name == FILES and folder_name(root.parent.name) is not None
    return root.parent if is_part else root


class _RunWalk:
    """One look at a tree of folders, nearest first. Each folder is entered once, whatever links lead to it."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._found = FoundFiles(is_source=root.name in _ROOT_NAMES)
        self._seen: set[tuple[int, int]] = set()
        self._entered: set[tuple[int, int]] = set()
        self._waiting: deque[tuple[str, int]] = deque()
        self._linked: deque[tuple[str, int]] = deque()

    def log_alone(self, path: Path) -> FoundFiles:
        """One log, with the files beside it."""
        real = os.path.realpath(path)
        names = [entry.name for entry in self._entries(os.path.dirname(real))]
        self._add_log(real, sum(name.endswith(LOG_SUFFIX) for name in names) == 1)
        return self._found

    def all(self) -> FoundFiles:
        """Everything below the root."""
        self._waiting.append((self._root, 0))
        looked_into = 0
        while self._waiting or self._linked:
            # Links last: a run has the name of its own folder.
            folder, depth = self._waiting.popleft() if self._waiting else self._real(*self._linked.popleft())
            if looked_into >= MOST_FOLDERS and not _is_likely(os.path.basename(folder)):
                self._found.left_out += 1
                continue
            looked_into += self._enter(folder, depth)
        self._found.files.sort(key=lambda file: file.path)
        return self._found

    def _enter(self, folder: str, depth: int) -> bool:
        """Look into a folder. Whether it is one that holds no run itself."""
        try:
            stat = os.stat(folder)
        except OSError as problem:
            self._found.unreadable.append((self._shown(folder), reason(problem)))
            return True
        if (inode := (stat.st_dev, stat.st_ino)) in self._entered:
            return False
        self._entered.add(inode)
        self._found.folders[folder] = folder_stamp(stat)
        entries = self._entries(folder)
        self._found.links.update((entry.path, link_stamp(entry.path)) for entry in entries if entry.is_symlink())
        logs, files, folders = _parted(entries)
        name = os.path.basename(folder)
        if depth <= 2 and name in _ROOT_NAMES and "__init__.py" not in files:
            self._found.is_source = True
        self._found.sweeps.update(sweep for file in files if (sweep := sweep_of(name, file)))
        for log in logs:
            self._add_log(os.path.realpath(log.path) if log.is_symlink() else log.path, len(logs) == 1)
        is_run = bool(logs)
        if not logs:
            in_files = self._names_in(folders.get(FILES)) if FILES in folders else ()
            is_run = is_run_folder(name, {*files, *folders}, in_files)
            if is_run:
                self._add_folder(folder, stat)
        for child, entry in folders.items():
            if holds_no_runs(child) or (is_run and belongs_to_run(child)):
                continue
            if entry.is_symlink():
                self._linked.append((entry.path, depth + 1))
            elif _is_likely(child):
                self._waiting.appendleft((entry.path, depth + 1))
            else:
                self._waiting.append((entry.path, depth + 1))
        return not (is_run or _is_likely(name))

    @staticmethod
    def _real(link: str, depth: int) -> tuple[str, int]:
        return os.path.realpath(link), depth

    def _names_in(self, folder: os.DirEntry[str] | None) -> list[str]:
        if folder is None:
            return []
        with suppress(OSError):  # `_entries` says so
            self._found.folders[folder.path] = folder_stamp(os.stat(folder.path))
        return [entry.name for entry in self._entries(folder.path)]

    def _add_log(self, path: str, is_alone: bool) -> None:
        try:
            stat = os.stat(path)
        except OSError as problem:
            self._found.unreadable.append((self._shown(path), reason(problem)))
            return
        if (inode := (stat.st_dev, stat.st_ino)) in self._seen:
            return
        self._seen.add(inode)
        folder, name = os.path.split(path)
        called = None if is_alone else folder_name(os.path.basename(folder))
        is_own = is_alone or (called is not None and name == f"run-{called.run_id}{LOG_SUFFIX}")
        self._add(path, stat, stat.st_size, Path(folder) if is_own else None)

    def _add_folder(self, path: str, stat: os.stat_result) -> None:
        self._add(path, stat, 0, Path(path), is_log=False)

    def _add(self, path: str, stat: os.stat_result, size: int, folder: Path | None, *, is_log: bool = True) -> None:
        self._found.files.append(
            RunFile(
                Path(path),
                self._shown(path),
                size,
                stat.st_mtime_ns,
                stat.st_ctime_ns,
                (stat.st_dev, stat.st_ino),
                stat.st_uid,
                folder,
                is_log,
            )
        )

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=_NAME_OF)
        except OSError as problem:
            self._found.unreadable.append((self._shown(folder), reason(problem)))
            return []

    def _shown(self, path: str) -> str:
        below = path.removeprefix(self._root.rstrip(os.sep) + os.sep)
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


def _is_likely(name: str) -> bool:
    """Whether a folder of this name is looked into before others, and in any case."""
    return name in _ROOT_NAMES or folder_name(name) is not None


def _parted(
    entries: list[os.DirEntry[str]],
) -> tuple[list[os.DirEntry[str]], set[str], dict[str, os.DirEntry[str]]]:
    """The logs, the names of all other files, and the folders of a folder."""
    logs, files, folders = [], set(), {}
    for entry in entries:
        if _is_so(entry.is_dir):
            folders[entry.name] = entry
        elif entry.name.endswith(LOG_SUFFIX) and _is_so(entry.is_file):
            logs.append(entry)
        else:
            files.add(entry.name)
    return logs, files, folders


def _is_so(test: Callable[[], bool]) -> bool:
    """What an entry of a folder says of itself."""
    try:
        return test()
    except OSError:
        return False  # a link that leads nowhere, or round in a circle


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
