"""`resample`: evenly spaced x, each metric interpolated between its own points."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from runql.engine import statistics
from runql.engine.functions import to_float
from runql.engine.stages.context import StageContext
from runql.engine.stages.dispatch import Pace, left_out, points
from runql.engine.stages.history_stages.runs import out_of_range, runs_of, said_of_skipped
from runql.engine.stages.shared.numbers import LeftOut, is_point
from runql.engine.stages.shared.rows import cells_of
from runql.engine.table import Table
from runql.semantic.typed import TCountStage
from runql.semantic.values import MISSING, Value
from runql.text.diagnostic import Diagnostic


def resample(
    stage: TCountStage, tables: Iterable[Table], context: StageContext, said: list[Diagnostic]
) -> Iterator[Table]:
    """Evenly spaced x from the first to the last of each run. A metric is missing outside of its own points."""
    if stage.count < 1:
        raise out_of_range(stage, "`resample` takes a number of points, at least 1")
    pace = Pace()
    skipped: dict[str, LeftOut] = {}
    doubles: Counter[tuple[str, str]] = Counter()
    try:
        for run in runs_of(stage, pace.counted(tables), context):
            fast = pace.is_fast(run.table.length)
            grid = _grid([x for x in run.xs if is_point(x)], stage.count)
            columns: dict[str, Sequence[Value]] = {}
            for name, cells in run.table.columns.items():
                if name == run.x_axis:
                    columns[name] = grid
                elif name in run.metrics:
                    xs, values, replaced = points(run.xs, cells_of(run.table, name), fast=fast)
                    columns[name] = _interpolated(grid, xs, values)
                    doubles[name, run.x_axis] += replaced
                    skipped[name] = left_out(cells, fast=fast).and_(skipped.get(name, LeftOut()))
                else:
                    columns[name] = [cells[0]] * len(grid)
            yield Table(columns, len(grid))
    finally:  # also where a limit behind it reads no further
        said += said_of_skipped(stage, skipped)
        said += _doubles_said(stage, doubles)


def _doubles_said(stage: TCountStage, doubles: Counter[tuple[str, str]]) -> Iterator[Diagnostic]:
    """How many points of each metric stood where a later one did."""
    for (metric, x_axis), count in doubles.items():
        if count:
            points_said = "1 point has" if count == 1 else f"{count:,} points have"
            message = f"`{metric}`: {points_said} the `{x_axis}` of a later one; `resample` took the last of each"
            yield Diagnostic("RQL350", message, stage.span, hints=("the mean of each stretch: `bin x WIDTH`",))


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
