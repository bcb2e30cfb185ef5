"""A table for a paper: LaTeX with `booktabs`, a pivot as mean ± spread with the best of each column in bold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runql.results.cell_text import exact_text
from runql.results.column_types import NUMBERS, Shape
from runql.results.columns import Columns
from runql.results.terminal_table.cells import Showing, look_of, needs_seconds
from runql.results.terminal_table.plus_minus import digits_of, measured
from runql.semantic.values import MISSING, Value
from runql.text.visible import visible

if TYPE_CHECKING:
    from runql.engine.stages import PivotLayout
    from runql.engine.stages.layout import PivotCell

_DIGITS = 4
_MOST_MORE = 2
_MOST_WHOLE = 1e15
_SETTINGS = "config."
"""How the names of columns begin whose numbers were chosen: they are written as they are, not measured."""
_EMPTY = "--"
_MISSING_KEY = "missing"
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "^": r"\textasciicircum{}",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "%": r"\%",
    "±": r"$\pm$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
_BLANKS = str.maketrans("\n\r\t", "   ")


def tex_lines(frame: Columns, layout: PivotLayout | None) -> Iterator[str]:
    """The lines of a `tabular`; with a layout the columns of a pivot are joined to one cell each."""
    titles, rows, numeric = _pivot(frame, layout) if layout is not None and layout.cells else _plain(frame)
    yield r"% needs \usepackage{booktabs}"
    yield r"\begin{tabular}{%s}" % "".join("r" if number else "l" for number in numeric)  # noqa: UP031 - braces
    yield r"\toprule"
    yield _line(map(escaped, titles))
    yield r"\midrule"
    for row in rows:
        yield _line(row)
    yield r"\bottomrule"
    yield r"\end{tabular}"


def _line(cells: Iterable[str]) -> str:
    """A line of the table. What begins it must not be read as an argument of the `\\\\` or the rule before it."""
    line = " & ".join(cells)
    return ("{}" if line.lstrip()[:1] in {"[", "*"} else "") + line + r" \\"


def escaped(text: str) -> str:
    """Text that LaTeX sets as it is; what is not seen is written out."""
    shown = "".join(_SPECIAL.get(char, char) for char in visible(text.translate(_BLANKS)))
    return shown.replace("--", "-{}-").replace("--", "-{}-")


def _plain(frame: Columns) -> tuple[Sequence[str], Iterator[list[str]], list[bool]]:
    numeric = [frame.shape(name) in NUMBERS for name in frame.names]
    timed = {name: _showing(name, frame.columns[name]) for name in frame.names if frame.shape(name) is Shape.TIME}
    titles = [f"{name} UTC" if name in timed else name for name in frame.names]
    shown = [timed.get(name) for name in frame.names]
    digits = [None if name.startswith(_SETTINGS) else _decimals(frame.columns[name]) for name in frame.names]
    return titles, ([*map(_cell, row, shown, digits)] for row in frame.tuples()), numeric


def _decimals(cells: Sequence[Value]) -> int | None:
    """So many digits after the point that each number of a column keeps four that count; none of whole numbers alone,
    and where that would be more than two digits too many for the largest.
    """
    numbers = [cell for cell in cells if isinstance(cell, float) and math.isfinite(cell)]
    texts = [f"{number:.{_DIGITS}g}" for number in numbers]
    wanted = max((len(text.partition(".")[2]) for text in texts), default=0)
    if not wanted or any("e" in text for text in texts):
        return None
    own = max(0, _DIGITS - 1 - math.floor(math.log10(max(map(abs, numbers)))))
    return wanted if wanted - own <= _MOST_MORE else None


def _showing(name: str, cells: Sequence[Value]) -> Showing:
    """How the times of a column read, as at a terminal but in UTC: a paper is read elsewhere."""
    return Showing.of(name, UTC, cells, seconds=needs_seconds(cells))


def _cell(value: Value, showing: Showing | None = None, digits: int | None = None) -> str:
    """A value; what a run does not have is a dash, so that nobody takes it for one that was left out."""
    if value is MISSING or value is None:
        return _EMPTY
    if isinstance(value, datetime) and showing is not None:
        return escaped(look_of(value, showing).text)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, digits)
    if isinstance(value, list) and value and not any(isinstance(one, list | dict) for one in value):
        return ", ".join(map(_cell, value))
    return escaped(exact_text(value))


def _number(value: float, digits: int | None = None) -> str:
    """A number with so many digits after the point, or with four that count."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else r"$\infty$" if value > 0 else r"$-\infty$"
    if digits is not None and abs(value) < _MOST_WHOLE:
        return f"{value:.{digits}f}"
    if isinstance(value, int):
        return str(value)
    text = f"{value:.{_DIGITS}g}"
    if "e" not in text:
        return text
    mantissa, _, exponent = text.partition("e")
    return rf"${mantissa} \times 10^{{{int(exponent)}}}$"


# ---------------------------------------------------------------- a pivot


def _pivot(frame: Columns, layout: PivotLayout) -> tuple[list[str], Iterator[list[str]], list[bool]]:
    from runql.engine.table import Table

    best = layout.best(Table(frame.columns, frame.length))
    digits = {cell.value: _places(frame, cell) for cell in layout.cells}
    others = [name for name, one in measured(frame, layout).items() if one is None and name not in layout.rows]

    def rows() -> Iterator[list[str]]:
        for place in range(frame.length):
            line = [_key(frame.columns[name][place]) for name in layout.rows]
            for cell in layout.cells:
                spread = frame.columns[cell.spread][place] if cell.spread else MISSING
                bold = place in best.get(cell.value, ())
                line.append(_measured(frame.columns[cell.value][place], spread, digits[cell.value], bold))
            yield [*line, *(_cell(frame.columns[name][place]) for name in others)]

    titles = [*layout.rows, *(cell.value for cell in layout.cells), *others]
    return (
        titles,
        rows(),
        [
            *(False for _ in layout.rows),
            *(True for _ in layout.cells),
            *(frame.shape(name) in NUMBERS for name in others),
        ],
    )


def _places(frame: Columns, cell: PivotCell) -> int | None:
    """So many digits after the point as the spreads of a column call for, or without any as its numbers do."""
    places = digits_of(frame.columns[cell.spread]) if cell.spread else None
    return _decimals(frame.columns[cell.value]) if places is None else places


def _key(value: Value) -> str:
    """What a line is of; runs without the field are one, and are called as the column of such runs is."""
    return _MISSING_KEY if value is MISSING else _cell(value)


def _measured(value: Value, spread: Value, digits: int | None, bold: bool) -> str:
    """`0.912 ± 0.004`; nothing for an empty cell; no spread where there is a single value."""
    if value is MISSING or value is None:
        return _EMPTY
    if not isinstance(value, int | float) or isinstance(value, bool):
        return _cell(value)
    text = _number(value, digits)
    shown = rf"\textbf{{{text}}}" if bold else text
    if isinstance(spread, int | float) and digits is not None:
        return rf"{shown} $\pm$ {_number(spread, digits)}"
    return shown
