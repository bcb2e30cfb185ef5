"""Ctrl-C while something runs: the first stops it, and no number of them ends the process."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """A context in which Ctrl-C raises `KeyboardInterrupt` once; further ones do nothing while that is dealt with.

    Outside the main thread, where no signal arrives, it does nothing.
    """

    def __init__(self) -> None:
        self._armed = False
        self._depth = 0
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        self._depth += 1
        if self._depth == 1 and threading.current_thread() is threading.main_thread():
            self._armed = True
            self._before = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth == 0 and self._before is not None:
            before, self._before = self._before, None
            signal.signal(signal.SIGINT, before)

    def rearm(self) -> None:
        """What was stopped is dealt with: the next Ctrl-C stops what comes now."""
        self._armed = True

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if self._armed:
            self._armed = False
            raise KeyboardInterrupt
