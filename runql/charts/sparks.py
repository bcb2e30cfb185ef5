"""Histories in one line each: a few numbers a run and metric, of which a character each is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

from runql.charts.points import Points, points_of, rows_by, run_labels, say_cut_names
from runql.charts.table import ChartTable, Holds
from runql.semantic.values import Value
from runql.text.frozen import frozen


@frozen
class HistorySpark:
    """One metric of one run. `values`: the mean of the numbers in each of some equal stretches of x, NaN where there
    is none. `first`, `last`: as they were logged, NaN and infinities too. `least`, `most`: of what is no NaN, which
    is NaN if nothing is. `nan`, `infinite`: how many values are.
    """

    run: str
    metric: str
    values: Sequence[float]
    first: float
    last: float
    least: float
    most: float
    nan: int
    infinite: int


@frozen
class HistorySparks:
    """The histories of a table. `notes`: what must be said of them."""

    lines: tuple[HistorySpark, ...] = ()
    notes: tuple[str, ...] = ()


def history_sparks(table: ChartTable, width: int) -> HistorySparks:
    """A spark for each run and metric of histories that has a value; nothing of another table."""
    run, axis = table.context.run_id, table.context.x_axis
    if run is None or axis is None or not {run, axis} <= set(table.names):
        return HistorySparks()
    labels, x = run_labels(table), table.numbers(axis)
    metrics = table.picked(table.plot.y) or table.context.metrics_in(table.names)
    lines: list[HistorySpark] = []
    for each, rows in rows_by(table.cells(run)).items():
        for metric in table.of(Holds.NUMBERS, metrics):
            points = points_of(x, table.numbers(metric), rows)
            if points.rows:
                lines.append(_spark(table, (labels[each], metric), points, width))
    say_cut_names(table)
    for metric in dict.fromkeys(line.metric for line in lines):
        of_it = [line for line in lines if line.metric == metric]
        for count, called in ((sum(one.nan for one in of_it), "NaN"), (sum(one.infinite for one in of_it), "infinite")):
            if count:
                table.say(f"{count:,} value{'s' * (count != 1)} of {metric} {called}: not drawn")
    notes = tuple(note for note in table.said if not note.endswith("left out: infinite"))
    return HistorySparks(tuple(lines), notes)


def _spark(table: ChartTable, called: tuple[str, str], points: Points, width: int) -> HistorySpark:
    cells = table.cells(called[1])
    logged = [
        float(y) if math.isfinite(y) else _as_logged(cells[at]) for at, y in zip(points.rows, points.y, strict=True)
    ]
    held = [y for y in logged if not math.isnan(y)] or [math.nan]
    return HistorySpark(
        *called,
        _stretches(points.x, points.y, width),
        logged[0],
        logged[-1],
        min(held),
        max(held),
        sum(map(math.isnan, logged)),
        sum(map(math.isinf, logged)),
    )


def _as_logged(cell: Value) -> float:
    """A value that is no point: an infinity as it is, else NaN."""
    return cell if isinstance(cell, float) else math.nan


def _stretches(x: Sequence[float], y: Sequence[float], width: int) -> list[float]:
    width = min(width, len(x))
    step = (x[-1] - x[0]) / width or 1.0
    parts: list[list[float]] = [[] for _ in range(width)]
    for at, value in zip(x, y, strict=True):
        if not math.isnan(value):
            parts[min(width - 1, int((at - x[0]) / step))].append(value)
    return [math.fsum(part) / len(part) if part else math.nan for part in parts]
