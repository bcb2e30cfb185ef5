"""A short look at a frame for a Python prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runql.results.columns import Columns
from runql.results.terminal_table.options import View
from runql.results.terminal_table.plus_minus import measured
from runql.results.terminal_table.table import table_lines

if TYPE_CHECKING:
    from runql.engine.stages import PivotLayout

_ROWS = 20


def brief(frame: Columns, width: int = 100, layout: PivotLayout | None = None) -> str:
    """The table, shortened; its size stands below. With the layout of a pivot as that reads."""
    lines = [*table_lines(frame, View(width=width, most_rows=_ROWS, head=10, tail=5), layout)]
    return "\n".join([*lines, size_of(frame, len(measured(frame, layout)))])


def size_of(frame: Columns, columns: int | None = None) -> str:
    """`3 rows × 2 columns`; of a pivot as it reads there are fewer columns than the frame has."""
    rows, columns = frame.length, len(frame.names) if columns is None else columns
    return f"{rows:,} row{'s' * (rows != 1)} × {columns:,} column{'s' * (columns != 1)}"
