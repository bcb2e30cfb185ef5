"""Lines, their bands, and points, as layers of Vega-Lite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, Final

from runql.charts.chart import Axis, Mark, Panel, Scale, Series
from runql.charts.vega.axes import AxisRange, channel, value_on
from runql.charts.vega.layers import Layers, Pointer, Row, arrows, beyond, readable, tooltip
from runql.charts.vega.legend import Legend, name_of, symbol_of
from runql.charts.vega.shades import shade_channel, shades_of
from runql.charts.vega.texts import room, short
from runql.charts.vega.theme import PALETTES, TEXT_SIZE, Theme

_FEW_POINTS: Final = 40
"""A line of so many points shows where they stand."""

_BANDS: Final = (("least", "most", 0.13), ("low", "high", 0.28))
_LONE: Final = ("outer_lone", "lone")
"""The fields that say that no area of a band holds a point."""
_SPARE: Final = 10
_LABELS: Final = 160
"""About how much of the width the labels of the y axis and the legend take."""
_POINT: Final = {
    "type": "point",
    "filled": False,
    "size": 55,
    "strokeWidth": 1.7,
    "clip": True,
    "opacity": 1,
    "strokeOpacity": 0.9,
}


def rows_of(panel: Panel) -> list[Row]:
    """The points of all series, in their order, with the gaps."""
    return [row for series in panel.series for row in _rows(panel, series)]


def _rows(panel: Panel, series: Series) -> Iterator[Row]:
    name, run = name_of(series), series.runs[0] if len(series.runs) == 1 else None
    few = sum(map(isfinite, series.y)) <= _FEW_POINTS
    for at, (x, y) in enumerate(zip(series.x, series.y, strict=True)):
        row: Row = {"series": name, "x": value_on(panel.x, x), "y": value_on(panel.y, y)}
        if series.part:
            row["part"] = readable(series.part)
        if series.is_behind:
            row["behind"] = True
        if series.labels:
            row["label"] = readable(series.labels[at])
        if (one := series.point_runs[at] if series.point_runs else run) is not None:
            row["run"] = readable(one)
        if series.shades and panel.colour is not None:
            row["shade"] = value_on(panel.colour, series.shades[at])
        for field in ("low", "high", "least", "most"):
            if values := getattr(series, field):
                row[field] = value_on(panel.y, values[at])
        if panel.mark is Mark.LINE and ((few and not series.is_behind) or _is_alone(series.y, at)):
            row["dot"] = True
        if series.low and panel.mark is Mark.SCATTER:
            row |= beyond(panel.y, series.low[at], series.high[at])
        for (low, high, _), field in zip(_BANDS, _LONE, strict=True):
            if getattr(series, low) and _is_alone(_held(getattr(series, low), getattr(series, high)), at):
                row[field] = True
        yield row


def _held(low: Sequence[float], high: Sequence[float]) -> Sequence[float]:
    """What stands where both ends do; else a gap."""
    return [high_end if isfinite(low_end) else low_end for low_end, high_end in zip(low, high, strict=True)]


def _is_alone(y: Sequence[float], at: int) -> bool:
    """Whether a point has gaps, or nothing, on both sides: no line shows it."""
    before, after = (y[at - 1] if at else None), (y[at + 1] if at + 1 < len(y) else None)
    return isfinite(y[at]) and not any(beside is not None and isfinite(beside) for beside in (before, after))


def axes_of(panel: Panel, points: float) -> dict[str, Any]:
    """The channels `x` and `y`."""
    spare = _SPARE if panel.mark is Mark.SCATTER else 0
    columns = [column for series in panel.series for column in (series.y, series.low, series.high)]
    outer = [column for series in panel.series for column in (series.least, series.most)]
    x = AxisRange.of(*(series.x for series in panel.series))
    return {
        "x": channel("x", panel.x, x, padding=spare, angled=_is_angled(panel.x, points)),
        "y": channel("y", panel.y, AxisRange.of(*columns, *outer), padding=spare if panel.y.window is None else 0),
        **_beside(panel),
    }


def _is_angled(axis: Axis, points: float) -> bool:
    """Whether the categories along x find no room side by side."""
    widest = max((room(text, TEXT_SIZE) for text in short(axis.categories).values()), default=0)
    return len(axis.categories) * (widest + 8) > points


def _beside(panel: Panel) -> dict[str, Any]:
    """Several series at one category stand beside each other."""
    if panel.mark is not Mark.SCATTER or panel.x.scale is not Scale.CATEGORY or len(panel.series) < 2:
        return {}
    names = [name_of(series) for series in panel.series]
    scale = {"domain": names, "type": "point", "padding": 1}
    return {"xOffset": {"field": "series", "type": "nominal", "sort": names, "scale": scale}}


def line_layers(panel: Panel, legend: Legend, pointer: Pointer, points: float) -> Layers:
    """Bands below, then lines, then the points that no line shows."""
    axes = axes_of(panel, points)
    colour = legend.colour(symbol=symbol_of(Mark.LINE))
    encoding = {**axes, "color": colour, "strokeDash": legend.dash(), **pointer.faded()}
    dots = {
        "transform": [{"filter": "datum.dot === true"}],
        "mark": {"type": "point", "filled": True, "size": 28, "clip": True, "fillOpacity": 1},
        "encoding": {**axes, "color": colour, **pointer.faded()},
    }
    has_dots = any(_rows_dot(panel))
    made = [*_bands(panel, axes, colour, pointer), *_strokes(panel, encoding), *([dots] if has_dots else [])]
    return Layers(
        made, [_hover(panel, axes, colour, legend, pointer)] if pointer.live else [], can_zoom=_can_zoom(panel)
    )


_STROKE: Final = {"type": "line", "order": False, "clip": True, "strokeWidth": 1.8, "strokeJoin": "round"}


def _strokes(panel: Panel, encoding: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines, fainter those behind others, which lie below them."""
    if not any(series.is_behind for series in panel.series):
        yield {"mark": _STROKE, "encoding": encoding}
        return
    faint = {**_STROKE, "strokeWidth": 1.2, "strokeOpacity": 0.4}
    yield {"transform": [{"filter": "datum.behind === true"}], "mark": faint, "encoding": encoding}
    yield {"transform": [{"filter": "datum.behind !== true"}], "mark": _STROKE, "encoding": encoding}


