"""What must not be left half done when somebody asks to stop: blocks that signals wait for, and imports."""

from __future__ import annotations

import _thread
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
AGAIN_SECONDS: Final = 0.02
"""How long to wait before asking again whether an import is over."""
_IMPORTER: Final = "<frozen importlib._bootstrap>"


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


def is_importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported in this stack.

    An exception in the middle of an import leaves packages of which some modules are loaded and not bound, and at
    worst a lock that no thread ever gives back. Whoever interrupts a process that goes on asks again a little later.
    """
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTER:
            return True
        frame = frame.f_back
    return False


def interrupt_main_thread() -> None:
    """From any thread: Ctrl-C for the main thread, also where it waits in a call of the system."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()
