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
_IN_MEMORY: Final = 8 * 2**20
_CHUNK: Final = 2**16


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
    out = StandardOutput()
    for piece in pieces:  # only errors of the output itself are translated, so they are taken out here
        out.put(piece)
    out.flush()


_writes = 0


def writes() -> int:
    """How often something was written so far."""
    return _writes


class StandardOutput:
    """Standard output, whatever it is, a piece at a time. It may take less than all of one, and nothing just now.

    Raises as `write` does.
    """

    def __init__(self) -> None:
        if sys.stdout is None:
            raise CannotWrite("it is closed")
        global _writes  # noqa: PLW0603 - there is one standard output
        _writes += 1
        self._stream: Any = sys.stdout
        self._is_terminal = is_terminal()
        self._binary = getattr(self._stream, "buffer", None)
        self._is_unbuffered = isinstance(self._binary, io.RawIOBase)
        if isinstance(self._binary, io.RawIOBase):  # of `PYTHONUNBUFFERED`: a write of it may be a part
            self._binary = _buffer_over(self._binary)
        self._decoded = codecs.getincrementaldecoder("utf-8")("replace")

    def put(self, piece: bytes) -> None:
        """Write a piece. A terminal gets nothing that steers it but colours."""
        if self._is_terminal:
            from runql.text.visible import styled

            piece = styled(self._decoded.decode(piece)).encode("utf-8", "backslashreplace")
        try:
            if self._binary is None:
                self._stream.write(piece.decode() if self._is_terminal else self._decoded.decode(piece))
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
            self.flush()

    def flush(self) -> None:
        """Let out what is held back, and know that it arrived: over a network an error comes with the end."""
        try:
            while self._binary is not None:
                try:
                    self._binary.flush()
                    break
                except BlockingIOError:
                    wait_for_room(self._stream.fileno())
            self._stream.flush()
            os.close(os.dup(self._stream.fileno()))
        except io.UnsupportedOperation:
            return  # it is no file of the system
        except (OSError, ValueError) as error:
            _fail(error)


class HeldBack:
    """Takes pieces as standard output does, in memory and then on disk; `release` writes them. Else they are gone."""

    def __init__(self) -> None:
        import tempfile

        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by `__exit__`

    def __enter__(self) -> HeldBack:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, piece: bytes) -> None:
        """Hold a piece back. Raises `CannotWrite` when there is no room for it."""
        try:
            self._file.write(piece)
        except OSError as error:
            raise CannotWrite(f"there is no room to hold it back: {error.strerror or error}") from error

    def flush(self) -> None:
        """Nothing is let out."""

    @property
    def length(self) -> int:
        """How many bytes are held back."""
        return self._file.tell()

    def cut(self, length: int) -> None:
        """Keep only the first bytes."""
        self._file.truncate(length)
        self._file.seek(length)

    def chomp(self) -> None:
        """Take away a line end at the end."""
        if self.length:
            self._file.seek(self.length - 1)
            if self._file.read(1) == b"\n":
                self.cut(self.length - 1)

    def release(self) -> None:
        """Write all of it. Raises as `write` does."""
        self._file.seek(0)
        write(iter(lambda: self._file.read(_CHUNK), b""))


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
