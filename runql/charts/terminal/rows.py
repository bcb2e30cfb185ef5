"""A row a category: bars, points with their error, boxes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from runql.charts.chart import Axis, Box, Mark, Panel, Scale, Series
from runql.charts.clipping import EXTREMES, OF_VALUES, QUARTILES, on_axis
from runql.charts.numbers import alike, spreads_alike
from runql.charts.terminal.canvas import is_drawn
from runql.charts.terminal.look import DIM, Look, padded
from runql.charts.terminal.plane import x_axis
from runql.charts.terminal.ticks import AxisExtent, span_of
from runql.text.frozen import frozen
from runql.text.widths import cell_width

_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_WIDEST_NAME: Final = 2 / 5
_LEAST_NAME: Final = 6
"""Where names would get less room than this, the values behind the rows are left to the axis."""
_FEWEST_COLUMNS: Final = 10


@frozen
class _Row:
    """What stands in a row: its category, its series, the drawing as so many characters, the text behind it."""

    name: str
    draw: Callable[[int], list[str]]
    colour: int = 0
    text: str = ""
    series: str = ""


def row_lines(panel: Panel, look: Look, legend: str = "") -> Iterator[str]:
    """Categories below each other, values to the right; of several series a row each, which its name begins."""
    across, down = (panel.y, panel.x) if panel.x.scale is Scale.CATEGORY else (panel.x, panel.y)
    span = _span(panel, across)
    if span is None:
        yield "no value that can be drawn"
        return
    rows = [*_rows(panel, span, look)]
    behind = max((cell_width(row.text) for row in rows), default=0)
    widest = max((cell_width(look.cut(row.name, look.width)) for row in rows), default=0)
    second = min(max((cell_width(look.cut(row.series, look.width)) for row in rows), default=0), look.width // 5)
    margin = min(widest, int(look.width * _WIDEST_NAME) - second)
    room = look.width - (second + 1 if second else 0) - 2 - _FEWEST_COLUMNS
    if behind and room - behind - 2 < min(margin, _LEAST_NAME):
        rows, behind = [replace(row, text="") for row in rows], 0
    margin = min(margin, room - (behind + 2 if behind else 0))
    beside = margin + (second + 1 if second else 0)
    columns = look.width - beside - 2 - (behind + 2 if behind else 0)
    title = ", ".join(filter(None, (down.title, legend if second else "")))
    if title:
        yield look.paint(look.cut(title, look.width), DIM)
    bar = look.sign("│", "|")
    names, parts = look.cuts([row.name for row in rows], margin), look.cuts([row.series for row in rows], second)
    for row in rows:
        name = padded(names[row.name], margin, right=True)
        name += f" {look.paint(padded(parts[row.series], second), row.colour)}" if second else ""
        cells = row.draw(columns)
        drawn = look.paint("".join(cells).rstrip(), row.colour)
        gap = " " * (columns - len("".join(cells).rstrip()) + 1) if row.text else ""
        yield f"{name} {look.paint(bar, DIM)}{drawn}{gap}{row.text}".rstrip()
    yield from x_axis(across, span, columns, beside + 2, look)


def _span(panel: Panel, axis: Axis) -> AxisExtent | None:
    is_turned = panel.x.scale is Scale.CATEGORY
    values = [value for box in panel.boxes for value in (box.least, box.most)]
    for series in panel.series:
        values += series.y if is_turned else series.x
        values += [*series.low, *series.high]
    found = [on_axis(axis, value) for value in values if is_drawn(value)]
    if not found:
        return None
    is_bar = panel.mark is Mark.BAR and axis.scale is not Scale.LOG
    return span_of(found, axis, padded=not is_bar and axis.scale is not Scale.LOG, zero=is_bar)


def _texts(panel: Panel, look: Look) -> dict[tuple[int, int], str]:
    """What stands behind a row: the value, where there is one, and what stands around it; of a box how many."""
    if panel.boxes:
        medians = alike([box.median for box in panel.boxes])
        return {(at, 0): f"{medians[at]} (n={box.n:,})" for at, box in enumerate(panel.boxes)}
    if panel.x.scale is not Scale.CATEGORY or any(len({*one.x}) < len(one.x) for one in panel.series):
        return {}
    drawn = [
        (int(series.x[at]), number, at)
        for number, series in enumerate(panel.series)
        for at, y in enumerate(series.y)
        if is_drawn(y)
    ]
    values = alike([panel.series[number].y[at] for _, number, at in drawn])
    around = _around(panel, [(number, at) for _, number, at in drawn], look)
    return {
        (place, number): f"{text} {around[number, at]}".rstrip()
        for (place, number, at), text in zip(drawn, values, strict=True)
    }


def _around(panel: Panel, drawn: Sequence[tuple[int, int]], look: Look) -> dict[tuple[int, int], str]:
    """What stands around each of some points, by its series and place: the distance to both sides, or the ends."""
    found = dict.fromkeys(drawn, "")
    both: dict[tuple[int, int], float] = {}
    ends: list[tuple[int, int]] = []
    for number, at in drawn:
        series = panel.series[number]
        if not series.low or not (is_drawn(series.low[at]) and is_drawn(series.high[at])):
            continue
        below, above = series.y[at] - series.low[at], series.high[at] - series.y[at]
        if series.interval not in OF_VALUES and math.isclose(below, above, rel_tol=1e-6, abs_tol=1e-300):
            both[number, at] = below
        else:
            ends.append((number, at))
    for place, text in zip(both, spreads_alike([*both.values()]), strict=True):
        found[place] = f"{look.sign('±', '+-')} {text}"
    texts = alike([end for number, at in ends for end in (panel.series[number].low[at], panel.series[number].high[at])])
    for place, low, high in zip(ends, texts[::2], texts[1::2], strict=True):
        found[place] = f"[{low}, {high}]"
    return found


def _rows(panel: Panel, span: AxisExtent, look: Look) -> Iterator[_Row]:
    texts = _texts(panel, look)
    if panel.boxes:
        for place, box in enumerate(panel.boxes):
            yield _Row(box.name, partial(_box, box, span, look), 0, texts[place, 0])
        return
    is_turned = panel.x.scale is Scale.CATEGORY
    draw = _bar if panel.mark is Mark.BAR else _dots
    for place, name in enumerate((panel.x if is_turned else panel.y).categories):
        called, zero = name, None
        for number, series in enumerate(panel.series):
            at = [at for at, one in enumerate(series.x if is_turned else series.y) if one == place]
            values = [(each, (series.y if is_turned else series.x)[each]) for each in at]
            several = series.name if len(panel.series) > 1 else ""
            text = texts.get((place, number), "")
            row = _Row(called, partial(draw, series, values, span, look), series.colour, text, several)
            if not several or (at and (panel.mark is not Mark.BAR or any(one for _, one in values))):
                yield row
                called = ""
            elif at and zero is None:
                zero = row
        if called:
            yield zero or _Row(name, _blank)


def _blank(columns: int) -> list[str]:
    return [" "] * columns


def _place(span: AxisExtent, value: float, columns: int) -> int:
    return min(columns - 1, max(0, round(span.place(value) * (columns - 1))))


def _bar(series: Series, values: Sequence[tuple[int, float]], span: AxisExtent, look: Look, columns: int) -> list[str]:
    """A bar from zero, or from where a log axis begins."""
    cells = [" "] * columns
    for at, value in values:
        if not is_drawn(value):
            continue
        zero = span.low if span.is_log else 0.0
        start, end = (span.place(each) * columns for each in (min(zero, value), max(zero, value)))
        if look.unicode and value >= zero:
            whole, rest = divmod(round((end - round(start)) * 8), 8)
            text = "█" * whole + (_EIGHTHS[rest] if rest else "")
        else:
            text = look.sign("█", "#") * max(0, round(end) - round(start))
        if value != zero and not text.strip():
            text = look.sign("▏", "#")
        cells[round(start) : round(start) + len(text)] = text[: columns - round(start)]
        _whiskers(cells, series, at, span, look)
    return cells[:columns]


def _dots(series: Series, values: Sequence[tuple[int, float]], span: AxisExtent, look: Look, columns: int) -> list[str]:
    """Points, each with what stands around it."""
    cells = [" "] * columns
    for at, _ in values:
        _whiskers(cells, series, at, span, look)
    for _, value in values:
        if is_drawn(value):
            cells[_place(span, value, columns)] = look.marker(series.colour)
    return cells


def _whiskers(cells: list[str], series: Series, at: int, span: AxisExtent, look: Look) -> None:
    if not series.low or not (is_drawn(series.low[at]) and is_drawn(series.high[at])):
        return
    ends = series.low[at], series.high[at]
    low, high = (_place(span, value, len(cells)) for value in ends)
    cells[low : high + 1] = look.sign("─", "-") * (high - low + 1)
    cells[low] = look.sign("◀", "<") if ends[0] < span.low else look.sign("├", "|")
    cells[high] = look.sign("▶", ">") if ends[1] > span.high else look.sign("┤", "|")


def _box(box: Box, span: AxisExtent, look: Look, columns: int) -> list[str]:
    """From the smallest to the largest a line, between the quartiles a box, at the median a stroke."""
    cells = [" "] * columns
    least, lower, median, upper, most = (
        _place(span, value, columns) for value in (box.least, box.lower, box.median, box.upper, box.most)
    )
    cells[least : most + 1] = look.sign("─", "-") * (most - least + 1)
    cells[least], cells[most] = look.sign("├", "|"), look.sign("┤", "|")
    cells[lower : upper + 1] = look.sign("▒", "=") * (upper - lower + 1)
    cells[median] = look.sign("┃", "#") if box.n > 1 else look.marker(0)
    return cells


def spread_legend(panels: Sequence[Panel], look: Look) -> Iterator[str]:
    """What stands around the values of rows, and behind them."""
    found: dict[str, None] = {}
    for panel in panels:
        for series in panel.series if Scale.CATEGORY in {panel.x.scale, panel.y.scale} else ():
            if series.interval:
                behind = "[ ]" if series.interval in OF_VALUES else look.sign("±", "+-")
                found[f"{look.sign('├─┤', '|-|')} {behind} {series.interval}"] = None
    if found:
        yield look.paint("  ".join(found), DIM)


def box_legend(panels: Sequence[Panel], look: Look) -> Iterator[str]:
    """What the signs of boxes are."""
    boxes = [box for panel in panels for box in panel.boxes]
    signs = [
        f"{look.sign('┃', '#')} median",
        f"{look.sign('▒', '=')} {QUARTILES}",
        f"{look.sign('├─┤', '|-|')} {EXTREMES}",
    ]
    if any(box.n == 1 for box in boxes):
        signs = [*(signs if any(box.n > 1 for box in boxes) else []), f"{look.marker(0)} one value"]
    if boxes:
        yield look.paint("  ".join(signs), DIM)
