"""A frame as a table of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import TYPE_CHECKING

from runql.results.cell_text import exact_text
from runql.results.column_types import NUMBERS
from runql.results.columns import Columns
from runql.results.terminal_table.plus_minus import measured
from runql.text.visible import visible

if TYPE_CHECKING:
    from runql.engine.stages import PivotLayout

_SIGNS = re.compile(r"[\\|<`*&\[~$]|(?<![^\W_])_|_(?![^\W_])")
"""What is a sign in a table of Markdown; an underscore within a word is none."""


def markdown_lines(frame: Columns, layout: PivotLayout | None = None) -> Iterator[str]:
    """The lines of a frame; numbers stand at the right."""
    columns = measured(frame, layout)
    numbers = [one is not None or frame.shape(name) in NUMBERS for name, one in columns.items()]
    texts = [
        [_cell(exact_text(cell)) for cell in frame.columns[name]]
        if one is None
        else [f"**{cell.text()}**" if cell.is_best else cell.text() for cell in one.cells]
        for name, one in columns.items()
    ]
    yield _line([_cell(name) for name in columns])
    yield _line(["---:" if number else "---" for number in numbers])
    yield from map(_line, zip(*texts, strict=True) if texts else repeat((), frame.length))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Text that a Markdown table shows as it is."""
    escaped = _SIGNS.sub(lambda sign: f"\\{sign.group()}", text)
    on_one_line = escaped.replace("\r\n", "<br>").replace("\n", "<br>").replace("\r", "<br>").replace("\t", " ")
    return visible(on_one_line)
