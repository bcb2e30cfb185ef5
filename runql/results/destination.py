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


class Kind(Enum):
    """What is there already."""

    NOTHING = "nothing"
    FILE = "a file"
    STREAM = "a device or a pipe"


@frozen
class Destination:
    """A place that can be written. `path` is as it was named, `target` what it is, with every link followed.

    `there`: the file that is replaced.
    """

    path: Path
    target: Path
    kind: Kind
    there: os.stat_result | None = None


def destination(path: Path, endings: Collection[str] | None = None) -> Destination:
    """What a path leads to. A file or a new name is replaced as a whole; a device or a pipe is written into.

    A link is followed, and what it leads to is judged as if that had been named: it must have one of the `endings`, by
    default that of the link. Raises `OutputError` for what cannot be written, and what had better not be.
    """
    try:
        target = Path(os.path.realpath(path))
        there = path.stat() if os.path.lexists(path) and (path.exists() or not path.is_symlink()) else None
    except ValueError:
        _refuse("the name of the output is none: it holds a character that no file's name can have")
    except OSError as error:
        _refuse(f"cannot write `{path}`: {error.strerror or error}")
    if there is not None and (stat.S_ISFIFO(there.st_mode) or stat.S_ISCHR(there.st_mode)):
        return Destination(path, target, Kind.STREAM, there)
    if there is not None and stat.S_ISDIR(there.st_mode):
        _refuse(f"`{path}` is a folder", "name a file in it")
    if there is not None and not stat.S_ISREG(there.st_mode):
        what = "a disk" if stat.S_ISBLK(there.st_mode) else "a socket"
        _refuse(f"`{path}` is {what}, and no file", "name a file, a pipe or a terminal")
    if not target.parent.is_dir():
        folder = path.parent if not path.is_symlink() else target.parent
        _refuse(f"there is no folder `{folder}`", f"make it with `mkdir -p {folder}`")
    _check_link(path, target, endings)
    if there is not None:
        _check_file(path, there)
    return Destination(path, target, Kind.NOTHING if there is None else Kind.FILE, there)


def _check_link(path: Path, target: Path, endings: Collection[str] | None) -> None:
    if not path.is_symlink():
        return
    wanted = (path.suffix.lower(),) if endings is None else endings
    if target.suffix.lower() not in wanted:
        _refuse(f"`{path}` is a link to `{target}`, which is another kind of file", "name a file, or remove the link")


def _check_file(path: Path, there: os.stat_result) -> None:
    if not there.st_mode & 0o222 or not os.access(path, os.W_OK):
        _refuse(f"`{path}` is read-only", f"`chmod u+w {path}` lets it be replaced")
    for handle, name in _STANDARD.items():
        try:
            other = os.fstat(handle)
        except OSError:
            continue  # it is closed
        if (other.st_dev, other.st_ino) == (there.st_dev, there.st_ino):
            _refuse(f"`{path}` is where {name} goes", "name another file")


def _refuse(message: str, *hints: str) -> NoReturn:
    raise OutputError.of("RQL506", message, *hints)
