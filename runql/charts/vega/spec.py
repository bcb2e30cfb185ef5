"""A chart as a dictionary of Vega-Lite: what files, notebooks and browsers draw.

It holds the values that it draws in `datasets`, in full: no expression in it computes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, assert_never

from runql.chart_look import PLAIN, ChartLook
from runql.charts.chart import NO_ROWS, Chart, Mark, Panel, Series
from runql.charts.clipping import EXTREMES, QUARTILES
from runql.charts.thinning import thinned
from runql.charts.vega import bars, grids, lines
from runql.charts.vega.layers import Layers, Pointer, Row
from runql.charts.vega.legend import Legend
from runql.charts.vega.shades import shade_room
from runql.charts.vega.sheet import LEAST_WIDTH, Sheet
from runql.charts.vega.texts import wrapped
from runql.charts.vega.theme import NOTE_SIZE, PALETTES, TEXT_SIZE, TITLE_SIZE, WIDTH, Theme, config_of
from runql.text.frozen import frozen
from runql.text.visible import visible

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v5.json"
"""That which JupyterLab and VS Code draw."""

_PIXELS: Final = 2
"""So many columns of pixels a point are told apart in a picture: lines are thinned to these."""


def vega_lite(chart: Chart, look: ChartLook = PLAIN, *, live: bool = True) -> dict[str, Any]:
    """The chart as Vega-Lite. `live`: with what a pointer does, which a picture has no use for.

    Of a size that was asked for the plots are about as large as there is room: who draws it knows how large texts are.
    """
    chart, theme, sheet = for_picture(chart), Theme(look.theme), Sheet.of(look.size)
    described = visible(_described(chart))
    chart = replace(chart, panels=tuple(part for panel in chart.panels for part in bars.bins_apart(panel)))
    legend = sheet.placed(Legend.of(chart, theme))
    made = [_panel(panel, at, chart, legend, sheet, live=live) for at, panel in enumerate(chart.panels)]
    spec: dict[str, Any] = {"$schema": SCHEMA, "config": config_of(theme, sheet.gradient), "padding": sheet.padding}
    if described:
        spec["description"] = described
    notes = tuple(note for note in notes_of(chart) if note != NO_ROWS)  # that stands in the middle
    if notes and look.notes:
        spec["title"] = _notes(notes, theme, sheet.width)
    spec["datasets"] = {name: rows for one in made for name, rows in one.data.items()}
    spec["vconcat"] = [one.spec for one in made] or [
        _blank(NO_ROWS, [chart.title] if chart.title else [], theme, sheet)
    ]
    spec["spacing"] = 14
    colour = "independent" if any(panel.mark is Mark.HEAT for panel in chart.panels) else "shared"
    shared = {"color": colour, "strokeDash": "shared", "shape": "shared"}
    spec["resolve"] = {"scale": shared} if len(made) > 1 else {}
    return spec


def for_picture(chart: Chart) -> Chart:
    """The chart with as many points as a picture shows, and the note that says so."""
    return thinned(chart, WIDTH * _PIXELS)


def notes_of(chart: Chart) -> tuple[str, ...]:
    """What stands under the chart: what the bars of errors and the bands are, the notes, and what was skipped of the
    answer or is wrong with it.
    """
    around = (_around(panel.mark, one) for panel in chart.panels for one in panel.series if one.interval)
    boxes = [box for panel in chart.panels for box in panel.boxes]
    told = [_BOX] * any(box.n > 1 for box in boxes) + [_ONE_VALUE] * any(box.n == 1 for box in boxes)
    return tuple(dict.fromkeys((*around, *told, *chart.notes, *chart.source.skipped, *chart.source.warnings)))


_BOX: Final = f"box: {QUARTILES}, its line: median, whiskers: {EXTREMES}"
_ONE_VALUE: Final = "a circle: one value"


def _around(mark: Mark, series: Series) -> str:
    """What stands around the values of a series."""
    if mark is not Mark.LINE:
        return f"{'whiskers' if mark is Mark.BAR else 'bars'}: {series.interval}"
    return f"band: {series.interval}" + (f"; outer band: {EXTREMES}" if series.least else "")


def _described(chart: Chart) -> str:
    """What a reader who sees no picture is told."""
    drawn = ", ".join(f"{panel.mark}: {panel.y.title or panel.title} over {panel.x.title}" for panel in chart.panels)
    return " · ".join(part for part in (chart.title, drawn, *notes_of(chart)) if part)


def _notes(notes: tuple[str, ...], theme: Theme, width: float) -> dict[str, Any]:
    lines_ = [line for note in notes for line in wrapped(note, width, NOTE_SIZE)]
    look = {"fontSize": NOTE_SIZE, "fontWeight": "normal", "color": PALETTES[theme].faint, "lineHeight": NOTE_SIZE + 4}
    return {"text": lines_, "orient": "bottom", "anchor": "start", "frame": "bounds", "offset": 10, **look}


@frozen
class _Drawn:
    """A panel as Vega-Lite, and its data."""

    spec: dict[str, Any]
    data: Mapping[str, list[Row]]


def _panel(panel: Panel, at: int, chart: Chart, legend: Legend, sheet: Sheet, *, live: bool) -> _Drawn:
    name = f"panel_{at + 1}"
    if panel.is_empty:
        titles = [title for title in (chart.title if at == 0 else "", panel.title) if title]
        named = f"{panel.y.title or panel.x.title}: " * bool(panel.y.title or panel.x.title)
        return _Drawn(_blank(f"{named}no value that can be drawn", titles, legend.theme, sheet), {name: []})
    points = sheet.points(legend.width or shade_room(panel))
    size: dict[str, Any] = {"width": round(points), "height": sheet.plot_height(chart.panels, at)}
    whole = dict(size)
    data: dict[str, list[Row]] = {}
    pointer = Pointer(at + 1, live=live, names=live and legend.is_shown)
    match panel.mark:
        case Mark.LINE:
            data[name], layers = lines.rows_of(panel), lines.line_layers(panel, legend, pointer, points)
        case Mark.SCATTER:
            data[name], layers = lines.rows_of(panel), lines.point_layers(panel, legend, pointer, points)
        case Mark.BAR:
            layers, standing = bars.bar_layers(panel, legend, points, pointer)
            data[name], size = bars.bar_rows(panel), _sized(size, standing)
        case Mark.HIST:
            layers = bars.bin_layers(panel, legend, pointer, has_axis=_has_axis(chart, at))
            data[name] = bars.bar_rows(panel)
        case Mark.BOX:
            layers, standing = bars.box_layers(panel, legend, points)
            data[name], size = bars.box_rows(panel), _sized(size, standing)
        case Mark.HEAT:
            layers, size = grids.heat_layers(panel, legend, points, panel.title, is_sized=sheet.is_sized)
            data[name] = grids.cell_rows(panel)
        case Mark.PARALLEL:
            ticks = f"{name}_ticks"
            layers = grids.polyline_layers(panel, legend, ticks)
            data |= {name: grids.polyline_rows(panel), ticks: grids.tick_rows(panel)}
        case _:
            assert_never(panel.mark)
    size |= whole if sheet.is_sized else {}
    titled = _panel_titled(panel, chart.title if at == 0 else "", size["width"])
    spec = {**titled, **size, "data": {"name": name}, "layer": _layers(layers, pointer)}
    return _Drawn(spec, data)


def _panel_titled(panel: Panel, title: str, width: object) -> dict[str, Any]:
    """The title of a panel, below that of the chart where it is the first."""
    if panel.mark is Mark.HIST and panel.title:
        return {"title": _bins_title(title, panel.title)}
    own = panel.title if panel.mark is not Mark.HEAT else ""  # there it stands at the colours
    return _titled([one for one in (title, own) if one], width)


def _has_axis(chart: Chart, at: int) -> bool:
    """Whether a panel of bins has an axis of its own, and not that of those below it."""
    panel, below = chart.panels[at], chart.panels[at + 1 : at + 2]
    return not panel.title or not below or below[0].x != panel.x


def _bins_title(chart: str, group: str) -> dict[str, Any]:
    """The title of the bins of one group, below that of the chart."""
    small = {"fontSize": TEXT_SIZE + 1, "offset": 4}
    if not chart:
        return {"text": visible(group), **small}
    return {"text": visible(chart), "subtitle": visible(group), "subtitleFontSize": TEXT_SIZE + 1, "subtitlePadding": 6}


def _blank(text: str, titles: list[str], theme: Theme, sheet: Sheet) -> dict[str, Any]:
    """A panel that says why there is nothing in it."""
    size = sheet.blank
    mark = {"type": "text", "fontSize": TEXT_SIZE + 2, "color": PALETTES[theme].faint, "text": visible(text)}
    return {**_titled(titles, size["width"]), **size, "data": {"values": [{}]}, "mark": mark}


def _sized(size: dict[str, Any], standing: bars.Standing) -> dict[str, Any]:
    return size if standing.height is None else {**size, "height": standing.height}


def _titled(titles: list[str], width: object) -> dict[str, Any]:
    if not titles:
        return {}
    points = width if isinstance(width, int) else LEAST_WIDTH
    return {"title": {"text": [line for title in titles for line in wrapped(title, points, TITLE_SIZE)], "offset": 12}}


def _layers(layers: Layers, pointer: Pointer) -> list[dict[str, Any]]:
    """The layers; the lowest also listens to the pointer where they are live."""
    if not pointer.live:
        return layers.drawn
    first, *others = [*layers.drawn, *layers.live]
    params = [*([pointer.shown] if pointer.names and pointer.panel == 1 else [])]
    if layers.can_zoom:
        params.append({"name": f"zoom_{pointer.panel}", "select": _ZOOM, "bind": "scales"})
    return [{**first, "params": params} if params else first, *others]


_ZOOM: Final = {"type": "interval", "zoom": "wheel![event.shiftKey]"}
