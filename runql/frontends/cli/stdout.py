"""The one file that writes standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable


class ClosedPipe(Exception):  # noqa: N818 - nothing went wrong
    """Whoever read the output has had enough."""


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


def write(pieces: Iterable[bytes]) -> None:
    """Write the pieces as they come. Raises `ClosedPipe` when the reader is gone, `OSError` when the disk is full."""
    if sys.stdout is None:
        raise OSError("standard output is closed")
    binary = getattr(sys.stdout, "buffer", None)
    sys.stdout.flush()
    for piece in pieces:
        try:
            if binary is None:
                sys.stdout.write(piece.decode())
            else:
                binary.write(piece)
        except BrokenPipeError:
            raise _closed() from None
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise _closed() from None


def say(text: str) -> None:
    """Write a text and a line end."""
    write([(text + "\n").encode()])


def _closed() -> ClosedPipe:
    """Turn what is still buffered away, or Python complains about it when it leaves."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ClosedPipe()
