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
from runql.sources.files.system import printable, reason
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

    path: str
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
class FoundEvents:
    """What lies below a path: the files of each run by its name, and what was not looked into."""

    runs: Mapping[str, tuple[EventFile, ...]] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    left_out: int = 0


def is_event_file(name: str) -> bool:
    """Whether a file of this name holds events."""
    return _MARK in name and not name.endswith(_EMPTY_SUFFIX)


def find_runs(root: Path, *, most_folders: int = MOST_FOLDERS) -> FoundEvents:
    """The runs at a path and anywhere below it, or in one event file.

    Links are followed, and each folder is entered once. The files of a run are in the order of their names, which begin
    with the time: so TensorBoard reads them.

    Raises:
        SourceError: there is nothing of that name, or no event file in it.
    """
    shown = printable(str(root))
    if not os.path.lexists(root):
        raise SourceError.of("RQL511", f"there is no file or folder `{shown}`")
    walk = _EventWalk(root, most_folders)
    if root.is_file():
        if not is_event_file(root.name):
            hint = "an event file is called `events.out.tfevents.…`; name it, its folder, or one above"
            raise SourceError.of("RQL511", f"`{shown}` is no TensorBoard event file", hint)
        found = walk.file_alone(root.name)
    else:
        found = walk.all()
    if not found.runs:
        raise _nothing(shown, found)
    return found


def _nothing(shown: str, found: FoundEvents) -> RunQLError:
    if found.unreadable:
        name, why = found.unreadable[0]
        return SourceError.of("RQL511", f"nothing in `{shown}` can be read: `{name}`: {why}")
    more = f", but for {found.left_out:,} folders: more than {MOST_FOLDERS:,} are there" if found.left_out else ""
    looked = f"looked for `events.out.tfevents.…` in it and in all folders below it{more}"
    return SourceError.of("RQL511", f"no TensorBoard event files in `{shown}`", looked)


class _EventWalk:
    """One look at a tree of folders, nearest first. Paths below the root are texts: there are many of them."""

    def __init__(self, root: Path, most_folders: int) -> None:
        self._root = str(root)
        self._most = most_folders
        self._runs: dict[str, tuple[EventFile, ...]] = {}
        self._found = FoundEvents(self._runs)
        self._entered: set[tuple[int, int]] = set()

    def file_alone(self, name: str) -> FoundEvents:
        """One event file, which is the root: a run with the name of a root."""
        self._add(ROOT, [(self._root, name)])
        return self._found

    def all(self) -> FoundEvents:
        """Everything below the root. Links come last, so that a run has the name of its own folder."""
        waiting, linked = deque([""]), deque[str]()
        while waiting or linked:
            folder = waiting.popleft() if waiting else linked.popleft()
            if len(self._entered) >= self._most:
                self._found.left_out += 1
                continue
            files, folders, links = self._look_into(folder)
            waiting += folders
            linked += links
            if files:
                self._add(_name(folder), files)
        return self._found

    def _look_into(self, folder: str) -> tuple[list[tuple[str, str]], list[str], list[str]]:
        """The event files of a folder with what they are called, the folders in it, and links to folders.

        Folders are paths below the root, with `/` between their names, and empty for the root itself.
        """
        files, folders, links = list[tuple[str, str]](), list[str](), list[str]()
        path = f"{self._root}{os.sep}{folder}" if folder else self._root
        before = f"{folder}/" if folder else ""
        try:
            status = os.stat(path)  # noqa: PTH116 - a path made of texts
            if (inode := (status.st_dev, status.st_ino)) in self._entered:
                return files, folders, links
            self._entered.add(inode)
            with os.scandir(path) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    if _is_folder(entry):
                        (links if entry.is_symlink() else folders).append(before + entry.name)
                    elif is_event_file(entry.name):
                        files.append((entry.path, before + entry.name))
        except OSError as problem:
            self._found.unreadable.append((printable(folder or Path(path).name), reason(problem)))
        return files, folders, links

    def _add(self, name: str, paths: list[tuple[str, str]]) -> None:
        files = [file for path, shown in paths if (file := self._event_file(path, shown)) is not None]
        if not files:
            return
        unique, count = name, 1
        while unique in self._runs:  # two names that are no text, and look alike as one
            count += 1
            unique = f"{name}~{count}"
        self._runs[unique] = tuple(files)

    def _event_file(self, path: str, shown: str) -> EventFile | None:
        try:
            status = os.stat(path)  # noqa: PTH116 - a path made of texts
        except OSError as problem:
            self._found.unreadable.append((printable(shown), reason(problem)))
            return None
        if not stat.S_ISREG(status.st_mode):
            return None  # a pipe or a device: reading it might never end
        inode = (status.st_dev, status.st_ino)
        return EventFile(path, printable(shown), status.st_size, status.st_mtime_ns, inode, status.st_uid)


def _name(folder: str) -> str:
    """The path below the root; bytes that are no text become U+FFFD."""
    return os.fsencode(folder).decode("utf-8", "replace") if folder else ROOT


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that leads nowhere, or round in a circle
