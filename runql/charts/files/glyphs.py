"""Characters that a picture with fonts of its own cannot show, as none here has them: boxes stand there."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from runql.charts.chart import MOST_LINES, Chart, Panel
from runql.charts.files import engine
from runql.charts.files.kinds import ChartFile
from runql.text.visible import visible

WITH_FONTS: Final = frozenset({ChartFile.PNG, ChartFile.PDF})
"""The kinds of files whose letters are drawn here, and not by whoever shows them."""

_LATIN_ENDS: Final = "\u0250"
"""Before this all characters are in the font that comes with what draws."""
_DRAWN: Final = frozenset("LNPS")
"""Letters, numbers, punctuation and symbols: what has a shape of its own."""


def lacking(chart: Chart) -> str:
    """The characters of a chart for which no font here has a glyph, in their order. Raises `OutputError` without the
    extra.
    """
    found = {
        one
        for text in _texts(chart)
        for one in visible(text)
        if one >= _LATIN_ENDS and unicodedata.category(one)[0] in _DRAWN
    }
    return engine.lacking("".join(sorted(found))) if found else ""


def noted(characters: str) -> str:
    """What stands under a picture: by their numbers, as the characters cannot be shown there."""
    told = " ".join(f"U+{ord(one):04X}" for one in characters)
    return f"boxes stand for characters of which no font here has a glyph: {told}"


def _texts(chart: Chart) -> Iterator[str]:
    yield from (chart.title, chart.legend, *chart.notes, *chart.source.warnings)
    for panel in chart.panels:
        yield panel.title
        for axis in (panel.x, panel.y, *panel.axes, *([panel.colour] if panel.colour else [])):
            yield from (axis.title, *axis.categories)
        yield from _names(panel)


def _names(panel: Panel) -> Iterator[str]:
    yield from (series.name for series in panel.series)
    yield from (cell.text for cell in panel.cells)
    if len(panel.polylines) <= MOST_LINES:  # of more none is named
        yield from (line.name for line in panel.polylines)
