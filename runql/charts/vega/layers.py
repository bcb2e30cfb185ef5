"""What the drawings of all shapes share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from runql.charts.chart import Axis, Panel, Scale
from runql.text.frozen import frozen
from runql.text.visible import visible

Row: TypeAlias = "dict[str, Any]"
"""A row of the data: what is drawn, under names that say what it is."""


@frozen
class Layers:
    """The layers of a panel, from below; those of `live` are for a pointer alone, and stand in no picture."""

    drawn: list[dict[str, Any]]
    live: list[dict[str, Any]]
    can_zoom: bool = False


@frozen
class Pointer:
    """What a pointer does in a panel, counted from 1, where there is one. `names`: names of the legend are clicked."""

    panel: int
    live: bool
    names: bool

    @property
    def shown(self) -> dict[str, Any]:
        """The series whose names were clicked; without one all are shown."""
        select = {"type": "point", "fields": ["series"], "toggle": "true"}
        return {"name": _SHOWN, "select": select, "bind": "legend"}

    def faded(self) -> dict[str, Any]:
        """The channel `opacity`: of series that are not shown next to nothing."""
        if not self.names:
            return {}
        return {"opacity": {"condition": {"param": _SHOWN, "value": 1}, "value": _FAINT}}

    @property
    def only_shown(self) -> dict[str, Any]:
        """Rows of the series that are shown."""
        return {"transform": [{"filter": {"param": _SHOWN}}]} if self.names else {}


def beyond(axis: Axis, low: float, high: float) -> Row:
    """The ends of the axis that an interval reaches beyond."""
    if axis.window is None:
        return {}
    least, most = axis.window
    return ({"below": least} if low < least else {}) | ({"above": most} if high > most else {})


def arrows(panel: Panel, *, turned: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
    """The field and the mark of the arrows at the ends of an axis beyond which intervals go on."""
    shapes = {"below": "triangle-left", "above": "triangle-right"} if turned else _ARROWS
    pairs = [pair for one in panel.series for pair in zip(one.low, one.high, strict=True)]
    reached = {field for low, high in pairs for field in beyond(panel.y, low, high)}
    for field, shape in shapes.items():
        if field in reached:
            yield field, {"type": "point", "filled": True, "shape": shape, "size": 70, "opacity": 1, "clip": False}


_ARROWS: Final = {"below": "triangle-down", "above": "triangle-up"}
_SHOWN: Final = "shown"
_FAINT: Final = 0.08


def readable(text: str) -> str:
    """Text from outside as it is shown."""
    return visible(text)


def tooltip(panel: Panel, series: str) -> list[dict[str, Any]]:
    """What is said of a point: its run, its value on each axis."""
    made = [{"field": "series", "title": series or "series"}]
    sets = panel.series
    if any(one.part for one in sets):
        made.append({"field": "part", "title": "metric"})
    if any(one.labels for one in sets):
        made.append({"field": "label", "title": "run"})
    if any(one.point_runs or len(one.runs) == 1 for one in sets):
        made.append({"field": "run", "title": "id"})
    made += [_shown("x", panel.x), _shown("y", panel.y)]
    made += [_shown("shade", panel.colour)] if panel.colour is not None else []
    for field, title in (("low", "from"), ("high", "to"), ("least", "least"), ("most", "most")):
        if any(getattr(one, field) for one in sets):
            made.append({"field": field, "title": title})
    return made


def _shown(field: str, axis: Axis) -> dict[str, Any]:
    """A value of an axis, under its title."""
    made: dict[str, Any] = {"field": field, "title": visible(axis.title) or field}
    if axis.scale is Scale.TIME:
        return made | {"type": "temporal", "format": "%Y-%m-%d %H:%M:%S", "formatType": "utc"}
    if axis.scale is Scale.CATEGORY:
        return made | {"type": "nominal"}
    return made | {"type": "quantitative", "format": ".6~g"}
