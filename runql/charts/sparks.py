"""Histories in one line each: a few numbers a run and metric, of which a character each is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from runql.charts.points import points_of, rows_by, run_labels
from runql.charts.table import ChartTable, Holds
from runql.text.frozen import frozen


@frozen
class HistorySpark:
    """One metric of one run. `values`: the mean of each of some equal stretches of x, NaN where there is none."""

    run: str
    metric: str
    values: Sequence[float]
    first: float
    last: float
    least: float
    most: float


def history_sparks(table: ChartTable, width: int) -> Iterator[HistorySpark]:
    """A spark for each run and metric of histories that has a value; nothing of another table."""
    run, axis = table.context.run_id, table.context.x_axis
    if run is None or axis is None or not {run, axis} <= set(table.names):
        return
    labels, x = run_labels(table), table.numbers(axis)
    metrics = table.picked(table.plot.y) or table.context.metrics_in(table.names)
    for each, rows in rows_by(table.cells(run)).items():
        for metric in table.of(Holds.NUMBERS, metrics):
            points = points_of(x, table.numbers(metric), rows)
            held = [y for y in points.y if not math.isnan(y)]
            if held:
                values = _stretches(points.x, points.y, width)
                yield HistorySpark(labels[each], metric, values, held[0], held[-1], min(held), max(held))


def _stretches(x: Sequence[float], y: Sequence[float], width: int) -> list[float]:
    width = min(width, len(x))
    step = (x[-1] - x[0]) / width or 1.0
    parts: list[list[float]] = [[] for _ in range(width)]
    for at, value in zip(x, y, strict=True):
        if not math.isnan(value):
            parts[min(width - 1, int((at - x[0]) / step))].append(value)
    return [math.fsum(part) / len(part) if part else math.nan for part in parts]
