"""Drives the prompt from the outside: a process in a real terminal, whose screen is read as a person would."""

from __future__ import annotations

import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path

import pyte

from tests.house.sources import ROOT

PATIENCE_SECONDS = 60.0


class _Screen(pyte.Screen):
    """A screen that answers where its cursor is."""

    def __init__(self, columns: int, lines: int, answer: Callable[[str], None]) -> None:
        super().__init__(columns, lines)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data)


class Terminal:
    """A process in a terminal."""

    def __init__(self, process: int, handle: int, columns: int, lines: int) -> None:
        self.process = process
        self._handle = handle
        self.screen = _Screen(columns, lines, self.press)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        self.status: int | None = None

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without spaces at the ends."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines).rstrip()

    def press(self, keys: str) -> None:
        """Send keys as a terminal does."""
        os.write(self._handle, keys.encode())

    def wait(self, wanted: str | Callable[[], bool]) -> None:
        """Read what is written until a text is on the screen, or something holds."""

        def holds() -> bool:
            return wanted in self.text if isinstance(wanted, str) else wanted()

        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < end, f"waited for {wanted!r}; the screen says\n{self.text}"
            assert self._read(0.1), f"it ended before {wanted!r}; the screen says\n{self.text}"

    def press_until(self, keys: str, holds: Callable[[], bool]) -> None:
        """Send keys again until something holds: the system's line editor loses a Ctrl-C between two of its waits."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < end, f"{keys!r} does nothing; the screen says\n{self.text}"
            self.press(keys)
            self.settle()

    def settle(self, seconds: float = 1.0) -> None:
        """Read what is written until nothing more comes for a while."""
        before = -1
        while before != len(self.written):
            before = len(self.written)
            assert self._read(seconds)

    def resize(self, columns: int, lines: int) -> None:
        """Change the window, as a terminal does that leaves its lines as they are."""
        ioctl(self._handle, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)

    def signal(self, number: int) -> None:
        os.kill(self.process, number)

    def end(self) -> int:
        """Wait until the process has ended; its exit status."""
        if self.status is None:
            limit = time.monotonic() + PATIENCE_SECONDS
            while self._read(0.1):
                assert time.monotonic() < limit, f"it does not end; the screen says\n{self.text}"
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        return self.status

    def close(self) -> None:
        """End it, if it has not ended by itself."""
        if self.status is None:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
            self.status = -signal.SIGKILL
        os.close(self._handle)

    def _read(self, seconds: float) -> bool:
        """Read what has come; false when nothing can come any more."""
        if not select.select([self._handle], [], [], seconds)[0]:
            return True
        try:
            piece = os.read(self._handle, 65536)
        except OSError:  # Linux's way to say that the other side has closed
            return False
        self.written += piece
        self._stream.feed(piece)
        return bool(piece)


@contextmanager
def terminal(
    folder: Path,
    *argv: str,
    columns: int = 100,
    lines: int = 30,
    code: str | None = None,
    program: str | None = None,
    **environ: str,
) -> Iterator[Terminal]:
    """`runql` with these arguments, a piece of Python, or another program, at a terminal; its settings and history are
    in a folder."""
    start = [program] if program else [sys.executable, *(["-m", "runql"] if code is None else ["-c", code])]
    settings = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "RUNQL_CONFIG": str(folder / "config.toml"),
        "RUNQL_DATA": str(folder / "data"),
        "RUNQL_CACHE": str(folder / "cache"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "xterm-256color",
        **environ,
    }
    process, handle = pty.fork()
    if process == 0:
        ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.chdir(folder)
        os.execve(start[0], [*start, *argv], settings)
    driven = Terminal(process, handle, columns, lines)
    try:
        yield driven
    finally:
        driven.close()
