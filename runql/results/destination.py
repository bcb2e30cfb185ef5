"""Where an output goes, judged before a byte of it is written."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from enum import Enum
from pathlib import Path
from typing import Final, NoReturn

from runql.errors import OutputError
from runql.text.frozen import frozen

_STANDARD: Final = {1: "standard output", 2: "standard error"}


class DestinationKind(Enum):
    """What is there already."""

    NOTHING = "nothing"
    FILE = "a file"
    STREAM = "a device or a pipe"


@frozen
class Destination:
    """A place that can be written. `name` is what it was called, `target` what it is, with every link followed.

    `there`: the file that is replaced, or the device.
    """

    name: str
    path: Path
    target: Path
    kind: DestinationKind
    there: os.stat_result | None = None

    @property
    def is_link(self) -> bool:
        """Whether the name is not the place itself."""
        return self.path.is_symlink()


def destination(path: Path, endings: Collection[str] | None = None, name: str | None = None) -> Destination:
    """What a path leads to. A file or a new name is replaced as a whole; a device or a pipe is written into.

    A link is followed, and what it leads to is judged as if that had been named: it must have one of the `endings`, by
    default that of the link. `name` is what the path is called in errors.

    Raises `OutputError` for what cannot be written, and what had better not be.
    """
    name = str(path) if name is None else name
    try:
        target = Path(os.path.realpath(path))
        there = _found(path)
    except ValueError:
        _refuse("the name of the output is none: it holds a character that no file's name can have")
    except OSError as error:
        _refuse(f"cannot write `{name}`: {error.strerror or error}")
    if there is not None and (stat.S_ISFIFO(there.st_mode) or stat.S_ISCHR(there.st_mode)):
        return Destination(name, path, target, DestinationKind.STREAM, there)
    if there is not None and stat.S_ISDIR(there.st_mode):
        _refuse(f"`{name}` is a folder", "name a file in it")
    if there is not None and not stat.S_ISREG(there.st_mode):
        what = "a disk" if stat.S_ISBLK(there.st_mode) else "a socket"
        _refuse(f"`{name}` is {what}, and no file", "name a file, a pipe or a terminal")
    if not target.parent.is_dir():
        folder = target.parent if path.is_symlink() else Path(name).parent
        _refuse(f"there is no folder `{folder}`", f"make it with `mkdir -p {folder}`")
    if path.is_symlink() and target.suffix.lower() not in ((path.suffix.lower(),) if endings is None else endings):
        _refuse(f"`{name}` is a link to `{target}`, which is another kind of file", "name a file, or remove the link")
    if there is not None:
        _check_file(path, name, there)
    return Destination(name, path, target, DestinationKind.NOTHING if there is None else DestinationKind.FILE, there)


def _found(path: Path) -> os.stat_result | None:
    """What is there, with every link followed; nothing for a new name, and for a link to one."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _check_file(path: Path, name: str, there: os.stat_result) -> None:
    if not there.st_mode & 0o222 or not os.access(path, os.W_OK):
        _refuse(f"`{name}` is read-only", f"`chmod u+w {name}` lets it be replaced")
    for handle, stream in _STANDARD.items():
        try:
            other = os.fstat(handle)
        except OSError:
            continue  # it is closed
        if (other.st_dev, other.st_ino) == (there.st_dev, there.st_ino):
            _refuse(f"`{name}` is where {stream} goes", "name another file")


def _refuse(message: str, *hints: str) -> NoReturn:
    raise OutputError.of("RQL506", message, *hints)
