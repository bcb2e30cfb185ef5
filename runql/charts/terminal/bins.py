"""Histograms: a column for each bin, or several beside each other; a panel for each series."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from runql.charts.chart import Panel, Scale, Series
from runql.charts.terminal.look import DIM, Look, padded
from runql.charts.terminal.plane import x_axis
from runql.charts.terminal.ticks import AxisExtent, number_ticks

_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_LEAST_ROWS: Final = 4


def bin_lines(panel: Panel, look: Look, rows: int) -> Iterator[str]:
    """The bins of each series, the series below each other on one axis."""
    drawn = [series for series in panel.series if len(series.x)]
    edges = [edge for series in drawn for edge in (*series.x, *series.until) if math.isfinite(edge)]
    if not edges or min(edges) == max(edges):
        yield "no value that can be drawn"
        return
    span = AxisExtent(min(edges), max(edges))
    most = max(value for series in drawn for value in series.y)
    each = rows if len(drawn) == 1 else max(_LEAST_ROWS, rows // len(drawn))
    ticks = _ticks(most, each)
    margin = max((len(text) for text in ticks.values()), default=0)
    columns = max(10, look.width - margin - 2)
    for series in drawn:
        if len(drawn) > 1:
            yield look.paint(look.cut(series.name, look.width), series.colour)
        else:
            yield look.paint(look.cut(panel.y.title, look.width), DIM)
        yield from _columns(series, span, most, (columns, each, margin), look, is_log=panel.y.scale is Scale.LOG)
    yield from x_axis(panel.x, span, columns, margin + 2, look)


def _columns(
    series: Series, span: AxisExtent, most: float, size: tuple[int, int, int], look: Look, *, is_log: bool
) -> Iterator[str]:
    columns, rows, margin = size
    heights = [0.0] * columns
    for low, high, count in zip(series.x, series.until, series.y, strict=True):
        start, end = round(span.place(low) * columns), round(span.place(high) * columns)
        for column in range(start, max(start + 1, end)):
            if column < columns and not math.isnan(count):
                heights[column] = max(heights[column], _height(count, most, rows, is_log=is_log))
    ticks = {} if is_log else _ticks(most, rows)
    for row in range(rows, 0, -1):
        text = ticks.get(row, "")
        bar = look.sign("┤" if text else "│", "+" if text else "|")
        cells = "".join(_cell(height - (row - 1), look) for height in heights).rstrip()
        axis = look.paint(f"{padded(text, margin, right=True)} {bar}", DIM)
        yield f"{axis}{look.paint(cells, series.colour)}".rstrip()


def _height(count: float, most: float, rows: int, *, is_log: bool) -> float:
    """In rows; what is more than nothing is seen."""
    if count <= 0 or most <= 0:
        return 0.0
    part = math.log1p(count) / math.log1p(most) if is_log else count / most
    return max(part * rows, 0.125)


def _ticks(most: float, rows: int) -> dict[int, str]:
    found = {}
    for at, text in number_ticks(0.0, most, max(2, rows // 3)):
        if at > 0 and at == int(at):
            found[max(1, round(at / most * rows))] = text.removesuffix(".0")
    return found


def _cell(height: float, look: Look) -> str:
    if not look.unicode:
        return "#" if height >= 0.5 else " "
    return _EIGHTHS[min(8, max(0, round(height * 8)))]
