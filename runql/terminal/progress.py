"""What is said while something goes on: a line at a terminal that is drawn anew, and why it waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final

from runql.terminal.region import Region
from runql.terminal.stderr import columns
from runql.text.visible import visible


class Waiting:
    """Why nothing comes just now, as whoever waits says it about ten times a second; gone soon after the last time."""

    _FRESH_SECONDS: Final = 0.5
    _said = ("", 0.0)

    def __call__(self, text: str) -> None:
        self._said = (text, time.monotonic() + self._FRESH_SECONDS)

    @property
    def text(self) -> str:
        """What was said last, if that was just now."""
        text, until = self._said
        return text if time.monotonic() < until else ""


class Progress:
    """A line at a terminal that says what goes on, from half a second on, and vanishes at the end.

    `timed`: the seconds are added to what `describe` says. `above` gives lines that stand over it.
    """

    PATIENCE_SECONDS: Final = 0.5
    _PERIOD_SECONDS: Final = 0.1

    def __init__(
        self,
        describe: Callable[[], str],
        *,
        waiting: Waiting | None = None,
        timed: bool = True,
        above: Callable[[], Sequence[str]] = tuple,
        color: bool = True,
    ) -> None:
        self._describe = describe
        self._waiting = waiting
        self._timed = timed
        self._above = above
        self._dim = "\x1b[2m%s\x1b[0m" if color else "%s"
        self._thread = threading.Thread(target=self._draw, daemon=True)
        self._done = threading.Event()

    def __enter__(self) -> Progress:
        try:
            self._thread.start()
        except BaseException:  # a Ctrl-C while it starts: nobody would stop it
            self._done.set()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the line away; nothing is drawn afterwards."""
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()

    def _draw(self) -> None:
        began = time.monotonic()
        if self._done.wait(self.PATIENCE_SECONDS):
            return
        from runql.results.terminal_table.layout import cut

        region, width = Region(), (columns() or 80) - 1
        while True:
            why = self._waiting.text if self._waiting is not None else ""
            line = why or self._describe() + (f" · {time.monotonic() - began:.0f} s" if self._timed else "")
            region.draw([*self._above(), self._dim % cut(visible(line), width, "…")])
            if self._done.wait(self._PERIOD_SECONDS):
                break
        region.clear()
