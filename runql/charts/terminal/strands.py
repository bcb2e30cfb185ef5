"""Parallel coordinates: an axis a column, a line a run across them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from runql.charts.chart import MOST_LINES, Axis, Panel, Polyline, Scale
from runql.charts.terminal.canvas import Canvas
from runql.charts.terminal.look import DIM, Look
from runql.charts.terminal.plane import wrapped
from runql.charts.terminal.ticks import AxisExtent, short, span_of
from runql.text.widths import cell_width

_QUARTERS: Final = 4


def strand_lines(panel: Panel, look: Look, rows: int) -> Iterator[str]:
    """The axes from the left to the right, their ends above and below; few lines have a colour each, many that of the
    value on the last axis.
    """
    if len(panel.axes) < 2 or not panel.polylines:
        yield "no value that can be drawn"
        return
    spans = [_span(panel.polylines, axis, place) for place, axis in enumerate(panel.axes)]
    canvas = Canvas(look.width, rows, look, dots=look.unicode and (look.color or len(panel.polylines) > MOST_LINES))
    last = len(panel.axes) - 1
    is_few = len(panel.polylines) <= MOST_LINES
    colours = {at: at if is_few else _colour(line.values[last], spans[last]) for at, line in enumerate(panel.polylines)}
    for at in sorted(colours, key=lambda one: _rank(panel.polylines[one], last)):
        _strand(canvas, panel.polylines[at], spans, colours[at])
    for place in range(len(panel.axes)):
        for row in range(rows):
            canvas.put(row, round(place / last * (look.width - 1)), look.sign("│", "|"), DIM)
    yield _heads([_short_title(axis.title) for axis in panel.axes], look)
    yield look.paint(_ends(panel, spans, look, high=True), DIM)
    yield from canvas.lines()
    yield look.paint(_ends(panel, spans, look, high=False), DIM)
    if is_few:
        names = [(f"{look.marker(at)} {look.cut(line.name, 30)}", at) for at, line in enumerate(panel.polylines)]
        yield from wrapped([(look.paint(name, at), cell_width(name)) for name, at in names], look, "")
    elif panel.axes[last].scale is not Scale.CATEGORY and look.color:
        names = [("lowest quarter", 0), ("", 1), ("", 2), ("highest quarter", 3)]
        parts = [look.paint(f"{look.marker(one)} {name}".strip(), one) for name, one in names]
        yield f"{look.paint(f'colour by {look.cut(panel.axes[last].title, look.width // 2)}:', DIM)} {' '.join(parts)}"


def _strand(canvas: Canvas, line: Polyline, spans: Sequence[AxisExtent], colour: int) -> None:
    """One line; a value between two gaps is a mark by itself."""
    last = len(spans) - 1
    text = canvas.look.marker(colour)
    points = [
        None if math.isnan(value) else (place / last, spans[place].place(value))
        for place, value in enumerate(line.values)
    ]
    for before, after in pairwise(points):
        if before is not None and after is not None:
            canvas.line(before, after, text, colour)
    for place, point in enumerate(points):
        beside = [points[at] for at in (place - 1, place + 1) if 0 <= at <= last]
        if point is not None and not any(beside):
            beside_axis = point[0] + (1.5 if not place else -1.5) / canvas.columns
            canvas.sign(beside_axis, point[1], text, colour)


def _ends(panel: Panel, spans: Sequence[AxisExtent], look: Look, *, high: bool) -> str:
    return _heads([_end(axis, span, look, high=high) for axis, span in zip(panel.axes, spans, strict=True)], look)


def _short_title(title: str) -> str:
    """The name of a field without its space: there is little room over an axis."""
    return title.removeprefix("config.").removeprefix("summary.") or title


def _rank(line: Polyline, place: int) -> float:
    return -math.inf if math.isnan(line.values[place]) else line.values[place]


def _colour(value: float, span: AxisExtent) -> int:
    return 7 if math.isnan(value) else min(_QUARTERS - 1, int(span.place(value) * _QUARTERS))


def _span(lines: Sequence[Polyline], axis: Axis, place: int) -> AxisExtent:
    values = [line.values[place] for line in lines if not math.isnan(line.values[place])]
    return span_of(values, axis)


def _end(axis: Axis, span: AxisExtent, look: Look, *, high: bool) -> str:
    if axis.scale is Scale.CATEGORY:
        return axis.categories[-1 if high else 0] if axis.categories else ""
    end = span.high if high else span.low
    return f"{datetime.fromtimestamp(end, look.zone):%m-%d %H:%M}" if axis.scale is Scale.TIME else short(end)


def _heads(texts: Sequence[str], look: Look) -> str:
    """Texts over the axes: the first at the left, the last at the right, the others in the middle."""
    room = max(3, look.width // len(texts) - 1)
    line, used, end = "", 0, look.width - cell_width(look.cut(texts[-1], room))
    for place, whole in enumerate(texts):
        is_last = place == len(texts) - 1
        text = look.cut(whole, room if is_last else min(room, max(2, end - used - 2)))
        wide = cell_width(text)
        at = round(place / (len(texts) - 1) * (look.width - 1))
        start = end if is_last else max(0, min(max(at - wide // 2, used + bool(used)), end - wide - 1))
        line += " " * (start - used) + text
        used = max(used, start) + wide
    return line
