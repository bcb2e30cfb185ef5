"""`smooth`, `bin`, `resample` and `align`: histories, run by run along x."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from math import floor

from runql.engine.functions import to_float
from runql.engine.presence import held_rows, intersection
from runql.engine.stages import rows, statistics
from runql.engine.stages.along import Pace, Run, count_nan, is_point, points, runs_of
from runql.engine.stages.context import StageContext, free_name
from runql.engine.stages.fold_columns import fold_cells
from runql.engine.stages.folds import NOTHING_SKIPPED, Skipped
from runql.engine.stages.groups import grouped
from runql.engine.stages.rows import cells_of, take, values_of
from runql.engine.stages.say import number_of
from runql.engine.table import Table, concat
from runql.errors import QueryError
from runql.semantic.typed import TAlignStage, TArithmetic, TBin, TCall, TCell, TConst, TResample, TSmooth, TStage
from runql.semantic.typed.stages import stage_name
from runql.semantic.values import MISSING, Value
from runql.syntax.tree import ArithmeticOp
from runql.text.diagnostic import Diagnostic


def out_of_range(stage: TStage, message: str) -> QueryError:
    """An amount that the stage does not take (RQL209)."""
    return QueryError([Diagnostic("RQL209", message, stage.span)])


# ---------------------------------------------------------------- smooth


def smooth(stage: TSmooth, tables: Iterable[Table], context: StageContext, said: list[Diagnostic]) -> Iterator[Table]:
    """Each metric smoothed. Cells that hold no finite number stay as they are, and do not count."""
    if stage.method == "ema" and not 0 <= stage.amount < 1:
        raise out_of_range(stage, "the weight of the past in `smooth ema` is from 0 to below 1")
    if stage.method == "mean" and (stage.amount < 1 or stage.amount != floor(stage.amount)):
        raise out_of_range(stage, "`smooth mean` is over a whole number of rows, at least 1")
    pace = Pace()
    passed: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for run in runs_of(stage, tables, context):
        fast = pace.is_fast(run)
        columns = dict(run.table.columns)
        for metric in run.metrics:
            cells = columns[metric]
            columns[metric] = smoothed(cells, stage.method, stage.amount, fast=fast)
            passed[metric] += count_nan(cells)
            others[metric] += _count_others(cells)
        yield Table(columns, run.table.length)
    said += _nan_skipped(stage, passed)
    for metric, count in others.items():
        if count:
            message = f"`{metric}`: {number_of(count, 'value')} that are no numbers left as they are by `smooth`"
            said.append(Diagnostic("RQL312", message, stage.span))


def _count_others(cells: Sequence[Value]) -> int:
    """How many cells hold a value that is no number; null and missing are no values."""
    kinds = set(map(type, cells)) - {int, float, type(None), type(MISSING)}
    return sum(type(cell) in kinds for cell in cells) if kinds else 0


def _nan_skipped(stage: TStage, passed: Counter[str]) -> list[Diagnostic]:
    """How many NaN of each metric did not count (RQL312)."""
    name = stage_name(stage)
    return [
        Diagnostic("RQL312", f"`{metric}`: {count:,} NaN skipped by `{name}`", stage.span)
        for metric, count in passed.items()
        if count
    ]


def smoothed(cells: Sequence[Value], method: str, amount: float, *, fast: bool) -> list[Value]:
    """One metric of one run smoothed."""
    if fast:
        from runql.engine.stages.arrays import along, vectors

        try:
            return along.exponential(cells, amount) if method == "ema" else along.trailing(cells, int(amount))
        except vectors.NotHeld:
            pass  # integers that no array holds: the reference takes them
    return _exponential(cells, amount) if method == "ema" else _trailing(cells, int(amount))


def _exponential(cells: Sequence[Value], weight: float) -> list[Value]:
    """The mean of the values so far, each `weight` times as heavy as the next: debiased from the start."""
    result: list[Value] = []
    average, heavy = 0.0, 0.0
    for cell in cells:
        if is_point(cell):
            heavy *= weight
            average = (heavy * average + to_float(cell)) / (heavy + 1)
            heavy += 1
            result.append(average)
        else:
            result.append(cell)
    return result


def _trailing(cells: Sequence[Value], count: int) -> list[Value]:
    """The mean of the last values; of fewer at the start."""
    result: list[Value] = []
    window: deque[float] = deque(maxlen=count)
    for cell in cells:
        if is_point(cell):
            window.append(to_float(cell))
            result.append(statistics.exact_sum(list(window)) / len(window))
        else:
            result.append(cell)
    return result


# ---------------------------------------------------------------- bin


def bin_rows(stage: TBin, tables: Iterable[Table], context: StageContext, said: list[Diagnostic]) -> Iterator[Table]:
    """The mean of each metric over the rows with the same ⌊x / width⌋; x is where that stretch begins."""
    if not stage.width > 0:
        raise out_of_range(stage, "the width of a `bin` is above 0")
    skipped: dict[str, Skipped] = {}
    left_out = 0
    for runs in _batches(runs_of(stage, tables, context)):
        whole = concat([run.table for run in runs])
        without = _one_batch(stage, whole, runs[0].x_axis, context, skipped)
        left_out += whole.length - sum(without.columns[_count_name(whole)])
        yield without
    if left_out:
        said.append(Diagnostic("RQL508", f"{left_out:,} rows left out by `bin`: x is no finite number", stage.span))
    for metric, count in skipped.items():
        parts = [f"{count.nan:,} NaN"] * bool(count.nan) + [f"{count.other:,} of another type"] * bool(count.other)
        if parts:
            said.append(Diagnostic("RQL312", f"`{metric}`: {', '.join(parts)} skipped by `bin`", stage.span))


def _one_batch(stage: TBin, table: Table, x_axis: str, context: StageContext, skipped: dict[str, Skipped]) -> Table:
    width = int(stage.width) if float(stage.width).is_integer() else stage.width
    stretch = TCall("floor", (TArithmetic(ArithmeticOp.DIV, TCell(x_axis), TConst(width)),))
    bins = values_of(stretch, table)
    if set(map(type, bins)) != {int}:  # beside the stretches: infinities, NaN, and missing where x is no number
        keep = [row for row, one in enumerate(bins) if type(one) is int]
        table, bins = take(table, keep), [bins[row] for row in keep]
    ids = cells_of(table, context.run_id or "")
    order = {ident: place for place, ident in enumerate(dict.fromkeys(ids))}
    groups = grouped([[order[ident] for ident in ids], bins], table.length)
    firsts = groups.firsts()
    metrics = context.metrics_in(table.names)
    columns: dict[str, Sequence[Value]] = {}
    for name, cells in table.columns.items():
        if name == x_axis:
            columns[name] = [bins[row] * width for row in firsts]
        elif name in metrics:
            folded = fold_cells("mean", cells, groups)
            columns[name] = folded.values
            skipped[name] = skipped.get(name, NOTHING_SKIPPED) + folded.skipped
        else:
            columns[name] = [cells[row] for row in firsts]
    return Table({**columns, _count_name(table): groups.sizes()}, len(groups))


def _count_name(table: Table) -> str:
    return free_name("n", table.columns)


def _batches(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Runs together, as many as are worth their arrays."""
    batch: list[Run] = []
    held = 0
    for run in runs:
        batch.append(run)
        held += run.table.length
        if held >= rows.FAST_ROWS:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


