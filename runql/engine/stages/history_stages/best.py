"""`best`, `first` and `last`: one row a run of its history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from runql.engine.compare import is_nan, is_number
from runql.engine.functions import ARITHMETIC, FUNCTIONS
from runql.engine.stages.context import StageContext, free_name, refuse_sampled
from runql.engine.stages.dispatch import take
from runql.engine.stages.history_stages.runs import RunTable, runs_of
from runql.engine.stages.shared.numbers import count_nan
from runql.engine.stages.shared.rows import cells_of
from runql.engine.table import Table, concat
from runql.semantic.typed import TBest, TEdge
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import ArithmeticOp, Goal
from runql.text.diagnostic import Diagnostic

LAST, GAP = "last", "gap"

_minus = ARITHMETIC[ArithmeticOp.SUB]
_size = FUNCTIONS["abs"]


def edge(stage: TEdge, tables: Iterable[Table], context: StageContext) -> Iterator[Table]:
    """The rows of each run with the smallest or largest x, as they are: a metric that one does not hold is missing."""
    count = 1 if stage.count is None else stage.count
    held: list[Table] = []
    for run in runs_of(stage, tables, context):
        refuse_sampled(stage, context)
        rows = range(run.table.length)
        is_all = run.table.length <= count
        held.append(run.table if is_all else take(run.table, rows[-count:] if stage.last else rows[:count]))
        if not run.more:
            yield held[0] if len(held) == 1 else concat(held)
            held = []
    refuse_sampled(stage, context)


def best(stage: TBest, tables: Iterable[Table], context: StageContext, said: list[Diagnostic]) -> Iterator[Table]:
    """Of each run the row where the metric is best, the first of equal ones; its last value, NaN too; the gap between.

    Columns: the run's id, x, the metric, `last`, `gap`, then all others as they are in that row. A run without a
    number has a row with nothing in it.
    """
    without = nan = 0
    held: list[dict[str, Value]] = []
    try:
        for run in runs_of(stage, tables, context):
            refuse_sampled(stage, context)
            cells = cells_of(run.table, stage.metric)
            nan += count_nan(cells)
            places = [place for place, cell in enumerate(cells) if is_number(cell) and not is_nan(cell)]
            without += not places
            row = _row(stage, run, context, cells, places)
            if held and row.keys() != held[0].keys():
                yield _of_rows(held)
                held = []
            held.append(row)
            if not run.more:
                yield _of_rows(held)
                held = []
        refuse_sampled(stage, context)
    finally:  # also where a limit behind it reads no further
        nan += context.left_out_nan()
        if nan:
            said.append(Diagnostic("RQL312", f"`{stage.metric}`: {nan:,} NaN skipped by `best`", stage.span))
        if without:
            runs = "1 run has" if without == 1 else f"{without:,} runs have"
            said.append(Diagnostic("RQL313", f"{runs} no number in `{stage.metric}`", stage.span))


def _row(
    stage: TBest, run: RunTable, context: StageContext, cells: Sequence[Value], places: Sequence[int]
) -> dict[str, Value]:
    table = run.table
    row: dict[str, Value] = {str(context.run_id): run.id, run.x_axis: MISSING, stage.metric: MISSING}
    last_name, gap_name = free_name(LAST, table.columns), free_name(GAP, table.columns)
    others = {name: column for name, column in table.columns.items() if name not in row}
    row |= {last_name: MISSING, gap_name: MISSING}
    if not places:
        # What is repeated on each row is known of a run without a number too.
        row |= {name: MISSING if name in run.metrics else column[0] for name, column in others.items()}
        return row
    pick = min if stage.goal is Goal.MIN else max
    at = pick(places, key=cells.__getitem__)
    last = next(cell for cell in reversed(cells) if cell is not MISSING)
    row |= {run.x_axis: run.xs[at], stage.metric: cells[at], last_name: last, gap_name: _size(_minus(last, cells[at]))}
    row |= {name: column[at] for name, column in others.items()}
    return row


def _of_rows(rows: Sequence[Mapping[str, Value]]) -> Table:
    """Rows of the same columns, of runs that were at hand together."""
    return Table({name: [row[name] for row in rows] for name in rows[0]}, len(rows))
