"""A short look at a frame for a Python prompt and for a notebook."""

from __future__ import annotations

from datetime import UTC
from html import escape

from runql.results.frame import Frame
from runql.results.looks import look_of
from runql.results.table_view import table_lines
from runql.results.view import View

_ROWS = 20
_COLUMNS = 20


def brief(frame: Frame, width: int = 100) -> str:
    """The table, shortened; its size stands below."""
    lines = [*table_lines(frame, View(width=width, most_rows=_ROWS, head=10, tail=5))]
    return "\n".join([*lines, size_of(frame)])


def brief_html(frame: Frame) -> str:
    """The table as HTML, shortened; its size stands below."""
    shown = [*frame.slice(0, _ROWS).tuples()]
    heads = "".join(f"<th>{escape(name)}</th>" for name in frame.names[:_COLUMNS])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(look_of(cell, UTC).text)}</td>" for cell in row[:_COLUMNS]) + "</tr>"
        for row in shown
    )
    more = [
        f"{count:,} more {what}"
        for count, what in ((frame.length - _ROWS, "rows"), (len(frame.names) - _COLUMNS, "columns"))
        if count > 0
    ]
    note = size_of(frame) + (f"; not shown: {', '.join(more)}" if more else "")
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table><p>{escape(note)}</p>"


def size_of(frame: Frame) -> str:
    """`3 rows × 2 columns`."""
    rows, columns = frame.length, len(frame.names)
    return f"{rows:,} row{'s' * (rows != 1)} × {columns:,} column{'s' * (columns != 1)}"
