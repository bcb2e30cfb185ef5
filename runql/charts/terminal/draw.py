"""A chart as the lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, assert_never

from runql.charts.chart import Chart, Mark, Panel, Scale
from runql.charts.terminal.bins import bin_lines
from runql.charts.terminal.grid import cross_lines, heat_lines
from runql.charts.terminal.look import BOLD, DIM, Look
from runql.charts.terminal.plane import legend_of, margin_of, plane_lines
from runql.charts.terminal.rows import box_legend, row_lines, spread_legend
from runql.charts.terminal.shades import shade_legends
from runql.charts.terminal.strands import strand_legends, strand_lines
from runql.charts.thinning import thinned
from runql.text.widths import fold, wrap

_WIDEST: Final = 160
_HIGHEST: Final = 22
_LEAST: Final = 9
_AROUND_A_PANEL: Final = 4
"""Lines of a panel besides its rows: its title, its axis, the texts of that, its title."""


def chart_lines(chart: Chart, look: Look) -> Iterator[str]:
    """The title, the panels, the legend, and what must be said."""
    look = replace(look, width=max(24, min(look.width, _WIDEST)))
    chart = thinned(chart, look.width * 2)
    if chart.title:
        yield look.paint(look.cut(chart.title, look.width), BOLD)
    legend = [] if _names_itself(chart) else legend_of(chart.panels, look, chart.legend)
    legend += shade_legends(chart.panels, look)
    legend += [*spread_legend(chart.panels, look), *box_legend(chart.panels, look), *strand_legends(chart.panels, look)]
    rows = _rows_each(chart, look, len(legend))
    planes = [panel for panel in chart.panels if _is_plane(panel)]
    margin = max((margin_of(panel, look, rows) for panel in planes), default=0)
    for place, panel in enumerate(chart.panels):
        if place:
            yield ""
        yield from _panel(panel, look, (rows, margin), chart.legend)
    yield from legend
    for note in chart.notes:
        for line in wrap(look.cut(note, 10 * look.width), look.width, 2):
            yield from (look.paint(part, DIM) for part in fold(line, look.width))


def _names_itself(chart: Chart) -> bool:
    """Whether the names of the series stand in the panels."""
    return all(panel.mark not in (Mark.LINE, Mark.SCATTER) or _is_rows(panel) for panel in chart.panels)


def _is_rows(panel: Panel) -> bool:
    """Whether a panel has a row a category, which names its series."""
    return (panel.x.scale is Scale.CATEGORY) != (panel.y.scale is Scale.CATEGORY)


def _rows_each(chart: Chart, look: Look, legend: int) -> int:
    """The rows of each panel: what the height leaves, no more than can be overlooked, no fewer than show a shape."""
    panels = max(1, len(chart.panels))
    room = look.height - legend - len(chart.notes) - bool(chart.title) - (panels - 1)
    return max(3 if look.tight else _LEAST, min(_HIGHEST, room // panels - _AROUND_A_PANEL))


def _is_plane(panel: Panel) -> bool:
    return panel.mark in (Mark.LINE, Mark.SCATTER) and Scale.CATEGORY not in {panel.x.scale, panel.y.scale}


def _panel(panel: Panel, look: Look, size: tuple[int, int], legend: str) -> Iterator[str]:
    rows, margin = size
    categories = [axis.scale is Scale.CATEGORY for axis in (panel.x, panel.y)]
    match panel.mark:
        case Mark.LINE | Mark.SCATTER if not any(categories):
            return plane_lines(panel, look, rows, margin)
        case Mark.LINE | Mark.SCATTER if all(categories):
            return cross_lines(panel, look)
        case Mark.LINE | Mark.SCATTER | Mark.BAR | Mark.BOX:
            return row_lines(panel, look, legend)
        case Mark.HIST:
            return bin_lines(panel, look, rows)
        case Mark.HEAT:
            return heat_lines(panel, look)
        case Mark.PARALLEL:
            return strand_lines(panel, look, rows)
        case _:
            assert_never(panel.mark)
