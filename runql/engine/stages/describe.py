"""`describe`: a row for each column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import itemgetter

from runql.engine.compare import ORDERED_KINDS, as_number, is_nan
from runql.engine.order import RANKS
from runql.engine.stages.context import StageContext, StageResult
from runql.engine.stages.dispatch import each_once, fold_cells
from runql.engine.stages.shared.groups import Groups
from runql.engine.table import Table
from runql.language.kinds import Kind
from runql.semantic.typed import TDescribe
from runql.semantic.values import MISSING, Value, kind_of

COLUMNS = ("column", "type", "count", "missing", "nan", "min", "max", "mean", "distinct", "top", "top_n")


def describe(_stage: TDescribe, table: Table, context: StageContext) -> StageResult:
    """Of each column: its types, the most frequent first; how many values; missing and null; NaN; the extremes; the
    mean of its numbers; how many different values, and the most frequent one (the first of equals) with its count.
    """
    rows = [(name, *_described(cells)) for name, cells in table.columns.items()]
    columns = {title: [row[place] for row in rows] for place, title in enumerate(COLUMNS)}
    return StageResult(Table(columns, len(rows)), (), context.other())


def _described(cells: Sequence[Value]) -> tuple[Value, ...]:
    """Worked out on each different value once, with how often it occurs; only the mean is of all."""
    different = each_once(cells)
    values = [cells[place] for place, _ in different]
    kinds = _kinds_of(values)
    counts: Counter[Kind] = Counter()
    for kind, (_, often) in zip(kinds, different, strict=True) if len(set(kinds)) > 1 else ():
        counts[kind] += often
    counts = counts or Counter({kind: len(cells) for kind in kinds[:1]})
    found = zip(values, kinds, different, strict=True)
    there = [(value, kind, often) for value, kind, (_, often) in found if kind not in _NOTHING and not is_nan(value)]
    missing = counts[Kind.NULL] + counts[Kind.MISSING]
    count = sum(often for _, _, often in there)
    held = [kind.value for kind, _ in counts.most_common() if kind not in _NOTHING]
    top, _, top_n = max(there, key=itemgetter(2), default=(MISSING, None, MISSING))
    low, high = _extremes(there)
    everything = Groups(range(len(cells)), [0, len(cells)])
    (mean,) = fold_cells("mean", cells, everything).values
    nan = len(cells) - missing - count
    return (", ".join(held) or MISSING, count, missing, nan, low, high, mean, len(there), as_number(top), top_n)


_NOTHING = frozenset({Kind.NULL, Kind.MISSING})
_OF_TYPE = {float: Kind.NUMBER, int: Kind.NUMBER, str: Kind.TEXT}


def _kinds_of(values: Sequence[Value]) -> list[Kind]:
    """The kind of each value; those of one plain type share theirs."""
    types = set(map(type, values))
    kind = _OF_TYPE.get(next(iter(types))) if len(types) == 1 else None
    if kind is not None:
        return [kind] * len(values)
    return list(map(kind_of, values))


def _extremes(there: Sequence[tuple[Value, Kind, int]]) -> tuple[Value, Value]:
    """The smallest and the largest of the values of the first kind that has an order."""
    ordered = sorted(ORDERED_KINDS & {kind for _, kind, _ in there}, key=RANKS.__getitem__)
    if not ordered:
        return MISSING, MISSING
    comparable = [as_number(value) for value, kind, _ in there if kind is ordered[0]]
    return min(comparable), max(comparable)
