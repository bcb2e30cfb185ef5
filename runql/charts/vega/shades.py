"""Colours by a number: from dark to light, with a bar that says which value has which."""

from __future__ import annotations

import math
from typing import Any, Final

from runql.charts.chart import Axis, Panel, Scale
from runql.charts.vega.axes import MILLISECONDS, AxisRange, log_ticks
from runql.charts.vega.texts import room
from runql.charts.vega.theme import TEXT_SIZE, Theme
from runql.text.visible import visible

_LABELS: Final = 96
"""How wide the bar is with its labels and what is free around it, in points."""

_MOST_TICKS: Final = 5
_NUMBER: Final = (
    "abs(datum.value) >= 1e6 || (datum.value && abs(datum.value) < 1e-3)"
    " ? replace(format(datum.value, '.3~e'), '+', '') : format(datum.value, ',.4~r')"
)


def shade_channel(field: str, axis: Axis, extent: AxisRange | None, theme: Theme) -> dict[str, Any]:
    """The channel `color` of a number on an axis: without the end that is hard to see on the ground."""
    seen = [0.25, 1] if theme is Theme.DARK else [0, 0.9]
    scale: dict[str, Any] = {"scheme": {"name": "viridis", "extent": seen}}
    legend: dict[str, Any] = {"title": visible(axis.title) or None}
    made: dict[str, Any] = {"field": field, "scale": scale, "legend": legend}
    if axis.scale is Scale.TIME:
        if extent is not None:
            legend["values"] = [round(extent.least * MILLISECONDS), round(extent.most * MILLISECONDS)]
        return made | {"type": "temporal", "legend": {**legend, "format": "%Y-%m-%d %H:%M"}}
    if axis.scale is Scale.LOG:
        legend["title"] = f"{visible(axis.title)} (log)"
        scale["type"] = "log"
    return made | {"type": "quantitative", "legend": legend | ends_of(extent, is_log=axis.scale is Scale.LOG)}


def ends_of(extent: AxisRange | None, *, is_log: bool = False) -> dict[str, Any]:
    """The labels of a bar of colours: its least and its most value, as they are, and on both sides of zero that too;
    of a logarithmic one the powers of ten between them.
    """
    if extent is None:
        return {}
    if not is_log and extent.least < 0 < extent.most:
        most = max(-extent.least, extent.most)
        return {"values": [-most, 0, most], "labelExpr": _NUMBER}
    between = []
    if is_log and extent.least > 0:
        ticks = log_ticks(math.log10(extent.least), math.log10(extent.most))
        step = max(1, math.ceil(len(ticks) / _MOST_TICKS))
        between = [tick for tick in ticks[::step] if extent.least * 2 < tick < extent.most / 2]
    return {"values": [*dict.fromkeys((extent.least, *between, extent.most))], "labelExpr": _NUMBER}


def shade_room(panel: Panel) -> float:
    """How much room the bar takes beside the plot, in points."""
    if panel.colour is None:
        return 0
    return max(_LABELS, room(f"{panel.colour.title} (log)", TEXT_SIZE) + 20)


def shades_of(panel: Panel) -> AxisRange | None:
    """The least and the most of the numbers that colour a panel."""
    return AxisRange.of(*(series.shades for series in panel.series))
