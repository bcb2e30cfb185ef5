"""The file of a chart that is being written. Loads nothing that draws before it is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from runql.chart_look import ChartLook
from runql.plan.nodes import Plan, stages_of
from runql.semantic.typed import TPlot, TTo

if TYPE_CHECKING:
    from runql.charts.chart import Chart


def writes_chart(plan: Plan) -> bool:
    """Whether a query writes its chart to a file itself."""
    from runql.charts.files.kinds import chart_file

    stages = stages_of(plan)
    written = (stage.path for stage in stages if isinstance(stage, TTo))
    draws = any(isinstance(stage, TPlot) for stage in stages)
    return draws and any(chart_file(Path(path)) is not None for path in written)


def drawn_file(chart: Callable[[], Chart | None], look: ChartLook, name: str) -> bytes:
    """The file, by the name of its format. Raises `OutputError` without what draws it, before the chart is made."""
    from runql.charts.files.kinds import ChartFile
    from runql.charts.files.write import begin, chart_bytes

    kind = ChartFile(name)
    begin(kind)
    made = chart()
    assert made is not None, "whoever draws has a chart"
    return chart_bytes(made, kind, look)
