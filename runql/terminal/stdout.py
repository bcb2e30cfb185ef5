"""The one file that writes standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import BinaryIO, Final

_STANDARD_ERROR: Final = 2


class ClosedPipe(Exception):  # noqa: N818 - nothing went wrong
    """Whoever read the output has had enough."""


class CannotWrite(Exception):  # noqa: N818
    """The output takes no more; the text says why."""


def is_terminal() -> bool:
    """Whether a person looks at the output."""
    return sys.stdout is not None and sys.stdout.isatty()


def takes_unicode() -> bool:
    """Whether the output may hold more than ASCII."""
    return "utf" in (getattr(sys.stdout, "encoding", None) or "").lower()


def width() -> int | None:
    """The width of the terminal in cells, if there is one."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (AttributeError, OSError, ValueError):
        return None


def height() -> int | None:
    """The height of the terminal in lines, if there is one."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).lines or None
    except (AttributeError, OSError, ValueError):
        return None


def write(pieces: Iterable[bytes]) -> None:
    """Write the pieces as they come.

    Raises `ClosedPipe` when the reader is gone, and `CannotWrite` when the disk is full or the output closed.
    """
    if sys.stdout is None:
        raise CannotWrite("it is closed")
    for piece in pieces:
        _put(piece)
    _put(b"")


def _put(piece: bytes) -> None:
    """Write one piece, or with an empty one all that is held back. Only errors of the output itself are translated."""
    binary = getattr(sys.stdout, "buffer", None)
    try:
        if binary is None:
            sys.stdout.write(piece.decode())
        else:
            binary.write(piece)
        if not piece:
            sys.stdout.flush()
    except BrokenPipeError:
        _turn_away()
        raise ClosedPipe from None
    except OSError as error:
        _turn_away()
        raise CannotWrite(error.strerror or str(error)) from error


def flush() -> None:
    """Let out what is held back."""
    write(())


def say(text: str) -> None:
    """Write a text and a line end."""
    write([(text + "\n").encode()])


def _turn_away() -> None:
    """Send what is still buffered nowhere, or Python complains about it when it leaves."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    finally:
        os.close(nowhere)


def handed_over() -> BinaryIO:
    """Standard output, for the program at its other end alone: whatever else is printed goes to standard error now."""
    flush()
    mine = sys.stdout.fileno()
    taken = os.fdopen(os.dup(mine), "wb")
    try:
        os.dup2(_STANDARD_ERROR, mine)
    except OSError:
        _turn_away()
    return taken
