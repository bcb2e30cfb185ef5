"""Parallel coordinates: an axis a column, a line a run across them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from runql.charts.chart import MOST_LINES, Axis, Panel, Polyline, Scale
from runql.charts.numbers import short, shorter
from runql.charts.terminal.canvas import Canvas
from runql.charts.terminal.look import DIM, INKS, RAMPED, Look
from runql.charts.terminal.plane import wrapped
from runql.charts.terminal.shades import NO_COLOUR, Shading
from runql.charts.terminal.ticks import AxisExtent, span_of
from runql.text.widths import cell_width


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
    shading = _shading(panel)
    colours = {
        at: at if is_few else _colour(shading, line.values[last], look) for at, line in enumerate(panel.polylines)
    }
    for at in sorted(colours, key=lambda one: _rank(panel.polylines[one], last)):
        _strand(canvas, panel.polylines[at], spans, colours[at])
    for place in range(len(panel.axes)):
        for row in range(rows):
            canvas.put(row, round(place / last * (look.width - 1)), look.sign("│", "|"), DIM)
    yield _heads([_short_title(axis) for axis in panel.axes], look)
    yield look.paint(_ends(panel, spans, look, high=True), DIM)
    yield from canvas.lines()
    yield look.paint(_ends(panel, spans, look, high=False), DIM)


def strand_legends(panels: Sequence[Panel], look: Look) -> Iterator[str]:
    """The names of few lines; of many what their colours are."""
    for panel in panels:
        if len(panel.axes) < 2 or not panel.polylines:
            continue
        if len(panel.polylines) <= MOST_LINES:
            called = look.cuts([line.name for line in panel.polylines], 30)
            names = [(f"{look.marker(at)} {called[line.name]}", at) for at, line in enumerate(panel.polylines)]
            yield from wrapped([(look.paint(name, at), cell_width(name)) for name, at in names], look, "")
        elif look.color:
            yield from _colour_legend(panel, look)


def _colour_legend(panel: Panel, look: Look) -> Iterator[str]:
    """What the colours of many lines are: the values on the last axis, from the least to the most, or each category."""
    last = panel.axes[-1]
    title = look.paint(look.cut(last.title, look.width // 3) + ": ", DIM)
    shading = _shading(panel)
    if last.scale is Scale.CATEGORY:
        parts = [
            (look.paint(f"{look.marker(0)} {name}", at), cell_width(name) + 2)
            for at, name in enumerate(look.cuts(last.categories[:MOST_LINES], 20).values())
        ]
        yield from wrapped(parts, look, f"{look.cut(last.title, look.width // 3)}: ")
    elif shading.span is not None:
        low, high = (shading.text(end, look) for end in (shading.span.low, shading.span.high))
        bar = "".join(look.paint(look.sign("█", "#"), RAMPED + step) for step in range(len(INKS)))
        lacks = any(math.isnan(line.values[-1]) for line in panel.polylines)
        none = f"  {look.paint(f'{look.marker(0)} none', NO_COLOUR)}" if lacks else ""
        yield f"{title}{low} {bar} {high}{none}"


def _shading(panel: Panel) -> Shading:
    """The colours of lines by their values on the last axis."""
    values = [line.values[-1] for line in panel.polylines if not math.isnan(line.values[-1])]
    return Shading(panel.axes[-1], AxisExtent(min(values), max(values)) if values else None)


def _colour(shading: Shading, value: float, look: Look) -> int:
    if shading.axis.scale is Scale.CATEGORY and not math.isnan(value):
        return int(value)
    return shading.sign(value, look)[1]


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
    room = _room(look, len(spans))
    texts = [_end(axis, span, look, room, high=high) for axis, span in zip(panel.axes, spans, strict=True)]
    return _heads(texts, look)


def _room(look: Look, texts: int) -> int:
    """How wide each of so many texts over the axes may be."""
    return max(3, look.width // texts - 1)


def _short_title(axis: Axis) -> str:
    """The name of a field without its space: there is little room over an axis."""
    title = axis.title.removeprefix("config.").removeprefix("summary.") or axis.title
    return f"{title} (log)" if axis.scale is Scale.LOG else title


def _rank(line: Polyline, place: int) -> float:
    return -math.inf if math.isnan(line.values[place]) else line.values[place]


def _span(lines: Sequence[Polyline], axis: Axis, place: int) -> AxisExtent:
    values = [line.values[place] for line in lines if not math.isnan(line.values[place])]
    return span_of(values, axis)


def _end(axis: Axis, span: AxisExtent, look: Look, room: int, *, high: bool) -> str:
    """The end of an axis; a number in as many digits as there is room for, since one that is cut would be another."""
    if axis.scale is Scale.CATEGORY:
        return axis.categories[-1 if high else 0] if axis.categories else ""
    if span.only is not None and axis.scale is not Scale.TIME:
        return _fitting(span.only, room) if high else ""
    end = span.high if high else span.low
    return _time_text(span, look, room, high=high) if axis.scale is Scale.TIME else _fitting(end, room)


def _time_text(span: AxisExtent, look: Look, room: int, *, high: bool) -> str:
    """The time at an end, in what tells it from the other and has room: date and time, else one of both."""
    low, end = (datetime.fromtimestamp(one, look.zone) for one in (span.low, span.high))
    forms = ("%m-%d %H:%M", "%m-%d", "%H:%M", "%M:%S", "%Y")
    texts = [(f"{low:{form}}", f"{end:{form}}") for form in forms]
    fitting = [pair for pair in texts if cell_width(pair[0]) <= room]
    return next((pair for pair in fitting if pair[0] != pair[1]), (fitting or texts)[0])[high]


def _fitting(value: float, room: int) -> str:
    texts = (short(value), *(shorter(value, digits) for digits in (3, 2, 1)))
    return next((text for text in texts if cell_width(text) <= room), texts[-1])


def _heads(texts: Sequence[str], look: Look) -> str:
    """Texts over the axes: the first at the left, the last at the right, the others in the middle."""
    room = _room(look, len(texts))
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
