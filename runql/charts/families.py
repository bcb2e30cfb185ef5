"""Metrics that share a panel: `loss` and `val/loss`, or a metric and its means over the last rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from runql.charts.chart import MOST_LINES
from runql.charts.table import ChartTable
from runql.semantic.typed import TCell, TDerive, TField, TWindow
from runql.text.frozen import frozen

_OF_ITS_KIND: Final = frozenset({"mean", "median", "iqm", "min", "max"})
"""Aggregates that give what they are of: the mean of losses is a loss, their variance is not."""


@frozen
class Rolling:
    """A column that is taken of the last rows of another: `mean(loss, last 20)`."""

    aggregate: str
    of: str
    rows: int


@frozen
class Family:
    """Metrics that share a panel. `behind`: the one that stands behind what is taken of its last rows."""

    names: tuple[str, ...]
    behind: str | None = None

    @property
    def in_front(self) -> tuple[str, ...]:
        """Those whose lines the legend names."""
        return tuple(name for name in self.names if name != self.behind)

    @property
    def title(self) -> str:
        """What its values are: the metric, of several their last word."""
        return self.behind or (self.names[0] if len(self.names) == 1 else family_name(self.names[0]))


def families(table: ChartTable, y: Sequence[str], runs: int) -> list[Family]:
    """A metric with what is taken of its last rows; metrics of one kind, if that is no more than eight lines."""
    rolling = rolling_of(table)
    found: dict[str, list[str]] = {}
    for name in y:
        found.setdefault(rolling[name].of if name in rolling else name, []).append(name)
    pairs = {source: names for source, names in found.items() if len(names) == 2 and source in names}
    others: dict[str, list[str]] = {}
    for name in y:
        source = rolling[name].of if name in rolling else name
        kind = f"={source}" if source in pairs else family_name(source)
        others.setdefault(kind, []).append(name)
    made = []
    for kind, names in others.items():
        if kind.startswith("="):
            made.append(Family(tuple(names), kind[1:]))
        elif len(names) * runs <= MOST_LINES:
            made.append(Family(tuple(names)))
        else:
            made += [Family((name,)) for name in names]
    return made


def family_name(metric: str) -> str:
    """The last word of a metric's name; of an aggregate that of what it is taken of."""
    if "(" in metric and metric.endswith(")"):
        metric = metric[metric.index("(") + 1 : -1].split(", last ", 1)[0] or metric
    for separator in ("/", ".", "_"):
        metric = metric.rsplit(separator, 1)[-1] or metric
    return metric


def rolling_of(table: ChartTable) -> dict[str, Rolling]:
    """The columns that are taken of the last rows of others."""
    found: dict[str, Rolling] = {}
    for stage in table.stages:
        for column in stage.columns if isinstance(stage, TDerive) else ():
            value = column.value
            if not isinstance(value, TWindow) or value.amount is None or value.name not in _OF_ITS_KIND:
                continue
            source = _name_of(table, value)
            if source is not None:
                found[column.name] = Rolling(value.name, source, value.amount)
    return found


def _name_of(table: ChartTable, value: TWindow) -> str | None:
    """The column that an aggregate is taken of, if it is one by itself."""
    source = value.argument
    if isinstance(source, TCell):
        return source.name
    if not isinstance(source, TField):
        return None
    spelled = (source.key.written, ".".join(map(str, source.key.segments)))
    return next((name for name in spelled if name in table.names), None)


def say_first_rows(table: ChartTable, names: Sequence[str]) -> None:
    """Say that the first values of a run are taken of fewer rows than the others."""
    for name, one in rolling_of(table).items():
        if name in names and one.rows > 1:
            rows = "first row" if one.rows == 2 else f"first {one.rows - 1:,} rows"
            table.say(f"{name}: in the {rows} of each run the {one.aggregate} of fewer than {one.rows:,}")
