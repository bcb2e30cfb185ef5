"""A short look at a frame for a Python prompt."""

from __future__ import annotations

from runql.results.frame import Frame
from runql.results.table_view import table_lines
from runql.results.view import View

_ROWS = 20


def brief(frame: Frame, width: int = 100) -> str:
    """The table, shortened; its size stands below."""
    lines = [*table_lines(frame, View(width=width, most_rows=_ROWS, head=10, tail=5))]
    return "\n".join([*lines, size_of(frame)])


def size_of(frame: Frame) -> str:
    """`3 rows × 2 columns`."""
    rows, columns = frame.length, len(frame.names)
    return f"{rows:,} row{'s' * (rows != 1)} × {columns:,} column{'s' * (columns != 1)}"
