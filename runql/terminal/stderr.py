"""The one file that writes standard error, and that knows exit statuses."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from runql.errors import AssertionFailed, BackendError, RunQLError, SourceError
from runql.text.diagnostic import Diagnostic
from runql.text.render import render
from runql.text.replace import write_whole
from runql.text.source import NOWHERE, Source
from runql.text.visible import styled
from runql.text.widths import cell_width, wrap

OK: Final = 0
ASSERTION_FAILED: Final = 1
WRONG: Final = 2
NO_SOURCE: Final = 3
FAULT: Final = 70
INTERRUPTED: Final = 130

_UNREADABLE = (SourceError, BackendError)
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def status_of(error: RunQLError) -> int:
    """The exit status of an error: a fault of ours, a failed assertion, a source that can't be read, a wrong query."""
    if any(diagnostic.code.startswith("RQL9") for diagnostic in error.diagnostics):
        return FAULT
    if isinstance(error, AssertionFailed):
        return ASSERTION_FAILED
    return NO_SOURCE if isinstance(error, _UNREADABLE) else WRONG


def is_terminal() -> bool:
    """Whether a person reads what is said."""
    return sys.stderr is not None and sys.stderr.isatty()


def columns() -> int | None:
    """The width of the terminal, if there is one."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or None
    except (AttributeError, OSError, ValueError):
        return None


_lost: list[OSError] = []
"""What kept something from being said, other than that nobody listens."""


def raw(text: str) -> None:
    """Write a text as it is, which may steer the terminal. A standard error that is gone is no reason to stop."""
    if sys.stderr is None:
        return
    global _writes  # noqa: PLW0603 - there is one standard error
    _writes += 1
    try:
        encoding = sys.stderr.encoding or "utf-8"
        data = text.encode(encoding, "backslashreplace")
        handle = _handle()
        sys.stderr.write("" if handle is not None else data.decode(encoding))
        sys.stderr.flush()
        if handle is not None:
            write_whole(handle, data)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            _lost.append(error)
        sys.stderr = None  # closed, or full: there is no one left to tell


_writes = 0


def writes() -> int:
    """How often something was written so far."""
    return _writes


def _handle() -> int | None:
    """The file of the system behind standard error, if there is one that takes bytes."""
    try:
        return int(sys.stderr.fileno()) if hasattr(sys.stderr, "buffer") else None
    except (OSError, ValueError):
        return None


class Voice:
    """Says things on standard error, in colour if it may, in lines of at most `columns` characters where it can."""

    def __init__(
        self, *, color: bool = False, columns: Callable[[], int | None] | int | None = None, structured: bool = False
    ) -> None:
        self._color = color
        self._structured = structured
        self._width = columns
        self._heard: list[str] | None = None
        self._failed = OK

    @property
    def _columns(self) -> int | None:
        return self._width() if callable(self._width) else self._width

    @contextmanager
    def heard(self) -> Iterator[list[str]]:
        """Gives the lines that are said while this lasts."""
        before, self._heard = self._heard, []
        try:
            yield self._heard
        finally:
            self._heard = before

    def error(self, error: RunQLError) -> int:
        """Show an error, with its place where it has one, and give the exit status."""
        self.diagnostics(error.diagnostics, error.source)
        self._failed = self._failed or status_of(error)
        return status_of(error)

    def status(self, status: int) -> int:
        """An exit status, which is not 0 after an error: whoever closed the output early has not closed that. Nor if
        something could not be said for want of room: nothing else says so.
        """
        if status != OK:
            return status
        return WRONG if _lost else self._failed

    def diagnostics(self, diagnostics: Iterable[Diagnostic], source: Source | None = None) -> None:
        """Show each as a picture of its place, or as JSON for a program."""
        shown = list(diagnostics)
        if shown and self._structured:
            self.say(errors_json(shown, source))
        elif shown:
            self.say(render(shown, source, color=self._color, columns=self._columns))

    def read_as(self, query: str, kind: str, notes: Sequence[str]) -> None:
        """The query that a text of another language was read as, before it runs."""
        if self._structured:
            self.diagnostics([Diagnostic("RQL112", f"the {kind} was read as `{query}`", hints=tuple(notes))])
            return
        self.say("\n".join((f"read as: {query}", *(f"  = {note}" for note in notes))))

    def fault(self, error: BaseException, *, debug: bool) -> int:
        """Show a fault of our own."""
        message = f"{type(error).__name__}: {error}"
        hints = (
            "this is a mistake in RunQL, not in the query",
            "please report it with the query and what `RUNQL_DEBUG=1` adds to this message",
        )
        self.diagnostics([Diagnostic("RQL901", message, hints=hints)])
        if debug:
            import traceback

            self.say("".join(traceback.format_exception(error)).rstrip())
        return FAULT

    def quiet_line(self, text: str, indent: int = 2) -> None:
        """A line that does not ask for attention, such as the footer of a result; at a terminal it is broken between
        words, and what does not fit stands `indent` further in."""
        for line in text.split("\n") if text else ():
            for part in [line] if self._columns is None else wrap(line, self._columns, indent):
                self.say(f"\x1b[2m{part}\x1b[0m" if self._color else part)

    def quiet_parts(self, parts: Sequence[str]) -> None:
        """Parts in a line, or at a terminal in as many as its width asks for, broken between the parts."""
        lines: list[str] = []
        for part in parts:
            joined = f"{lines[-1]} · {part}" if lines else ""
            if lines and (self._columns is None or cell_width(joined) <= self._columns):
                lines[-1] = joined
            else:
                lines.append(part)
        for line in lines:
            self.quiet_line(line)

    def say(self, text: str) -> None:
        """A text and a line end. A terminal gets nothing that steers it but colours."""
        if self._heard is not None:
            self._heard += text.split("\n")
        raw(f"{styled(text) if is_terminal() else text}\n")


def errors_json(diagnostics: Iterable[Diagnostic], source: Source | None) -> str:
    """Diagnostics as a JSON array: code, severity, message, place, what was expected, fixes as edits of the text."""
    return json.dumps([_diagnostic(one, source) for one in diagnostics], ensure_ascii=False, indent=2)


def _diagnostic(one: Diagnostic, source: Source | None) -> dict[str, Any]:
    has_place = source is not None and one.span != NOWHERE
    line, column = source.line_column(one.span.start) if source is not None and has_place else (None, None)
    return {
        "code": one.code,
        "severity": str(one.severity),
        "message": one.message,
        "source": source.name if source is not None else one.source_name,
        "span": [one.span.start, one.span.end] if has_place else None,
        "line": line,
        "column": column,
        "expected": list(one.expected),
        "hints": list(one.hints),
        "fixes": [
            {
                "title": fix.title,
                "edits": [{"span": [edit.span.start, edit.span.end], "text": edit.text} for edit in fix.edits],
            }
            for fix in one.fixes
        ],
    }
