"""Bars, the bins of a histogram, and boxes, as layers of Vega-Lite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, Final

from runql.charts.chart import Axis, Box, Mark, Panel, Scale, Series
from runql.charts.clipping import on_axis
from runql.charts.numbers import alike
from runql.charts.vega.axes import AxisRange, category, channel, floor_of, value_on
from runql.charts.vega.layers import Layers, Pointer, Row, arrows, beyond, tooltip
from runql.charts.vega.legend import Legend, name_of
from runql.charts.vega.texts import number_text, room, short
from runql.charts.vega.theme import NOTE_SIZE, PALETTES, TEXT_SIZE, Theme, halo
from runql.text.frozen import frozen

_BAR: Final = 18
_LEAST_BAR: Final = 7
_TALL: Final = 700
"""So many points the bars of a panel take together, as long as each is seen."""
_BETWEEN: Final = 12
_FEW_BARS: Final = 16
_CAP: Final = 8
_GAP: Final = 0.3
"""Which part of the axis is free between the groups."""

_VALUE: Final = 20
_VALUE_BESIDE: Final = 52
"""How much room the value at the end of a bar takes below it, and beside it."""

_TURNED: Final = {"x": "y", "y": "x", "x2": "y2", "y2": "x2", "xOffset": "yOffset"}


@frozen
class Standing:
    """How the groups of a panel stand: side by side, or one below the other where their names need the room."""

    is_turned: bool
    height: int | None = None

    @classmethod
    def of(cls, axis: Axis, beside: int, points: float) -> Standing:
        """For groups of so many bars each on a plot of so many points."""
        names = axis.categories if axis.scale is Scale.CATEGORY else ()
        widest = max((room(text, TEXT_SIZE) for text in short(names).values()), default=0)
        if not names or len(names) * (max(widest, beside * _BAR / 2) + _BETWEEN) <= points:
            return cls(is_turned=False)
        bar = max(_LEAST_BAR, min(_BAR, _TALL / len(names) / beside))
        return cls(is_turned=True, height=round(len(names) * (beside * bar + _BETWEEN)))

    def layer(self, mark: dict[str, Any], encoding: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A layer, turned if the groups are."""
        if self.is_turned:
            encoding = {_TURNED.get(name, name): what for name, what in encoding.items()}
        return {**more, "mark": mark, "encoding": encoding}


def bar_rows(panel: Panel) -> list[Row]:
    """A row for each bar."""
    texts = _value_texts(panel)
    return [row for series in panel.series for row in _bars(panel, series, texts)]


def _value_texts(panel: Panel) -> dict[float, str]:
    """How each value reads."""
    values = [y for series in panel.series for y in series.y if isfinite(y)]
    return dict(zip(values, alike(values, number_text), strict=True))


def _bars(panel: Panel, series: Series, texts: Mapping[float, str]) -> Iterator[Row]:
    for at, (x, y) in enumerate(zip(series.x, series.y, strict=True)):
        row: Row = {"series": name_of(series), "x": value_on(panel.x, x), "y": value_on(panel.y, y)}
        if series.low:
            row |= {"low": value_on(panel.y, series.low[at]), "high": value_on(panel.y, series.high[at])}
            row |= beyond(panel.y, series.low[at], series.high[at])
        if series.until:
            row["until"] = value_on(panel.x, series.until[at])
        if series.labels:
            row["label"] = series.labels[at]
        if isfinite(y) and not series.until:
            row["text"] = texts[y]
            row["end"] = _end(panel.y, series, at, y)
        yield row


def _end(axis: Axis, series: Series, at: int, y: float) -> float:
    """Where a bar with its error ends: what it says of itself stands there."""
    ends = [y, *(end for end in (series.low[at], series.high[at]) if isfinite(end))] if series.low else [y]
    return on_axis(axis, min(ends) if y < 0 else max(ends))


def bar_layers(panel: Panel, legend: Legend, points: float, pointer: Pointer) -> tuple[Layers, Standing]:
    """Bars, with their errors and values."""
    count = _beside(panel)
    standing = Standing.of(panel.x, count, points)
    extent = AxisRange.of(*(column for series in panel.series for column in (series.y, series.low, series.high)))
    x = channel("x", panel.x, AxisRange.of(*(series.x for series in panel.series)))
    told = _has_room(panel, standing, points)
    below = told and extent is not None and extent.least < 0
    y = {**channel("y", panel.y, extent, from_zero=True, padding=_room(standing) if below else 0), "stack": None}
    x["scale"] = {**x["scale"], "paddingInner": _GAP, "paddingOuter": 0.2}
    offset = {"xOffset": {"field": "series", "type": "nominal", "sort": [*legend.names]}} if count > 1 else {}
    encoding = {"x": x, "y": y, **offset}
    bar = standing.layer(
        {"type": "bar", "cornerRadiusEnd": 2},
        {
            **encoding,
            **_base(panel, extent),
            "color": legend.colour(symbol="square"),
            "tooltip": _told(panel, legend),
            **pointer.faded(),
        },
    )
    made = [bar, *_whiskers(panel, standing, encoding, legend)]
    if told:
        made += _values(standing, encoding, legend, below=False) + _values(standing, encoding, legend, below=True)
    return Layers(made, []), standing


