"""`bin`: the means of each metric over stretches of x."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from runql.engine.stages.context import StageContext, free_name
from runql.engine.stages.dispatch import cells_at, fold_cells, grouped, is_long, take, values_of
from runql.engine.stages.history_stages.runs import RunTable, out_of_range, runs_of
from runql.engine.stages.shared.aggregates import NOTHING_SKIPPED, Skipped
from runql.engine.stages.shared.say import number_of
from runql.engine.table import Table, concat
from runql.engine.values.column import Column, Repeats, column_of
from runql.semantic.typed import TArithmetic, TBin, TCall, TCell, TConst
from runql.semantic.values import Value
from runql.syntax.tree import ArithmeticOp
from runql.text.diagnostic import Diagnostic


def bin_rows(stage: TBin, tables: Iterable[Table], context: StageContext, said: list[Diagnostic]) -> Iterator[Table]:
    """The mean of each metric over the rows with the same ⌊x / width⌋; x is where that stretch begins."""
    if not stage.width > 0:
        raise out_of_range(stage, "the width of a `bin` is above 0")
    skipped: dict[str, Skipped] = {}
    left_out = 0
    try:
        for runs in _batches(runs_of(stage, tables, context)):
            whole = concat([run.table for run in runs])
            places = Repeats(range(len(runs)), [run.table.length for run in runs])
            without = _one_batch(stage, whole, places, context, skipped)
            left_out += whole.length - sum(without.columns[_count_name(whole)])
            yield without
    finally:  # also where a limit behind it reads no further
        if left_out:
            rows = number_of(left_out, "row")
            said.append(Diagnostic("RQL508", f"{rows} left out by `bin`: x is no finite number", stage.span))
        for metric, count in skipped.items():
            parts = [f"{count.nan:,} NaN"] * bool(count.nan) + [f"{count.other:,} of another type"] * bool(count.other)
            if parts:
                said.append(Diagnostic("RQL312", f"`{metric}`: {', '.join(parts)} skipped by `bin`", stage.span))


def _one_batch(stage: TBin, table: Table, places: Column, context: StageContext, skipped: dict[str, Skipped]) -> Table:
    """`places`: the number of the run of each row."""
    x_axis = str(context.x_axis)
    width = int(stage.width) if float(stage.width).is_integer() else stage.width
    stretch = TCall("floor", (TArithmetic(ArithmeticOp.DIV, TCell(x_axis), TConst(width)),))
    bins = values_of(stretch, table)
    if column_of(bins).types != {int}:  # beside the stretches: infinities, NaN, and missing where x is no number
        keep = [row for row, one in enumerate(bins) if type(one) is int]
        table, bins, places = take(table, keep), cells_at(bins, keep), column_of(cells_at(places, keep))
    groups = grouped([places, bins], table.length)
    firsts = groups.firsts()
    metrics = context.metrics_in(table.names)
    columns: dict[str, Sequence[Value]] = {}
    for name, cells in table.columns.items():
        if name == x_axis:
            columns[name] = [one * width for one in cells_at(bins, firsts)]
        elif name in metrics:
            folded = fold_cells("mean", cells, groups)
            columns[name] = folded.values
            skipped[name] = skipped.get(name, NOTHING_SKIPPED) + folded.skipped
        else:
            columns[name] = cells_at(cells, firsts)
    return Table({**columns, _count_name(table): groups.sizes()}, len(groups))


def _count_name(table: Table) -> str:
    return free_name("n", table.columns)


def _batches(runs: Iterable[RunTable]) -> Iterator[list[RunTable]]:
    """Runs together, as many as are worth their arrays."""
    batch: list[RunTable] = []
    held = 0
    for run in runs:
        batch.append(run)
        held += run.table.length
        if is_long(held):
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
