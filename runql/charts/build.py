"""From a table to its chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from runql.charts.chart import NO_ROWS, Chart, ChartSource, Mark
from runql.charts.design import Design, design_of
from runql.charts.group_keys import keys_apart
from runql.charts.lines import Drawing, line_drawing
from runql.charts.marks import mark_drawing
from runql.charts.points import along_one_x, notes_on_axes, notes_on_ends, with_logs
from runql.charts.spread import box_drawing, histogram_drawing
from runql.charts.table import ChartTable
from runql.charts.wide import heat_drawing, is_pivoted, parallel_drawing
from runql.engine.stages import StageContext
from runql.errors import QueryError
from runql.language.kinds import TableKind
from runql.results.columns import Columns
from runql.semantic import typed as t
from runql.semantic.typed import TRowSelection, TStage
from runql.text.diagnostic import Diagnostic


def chart_of(frame: Columns, context: StageContext, stages: Sequence[TStage], source: ChartSource) -> Chart:
    """The chart that `plot`, one of the stages, makes of a whole table. Raises `QueryError` if none can be drawn."""
    table = ChartTable(frame, context, stages)
    if not table.length:
        return Chart((), table.plot.title, notes=(NO_ROWS,), source=source)
    design = keys_apart(table, design_of(table))
    _refuse(table, design)
    drawing = _drawn(table, design)
    logged = tuple(with_logs(panel, table.plot.log) for panel in drawing.panels)
    panels = along_one_x(logged)
    for said in filter(None, map(_made_of_values, table.stages)):
        table.say(said)
    _say_without_rows(table, source.runs)
    notes = (*table.said, *notes_on_axes(panels, table.plot.log), *notes_on_ends(drawing.panels, logged))
    return Chart(panels, table.plot.title, drawing.legend, drawing.legend_left_out, tuple(dict.fromkeys(notes)), source)


def _made_of_values(stage: TStage) -> str:
    """What a stage made of the values that were logged: a picture goes where its query does not."""
    match stage:
        case t.TSmooth(method="ema"):
            return f"smoothed: ema {stage.amount:g}"
        case t.TSmooth():
            return f"smoothed: {stage.method} of {stage.amount:g} rows"
        case t.TBin():
            return f"each point: the mean of a bin of {stage.width:g}"
        case t.TRowSelection() | t.TAlongRun() | t.TSelect() | t.TDrop() | t.TRename() | t.TDerive() | t.TUnnest():
            return ""
        case t.TGroup() | t.TBest() | t.TEdge() | t.TPivot() | t.THistogram() | t.TOwnRows() | t.TJoin() | t.TUnion():
            return ""
        case t.TSql() | t.TPlot() | t.TTo() | t.TAssert():
            return ""
        case _:
            assert_never(stage)


def _say_without_rows(table: ChartTable, runs: Sequence[str]) -> None:
    """Say how many of the runs that were read have no row, where rows are of histories."""
    run = table.context.run_id
    if table.context.kind is TableKind.RUNS or run is None or run not in table.names:
        return
    if any(isinstance(stage, TRowSelection) for stage in table.stages):  # these leave runs out on purpose
        return
    there = {str(cell) for cell in table.cells(run)}
    asked = dict.fromkeys(runs)
    if there <= asked.keys() and (left := len(asked) - len(there)):
        table.say(f"{left:,} of {len(asked):,} runs have no row here, so are not drawn")


def _drawn(table: ChartTable, design: Design) -> Drawing:
    match design.mark:
        case Mark.LINE:
            return line_drawing(table, design)
        case Mark.SCATTER | Mark.BAR:
            return mark_drawing(table, design)
        case Mark.HIST:
            return histogram_drawing(table, design)
        case Mark.BOX:
            return box_drawing(table, design)
        case Mark.HEAT:
            return heat_drawing(table, design)
        case Mark.PARALLEL:
            return parallel_drawing(table, design)
        case _:
            assert_never(design.mark)


def _refuse(table: ChartTable, design: Design) -> None:
    """Raises RQL572 for a shape that the table has too little for."""
    needs = ""
    if design.mark in (Mark.LINE, Mark.SCATTER, Mark.HIST, Mark.BOX, Mark.HEAT) and not design.y:
        needs = "a column of numbers, and the table has none"
    elif design.mark is Mark.SCATTER and design.x is None:
        needs = "two columns of numbers, and the table has one"
    elif design.mark is Mark.HEAT and not is_pivoted(table, design) and (design.x is None or design.by is None):
        needs = "two fields besides its value: `plot heat VALUE vs FIELD by FIELD`"
    elif design.mark is Mark.PARALLEL and len(design.y) < 2 and "field" not in table.names:
        needs = "two columns or more"
    if needs:
        hint = "name what is drawn: `plot Y vs X`, `plot hist Y`; or count: `group FIELD : count() | plot`"
        message = f"`plot {design.mark.value}` needs {needs}"
        raise QueryError([Diagnostic("RQL572", message, table.plot.span, hints=(hint,))])
