"""What signals do while the command runs: it ends in order, nothing stays behind, and no traceback is shown."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

ENDING: Final = tuple(number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None)


class Ended(SystemExit):
    """Somebody asked the process to end. Everything is put away on the way up; then `die` ends it."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


@contextmanager
def heard() -> Iterator[None]:
    """While this lasts Ctrl-C raises `KeyboardInterrupt`, and a signal that ends the process `Ended`.

    A signal that somebody else handles, or that is ignored as under `nohup`, stays theirs.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken: list[int] = []
    try:
        for number in (signal.SIGINT, *ENDING):
            if signal.getsignal(number) is signal.SIG_DFL:
                taken.append(number)
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else _end)
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def die(ended: Ended) -> int:
    """End by the signal, so that whoever started the process sees which; gives a status where that fails."""
    if ended.number in ENDING and threading.current_thread() is threading.main_thread():
        signal.signal(ended.number, signal.SIG_DFL)
        os.kill(os.getpid(), ended.number)
    return 128 + ended.number


def _end(number: int, _frame: FrameType | None) -> None:
    raise Ended(number)


def occupy_closed() -> None:
    """Let no file that is opened take the place of an input or an output that the process was started without."""
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != handle:
                os.dup2(opened, handle)
                os.close(opened)