def _beside(panel: Panel) -> int:
    """How many bars stand at a category at most: where each has one alone, it takes the whole room."""
    found = Counter(x for series in panel.series for x in {x for x, y in zip(series.x, series.y, strict=True) if y})
    return max(found.values(), default=1)


def _has_room(panel: Panel, standing: Standing, points: float) -> bool:
    """Whether the bars are few, and each wide enough for its value over it."""
    bars = sum(len(series.x) for series in panel.series)
    if standing.is_turned or bars > _FEW_BARS or not bars:
        return bars <= _FEW_BARS
    wide = points / max(1, len(panel.x.categories)) * (1 - _GAP) / _beside(panel)
    return wide >= max((room(text, NOTE_SIZE) for text in _value_texts(panel).values()), default=0)


def _room(standing: Standing) -> int:
    return _VALUE_BESIDE if standing.is_turned else _VALUE


def _told(panel: Panel, legend: Legend) -> list[dict[str, Any]]:
    shown = tooltip(panel, legend.title)
    return shown if legend.is_shown else shown[1:]


def _base(panel: Panel, extent: AxisRange | None) -> dict[str, Any]:
    """Where the bars stand on a log axis, which has no zero."""
    is_log = panel.y.scale is Scale.LOG and extent is not None and extent.least > 0
    return {"y2": {"datum": floor_of(extent)}} if is_log and extent is not None else {}


def _whiskers(panel: Panel, standing: Standing, encoding: dict[str, Any], legend: Legend) -> Iterator[dict[str, Any]]:
    if not any(series.low for series in panel.series):
        return
    ink = PALETTES[legend.theme].text
    low, high = {**encoding["y"], "field": "low"}, {**encoding["y"], "field": "high"}
    line = {"type": "rule", "clip": True, "strokeWidth": 1.4, "color": ink}
    yield standing.layer(line, {**encoding, "y": low, "y2": {"field": "high"}})
    for end in (low, high):
        yield standing.layer(_cap(standing, ink), {**encoding, "y": end})
    for field, mark in arrows(panel, turned=standing.is_turned):
        shown = {**encoding, "y": {**encoding["y"], "field": field}}
        yield standing.layer({**mark, "color": ink}, shown, transform=[{"filter": f"isValid(datum.{field})"}])


def _cap(standing: Standing, ink: str, length: int = _CAP) -> dict[str, Any]:
    return {
        "type": "tick",
        "orient": "vertical" if standing.is_turned else "horizontal",
        "clip": True,
        "size": length,
        "thickness": 1.4,
        "color": ink,
    }


def _values(standing: Standing, encoding: dict[str, Any], legend: Legend, *, below: bool) -> list[dict[str, Any]]:
    """The values at the ends of the bars, of those below zero below."""
    ink = PALETTES[legend.theme].faint
    if standing.is_turned:
        place = {"align": "right" if below else "left", "baseline": "middle", "dx": -5 if below else 5}
    else:
        place = {"align": "center", "baseline": "top" if below else "bottom", "dy": 4 if below else -4}
    where = {"transform": [{"filter": f"datum.text && datum.y {'<' if below else '>='} 0"}]}
    mark = {"type": "text", "fontSize": NOTE_SIZE, "color": ink, **place}
    shown = {**encoding, "y": {**encoding["y"], "field": "end"}, "text": {"field": "text"}}
    return [standing.layer(look, shown, **where) for look in (halo(mark, legend.theme), mark)]


# ---------------------------------------------------------------- bins


def bin_layers(panel: Panel, legend: Legend, pointer: Pointer, *, has_axis: bool) -> Layers:
    """The bins of a histogram; those of several groups below each other have one axis, below the last."""
    edges = AxisRange.of(*(column for series in panel.series for column in (series.x, series.until)))
    counts = AxisRange.of(*(series.y for series in panel.series))
    x = channel("x", panel.x, edges)
    if not has_axis:
        x |= {"title": None, "axis": {**x["axis"], "labels": False}}
    x["scale"] = {**x["scale"], "padding": 0}  # else Vega-Lite begins the axis a step before the first bin
    counts = (
        counts if panel.y.window is None else AxisRange(*panel.y.window, is_whole=counts is None or counts.is_whole)
    )
    mark = {"type": "bar", "orient": "vertical", "binSpacing": 1, "clip": True, "fillOpacity": 0.9}
    colour = legend.colour(symbol="square")
    encoding = {
        "x": x,
        "x2": {"field": "until"},
        "y": {**channel("y", panel.y, counts, from_zero=True), "stack": None},
        "y2": {"datum": 0},
        **_base(panel, counts),
        "color": colour,
        "tooltip": _bin_told(panel, legend),
        **pointer.faded(),
    }
    return Layers([{"mark": mark, "encoding": encoding}], [])


