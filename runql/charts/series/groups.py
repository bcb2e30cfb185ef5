"""What a `group` makes: the columns that part its rows, and what of them stands around what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from runql.charts.clipping import CI95, EXTREMES, QUARTILES
from runql.charts.table import ChartTable
from runql.engine.stages.group import COUNT
from runql.semantic import typed as t
from runql.text.frozen import frozen


@frozen
class Spread:
    """What stands around a value: the columns of its lower and upper end, or one column of its distance to both."""

    interval: str
    low: str
    high: str = ""


def maker_of(table: ChartTable) -> t.TStage | None:
    """The last stage whose rows are others than those that it was given."""
    return next((stage for stage in reversed(table.stages) if _makes_rows(stage)), None)


def _makes_rows(stage: t.TStage) -> bool:
    """Whether the rows of a stage are others than those that it was given."""
    match stage:
        case t.TGroup() | t.TBest() | t.TPivot() | t.THistogram() | t.TPareto() | t.TOwnRows():
            return True
        case t.TUnnest() | t.TJoin() | t.TUnion() | t.TSql():
            return True
        case t.TEdge(count=count):
            return count is None
        case t.TRowSelection() | t.TAlongRun() | t.TSelect() | t.TDrop() | t.TRename() | t.TDerive():
            return False
        case t.TPlot() | t.TTo() | t.TAssert():
            return False
        case _:
            assert_never(stage)


def group_keys(table: ChartTable, stage: t.TGroup) -> list[str]:
    """The columns that part the rows of a group: neither its aggregates nor what was derived of these."""
    others = {COUNT, *(one.name for one in stage.folds)}
    for after in table.stages[table.stages.index(stage) + 1 :]:
        others |= {one.name for one in after.columns} if isinstance(after, t.TDerive) else set()
    return [name for name in table.names if name not in others]


_AROUND: Final = (
    ("ci95", "", CI95),
    ("sem", "", "standard error"),
    ("std", "", "standard deviation"),
    ("p25", "p75", QUARTILES),
    ("min", "max", EXTREMES),
)
_MIDDLES: Final = ("mean", "median", "iqm", "wmean", "p50")


def spreads_of(folds: Sequence[t.Named]) -> dict[str, Spread]:
    """What stands around each mean or median: the first of these that is taken of the same values."""
    by_fold = {(one.value.name, one.value.argument): one.name for one in folds if isinstance(one.value, t.TFold)}
    found: dict[str, Spread] = {}
    for one in folds:
        if not isinstance(one.value, t.TFold) or one.value.name not in _MIDDLES:
            continue
        for low, high, interval in _AROUND:
            below, above = by_fold.get((low, one.value.argument)), by_fold.get((high, one.value.argument))
            if below is not None and (above is not None or not high):
                found[one.name] = Spread(interval, below, above or "")
                break
    return found
