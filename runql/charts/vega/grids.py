"""Heat maps and parallel coordinates, as layers of Vega-Lite."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

from runql.charts.chart import MOST_LINES, Axis, Panel, Scale
from runql.charts.vega.axes import AxisRange, category, channel, log_ticks, round_ticks, value_on
from runql.charts.vega.layers import Layers, Row, readable
from runql.charts.vega.legend import Legend
from runql.charts.vega.shades import ends_of, shade_channel
from runql.charts.vega.texts import number_text, room, short
from runql.charts.vega.theme import NOTE_SIZE, PALETTES, TEXT_SIZE, Theme, halo
from runql.text.visible import visible

_CELL_HEIGHT: Final = 34
_LEAST_CELL: Final = 26
_MOST_CELL: Final = 110
_WIDEST: Final = 1200
"""No heat map is wider, in points, for the sake of the texts of its cells."""
_HUGE: Final = 4
"""By so much numbers are divided for their colours, where they are further apart than a float can say."""
_DARK_PART: Final = 0.55
_LINE: Final = 0.045
"""How high a text is, as a part of an axis."""
_FEW_VALUES: Final = 6
"""An axis of so many values has a tick at each of them."""


def cell_rows(panel: Panel) -> list[Row]:
    """A row for each cell that has a value."""
    return [_cell(panel, at) for at in range(len(panel.cells))]


def _cell(panel: Panel, at: int) -> Row:
    cell = panel.cells[at]
    value = cell.value if math.isfinite(cell.value) else None
    place = {"x": category(panel.x, cell.column), "y": category(panel.y, cell.row)}
    return {**place, "value": value, "text": readable(cell.text)}


def heat_layers(
    panel: Panel, legend: Legend, points: float, title: str, *, is_sized: bool = False
) -> tuple[Layers, dict[str, Any]]:
    """Cells coloured by value, with their texts where there is room; and the size of the plot."""
    colours = PALETTES[legend.theme]
    extent = AxisRange.of([cell.value for cell in panel.cells])
    widest = max((room(visible(cell.text), NOTE_SIZE) for cell in panel.cells), default=0)
    across = max(1, len(panel.x.categories))
    told = across * (widest + 12) <= (points if is_sized else _WIDEST)  # else the colours alone say it
    step = (
        points / across
        if is_sized
        else max(_LEAST_CELL, min(_MOST_CELL, max(widest + 12 if told else 0, points / across)))
    )
    labels = max((room(text, TEXT_SIZE) for text in short(panel.x.categories).values()), default=0)
    x, y = channel("x", panel.x, None, angled=labels > step - 6), channel("y", panel.y, None)
    shown = [{"field": "y", "title": panel.y.title or "row"}, {"field": "x", "title": panel.x.title or "column"}]
    shown.append({"field": "text", "title": title or "value"})
    is_log = panel.has_log_colours
    colour = {"field": "value", "type": "quantitative", **_heat_colours(extent, is_log=is_log)}
    called = visible(title) + " (log)" * is_log
    colour["legend"] = {"title": called or None, **ends_of(extent, is_log=is_log)}
    made = [{"mark": {"type": "rect"}, "encoding": {"x": x, "y": y, "color": colour, "tooltip": shown}}]
    if any(not math.isfinite(cell.value) for cell in panel.cells):
        hollow = {"type": "rect", "fill": colours.background, "stroke": colours.faint, "strokeWidth": 1}
        where = [{"filter": "!isValid(datum.value)"}]
        made.append({"transform": where, "mark": hollow, "encoding": {"x": x, "y": y, "tooltip": shown}})
        if not told:
            look = {"type": "text", "fontSize": 8, "color": colours.faint}
            made.append({"transform": where, "mark": look, "encoding": {"x": x, "y": y, "text": {"field": "text"}}})
    if told and widest + 6 <= step:
        made.append(
            {
                "mark": {"type": "text", "fontSize": NOTE_SIZE},
                "encoding": {"x": x, "y": y, **_cell_text(panel, extent, colours.text)},
            }
        )
    size = {"width": {"step": step}, "height": {"step": _CELL_HEIGHT}, "view": {"fill": colours.missing}}
    return Layers(made, []), size


def _heat_colours(extent: AxisRange | None, *, is_log: bool) -> dict[str, Any]:
    """Blue to orange around zero where values stand on both sides of it; else from dark to light."""
    if extent is not None and extent.least < 0 < extent.most:
        most = max(-extent.least, extent.most)
        return {"scale": {"scheme": "blueorange", "domain": [-most, most]}}
    return {"scale": {"scheme": "viridis", **({"type": "log"} if is_log else {})}}


def _cell_text(panel: Panel, extent: AxisRange | None, ink: str) -> dict[str, Any]:
    """The text of a cell, light on dark and dark on light."""
    dark, light = "#101418", "#ffffff"
    if extent is None:
        return {"text": {"field": "text"}, "color": {"value": ink}}
    if extent.least < 0 < extent.most:
        edge = _DARK_PART * max(-extent.least, extent.most)
        test = f"abs(datum.value) > {edge!r}"
    else:
        least, most = extent.least, extent.most
        edge = least * (1 - _DARK_PART) + _DARK_PART * most
        if panel.has_log_colours:
            edge = 10 ** (math.log10(least) * (1 - _DARK_PART) + _DARK_PART * math.log10(most))
        test = f"datum.value < {edge!r}"
    tests = [{"test": "!isValid(datum.value)", "value": ink}, {"test": test, "value": light}]
    return {"text": {"field": "text"}, "color": {"condition": tests, "value": dark}}


# ---------------------------------------------------------------- parallel coordinates


def polyline_rows(panel: Panel) -> list[Row]:
    """A row for each run and axis: where it stands on the axis, from 0 to 1, and its value as text."""
    ranges = [_range(panel, at) for at in range(len(panel.axes))]
    rows, divisor = [], _HUGE if _is_huge(panel) else 1
    for line in panel.polylines:
        last = line.values[-1] / divisor
        for at, axis in enumerate(panel.axes):
            value = line.values[at]
            rows.append(
                {
                    "run": readable(line.run),
                    "label": readable(line.name),
                    "axis": _axis_name(panel, at),
                    "place": _place(axis, value, ranges[at]),
                    "value": None if not math.isfinite(value) else _text(axis, value),
                    "colour": readable(line.name) if _is_few(panel) else value_on(panel.axes[-1], last),
                }
            )
    return rows


def tick_rows(panel: Panel) -> list[Row]:
    """The ticks of each axis, with their texts."""
    return [row for at in range(len(panel.axes)) for row in _axis_ticks(panel, at)]


def _axis_ticks(panel: Panel, at: int) -> Iterator[Row]:
    axis, extent = panel.axes[at], _range(panel, at)
    name = _axis_name(panel, at)
    if extent is None:
        return
    values = {line.values[at] for line in panel.polylines if _place(axis, line.values[at], extent) is not None}
    ticks = {
        place: value
        for value in _tick_values(axis, extent, values)
        if (place := _place(axis, value, extent)) is not None
    }
    texts = [*short(axis.categories).values()]
    for place in _apart(sorted(ticks)):
        value = ticks[place]
        yield {"axis": name, "place": place, "text": texts[round(value)] if texts else _text(axis, value)}


def _apart(places: Sequence[float]) -> list[float]:
    """Those that are so far from each other that their texts do not touch; the first and the last always."""
    kept = [*places[:1]]
    for place in places[1:-1]:
        if place - kept[-1] >= _LINE and places[-1] - place >= _LINE:
            kept.append(place)
    return [*kept, *places[1:][-1:]]


def _tick_values(axis: Axis, extent: AxisRange, values: set[float]) -> list[float]:
    if axis.scale is Scale.CATEGORY:
        return [float(at) for at in range(len(axis.categories))]
    if len(values) <= _FEW_VALUES:
        return sorted(values)
    if axis.scale is Scale.LOG:
        return log_ticks(math.log10(extent.least), math.log10(extent.most))
    return round_ticks(extent)


def _axis_name(panel: Panel, at: int) -> str:
    """The title of an axis, without its space where that tells nothing; a second one of a title is told from the
    first.
    """
    titles = [visible(axis.title) for axis in panel.axes]
    bare = [title.removeprefix("config.").removeprefix("summary.") for title in titles]
    titles = bare if len(set(bare)) == len(set(titles)) and all(bare) else titles
    before = titles[:at].count(titles[at])
    log = " (log)" if panel.axes[at].scale is Scale.LOG else ""
    return (titles[at] if not before else f"{titles[at]} ({before + 1})") + log


def _range(panel: Panel, at: int) -> AxisRange | None:
    axis = panel.axes[at]
    if axis.scale is Scale.CATEGORY:
        return AxisRange(0, max(1, len(axis.categories) - 1)) if axis.categories else None
    values = [line.values[at] for line in panel.polylines]
    return AxisRange.of(value for value in values if value > 0 or axis.scale is not Scale.LOG)


def _place(axis: Axis, value: float, extent: AxisRange | None) -> float | None:
    if extent is None or not math.isfinite(value) or (axis.scale is Scale.LOG and value <= 0):
        return None
    if extent.least == extent.most:
        return 0.5
    if axis.scale is Scale.LOG:
        least, most = math.log10(extent.least), math.log10(extent.most)
        return (math.log10(value) - least) / (most - least)
    return (value / 2 - extent.least / 2) / (extent.most / 2 - extent.least / 2)  # the whole may be beyond a float


def _text(axis: Axis, value: float) -> str:
    if axis.scale is Scale.CATEGORY:
        return category(axis, value)
    if axis.scale is Scale.TIME:
        from datetime import UTC, datetime

        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M")
    return number_text(value)


def polyline_layers(panel: Panel, legend: Legend, ticks: str) -> Layers:
    """A line for each run over the axes, coloured by its value on the last of them. `ticks`: the name of their data."""
    colours = PALETTES[legend.theme]
    names = [_axis_name(panel, at) for at in range(len(panel.axes))]
    long = max((room(text, TEXT_SIZE) for text in short(names).values()), default=0)
    x = channel("axis", Axis("", Scale.CATEGORY, tuple(names)), None, angled=long > 700 / max(1, len(names)) - 8)
    x |= {"type": "nominal", "scale": {**x["scale"], "type": "point", "padding": 0.35}}
    x["axis"] = {**x["axis"], "domain": False, "ticks": False, "orient": "bottom", "labelPadding": 10}
    y = {"field": "place", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "nice": False}}
    last = panel.axes[-1] if panel.axes else panel.y
    colour = _line_colour(panel, last, legend.theme)
    told = [{"field": "label", "title": "run"}, {"field": "run", "title": "id"}]
    told += [{"field": "axis", "title": "axis"}, {"field": "value", "title": "value"}]
    line: dict[str, Any] = {
        "mark": {"type": "line", "order": False, "strokeWidth": 1.4, "strokeOpacity": 0.75},
        "encoding": {
            "x": x,
            "y": y,
            "detail": [{"field": "run"}, {"field": "label"}],
            "color": colour,
            "tooltip": told,
        },
    }
    rule = {
        "data": {"values": [{"axis": name} for name in names]},
        "mark": {"type": "rule", "color": colours.faint, "strokeWidth": 1},
        "encoding": {"x": x},
    }
    look = {"type": "text", "align": "right", "dx": -6, "fontSize": NOTE_SIZE}
    seen = {"data": {"name": ticks}, "encoding": {"x": x, "y": y, "text": {"field": "text"}}}
    behind = {**seen, "mark": halo(look, legend.theme)}
    text = {**seen, "mark": {**look, "color": colours.text}}
    return Layers([rule, *_coloured(panel, line, colours.faint), behind, text], [])


def _coloured(panel: Panel, line: dict[str, Any], ink: str) -> list[dict[str, Any]]:
    """The lines, those without a value on the last axis grey below the others."""
    if _is_few(panel) or not any(math.isnan(one.values[-1]) for one in panel.polylines):
        return [line]
    without = {name: what for name, what in line["encoding"].items() if name != "color"}
    mark = {**line["mark"], "color": ink}
    grey = {"transform": [{"filter": "!isValid(datum.colour)"}], "mark": mark, "encoding": without}
    return [grey, {"transform": [{"filter": "isValid(datum.colour)"}], **line}]


def _is_few(panel: Panel) -> bool:
    """Whether each line has a colour of its own."""
    names = {line.name for line in panel.polylines}
    return len(panel.polylines) <= MOST_LINES and len(names) == len(panel.polylines)


def _line_colour(panel: Panel, last: Axis, theme: Theme) -> dict[str, Any]:
    """The channel `color` of a line: the run, of few; else its value on the last axis."""
    if _is_few(panel):
        names = [readable(line.name) for line in panel.polylines]
        shown = [PALETTES[theme].series[at % MOST_LINES] for at in range(len(names))]
        scale = {"domain": names, "range": shown}
        return {
            "field": "colour",
            "type": "nominal",
            "scale": scale,
            "legend": {"title": "run", "symbolType": "stroke"},
        }
    if last.scale is Scale.CATEGORY:
        colours = PALETTES[theme].series
        names = [visible(name) for name in last.categories]
        shown = [colours[at % len(colours)] for at in range(len(names))]
        scale = {"domain": names, "range": shown}
        return {"field": "colour", "type": "nominal", "scale": scale, "legend": {"title": visible(last.title)}}
    extent = _range(panel, len(panel.axes) - 1) if panel.axes else None
    if extent is None or not _is_huge(panel):
        return shade_channel("colour", last, extent, theme)
    made = shade_channel("colour", last, AxisRange(extent.least / _HUGE, extent.most / _HUGE), theme)
    label = made["legend"]["labelExpr"].replace("datum.value", f"(datum.value * {_HUGE})")
    return {**made, "legend": {**made["legend"], "labelExpr": label}}


def _is_huge(panel: Panel) -> bool:
    """Whether the numbers that colour lines are further apart than a float can say."""
    extent = _range(panel, len(panel.axes) - 1) if panel.axes else None
    return extent is not None and not math.isfinite(extent.most - extent.least)
