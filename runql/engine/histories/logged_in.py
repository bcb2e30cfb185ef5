"""Of which metrics the runs of an answer have values: what none of them logged is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from runql.engine.histories.aggregates import HistoryNode, is_reading
from runql.engine.values.column import Column
from runql.semantic.typed import FieldKey, TAggregate
from runql.semantic.values import MISSING, Value

_COUNT: Final = "count"


class LoggedIn:
    """Which metrics of values of histories hold anything, in runs that are added part by part; none is held.

    `runs`: how many were added.
    """

    def __init__(self, nodes: Iterable[HistoryNode]) -> None:
        self._nodes = [node for node in nodes if isinstance(node, TAggregate) and not is_reading(node)]
        self._names: set[str] = set()
        self.runs = 0

    def add(self, metrics: Iterable[str]) -> None:
        """Count one more run in, with the metrics of which it has values."""
        self.runs += 1
        self._names.update(metrics)

    def add_columns(self, columns: Mapping[FieldKey | TAggregate, Column], length: int) -> None:
        """Count so many more runs in, by what the values come to."""
        self.runs += length
        for node in self._nodes:
            if not self._names.issuperset(node.metrics) and any(_tells(node, cell) for cell in columns.get(node, ())):
                self._names.update(node.metrics)

    @property
    def lacking(self) -> tuple[str, ...]:
        """The metrics of which none of the runs has a value."""
        named = dict.fromkeys(metric for node in self._nodes for metric in node.metrics)
        return tuple(metric for metric in named if metric not in self._names)


def metrics_told(values: Mapping[HistoryNode, Value], met: Iterable[str] = ()) -> frozenset[str]:
    """The metrics of which a run has values, by what they come to, and by those that it has rows of (`met`).

    A count is of values that are not NaN: rows of nothing else are none for it, however it was worked out.
    """
    rows = frozenset(met)
    found: set[str] = set()
    for node, value in values.items():
        if isinstance(node, TAggregate) and not is_reading(node):
            found.update(node.metrics if _tells(node, value) else () if node.name == _COUNT else rows & {*node.metrics})
    return frozenset(found)


def _tells(node: TAggregate, value: Value) -> bool:
    return value is not MISSING and not (node.name == _COUNT and not value) and not node.beside