def point_layers(panel: Panel, legend: Legend, pointer: Pointer, points: float) -> Layers:
    """Points, with the line of a front and the bars of their errors below them."""
    axes = axes_of(panel, points)
    colour = legend.colour(symbol=symbol_of(Mark.SCATTER))
    joined = [name_of(series) for series in panel.series if series.joined]
    made: list[dict[str, Any]] = []
    if joined:
        made.append(
            {
                "transform": [{"filter": {"field": "series", "oneOf": joined}}],
                "mark": {"type": "line", "order": False, "clip": True, "strokeWidth": 1.2, **_stepped(panel)},
                "encoding": {**axes, "color": colour, **pointer.faded()},
            }
        )
    made += _errors(panel, axes, colour, pointer)
    encoding = {**axes, "tooltip": tooltip(panel, legend.title), **pointer.faded()}
    if panel.colour is not None:
        made += _shaded(panel, panel.colour, legend.theme, encoding)
    else:
        look = {**encoding, "color": colour, "shape": legend.shape()}
        for is_behind in dict.fromkeys(sorted((series.is_behind for series in panel.series), reverse=True)):
            made.append(_points(look, is_behind=is_behind, alone=not any(one.is_behind for one in panel.series)))
    return Layers(made, [], can_zoom=_can_zoom(panel))


def _points(encoding: dict[str, Any], *, is_behind: bool, alone: bool) -> dict[str, Any]:
    """Points; where some stand behind others, those of one kind."""
    if alone:
        return {"mark": _POINT, "encoding": encoding}
    where = {"transform": [{"filter": f"datum.behind {'===' if is_behind else '!=='} true"}]}
    mark = _POINT | ({"size": 40, "strokeWidth": 1.2} if is_behind else {"size": 75, "strokeWidth": 3})
    return {**where, "mark": mark, "encoding": encoding}


