"""A pivot as a paper has it: `0.912 ± 0.004 (n=3)` in one cell, from its columns of plain numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from runql.results.columns import Columns
from runql.results.terminal_table.cells import digits
from runql.semantic.values import MISSING, Value
from runql.text.frozen import frozen

if TYPE_CHECKING:
    from runql.engine.stages import PivotCell, PivotLayout

_MOST_DIGITS = 6
_NOISE = 1e-12


@frozen
class Measure:
    """One cell in its parts, each as text: the value, its spread, the number of values; empty where there is none."""

    value: str = ""
    spread: str = ""
    count: str = ""
    is_best: bool = False

    def text(self, plus_minus: str = "±") -> str:
        """The parts that there are, one after the other."""
        spread = f" {plus_minus} {self.spread}" if self.spread else ""
        return f"{self.value}{spread}{f' (n={self.count})' if self.count else ''}"


@frozen
class MeasuredColumn:
    """A column of a pivot as it is read."""

    name: str
    cells: tuple[Measure, ...]

    def padded(self, plus_minus: str = "±") -> list[str]:
        """The texts of the cells, their parts one below the other."""
        values = max((len(cell.value) for cell in self.cells), default=0)
        spreads = max((len(cell.spread) for cell in self.cells), default=0)
        counts = max((len(cell.count) for cell in self.cells), default=0)
        lines = []
        for cell in self.cells:
            line = cell.value.rjust(values)
            if spreads:
                line += f" {plus_minus} {cell.spread.rjust(spreads)}" if cell.spread else " " * (spreads + 3)
            if counts:
                line += f" (n={cell.count})".ljust(counts + 5) if cell.count else " " * (counts + 5)
            lines.append(line)
        return lines


def measured(frame: Columns, layout: PivotLayout | None) -> dict[str, MeasuredColumn | None]:
    """The columns to show, in order: those that a pivot measured, and `None` for those that are shown as they are.

    Every column is shown as it is if there is no layout, or if a column that it names is gone.
    """
    if layout is None or not _is_whole(frame, layout):
        return dict.fromkeys(frame.names)
    from runql.engine.table import Table

    best = layout.best(Table(frame.columns, frame.length))
    of_cells = {name: cell for cell in layout.cells for name in (cell.value, cell.spread, cell.count) if name}
    shown: dict[str, MeasuredColumn | None] = {}
    for name in frame.names:
        if name not in of_cells:
            shown[name] = None
        elif of_cells[name].value == name:
            shown[name] = MeasuredColumn(name, tuple(_cells(frame, of_cells[name], best.get(name, frozenset()))))
    return shown


def _is_whole(frame: Columns, layout: PivotLayout) -> bool:
    names = {*layout.rows, *(name for cell in layout.cells for name in (cell.value, cell.spread, cell.count) if name)}
    return names <= set(frame.names)


def _cells(frame: Columns, cell: PivotCell, best: frozenset[int]) -> Iterator[Measure]:
    values = frame.columns[cell.value]
    nothing: Sequence[Value] = [MISSING] * frame.length
    spreads = frame.columns[cell.spread] if cell.spread else nothing
    counts = frame.columns[cell.count] if cell.count else nothing
    spreads = [0 if _is_noise(spread, value) else spread for spread, value in zip(spreads, values, strict=True)]
    places = digits_of(spreads) if cell.spread else None
    places = decimals_of(values) if places is None else places
    for row, (value, spread, count) in enumerate(zip(values, spreads, counts, strict=True)):
        if value is MISSING or value is None:
            yield Measure()
            continue
        yield Measure(
            _number(value, places),
            _spread(spread, places) if is_finite(spread) else "",
            str(count) if count is not MISSING else "",
            row in best,
        )


def _is_noise(spread: Value, value: Value) -> bool:
    """Whether a spread is what rounding leaves of equal values."""
    return is_finite(spread) and is_finite(value) and abs(spread) <= _NOISE * abs(value)


def _spread(spread: float, places: int | None) -> str:
    """A constant has the spread `0`; one that would look like it keeps two digits that count."""
    if spread == 0:
        return "0"
    text = f"{spread:.{places}f}"
    return text if float(text) else f"{spread:.2g}"


def digits_of(spreads: Sequence[Value]) -> int | None:
    """So many digits after the point that the smallest spread of a column keeps two that count, at most six."""
    sizes = [one for one in spreads if is_finite(one) and one > 0]
    if not sizes:
        return None
    return min(_MOST_DIGITS, max(0, 1 - math.floor(math.log10(min(sizes)))))


def decimals_of(values: Sequence[Value]) -> int | None:
    """So many digits after the point that each number of a column keeps six that count, at most six; none of whole
    numbers alone, and of numbers so far apart that one would lose all of its digits."""
    floats = [one for one in values if is_finite(one) and isinstance(one, float)]
    texts = [digits(one) for one in floats]
    if not texts or any("e" in text for text in texts):
        return None
    return min(_MOST_DIGITS, max(len(text.partition(".")[2]) for text in texts))


def is_finite(value: Value) -> bool:
    """Whether a cell holds a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _number(value: Value, places: int | None) -> str:
    if not is_finite(value):
        from runql.results.cell_text import exact_text

        return exact_text(value)
    if places is not None:
        return f"{value:.{places}f}"
    return digits(value) if isinstance(value, float) else str(value)
