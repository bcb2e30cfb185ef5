"""What tells the series of a chart apart: their names in the legend, colours, dashes and shapes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from runql.charts.chart import Chart, Mark, Panel, Series
from runql.charts.vega.texts import room, short
from runql.charts.vega.theme import DASHES, PALETTES, SHAPES, TEXT_SIZE, Theme
from runql.text.frozen import frozen
from runql.text.visible import visible

_SYMBOL: int = 52
"""How wide a symbol of the legend is with what is free around it."""

_SMALL_SYMBOL: int = 32
"""That of a legend below the plot."""


@frozen
class Legend:
    """The names of all series of a chart, by place in the palette, and how they are drawn."""

    title: str
    names: tuple[str, ...]
    places: tuple[int, ...]
    theme: Theme
    behind: frozenset[str] = frozenset()
    """The names of points that stand behind others, which are grey."""

    is_axis: bool = False
    """Whether each panel has one series, which an axis names."""

    below: float = 0
    """How wide the room is below the plot, if it stands there."""

    @classmethod
    def of(cls, chart: Chart, theme: Theme) -> Legend:
        """Those of the panels together: the same name in the same colour is one entry."""
        found = {name_of(each): each.colour for panel in chart.panels for each in panel.series}
        ordered = sorted(found, key=lambda name: found[name])
        is_axis = all(_is_named(panel) for panel in chart.panels)
        grey = {
            name_of(each)
            for panel in chart.panels
            for each in panel.series
            if each.is_behind and panel.mark is not Mark.LINE
        }
        places = tuple(found[name] for name in ordered)
        return cls(visible(chart.legend), tuple(ordered), places, theme, frozenset(grey), is_axis)

    @property
    def is_shown(self) -> bool:
        """Whether the names say anything."""
        return any(self.names) and not self.is_axis

    @property
    def width(self) -> float:
        """How much room it takes beside the plot, in points."""
        if not self.is_shown or self.below:
            return 0
        texts = [*short(self.names).values(), self.title]
        return _SYMBOL + max(room(text, TEXT_SIZE) for text in texts)

    def _columns(self) -> int:
        """In how many columns the names stand below the plot."""
        widest = max(room(text, TEXT_SIZE) for text in short(self.names).values())
        return max(1, min(len(self.names), int(self.below / (_SMALL_SYMBOL + widest))))

    def colour(self, *, symbol: str) -> dict[str, Any]:
        """The channel `color`."""
        colours, grey = PALETTES[self.theme].series, PALETTES[self.theme].faint
        named = zip(self.names, self.places, strict=True)
        shown = [grey if name in self.behind else colours[place % len(colours)] for name, place in named]
        return self._channel(shown, symbol)

    def dash(self) -> dict[str, Any]:
        """The channel `strokeDash`."""
        return self._channel([[*DASHES[place % len(DASHES)]] for place in self.places], "stroke")

    def shape(self) -> dict[str, Any]:
        """The channel `shape`."""
        return self._channel([SHAPES[place % len(SHAPES)] for place in self.places], "")

    def _channel(self, shown: Sequence[object], symbol: str) -> dict[str, Any]:
        scale = {"domain": [*self.names], "range": [*shown]}
        return {"field": "series", "type": "nominal", "scale": scale, "legend": self._legend(symbol)}

    def _legend(self, symbol: str) -> dict[str, Any] | None:
        if not self.is_shown:
            return None
        made: dict[str, Any] = {"title": self.title or None, "orient": "right", "symbolOpacity": 1}
        if symbol:
            made |= {"symbolType": symbol, "symbolSize": 500 if symbol == "stroke" else 140}
        if self.below:
            made |= {"orient": "bottom", "direction": "horizontal", "columns": self._columns(), "offset": 2}
            made |= {"symbolSize": 280 if symbol == "stroke" else 100, "titlePadding": 2, "rowPadding": 0}
        long = {name: text for name, text in short(self.names).items() if name != text}
        return made | ({"labelExpr": f"({json.dumps(long)})[datum.label] || datum.label"} if long else {})


def _is_named(panel: Panel) -> bool:
    """Whether an axis says what a panel shows: that of its values, which lies along x where bins count them."""
    axis = panel.x if panel.mark is Mark.HIST else panel.y
    return all(one.name in {axis.title, panel.title} for one in panel.series) and len(panel.series) < 2


def name_of(series: Series) -> str:
    """What a series is called in the data and in the legend."""
    return visible(series.name)


def symbol_of(mark: Mark) -> str:
    """What stands in the legend for a series: a line for lines, a square for areas, its own shape for points."""
    return {Mark.LINE: "stroke", Mark.SCATTER: ""}.get(mark, "square")
