"""Signals that wait until something is done that must not be left half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

ENDING: Final = tuple(
    number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)
"""Those that ask a process to end."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Signals that Python handles wait until the end of the block. Other threads than the main one get none anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    before = {number: signal.getsignal(number) for number in ENDING}
    waiting = {number: handler for number, handler in before.items() if callable(handler)}
    try:
        for number in waiting:
            signal.signal(number, lambda number, frame: came.append((number, frame)))
        yield
    finally:
        for number, handler in waiting.items():
            signal.signal(number, handler)
        for number, frame in came:
            waiting[signal.Signals(number)](number, frame)
