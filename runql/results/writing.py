"""A file that is whole, or what it was before; into a device or a pipe as the bytes come."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from runql.errors import OutputError, RunQLError
from runql.results.destination import Destination, DestinationKind, destination
from runql.text.replace import OwnerLost, replaced, write_whole
from runql.text.visible import harmless

_WAITS_SECONDS: Final = 0.05


class GivenUp(Exception):  # noqa: N818 - nothing went wrong with the file
    """The output is not wanted any more."""


def never() -> bool:
    """Nobody gives up."""
    return False


def write_file(path: Path, pieces: Iterable[bytes], *, endings: Collection[str] | None = None) -> None:
    """Write the pieces to where a path leads, judged by `destination`: see `write_to`."""
    write_to(destination(path, endings), pieces)


def write_to(place: Destination, pieces: Iterable[bytes], gave_up: Callable[[], bool] = never) -> None:
    """Write the pieces to a new file that takes its place only when all of them are on the disk.

    Of a file that is replaced the owner and the permissions are kept. `gave_up` is asked before each piece and before a
    file takes its place, and while whoever reads a pipe takes nothing.

    Raises:
        OutputError: it cannot be written. Then, and if the pieces raise anything, a file is as it was.
        GivenUp: `gave_up` said so.
    """
    if place.kind is DestinationKind.STREAM:
        _pour(place, pieces, gave_up)
        return
    told = _Told(pieces, gave_up)
    try:
        with replaced(place.target, like=place.there) as handle:
            for piece in told:
                write_whole(handle, piece)
    except OSError as error:
        if error is told.error:
            raise
        raise _cannot(place, error) from error


class _Told:
    """The pieces, and the error that taking one raised: an error of the disk is told from one of the source.

    Raises `GivenUp`, also behind the last piece, if `gave_up` says so.
    """

    def __init__(self, pieces: Iterable[bytes], gave_up: Callable[[], bool]) -> None:
        self._pieces = pieces
        self._gave_up = gave_up
        self.error: OSError | None = None

    def __iter__(self) -> Iterator[bytes]:
        self._go_on()
        try:
            for piece in self._pieces:
                self._go_on()
                yield piece
        except OSError as error:
            self.error = error
            raise
        self._go_on()

    def _go_on(self) -> None:
        if self._gave_up():
            raise GivenUp


def _pour(place: Destination, pieces: Iterable[bytes], gave_up: Callable[[], bool]) -> None:
    """Write into a device or a pipe, as far as the pieces go. A terminal gets nothing that steers it."""
    try:
        handle = _opened(place, gave_up)
    except OSError as error:
        raise _cannot(place, error) from error
    try:
        is_terminal = os.isatty(handle)
        for piece in pieces:
            try:
                write_whole(handle, harmless(piece) if is_terminal else piece, gave_up)
            except InterruptedError:
                raise GivenUp from None
            except OSError as error:
                raise _cannot(place, error, "what came before it was written") from error
    finally:
        os.close(handle)


def _opened(place: Destination, gave_up: Callable[[], bool]) -> int:
    """A device or a pipe, open for writing. A pipe is waited for until somebody reads it."""
    flags = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
    while True:
        try:
            handle = os.open(place.path, flags)
        except OSError as error:
            if error.errno != errno.ENXIO or not stat.S_ISFIFO(place.path.stat().st_mode):
                raise
            if gave_up():
                raise GivenUp from None
            time.sleep(_WAITS_SECONDS)
            continue
        if stat.S_ISREG(os.fstat(handle).st_mode):  # it was changed for a file meanwhile
            os.close(handle)
            raise FileExistsError(errno.EEXIST, "it is another one than before")
        return handle


def _cannot(place: Destination, error: OSError, *hints: str) -> RunQLError:
    if isinstance(error, OwnerLost):
        hints = ("a new file in its place would belong to who runs this: remove it first, or name another",)
    return OutputError.of("RQL506", f"cannot write `{place.name}`: {error.strerror or error}", *hints)
