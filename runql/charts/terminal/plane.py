"""Lines and points against two axes of numbers or times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, filterfalse, pairwise
from typing import Final

from runql.charts.chart import Axis, Mark, Panel, Scale, Series
from runql.charts.clipping import on_axis
from runql.charts.numbers import alike
from runql.charts.table import some_names
from runql.charts.terminal.canvas import Canvas, is_drawn
from runql.charts.terminal.look import DIM, FAINT, Look, padded
from runql.charts.terminal.shades import NO_COLOUR, Shading, sign_of
from runql.charts.terminal.ticks import AxisExtent, span_of, ticks_of
from runql.text.widths import cell_width

_FEW: Final = 4
"""Where so many columns or more lie between two points, each point is marked."""
_TICK_ROWS: Final = 4
_TICK_COLUMNS: Final = 10
_TIME_COLUMNS: Final = 15


def margin_of(panel: Panel, look: Look, rows: int) -> int:
    """How much room the texts beside a panel take, which those below each other share."""
    spans = _spans(panel)
    return 0 if spans is None else max((len(text) for _, text in _ticks(panel, spans[1], look, rows)), default=0)


def _ticks(panel: Panel, y: AxisExtent, look: Look, rows: int) -> list[tuple[float, str]]:
    return ticks_of(y, panel.y, max(2, rows // _TICK_ROWS + 1), look.zone)


def plane_lines(panel: Panel, look: Look, rows: int, margin: int) -> Iterator[str]:
    """The panel in so many rows, its axes beside and below."""
    spans = _spans(panel)
    if spans is None:
        yield "no value that can be drawn"
        return
    x, y = spans
    ticks = _ticks(panel, y, look, rows)
    columns = max(10, look.width - margin - 2)
    canvas = Canvas(columns, rows, look, dots=look.unicode and (look.color or len(panel.series) == 1))
    for is_inner in (False, True):
        for series in panel.series:
            _shade(canvas, series, (x, y), look, is_inner=is_inner)
    last_first = panel.series[::-1]
    for series in (*filter(_is_behind, last_first), *filterfalse(_is_behind, last_first)):
        _draw(canvas, panel, series, (x, y), look)
    if panel.y.title:
        yield look.paint(look.cut(panel.y.title, look.width), DIM)
    places = {canvas.row(y.place(at)): text for at, text in ticks}
    for row, line in enumerate(canvas.lines()):
        text = places.get(row, "")
        bar = look.sign("┤" if text else "│", "+" if text else "|")
        yield f"{look.paint(padded(text, margin, right=True) + ' ' + bar, DIM)}{line}".rstrip()
    yield from x_axis(panel.x, x, columns, margin + 2, look, column=canvas.column)
    yield from _covered(canvas, panel, look)


def _covered(canvas: Canvas, panel: Panel, look: Look) -> Iterator[str]:
    """Which series are not seen, as others were drawn over all of their marks."""
    if panel.colour is not None:
        return
    covered = [
        series.name
        for series in panel.series
        if any(is_drawn(x) and is_drawn(y) for x, y in zip(series.x, series.y, strict=True))
        and not canvas.shows(_marker(series, look, is_line=panel.mark is Mark.LINE), _colour(panel, series))
    ]
    if covered:
        yield look.paint(look.cut(f"not seen, as others lie over all of it: {some_names(covered)}", look.width), DIM)


def _spans(panel: Panel) -> tuple[AxisExtent, AxisExtent] | None:
    xs = [on_axis(panel.x, x) for series in panel.series for x in series.x if is_drawn(x)]
    ys = [
        on_axis(panel.y, y)
        for series in panel.series
        for y in chain(series.y, series.low, series.high, series.least, series.most)
        if is_drawn(y)
    ]
    if not xs or not ys:
        return None
    padded_x = panel.mark is Mark.SCATTER and panel.x.scale is not Scale.LOG
    padded_y = panel.y.scale is not Scale.LOG
    return (
        span_of([*xs, *(panel.x.window or ())], panel.x, padded=padded_x),
        span_of([*ys, *(panel.y.window or ())], panel.y, padded=padded_y),
    )


def _shade(canvas: Canvas, series: Series, spans: tuple[AxisExtent, AxisExtent], look: Look, *, is_inner: bool) -> None:
    """The outer band, or the inner one. What a log axis cannot show lies below its foot."""
    x, y = spans
    low, high, text = series.least, series.most, look.sign("░", ".")
    if is_inner:
        low, high, text = series.low, series.high, look.sign("▒" if series.least else "░", ":")
    foot = [
        y.low if y.is_log and is_drawn(end) and not is_drawn(one) else one for one, end in zip(low, high, strict=True)
    ]
    there = [all(map(is_drawn, one)) for one in zip(series.x, foot, high, strict=False)]
    ends = [
        (x.place(at), y.place(a), y.place(b)) if held else (0.0, 0.0, 0.0)
        for at, a, b, held in zip(series.x, foot, high, there, strict=False)
    ]
    for place, (end, held) in enumerate(zip(ends, there, strict=True)):
        if held and place + 1 < len(there) and there[place + 1]:
            _between(canvas, end, ends[place + 1], text, series)
        elif held and not (place and there[place - 1]):  # around a point that stands alone
            _between(canvas, end, end, text, series)


def _between(canvas: Canvas, start: tuple[float, ...], end: tuple[float, ...], text: str, series: Series) -> None:
    """The cells between two points of a band."""
    first, last = canvas.column(start[0]), canvas.column(end[0])
    for column in range(first, last + 1):
        part = (column - first) / max(1, last - first)
        low, high = (a + (b - a) * part for a, b in zip(start[1:], end[1:], strict=True))
        canvas.shade(column, low, high, text, series.colour)


def _draw(canvas: Canvas, panel: Panel, series: Series, spans: tuple[AxisExtent, AxisExtent], look: Look) -> None:
    x, y = spans
    points = [
        (x.place(at), y.place(value)) if is_drawn(at) and is_drawn(value) else None
        for at, value in zip(series.x, series.y, strict=True)
    ]
    colour = _colour(panel, series)
    marker = _marker(series, look, is_line=panel.mark is Mark.LINE)
    found = [point for point in points if point is not None]
    shading = Shading.of(panel)
    if panel.mark is Mark.LINE or series.joined:
        for before, after in pairwise(points):
            if before is not None and after is not None:
                turn = {"after": (after[0], before[1]), "before": (before[0], after[1])}.get(series.step, after)
                canvas.line(before, turn, marker, colour)
                canvas.line(turn, after, marker, colour)
    for place, point in enumerate(points):
        if point is None:
            continue
        if panel.mark is Mark.SCATTER:
            _error(canvas, series, place, (point[0], y), look)
        alone = (not place or points[place - 1] is None) and (place + 1 == len(points) or points[place + 1] is None)
        few = len(found) * _FEW <= canvas.columns and not (series.is_behind and panel.mark is Mark.LINE)
        if panel.mark is Mark.SCATTER or alone or few:
            shown = sign_of(series, place, shading, look) if shading else (marker, colour)
            canvas.sign(*point, *shown)
    if found and panel.mark is Mark.LINE and look.color and len(panel.series) > 1 and not series.is_behind:
        canvas.sign(*found[-1], marker, series.colour)


def _is_behind(series: Series) -> bool:
    return series.is_behind


def _colour(panel: Panel, series: Series) -> int:
    """The colour of a series; of one behind others that of a line, fainter, and of points grey."""
    if not series.is_behind:
        return series.colour
    return series.colour + FAINT if panel.mark is Mark.LINE else NO_COLOUR


def _marker(series: Series, look: Look, *, is_line: bool) -> str:
    """The character of a series; points behind others are dots."""
    if series.is_behind and not is_line:
        return look.sign("·", ".")
    return look.marker(series.colour + FAINT * series.is_behind)


def _error(canvas: Canvas, series: Series, place: int, at: tuple[float, AxisExtent], look: Look) -> None:
    """The bar around a point."""
    if not series.low:
        return
    low, high = series.low[place], series.high[place]
    if is_drawn(low) and is_drawn(high):
        across, span = at
        canvas.line((across, span.place(low)), (across, span.place(high)), look.sign("│", "|"), series.colour)


def x_axis(
    axis: Axis,
    span: AxisExtent,
    columns: int,
    margin: int,
    look: Look,
    *,
    column: Callable[[float], int] | None = None,
) -> Iterator[str]:
    """The line below a plane, the texts of its ticks, and its title. `column`: in which column a place is drawn."""
    room = _TIME_COLUMNS if axis.scale is Scale.TIME else _TICK_COLUMNS
    ticks = ticks_of(span, axis, max(3, columns // room), look.zone)
    line = [look.sign("─", "-")] * columns
    texts = [" "] * (columns + margin)
    end = -1
    for at, text in ticks:
        part = span.place(at)
        place = min(columns - 1, max(0, round(part * (columns - 1)))) if column is None else column(part)
        start = min(max(0, margin + place - len(text) // 2), margin + columns - len(text))
        if start <= end + 1 and end >= 0:
            continue
        line[place] = look.sign("┬", "+")
        texts[start : start + len(text)] = text
        end = start + len(text) - 1
    corner = look.sign("└", "+")
    yield look.paint(" " * (margin - 1) + corner + "".join(line), DIM)
    yield look.paint("".join(texts).rstrip(), DIM)
    if axis.title:
        title = look.cut(titled(axis, span, look), columns)
        yield look.paint(" " * (margin + max(0, columns - cell_width(title)) // 2) + title, DIM)


def titled(axis: Axis, span: AxisExtent, look: Look) -> str:
    """The title of an axis; of times with the year that its ticks leave out."""
    if axis.scale is not Scale.TIME:
        return f"{axis.title} (log)" if axis.scale is Scale.LOG else axis.title
    from datetime import datetime

    ends = [datetime.fromtimestamp(at, look.zone) for at in (span.low, span.high)]
    years = look.sign("–", "-").join(dict.fromkeys(str(end.year) for end in ends))
    return f"{axis.title}, {years} ({ends[0].tzname()})"


def legend_of(panels: Sequence[Panel], look: Look, legend: str) -> list[str]:
    """The names of the series with their markers and last values, then what their bands are, in lines."""
    seen: dict[str, list[Series]] = {}
    bands: dict[str, None] = {}
    drawn = [panel for panel in panels if panel.series]
    is_line = all(panel.mark is Mark.LINE for panel in drawn)
    lasts: dict[str, list[str]] = {}
    for panel in drawn:
        texts = _lasts(panel) if is_line else {}
        for series in panel.series:
            if series.is_behind and panel.mark is Mark.LINE:
                continue
            if len(panel.series) > 1 or series.interval or series.name != panel.y.title:
                seen.setdefault(series.name, []).append(replace(series, colour=_colour(panel, series)))
                lasts.setdefault(series.name, []).extend(texts.get(series.name, ()))
                if Scale.CATEGORY not in {panel.x.scale, panel.y.scale}:
                    bands.update(dict.fromkeys(_bands(series, look, is_line=panel.mark is Mark.LINE)))
    if not seen:
        return []
    title = f"{look.cut(legend, look.width // 3)}: " if legend and len(seen) > 1 else ""
    names = look.cuts([*seen], max(8, look.width // 2))
    entries = [_entry(names[name], one[0], lasts[name], look, is_line=is_line) for name, one in seen.items()]
    return wrapped([*entries, *((look.paint(text, DIM), cell_width(text)) for text in bands)], look, title)


def _lasts(panel: Panel) -> dict[str, list[str]]:
    """The last value of each line, and what the line ends in where that is no number."""
    held = [series for series in panel.series if series.last is not None and not series.is_behind]
    texts = alike([0.0 if series.last is None else series.last for series in held])
    found: dict[str, list[str]] = {}
    for series, text in zip(held, texts, strict=True):
        found.setdefault(series.name, []).append(text + f" (then {series.end})" * bool(series.end))
    return found


def _entry(name: str, series: Series, lasts: Sequence[str], look: Look, *, is_line: bool) -> tuple[str, int]:
    """A name with its marker and its last value in each panel, and how wide that is."""
    called = f"{_marker(series, look, is_line=is_line)} {name}"
    last = f" {' / '.join(lasts)}" if lasts else ""
    return look.paint(called, series.colour) + last, cell_width(called + last)


def _bands(series: Series, look: Look, *, is_line: bool) -> Iterator[str]:
    if series.interval:
        inner = look.sign("▒" if series.least else "░", ":") if is_line else look.sign("│", "|")
        yield f"{inner} {series.interval}"
    if series.least:
        yield f"{look.sign('░', '.')} smallest to largest"


def wrapped(entries: Sequence[tuple[str, int]], look: Look, title: str) -> list[str]:
    """The entries side by side, in as many lines as they need."""
    margin = cell_width(title)
    lines, line, used = [], look.paint(title, DIM), margin
    for entry, width in entries:
        if used > margin and used + 2 + width > look.width:
            lines.append(line)
            line, used = " " * margin, margin
        gap = "  " if used > margin else ""
        line, used = line + gap + entry, used + len(gap) + width
    return [*lines, line]
