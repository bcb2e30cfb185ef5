"""`align`: cells of metrics that were logged at other x."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from runql.engine.stages.context import StageContext
from runql.engine.stages.dispatch import take
from runql.engine.stages.history_stages.runs import RunTable, runs_of
from runql.engine.stages.shared.numbers import is_point
from runql.engine.stages.shared.rows import cells_of
from runql.engine.table import Table
from runql.engine.values.column import column_of, intersection
from runql.semantic.typed import TAlignStage
from runql.semantic.values import MISSING, Value


def align(stage: TAlignStage, tables: Iterable[Table], context: StageContext) -> Iterator[Table]:
    """Cells that were never logged filled or their rows left out, run by run."""
    for run in runs_of(stage, tables, context):
        if stage.mode == "outer":
            yield run.table
        elif stage.mode == "inner":
            yield _inner(run, context)
        else:
            fill = _ffill if stage.mode == "ffill" else _nearest
            filled = {name: fill(run.xs, run.table.columns[name]) for name in run.metrics}
            yield Table({**run.table.columns, **filled}, run.table.length)


def _inner(run: RunTable, context: StageContext) -> Table:
    """The rows that hold all metrics: those asked for by name, or else those that the run has."""
    table = run.table
    held = {name: column_of(cells_of(table, name)).held for name in context.metrics or run.metrics}
    if context.metrics is None:
        held = {name: flags for name, flags in held.items() if any(flags)}
    keep = intersection(held.values(), table.length)
    return take(table, [row for row, flag in enumerate(keep) if flag])


def _ffill(_xs: Sequence[Value], cells: Sequence[Value]) -> list[Value]:
    value: Value = MISSING
    return [value := cell if cell is not MISSING else value for cell in cells]


def _nearest(xs: Sequence[Value], cells: Sequence[Value]) -> list[Value]:
    """Each missing cell takes the value of the row with the nearest x; of two as near, the one before."""
    places = [row for row, (x, cell) in enumerate(zip(xs, cells, strict=True)) if cell is not MISSING and is_point(x)]
    result = list(cells)
    after = 0
    for row, (x, cell) in enumerate(zip(xs, cells, strict=True)):
        if cell is not MISSING or not places or not is_point(x):
            continue
        while after < len(places) and places[after] < row:
            after += 1
        around = places[max(after - 1, 0) : after + 1]
        result[row] = cells[min(around, key=lambda place: abs(xs[place] - x))]
    return result