# ---------------------------------------------------------------- resample


def resample(
    stage: TResample, tables: Iterable[Table], context: StageContext, said: list[Diagnostic]
) -> Iterator[Table]:
    """Evenly spaced x from the first to the last of each run. A metric is missing outside of its own points."""
    if stage.points < 1:
        raise out_of_range(stage, "`resample` takes a number of points, at least 1")
    pace = Pace()
    passed: Counter[str] = Counter()
    for run in runs_of(stage, tables, context):
        fast = pace.is_fast(run)
        grid = _grid([x for x in run.xs if is_point(x)], stage.points)
        columns: dict[str, Sequence[Value]] = {}
        for name, cells in run.table.columns.items():
            if name == run.x_axis:
                columns[name] = grid
            elif name in run.metrics:
                columns[name] = _interpolated(grid, *points(run, name, fast=fast))
                passed[name] += count_nan(cells)
            else:
                columns[name] = [cells[0]] * len(grid)
        yield Table(columns, len(grid))
    said += _nan_skipped(stage, passed)


def _grid(xs: Sequence[Value], count: int) -> list[Value]:
    if not xs:
        return []
    if xs[0] == xs[-1] or count == 1:
        return [xs[0]]
    low, high = to_float(xs[0]), to_float(xs[-1])
    grid = [*(low + (high - low) * place / (count - 1) for place in range(count - 1)), high]
    whole = isinstance(xs[0], int) and isinstance(xs[-1], int) and all(x.is_integer() for x in grid)
    return [int(x) for x in grid] if whole else list(grid)


def _interpolated(grid: Sequence[Value], xs: Sequence[Value], values: Sequence[Value]) -> list[Value]:
    result: list[Value] = []
    for x in grid:
        place = bisect_left(xs, x)
        if place < len(xs) and xs[place] == x:
            result.append(values[place])
        elif 0 < place < len(xs):
            (left, right), (low, high) = (map(to_float, pair[place - 1 : place + 1]) for pair in (xs, values))
            result.append(statistics.between(low, high, (x - left) / (right - left)))
        else:
            result.append(MISSING)
    return result


# ---------------------------------------------------------------- align


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


def _inner(run: Run, context: StageContext) -> Table:
    """The rows that hold all metrics: those asked for by name, or else those that the run has."""
    table = run.table
    held = {name: held_rows(cells_of(table, name)) for name in context.metrics or run.metrics}
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
