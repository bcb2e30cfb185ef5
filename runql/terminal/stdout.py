"""The one file that writes standard output."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from runql.text.replace import wait_for_room, write_whole

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
    """Write the pieces as they come, every byte of them; a terminal gets nothing that steers it but colours.

    Raises `ClosedPipe` when the reader is gone, and `CannotWrite` when the disk is full or the output closed.
    """
    if sys.stdout is None:
        raise CannotWrite("it is closed")
    global _writes  # noqa: PLW0603 - there is one standard output
    _writes += 1
    out = _Output(sys.stdout)
    decoded = codecs.getincrementaldecoder("utf-8")("replace")
    if not is_terminal():
        for piece in pieces:  # only errors of the output itself are translated, so they are taken out here
            out.put(piece)
    else:
        from runql.text.visible import styled

        for piece in pieces:
            out.put(styled(decoded.decode(piece)).encode("utf-8", "backslashreplace"))
    out.flush()


_writes = 0


def writes() -> int:
    """How often something was written so far."""
    return _writes


class _Output:
    """Standard output, whatever it is. It may take less than all of a piece, and nothing just now."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._binary = getattr(stream, "buffer", None)
        self._is_unbuffered = isinstance(self._binary, io.RawIOBase)
        if isinstance(self._binary, io.RawIOBase):  # of `PYTHONUNBUFFERED`: a write of it may be a part
            self._binary = _buffer_over(self._binary)
        self._decoded = codecs.getincrementaldecoder("utf-8")("replace")

    def put(self, piece: bytes) -> None:
        try:
            if self._binary is None:
                self._stream.write(self._decoded.decode(piece))
                return
            rest = memoryview(piece)
            while rest:
                try:
                    rest = rest[self._binary.write(rest) :]
                except BlockingIOError as full:
                    rest = rest[full.characters_written :]
                    wait_for_room(self._stream.fileno())
        except (OSError, ValueError) as error:
            _fail(error)
        if self._is_unbuffered:
            self._let_out()

    def flush(self) -> None:
        """Let out what is held back, and know that it arrived: over a network an error comes with the end."""
        self._let_out()
        try:
            self._stream.flush()
            os.close(os.dup(self._stream.fileno()))
        except io.UnsupportedOperation:
            return  # it is no file of the system
        except (OSError, ValueError) as error:
            _fail(error)

    def _let_out(self) -> None:
        while self._binary is not None:
            try:
                self._binary.flush()
            except BlockingIOError:
                wait_for_room(self._stream.fileno())
            except (OSError, ValueError) as error:
                _fail(error)
            else:
                return


_buffers: dict[int, tuple[io.RawIOBase, io.BufferedWriter]] = {}
"""What is held back of an unbuffered output, which an interrupt must not lose."""


def _buffer_over(raw: io.RawIOBase) -> io.BufferedWriter:
    known = _buffers.get(id(raw))
    if known is None or known[0] is not raw:
        known = _buffers[id(raw)] = raw, io.BufferedWriter(raw)
    return known[1]


def _fail(error: OSError | ValueError) -> NoReturn:
    _turn_away()
    if isinstance(error, BrokenPipeError):
        raise ClosedPipe from None
    raise CannotWrite((isinstance(error, OSError) and error.strerror) or str(error)) from error


def flush() -> None:
    """Let out what is held back."""
    write(())


def say(text: str) -> None:
    """Write a text and a line end."""
    write([(text + "\n").encode("utf-8", "backslashreplace")])


def give_up() -> None:
    """Write nothing more: what is held back goes nowhere, where Python would complain about it when it leaves."""
    if sys.stdout is not None:
        _turn_away()


def _turn_away() -> None:
    """Send what is still buffered nowhere, or Python complains about it when it leaves."""
    try:
        mine = sys.stdout.fileno()
    except (OSError, ValueError):
        return  # it is no file of the system, or closed
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, mine)
    finally:
        os.close(nowhere)


class Handed:
    """Standard output in the hands of one protocol: each message is written as a whole."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def write(self, data: bytes) -> None:
        """Write all of it."""
        write_whole(self._handle, data)

    def close(self) -> None:
        """Write nothing more."""
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1


def handed_over() -> Handed:
    """Standard output, for the program at its other end alone: whatever else is printed goes to standard error now.

    Raises `CannotWrite` if there is none.
    """
    flush()
    mine = sys.stdout.fileno()
    taken = Handed(os.dup(mine))
    try:
        os.dup2(_STANDARD_ERROR, mine)
    except OSError:
        _turn_away()
    return taken
