"""Colours, dashes and sizes of charts in files and notebooks, light and dark.

The colours of series are those of Okabe and Ito, which people with any colour vision tell apart. Each has a dash and a
shape of its own, so that it is told from the others without colour too.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from runql.text.frozen import frozen


class Theme(StrEnum):
    """On what a chart stands."""

    LIGHT = "light"
    DARK = "dark"


@frozen
class ThemeColours:
    """The colours of a theme. `series`: by `Series.colour`, begun anew behind the last."""

    background: str
    text: str
    faint: str
    grid: str
    series: tuple[str, ...]
    missing: str


WIDTH: Final = 720
"""How wide a picture is, in points of CSS: 7.5 inches."""

HEIGHT: Final = 400
"""How high the plot of a chart of one panel is."""

FONT: Final = "Liberation Sans, Arial, Helvetica, sans-serif"
"""Families of one width, the first of which comes with what draws the files: text is as long wherever it is shown."""

TEXT_SIZE: Final = 12
NOTE_SIZE: Final = 11
TITLE_SIZE: Final = 16

# Black and yellow stand last where they are hard to see.
PALETTES: Final = {
    Theme.LIGHT: ThemeColours(
        background="#ffffff",
        text="#1b1f24",
        faint="#59636e",
        grid="#e4e7eb",
        series=("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#000000", "#b8a900"),
        missing="#d9dde2",
    ),
    Theme.DARK: ThemeColours(
        background="#14171c",
        text="#e6e9ed",
        faint="#9aa4af",
        grid="#2b3139",
        series=("#56b4e9", "#e69f00", "#009e73", "#ff7a33", "#cc79a7", "#3a8fd6", "#ffffff", "#f0e442"),
        missing="#343b44",
    ),
}

DASHES: Final = ((1, 0), (6, 3), (2, 2), (9, 3, 2, 3), (12, 4), (5, 2, 1, 2, 1, 2), (3, 5), (16, 3, 3, 3))
"""By `Series.colour`."""

SHAPES: Final = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "M-1,-1L1,1M1,-1L-1,1",
    "M0,-1.2L0,1.2M-1.2,0L1.2,0M-0.85,-0.85L0.85,0.85",
)
"""By `Series.colour`."""


def halo(mark: dict[str, Any], theme: Theme) -> dict[str, Any]:
    """What stands behind a text, so that no line strikes it through."""
    ground = PALETTES[theme].background
    return {**mark, "color": ground, "stroke": ground, "strokeWidth": 4, "strokeJoin": "round"}


def _legend_look(colours: ThemeColours, gradient: int) -> dict[str, Any]:
    return {
        "labelColor": colours.text,
        "titleColor": colours.faint,
        "labelFontSize": TEXT_SIZE,
        "titleFontSize": TEXT_SIZE,
        "titleFontWeight": "normal",
        "labelLimit": 0,
        "titleLimit": 0,
        "symbolSize": 140,
        "symbolStrokeWidth": 2,
        "offset": 16,
        "gradientLabelOffset": 8,
        "gradientLength": gradient,
    }


def config_of(theme: Theme, gradient: int) -> dict[str, Any]:
    """How Vega-Lite draws axes, legends and titles. `gradient`: how long a bar of colours is."""
    colours = PALETTES[theme]
    axis = {
        "labelColor": colours.faint,
        "titleColor": colours.text,
        "gridColor": colours.grid,
        "domainColor": colours.faint,
        "tickColor": colours.faint,
        "labelFontSize": TEXT_SIZE,
        "titleFontSize": TEXT_SIZE + 1,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelLimit": 0,
        "titleLimit": 0,
        "maxExtent": 500,
    }
    title = {
        "color": colours.text,
        "subtitleColor": colours.text,
        "fontSize": TITLE_SIZE,
        "fontWeight": "bold",
        "subtitleFontWeight": "bold",
        "anchor": "start",
        "limit": 0,
    }
    return {
        "background": colours.background,
        "font": FONT,
        "axis": axis,
        "legend": _legend_look(colours, gradient),
        "title": title,
        "view": {"stroke": None},
        "aria": False,
    }
