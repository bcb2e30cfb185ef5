"""A file that is whole, or what it was before."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from runql.errors import OutputError, RunQLError


def write_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write the pieces to a new file beside `path` that takes its place only when all of them are on the disk.

    A link is followed; the mode of a file that is replaced is kept. Raises `OutputError` if the folder is missing or
    cannot be written to, and whatever the pieces raise; then nothing has changed.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise OutputError.of("RQL506", f"`{path}` is a folder", "name a file in it")
    if not target.parent.is_dir():
        raise OutputError.of("RQL506", f"there is no folder `{path.parent}`", f"make it with `mkdir -p {path.parent}`")
    scratch = target.with_name(f".{target.name[:80]}.{os.urandom(6).hex()}.part")
    try:
        try:
            file = scratch.open("xb")
        except OSError as error:
            raise _cannot(path, error) from error
        with file:
            _copy(pieces, file, path)
        try:
            if target.exists():
                scratch.chmod(target.stat().st_mode & 0o7777)
            scratch.replace(target)
        except OSError as error:
            raise _cannot(path, error) from error
    finally:
        scratch.unlink(missing_ok=True)


def _copy(pieces: Iterable[bytes], file: BinaryIO, path: Path) -> None:
    """Write all pieces. An error of the disk is told from one of the source that the pieces come from."""
    for piece in pieces:
        try:
            file.write(piece)
        except OSError as error:
            raise _cannot(path, error) from error
    try:
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise _cannot(path, error) from error


def _cannot(path: Path, error: OSError) -> RunQLError:
    return OutputError.of("RQL506", f"cannot write `{path}`: {error.strerror or error}")
