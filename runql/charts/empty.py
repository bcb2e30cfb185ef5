"""What is said of a chart with nothing in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runql.text.diagnostic import Diagnostic

if TYPE_CHECKING:
    from runql.charts.chart import Chart


def said_of_empty(chart: Chart, path: str) -> tuple[Diagnostic, ...]:
    """That a file holds a chart with nothing in it, if it does."""
    if not all(panel.is_empty for panel in chart.panels):
        return ()
    why = "there are no rows" if not chart.panels else "no value can be drawn"
    return (Diagnostic("RQL574", f"nothing is drawn in `{path}`: {why}"),)
