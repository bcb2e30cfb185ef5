"""`describe`: a row for each column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from runql.engine.columns import identity
from runql.engine.stages.context import StageContext, StageResult
from runql.engine.stages.folds import fold
from runql.engine.table import Table
from runql.semantic.typed_stages import TDescribe
from runql.semantic.values import MISSING, Kind, Value, kind_of

COLUMNS = ("column", "type", "count", "missing", "nan", "min", "max", "mean", "distinct", "top", "top_n")


def describe(_stage: TDescribe, table: Table, context: StageContext) -> StageResult:
    """Of each column: its types, the most frequent first; how many values; missing and null; NaN; the extremes; the
    mean of its numbers; how many different values, and the most frequent one (the first of equals) with its count.
    """
    rows = [(name, *_described(cells)) for name, cells in table.columns.items()]
    columns = {title: [row[place] for row in rows] for place, title in enumerate(COLUMNS)}
    return StageResult(Table(columns, len(rows)), (), context.other())


def _described(cells: Sequence[Value]) -> tuple[Value, ...]:
    kinds = Counter(map(kind_of, cells))
    held = [kind.value for kind, _ in kinds.most_common() if kind not in (Kind.NULL, Kind.MISSING)]
    count, skipped = fold("count", cells)
    values = fold("list", cells)[0]
    top, often = _most_frequent(values)
    low, high, mean = (fold(name, cells)[0] for name in ("min", "max", "mean"))
    distinct = fold("n_unique", cells)[0]
    return (", ".join(held) or MISSING, count, skipped.missing, skipped.nan, low, high, mean, distinct, top, often)


def _most_frequent(values: Sequence[Value]) -> tuple[Value, Value]:
    counts = Counter(map(identity, values))
    if not counts:
        return MISSING, MISSING
    first, often = counts.most_common(1)[0]
    return next(value for value in values if identity(value) == first), often
