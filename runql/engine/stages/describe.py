"""`describe`: a row for each column."""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.stages.context import StageContext, StageResult
from runql.engine.stages.dispatch import binned, described, grouped
from runql.engine.stages.layout import PivotLayout
from runql.engine.table import Table
from runql.semantic.typed import TDescribe
from runql.semantic.values import Value

COLUMNS = ("column", "type", "count", "missing", "nan", "min", "max", "mean", "distinct", "top", "top_n")
SPARK_BINS = 12


def describe(_stage: TDescribe, table: Table, context: StageContext) -> StageResult:
    """Of each column: its types, the most frequent first; how many values; missing and null; NaN; the extremes; the
    mean of its numbers; how many different values, and the most frequent one (the first of equals) with its count.
    """
    rows = [(name, *described(cells)) for name, cells in table.columns.items()]
    columns = {title: [row[place] for row in rows] for place, title in enumerate(COLUMNS)}
    sparks = tuple((name, counts) for name, cells in table.columns.items() if (counts := _spark(cells)))
    return StageResult(
        Table(columns, len(rows)), (), context.other(keys=COLUMNS[:1], layout=PivotLayout((), (), sparks=sparks))
    )


def _spark(cells: Sequence[Value]) -> tuple[int, ...]:
    """How many values lie in each bin; nothing where no number lies beside another."""
    found = binned(cells, grouped([], len(cells)), SPARK_BINS)
    return tuple(found.counts[0]) if len(found.edges) > 2 else ()
