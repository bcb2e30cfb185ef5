"""The one file that reads standard input."""

from __future__ import annotations

import os
import select
import sys
import time
from typing import BinaryIO, Final

from runql.errors import RunQLError, wrong_call

_LOOKS_EVERY_SECONDS: Final = 0.05
_CHUNK: Final = 1 << 16


def is_terminal() -> bool:
    """Whether a person types the input."""
    return sys.stdin is not None and sys.stdin.isatty()


def is_there() -> bool:
    """Whether there is an input at all: a process may be started with it closed."""
    return sys.stdin is not None


def handed_over() -> BinaryIO:
    """Standard input, for one protocol. Raises `QueryError` if there is none."""
    if sys.stdin is None:
        raise _closed()
    os.set_blocking(sys.stdin.fileno(), True)
    return sys.stdin.buffer


def _closed() -> RunQLError:
    return wrong_call("standard input is closed", "name a query or a file")


def read(most: int) -> bytes:
    """All of it, also where it comes slowly.

    Raises:
        QueryError: there is none, it cannot be read, or it has more than `most` bytes.
    """
    if sys.stdin is None:
        raise _closed()
    try:
        handle = sys.stdin.fileno()
    except (OSError, ValueError):  # it is no file of the system
        return sys.stdin.read().encode()
    parts: list[bytes] = []
    size = 0
    while True:
        try:
            part = os.read(handle, _CHUNK)
        except BlockingIOError:
            _wait(handle)
            continue
        except OSError as error:
            raise wrong_call(f"cannot read standard input: {error.strerror or error}") from error
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if size > most:
            raise wrong_call(f"standard input has more than {most:,} bytes", "is it a query?")


def _wait(handle: int) -> None:
    """Wait a moment for whoever writes at the other end."""
    if hasattr(select, "poll"):
        ready = select.poll()
        ready.register(handle, select.POLLIN)
        ready.poll(_LOOKS_EVERY_SECONDS * 1000)
    else:  # Windows
        time.sleep(_LOOKS_EVERY_SECONDS)