def _stepped(panel: Panel) -> dict[str, Any]:
    step = next((one.step for one in panel.series if one.step), "")
    return {"interpolate": f"step-{step}"} if step else {}


def _shaded(panel: Panel, axis: Axis, theme: Theme, encoding: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Points that a number colours, above those that have none."""
    mark = {**_POINT, "shape": "circle", "filled": True, "size": 70, "strokeWidth": 0.6}
    grey = {**mark, "filled": False, "strokeWidth": 1.7, "color": PALETTES[theme].faint}
    yield {"transform": [{"filter": "!isValid(datum.shade)"}], "mark": grey, "encoding": encoding}
    colour = shade_channel("shade", axis, shades_of(panel), theme)
    yield {"transform": [{"filter": "isValid(datum.shade)"}], "mark": mark, "encoding": {**encoding, "color": colour}}


def _bands(panel: Panel, axes: dict[str, Any], colour: dict[str, Any], pointer: Pointer) -> Iterator[dict[str, Any]]:
    for low, high, opacity in _BANDS:
        if any(getattr(series, low) for series in panel.series):
            yield {
                "mark": {"type": "area", "orient": "vertical", "order": False, "clip": True, "fillOpacity": opacity},
                "encoding": {
                    "x": {**axes["x"], "stack": None},  # older versions would stack the bands
                    "y": {**axes["y"], "field": low, "stack": None},
                    "y2": {"field": high},
                    "color": colour,
                    **pointer.faded(),
                },
            }
    rows = rows_of(panel)
    for (low, high, opacity), field in zip(_BANDS, _LONE, strict=True):
        if any(row.get(field) for row in rows):
            yield _lone_band(axes, colour, pointer, (low, high, opacity, field))


def _lone_band(
    axes: dict[str, Any], colour: dict[str, Any], pointer: Pointer, band: tuple[str, str, float, str]
) -> dict[str, Any]:
    """What stands around points that no area joins to others: a bar."""
    low, high, opacity, field = band
    return {
        "transform": [{"filter": f"datum.{field} === true"}],
        "mark": {"type": "rule", "clip": True, "strokeWidth": 5, "strokeOpacity": 1.5 * opacity},
        "encoding": {
            **axes,
            "y": {**axes["y"], "field": low},
            "y2": {"field": high},
            "color": colour,
            **pointer.faded(),
        },
    }


def _errors(panel: Panel, axes: dict[str, Any], colour: dict[str, Any], pointer: Pointer) -> Iterator[dict[str, Any]]:
    if any(series.low for series in panel.series):
        yield {
            "mark": {"type": "rule", "clip": True, "strokeWidth": 1.4},
            "encoding": {
                **axes,
                "y": {**axes["y"], "field": "low"},
                "y2": {"field": "high"},
                "color": colour,
                **pointer.faded(),
            },
        }
    for field, mark in arrows(panel):
        shown = {**axes, "y": {**axes["y"], "field": field}, "color": colour, **pointer.faded()}
        yield {"transform": [{"filter": f"isValid(datum.{field})"}], "mark": mark, "encoding": shown}


def _rows_dot(panel: Panel) -> Iterator[bool]:
    return ("dot" in row for row in rows_of(panel))


def _hover(
    panel: Panel, axes: dict[str, Any], colour: dict[str, Any], legend: Legend, pointer: Pointer
) -> dict[str, Any]:
    """The nearest point, drawn under the pointer with what it is."""
    name = f"hover_{pointer.panel}"
    select = {"type": "point", "on": "pointermove", "nearest": True, "clear": "pointerout"}
    return {
        **pointer.only_shown,
        "params": [{"name": name, "select": select}],
        "mark": {"type": "point", "filled": True, "size": 60, "clip": True},
        "encoding": {
            **axes,
            "color": colour,
            "opacity": {"condition": {"param": name, "empty": False, "value": 1}, "value": 0},
            "tooltip": tooltip(panel, legend.title),
        },
    }


def _can_zoom(panel: Panel) -> bool:
    return Scale.CATEGORY not in {panel.x.scale, panel.y.scale}
