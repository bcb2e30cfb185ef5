"""The one file that writes standard error, and that knows exit statuses."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Final

from runql.errors import BackendError, RunQLError, SourceError
from runql.text.diagnostic import Diagnostic
from runql.text.render import render
from runql.text.source import Source

OK: Final = 0
ASSERTION_FAILED: Final = 1
WRONG: Final = 2
NO_SOURCE: Final = 3
FAULT: Final = 70
INTERRUPTED: Final = 130

_UNREADABLE = (SourceError, BackendError)


def status_of(error: RunQLError) -> int:
    """The exit status that belongs to an error: a fault of ours, a source that can't be read, or a wrong query."""
    if any(diagnostic.code.startswith("RQL9") for diagnostic in error.diagnostics):
        return FAULT
    return NO_SOURCE if isinstance(error, _UNREADABLE) else WRONG


def is_terminal() -> bool:
    """Whether a person reads what is said."""
    return sys.stderr is not None and sys.stderr.isatty()


class Voice:
    """Says things on standard error, in colour if it may."""

    def __init__(self, *, color: bool = False) -> None:
        self._color = color

    def error(self, error: RunQLError) -> int:
        """Show an error, with its place where it has one, and give the exit status."""
        self.diagnostics(error.diagnostics, error.source)
        return status_of(error)

    def diagnostics(self, diagnostics: Iterable[Diagnostic], source: Source | None = None) -> None:
        """Show each as a picture of its place."""
        shown = list(diagnostics)
        if shown:
            self.say(render(shown, source, color=self._color))

    def fault(self, error: BaseException, *, debug: bool) -> int:
        """Show a fault of our own."""
        message = f"{type(error).__name__}: {error}"
        hints = (
            "this is a mistake in RunQL, not in the query",
            "please report it with the query and what `RUNQL_DEBUG=1` adds to this message",
        )
        self.diagnostics([Diagnostic("RQL901", message, hints=hints)])
        if debug:
            self.say("".join(traceback.format_exception(error)).rstrip())
        return FAULT

    def quiet_line(self, text: str) -> None:
        """A line that does not ask for attention, such as the footer of a result."""
        if text:
            self.say(f"\x1b[2m{text}\x1b[0m" if self._color else text)

    def say(self, text: str) -> None:
        """A text and a line end. A standard error that is gone is no reason to fail."""
        if sys.stderr is None:
            return
        try:
            sys.stderr.write(
                text.encode(sys.stderr.encoding or "utf-8", "backslashreplace").decode(sys.stderr.encoding)
            )
            sys.stderr.write("\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            sys.stderr = None  # closed, or full: there is no one left to tell


class Progress:
    """A line at a terminal that says what goes on, from half a second on, and vanishes at the end."""

    PATIENCE_SECONDS: Final = 0.5
    _PERIOD_SECONDS: Final = 0.1

    def __init__(self, describe: Callable[[], str], *, enabled: bool) -> None:
        self._describe = describe
        self._thread = threading.Thread(target=self._draw, daemon=True) if enabled else None
        self._done = threading.Event()

    def __enter__(self) -> Progress:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the line away; nothing is drawn afterwards."""
        self._done.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()

    def _draw(self) -> None:
        began = time.monotonic()
        if self._done.wait(self.PATIENCE_SECONDS):
            return
        while True:
            line = f"{self._describe()} · {time.monotonic() - began:.0f} s"
            sys.stderr.write(f"\r\x1b[2K\x1b[2m{line}\x1b[0m")
            sys.stderr.flush()
            if self._done.wait(self._PERIOD_SECONDS):
                break
        sys.stderr.write("\r\x1b[2K")
        sys.stderr.flush()
