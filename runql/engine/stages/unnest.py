"""`unnest`: a row for each element of a list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

from runql.engine.compare import is_null
from runql.engine.stages.context import StageContext, StageResult
from runql.engine.stages.dispatch import take
from runql.engine.stages.shape import two_of_one_name
from runql.engine.stages.shared.rows import cells_of
from runql.engine.stages.shared.say import number_of
from runql.engine.table import Table
from runql.semantic.typed import TUnnest
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic


def unnest(stage: TUnnest, table: Table, context: StageContext) -> StageResult:
    """A row for each element, in the order of the rows and then of the list; the other cells are repeated.

    A row whose list is empty, or whose cell is null or missing, has no element and so no row (RQL313). A cell that is
    no list is its own only element (RQL563). Raises RQL318 if another column has the name of the elements.
    """
    rows: list[int] = []
    elements: list[Value] = []
    alone = without = 0
    for row, cell in enumerate(cells_of(table, stage.column)):
        if isinstance(cell, list | tuple):
            rows += repeat(row, len(cell))
            elements += cell
            without += not cell
        elif is_null(cell):
            without += 1
        else:
            rows.append(row)
            elements.append(cell)
            alone += 1
    columns: dict[str, Sequence[Value]] = {}
    for name, cells in take(table, rows).columns.items():
        title = stage.name if name == stage.column else name
        if title in columns:
            raise two_of_one_name(title, stage.span)
        columns[title] = elements if name == stage.column else cells
    after = context.other(run_id=context.run_id, run_name=context.run_name)
    return StageResult(Table(columns, len(rows)), tuple(_said(stage, without, alone)), after)


def _said(stage: TUnnest, without: int, alone: int) -> list[Diagnostic]:
    said = []
    if without:
        hint = f"`len({stage.column}) = 0` or `{stage.column} is null` chooses them"
        message = f"{number_of(without, 'row')} left out: no element in `{stage.column}`"
        said.append(Diagnostic("RQL313", message, stage.span, hints=(hint,)))
    if alone:
        verb = "holds no list and stays" if alone == 1 else "hold no list and stay"
        message = f"{number_of(alone, 'row')} {verb} as one: `{stage.column}` is the value itself there"
        said.append(Diagnostic("RQL563", message, stage.span))
    return said
