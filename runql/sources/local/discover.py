"""Which runs lie below a path."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

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
from runql.text.frozen import frozen

_ROOT_NAMES: Final = ("wandb", ".wandb")
MOST_FOLDERS: Final = 20_000
"""So many folders that are not called like those of W&B are looked into. A home directory has more."""


@frozen
class RunFile:
    """What a run has on disk: its log, or without one its folder.

    `shown` is the path below the source, fit for a terminal; `folder` the folder whose other files are of this run;
    `date` what the folder's name says, in seconds since 1970. The rest tells whether the file changed.
    """

    path: Path
    shown: str
    size: int
    mtime_ns: int
    inode: tuple[int, int]
    owner: int
    folder: Path | None = None
    date: float = 0.0
    is_log: bool = True

    @property
    def run_id(self) -> str:
        """The id in its name."""
        if self.is_log:
            return self.path.name.removesuffix(LOG_SUFFIX).removeprefix("run-")
        called = folder_name(self.path.name)
        return self.path.name if called is None else called.run_id


@dataclass(slots=True)
class FoundFiles:
    """What lies below a path: runs, the ids of sweeps of which there are settings, and what was not looked into."""

    files: list[RunFile] = field(default_factory=list)
    sweeps: set[str] = field(default_factory=set)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    is_source: bool = False
    left_out: int = 0


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
        self._root = Path(os.path.realpath(root))
        self._found = FoundFiles(is_source=root.name in _ROOT_NAMES)
        self._seen: set[tuple[int, int]] = set()
        self._entered: set[tuple[int, int]] = set()
        self._waiting: deque[tuple[Path, int]] = deque()
        self._linked: deque[tuple[Path, int]] = deque()

    def log_alone(self, path: Path) -> FoundFiles:
        """One log, with the files beside it."""
        real = Path(os.path.realpath(path))
        names = [entry.name for entry in self._entries(real.parent)]
        self._add_log(real, sum(name.endswith(LOG_SUFFIX) for name in names) == 1)
        return self._found

    def all(self) -> FoundFiles:
        """Everything below the root."""
        self._waiting.append((self._root, 0))
        looked_into = 0
        while self._waiting or self._linked:
            # Links last: a run has the name of its own folder.
            folder, depth = self._waiting.popleft() if self._waiting else self._real(*self._linked.popleft())
            if looked_into >= MOST_FOLDERS and not _is_likely(folder.name):
                self._found.left_out += 1
                continue
            looked_into += self._enter(folder, depth)
        self._found.files.sort(key=lambda file: file.path)
        return self._found

    def _enter(self, folder: Path, depth: int) -> bool:
        """Look into a folder. Whether it is one that holds no run itself."""
        try:
            stat = folder.stat()
        except OSError as problem:
            self._found.unreadable.append((self._shown(folder), reason(problem)))
            return True
        if (inode := (stat.st_dev, stat.st_ino)) in self._entered:
            return False
        self._entered.add(inode)
        entries = self._entries(folder)
        logs, files, folders = _parted(entries)
        name = folder.name
        if depth <= 2 and name in _ROOT_NAMES and "__init__.py" not in files:
            self._found.is_source = True
        self._found.sweeps.update(sweep for file in files if (sweep := sweep_of(name, file)))
        for log in logs:
            self._add_log(Path(os.path.realpath(log.path) if log.is_symlink() else log.path), len(logs) == 1)
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
                self._linked.append((folder / child, depth + 1))
            elif _is_likely(child):
                self._waiting.appendleft((folder / child, depth + 1))
            else:
                self._waiting.append((folder / child, depth + 1))
        return not (is_run or _is_likely(name))

    @staticmethod
    def _real(link: Path, depth: int) -> tuple[Path, int]:
        return Path(os.path.realpath(link)), depth

    def _names_in(self, folder: os.DirEntry[str] | None) -> list[str]:
        return [] if folder is None else [entry.name for entry in self._entries(Path(folder.path))]

    def _add_log(self, path: Path, is_alone: bool) -> None:
        try:
            stat = path.stat()
        except OSError as problem:
            self._found.unreadable.append((self._shown(path), reason(problem)))
            return
        if (inode := (stat.st_dev, stat.st_ino)) in self._seen:
            return
        self._seen.add(inode)
        called = folder_name(path.parent.name)
        is_own = is_alone or (called is not None and path.name == f"run-{called.run_id}{LOG_SUFFIX}")
        folder = path.parent if is_own else None
        self._found.files.append(
            RunFile(
                path, self._shown(path), stat.st_size, stat.st_mtime_ns, inode, stat.st_uid, folder, _date(path.parent)
            )
        )

    def _add_folder(self, path: Path, stat: os.stat_result) -> None:
        inode = (stat.st_dev, stat.st_ino)
        self._found.files.append(
            RunFile(path, self._shown(path), 0, stat.st_mtime_ns, inode, stat.st_uid, path, _date(path), is_log=False)
        )

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as problem:
            self._found.unreadable.append((self._shown(folder), reason(problem)))
            return []

    def _shown(self, path: Path) -> str:
        is_below = path != self._root and path.is_relative_to(self._root)
        return printable(str(path.relative_to(self._root)) if is_below else path.name)


def _is_likely(name: str) -> bool:
    """Whether a folder of this name is looked into before others, and in any case."""
    return name in _ROOT_NAMES or folder_name(name) is not None


def _date(folder: Path) -> float:
    called = folder_name(folder.name)
    return 0.0 if called is None else date_of(called.date, utc=called.prefix == "dryrun-")


def _parted(
    entries: list[os.DirEntry[str]],
) -> tuple[list[os.DirEntry[str]], set[str], dict[str, os.DirEntry[str]]]:
    """The logs, the names of all other files, and the folders of a folder."""
    logs, files, folders = [], set(), {}
    for entry in entries:
        if _is_dir(entry):
            folders[entry.name] = entry
        elif entry.name.endswith(LOG_SUFFIX) and _is_file(entry):
            logs.append(entry)
        else:
            files.add(entry.name)
    return logs, files, folders


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that leads nowhere, or round in a circle


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def stamps(folder: Path | None) -> Iterator[tuple[str, int, int]]:
    """The files beside a log, each with what tells whether it changed."""
    for place in () if folder is None else (folder / FILES, folder):
        for name in SIDE_FILES:
            try:
                stat = (place / name).stat()
            except OSError:
                continue  # the log is what counts; most runs have none of these
            yield str(place / name), stat.st_size, stat.st_mtime_ns
