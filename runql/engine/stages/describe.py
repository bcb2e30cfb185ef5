"""`describe`: a row for each column."""

from __future__ import annotations

from runql.engine.stages.context import StageContext, StageResult
from runql.engine.stages.dispatch import described
from runql.engine.table import Table
from runql.semantic.typed import TDescribe

COLUMNS = ("column", "type", "count", "missing", "nan", "min", "max", "mean", "distinct", "top", "top_n")


def describe(_stage: TDescribe, table: Table, context: StageContext) -> StageResult:
    """Of each column: its types, the most frequent first; how many values; missing and null; NaN; the extremes; the
    mean of its numbers; how many different values, and the most frequent one (the first of equals) with its count.
    """
    rows = [(name, *described(cells)) for name, cells in table.columns.items()]
    columns = {title: [row[place] for row in rows] for place, title in enumerate(COLUMNS)}
    return StageResult(Table(columns, len(rows)), (), context.other())
