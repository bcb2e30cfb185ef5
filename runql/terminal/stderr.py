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
from runql.text.frozen import changeable
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
        try:  # the file of the system behind it, if there is one that takes bytes
            handle = int(sys.stderr.fileno()) if hasattr(sys.stderr, "buffer") else None
        except (OSError, ValueError):
            handle = None
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


@changeable
class Voice:
    """Says things on standard error, in colour if it may, in lines of at most `columns` characters where it can.

    `structured`: diagnostics are JSON, for a program.
    """

    color: bool = False
    columns: Callable[[], int | None] | int | None = None
    structured: bool = False
    _heard: list[str] | None = None
    _failed: int = OK

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
        if shown and self.structured:
            self.say(errors_json(shown, source))
        elif shown:
            columns = self.columns() if callable(self.columns) else self.columns
            self.say(render(shown, source, color=self.color, columns=columns))

    def read_as(self, query: str, kind: str, notes: Sequence[str]) -> None:
        """The query that a text of another language was read as, before it runs."""
        if self.structured:
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

    def quiet(self, *parts: str, indent: int = 2) -> None:
        """What does not ask for attention, such as the footer of a result, in one line; at a terminal in as many as its
        width asks for, broken between the parts, and within one between words: the rest stands `indent` further in.
        """
        columns = self.columns() if callable(self.columns) else self.columns
        lines: list[str] = []
        for part in parts:
            joined = f"{lines[-1]} · {part}" if lines else part
            if lines and (columns is None or cell_width(joined) <= columns):
                lines[-1] = joined
            else:
                lines.append(part)
        text = "\n".join(lines)
        for line in text.split("\n") if text else ():
            for piece in [line] if columns is None else wrap(line, columns, indent):
                self.say(f"\x1b[2m{piece}\x1b[0m" if self.color else piece)

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
