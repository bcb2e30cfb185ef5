"""The window around the line: once it has stopped changing, what stands above the line may be drawn anew."""

from __future__ import annotations

from asyncio import TimerHandle
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from prompt_toolkit.application import Application
from prompt_toolkit.renderer import HeightIsUnknownError

_STILL_SECONDS: Final = 0.25


class WindowWatch:
    """Looks at the size of the window each time that the line is drawn.

    Args:
        app: Draws the line.
        rows: How many rows the line takes in so many columns.
        above: Has something written above the line.
    """

    def __init__(
        self, app: Application[str], rows: Callable[[int], int], above: Callable[[Callable[[], None]], None]
    ) -> None:
        self.changed: Callable[[int], None] | None = None
        """What is done above the line when the window has changed; it is told how many rows the line takes."""
        self._app, self._rows, self._above = app, rows, above
        self._size: object = None
        self._later: TimerHandle | None = None
        app.after_render += self._look

    def _look(self, app: Application[str]) -> None:
        size = app.output.get_size()
        before, self._size = self._size, size
        if before in (None, size) or app.loop is None or app.is_done:
            return
        if self._later is not None:
            self._later.cancel()
        self._later = app.loop.call_later(_STILL_SECONDS, self._is_still)

    def _is_still(self) -> None:
        changed, self._later = self.changed, None
        if changed is None or not self._app.is_running or self._app.is_done:
            return
        with suppress(HeightIsUnknownError):
            if not self._app.renderer.rows_above_layout:
                return  # the screen was cleared
        rows = self._rows(self._app.output.get_size().columns)
        self._above(lambda: changed(rows))
