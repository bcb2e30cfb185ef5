"""The file of a chart that is being written. Loads nothing that draws before it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runql.charts.chart import Chart


def drawn_file(chart: Callable[[], Chart | None], theme: str, name: str) -> bytes:
    """The file, by the name of its format. Raises `OutputError` without what draws it, before the chart is made."""
    from runql.charts.files import engine
    from runql.charts.files.kinds import ChartFile
    from runql.charts.files.write import chart_bytes
    from runql.charts.vega.theme import Theme

    kind = ChartFile(name)
    if kind is not ChartFile.JSON:
        engine.versions()
    made = chart()
    assert made is not None, "whoever draws has a chart"
    return chart_bytes(made, kind, Theme(theme))
