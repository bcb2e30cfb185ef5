"""Which run files lie below a path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from runql.errors import SourceError
from runql.text.frozen import frozen

_SUFFIX: Final = ".wandb"
_ROOT_NAMES: Final = ("wandb", ".wandb")
_RUN_PREFIXES: Final = ("run-", "offline-run-")


@frozen
class RunFile:
    """A run file: `shown` is its path below the source, fit for a terminal; the rest tells whether it changed."""

    path: Path
    shown: str
    size: int
    mtime_ns: int
    inode: tuple[int, int]
    owner: int


@dataclass(slots=True)
class Found:
    """The run files below a path, and what could not be looked into: shown name and reason."""

    files: list[RunFile] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    is_source: bool = False


def printable(text: str) -> str:
    """A name without anything that a terminal would take for a command."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def find_run_files(root: Path) -> Found:
    """The run files of a `wandb` folder, of a folder that holds one or several of them, of one run folder, or one file.

    A file is found once, however many links lead to it. The order is that of the names.

    Raises:
        SourceError: there is nothing of that name, or nothing of that kind in it.
    """
    found = Found()
    if not os.path.lexists(root):
        raise SourceError.of("RQL511", f"there is no file or folder `{printable(str(root))}`")
    if root.is_file() and root.suffix != _SUFFIX:
        hint = "a run file is called `run-….wandb`; name it, its folder, or the `wandb` folder"
        raise SourceError.of("RQL511", f"`{printable(str(root))}` is no run file", hint)
    candidates = [root] if root.is_file() else sorted(_candidates(root, found))
    seen: set[tuple[int, int]] = set()
    for path in candidates:
        try:
            stat = path.stat()
        except OSError as problem:
            found.unreadable.append((_shown(path, root), reason(problem)))
            continue
        if (inode := (stat.st_dev, stat.st_ino)) not in seen:
            seen.add(inode)
            real = _real(path)
            file = RunFile(real, _shown(real, root), stat.st_size, stat.st_mtime_ns, inode, stat.st_uid)
            found.files.append(file)
    if not (found.files or found.is_source or found.unreadable):
        raise SourceError.of(
            "RQL511",
            f"no W&B runs in `{printable(str(root))}`",
            "looked for `run-….wandb` in it, in its folders, and in the `wandb` folders of both",
        )
    if found.unreadable and not found.files:
        name, why = found.unreadable[0]
        raise SourceError.of("RQL511", f"nothing in `{printable(str(root))}` can be read: `{name}`: {why}")
    return found


def reason(problem: OSError) -> str:
    """Why the system refused, in lower case."""
    return (problem.strerror or str(problem)).lower()


def _candidates(root: Path, found: Found) -> Iterator[Path]:
    """Every run file in: the folder, its folders, their run folders, and the `wandb` folders of it and of these."""
    found.is_source = root.name in _ROOT_NAMES
    for child in _entries(root, root, found):
        if child.name.endswith(_SUFFIX) and child.is_file():
            yield Path(child.path)
        elif _is_dir(child):
            yield from _in_folder(child, root, found)


def _in_folder(folder: os.DirEntry[str], root: Path, found: Found) -> Iterator[Path]:
    """The run files of a folder right below the root: a run, a `wandb` folder, or the parent of one."""
    found.is_source |= folder.name in _ROOT_NAMES
    for child in _entries(Path(folder.path), root, found):
        if child.name.endswith(_SUFFIX) and child.is_file():
            yield Path(child.path)
        elif child.name in _ROOT_NAMES and _is_dir(child):
            found.is_source = True
            for run in _entries(Path(child.path), root, found):
                if _is_dir(run):
                    yield from _in_run(run, root, found)
        elif (folder.name in _ROOT_NAMES or child.name.startswith(_RUN_PREFIXES)) and _is_dir(child):
            yield from _in_run(child, root, found)


def _in_run(folder: os.DirEntry[str], root: Path, found: Found) -> Iterator[Path]:
    for child in _entries(Path(folder.path), root, found):
        if child.name.endswith(_SUFFIX) and child.is_file():
            yield Path(child.path)


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that leads nowhere, or round in a circle


def _entries(folder: Path, root: Path, found: Found) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as problem:
        found.unreadable.append((_shown(folder, root), reason(problem)))
        return []


def _real(path: Path) -> Path:
    """The file itself, so that a run has the name of its folder, not that of `latest-run`."""
    return Path(os.path.realpath(path))


def _shown(path: Path, root: Path) -> str:
    for base in (root, Path(os.path.realpath(root))):
        if path != base and path.is_relative_to(base):
            return printable(str(path.relative_to(base)))
    return printable(path.name)
