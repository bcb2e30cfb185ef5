"""Which runs lie below a path: every folder that holds event files is one, as in TensorBoard."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from runql.errors import RunQLError, SourceError
from runql.sources.files.names import printable, reason
from runql.text.frozen import frozen

MOST_FOLDERS: Final = 20_000
ROOT: Final = "."
"""What the run of the folder itself is called."""

_MARK: Final = "tfevents"
_EMPTY_SUFFIX: Final = ".profile-empty"
"""Files that tell TensorBoard of profiles, and hold no events."""


@frozen
class EventFile:
    """One event file. `shown` is its path below the source, fit for a terminal; the rest tells whether it changed."""

    path: Path
    shown: str
    size: int
    mtime_ns: int
    inode: tuple[int, int]
    owner: int

    def is_as_it_was(self, status: os.stat_result) -> bool:
        """Whether nothing was written to it since it was found."""
        now = ((status.st_dev, status.st_ino), status.st_size, status.st_mtime_ns)
        return now == (self.inode, self.size, self.mtime_ns)


@dataclass(slots=True)
class Found:
    """What lies below a path: the files of each run by its name, and what was not looked into."""

    runs: Mapping[str, tuple[EventFile, ...]] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    left_out: int = 0


def is_event_file(name: str) -> bool:
    """Whether a file of this name holds events."""
    return _MARK in name and not name.endswith(_EMPTY_SUFFIX)


def find_runs(root: Path, *, most_folders: int = MOST_FOLDERS) -> Found:
    """The runs at a path and anywhere below it, or in one event file.

    Links are followed, and each folder is entered once. The files of a run are in the order of their names, which begin
    with the time: so TensorBoard reads them.

    Raises:
        SourceError: there is nothing of that name, or no event file in it.
    """
    shown = printable(str(root))
    if not os.path.lexists(root):
        raise SourceError.of("RQL511", f"there is no file or folder `{shown}`")
    walk = _Walk(root, most_folders)
    if root.is_file():
        if not is_event_file(root.name):
            hint = "an event file is called `events.out.tfevents.…`; name it, its folder, or one above"
            raise SourceError.of("RQL511", f"`{shown}` is no TensorBoard event file", hint)
        found = walk.file_alone(root)
    else:
        found = walk.all()
    if not found.runs:
        raise _nothing(shown, found)
    return found


def _nothing(shown: str, found: Found) -> RunQLError:
    if found.unreadable:
        name, why = found.unreadable[0]
        return SourceError.of("RQL511", f"nothing in `{shown}` can be read: `{name}`: {why}")
    more = f", but for {found.left_out:,} folders: more than {MOST_FOLDERS:,} are there" if found.left_out else ""
    looked = f"looked for `events.out.tfevents.…` in it and in all folders below it{more}"
    return SourceError.of("RQL511", f"no TensorBoard event files in `{shown}`", looked)


class _Walk:
    """One look at a tree of folders, nearest first."""

    def __init__(self, root: Path, most_folders: int) -> None:
        self._root = root
        self._most = most_folders
        self._runs: dict[str, tuple[EventFile, ...]] = {}
        self._found = Found(self._runs)
        self._entered: set[tuple[int, int]] = set()

    def file_alone(self, path: Path) -> Found:
        """One event file: a run with the name of a root."""
        self._add(ROOT, [path])
        return self._found

    def all(self) -> Found:
        """Everything below the root. Links come last, so that a run has the name of its own folder."""
        waiting, linked = deque([self._root]), deque[Path]()
        while waiting or linked:
            folder = waiting.popleft() if waiting else linked.popleft()
            if len(self._entered) >= self._most:
                self._found.left_out += 1
                continue
            files, folders, links = self._look_into(folder)
            waiting += folders
            linked += links
            if files:
                self._add(self._name(folder), files)
        return self._found

    def _look_into(self, folder: Path) -> tuple[list[Path], list[Path], list[Path]]:
        """The event files of a folder, the folders in it, and links to folders."""
        files, folders, links = list[Path](), list[Path](), list[Path]()
        try:
            status = folder.stat()
            if (inode := (status.st_dev, status.st_ino)) in self._entered:
                return files, folders, links
            self._entered.add(inode)
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    if _is_folder(entry):
                        (links if entry.is_symlink() else folders).append(folder / entry.name)
                    elif is_event_file(entry.name):
                        files.append(folder / entry.name)
        except OSError as problem:
            self._found.unreadable.append((self._shown(folder), reason(problem)))
        return files, folders, links

    def _add(self, name: str, paths: list[Path]) -> None:
        files = [file for path in paths if (file := self._event_file(path)) is not None]
        if not files:
            return
        unique, count = name, 1
        while unique in self._runs:  # two names that are no text, and look alike as one
            count += 1
            unique = f"{name}~{count}"
        self._runs[unique] = tuple(files)

    def _event_file(self, path: Path) -> EventFile | None:
        try:
            status = path.stat()
        except OSError as problem:
            self._found.unreadable.append((self._shown(path), reason(problem)))
            return None
        if not stat.S_ISREG(status.st_mode):
            return None  # a pipe or a device: reading it might never end
        inode = (status.st_dev, status.st_ino)
        return EventFile(path, self._shown(path), status.st_size, status.st_mtime_ns, inode, status.st_uid)

    def _name(self, folder: Path) -> str:
        """The path below the root; bytes that are no text become U+FFFD."""
        if folder == self._root:
            return ROOT
        return os.fsencode(folder.relative_to(self._root).as_posix()).decode("utf-8", "replace")

    def _shown(self, path: Path) -> str:
        is_below = path != self._root and path.is_relative_to(self._root)
        return printable(str(path.relative_to(self._root)) if is_below else path.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that leads nowhere, or round in a circle
