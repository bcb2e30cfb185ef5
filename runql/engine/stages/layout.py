"""How the columns of a pivot belong together, for views that put several in one cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from runql.engine.compare import is_nan, is_number
from runql.engine.table import Table
from runql.semantic.values import Value
from runql.syntax.tree import Goal
from runql.text.frozen import frozen


@frozen
class PivotCell:
    """The columns of a pivot that belong to one value of its second key.

    `value`: the column of the values. `spread`: that of their standard deviations, `None` unless the values are means
    of several rows. `count`: that of the numbers of values, `None` if no cell has several rows, or if another value
    of the same rows shows them.
    `goal`: whether the best of the column is the smallest or the largest; `None` if the name of what is measured does
    not tell. `key`: the value of the second key.
    """

    value: str
    spread: str | None = None
    count: str | None = None
    goal: Goal | None = None
    key: Value = field(default="", compare=False)


@frozen
class PivotLayout:
    """How a pivot reads: `0.912 ± 0.004 (n=3)` in one cell, from columns of plain numbers.

    `rows`: the columns of its keys. `bars`: the column of a histogram that a terminal draws as bars beside it.
    `sparks`: of `describe`, for each column of numbers how many values lie in each of some bins of equal width, which
    a terminal draws beside it.
    """

    rows: tuple[str, ...]
    cells: tuple[PivotCell, ...]
    bars: str | None = None
    sparks: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def best(self, table: Table) -> Mapping[str, frozenset[int]]:
        """The rows that hold the best value of each value column, equal ones all; none without a goal."""
        return {cell.value: best_rows(table.columns[cell.value], cell.goal) for cell in self.cells}


def best_rows(cells: Sequence[Value], goal: Goal | None) -> frozenset[int]:
    """The rows with the best number of a column; none without a goal, or if there is only one to choose from."""
    numbers = [cell for cell in cells if is_number(cell) and not is_nan(cell)]
    if goal is None or len(numbers) < 2:
        return frozenset()
    best = min(numbers) if goal is Goal.MIN else max(numbers)
    return frozenset(row for row, cell in enumerate(cells) if is_number(cell) and cell == best)