def bins_apart(panel: Panel) -> tuple[Panel, ...]:
    """The bins of several groups below each other on one pair of axes; any other panel as it is."""
    if panel.mark is not Mark.HIST or len(panel.series) < 2:
        return (panel,)
    edges = AxisRange.of(*(column for series in panel.series for column in (series.x, series.until)))
    counts = [y for series in panel.series for y in series.y if isfinite(y)]
    is_log = panel.y.scale is Scale.LOG
    window = (min((y for y in counts if y > 0 or not is_log), default=0.0) * is_log, max(counts, default=1.0))
    x = panel.x if edges is None else replace(panel.x, window=(edges.least, edges.most))
    y = replace(panel.y, window=window)
    return tuple(replace(panel, title=one.name, series=(one,), x=x, y=y) for one in panel.series)


def _bin_told(panel: Panel, legend: Legend) -> list[dict[str, Any]]:
    shown = _told(panel, legend)
    start = next(at for at, one in enumerate(shown) if one["field"] == "x")
    return [
        *shown[:start],
        {**shown[start], "title": f"{shown[start]['title']} from"},
        *_until(shown[start]),
        *shown[start + 1 :],
    ]


def _until(start: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**start, "field": "until", "title": "to"}]


# ---------------------------------------------------------------- boxes


def box_rows(panel: Panel) -> list[Row]:
    """A row for each box."""
    return [_box(panel, box) for box in panel.boxes]


def _box(panel: Panel, box: Box) -> Row:
    numbers = {name: value_on(panel.y, getattr(box, name)) for name in ("least", "lower", "median", "upper", "most")}
    return {"x": category(panel.x, _place(panel.x, box)), **numbers, "n": box.n}


def _place(axis: Axis, box: Box) -> int:
    return axis.categories.index(box.name)


def box_layers(panel: Panel, legend: Legend, points: float) -> tuple[Layers, Standing]:
    """Boxes from quartile to quartile, with a line at the median and whiskers to the extremes; of one value a point."""
    counted = Axis(panel.x.title, Scale.CATEGORY, panel.x.categories)
    standing = Standing.of(counted, 1, points)
    colours = PALETTES[legend.theme]
    extent = AxisRange.of(*((box.least, box.most) for box in panel.boxes))
    x, y = channel("x", panel.x, extent), channel("y", panel.y, extent, padding=10)
    told = [{"field": "x", "title": panel.x.title or "group"}, {"field": "n", "title": "n"}]
    told += [{"field": name, "title": name} for name in ("least", "lower", "median", "upper", "most")]
    size = {"height" if standing.is_turned else "width": {"band": 0.5}}
    lower, least = {**y, "field": "lower"}, {**y, "field": "least"}
    whisker = {"type": "rule", "strokeWidth": 1.4, "color": colours.text}
    several: dict[str, Any] = {"transform": [{"filter": "datum.n > 1"}]}
    point = {"type": "point", "filled": True, "size": 60, "color": colours.series[0], "opacity": 1}
    made = [
        standing.layer(whisker, {"x": x, "y": least, "y2": {"field": "most"}}, **several),
        *(
            standing.layer(_cap(standing, colours.text, 14), {"x": x, "y": {**y, "field": end}}, **several)
            for end in ("least", "most")
        ),
        standing.layer(
            {"type": "bar", "color": colours.series[0], **size},
            {"x": x, "y": lower, "y2": {"field": "upper"}, "tooltip": told},
            **several,
        ),
        standing.layer(
            {"type": "bar", "stroke": colours.text, "strokeWidth": 2, **size},
            {"x": x, "y": {**y, "field": "median"}, "y2": {"field": "median"}},
            **several,
        ),
        standing.layer(
            point, {"x": x, "y": {**y, "field": "median"}, "tooltip": told}, transform=[{"filter": "datum.n === 1"}]
        ),
        *_counts(standing, {"x": x, "y": {**y, "field": "most"}}, legend.theme),
    ]
    return Layers(made, []), standing


def _counts(standing: Standing, encoding: dict[str, Any], theme: Theme) -> list[dict[str, Any]]:
    """How many values a box is of, beside its end."""
    place = {"align": "left", "dx": 8} if standing.is_turned else {"align": "center", "dy": -9}
    ink = PALETTES[theme].faint
    mark = {"type": "text", "fontSize": NOTE_SIZE, "color": ink, "baseline": "middle", **place}
    counted = [{"calculate": "'n = ' + format(datum.n, ',')", "as": "count"}]
    shown = {**encoding, "text": {"field": "count"}}
    return [standing.layer(look, shown, transform=counted) for look in (halo(mark, theme), mark)]
