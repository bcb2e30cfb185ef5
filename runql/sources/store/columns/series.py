"""Single values of what the runs logged, such as `min(logged.loss)`, by SQL over the points of all runs at once.

A run is left to the engine where SQL might say something else, or less: where the metric holds anything but numbers,
integers beside others, a zero below zero, or rows without a step, and where there is something to say of the history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from threading import RLock
from typing import Any, Final

from runql.engine.histories.aggregates import HistoryNode
from runql.language.fields import Space
from runql.semantic.typed import TAggregate
from runql.semantic.values import MISSING, Value
from runql.sources.store.columns.dense import DenseColumn, dense_of
from runql.sources.store.layout import Fact
from runql.sources.store.views import StoreViews

_MOST: Final = 16
"""So many metrics are held, those that were asked for last."""
_PART: Final = 8
"""Once values of an eighth of the runs were asked for, those of all are worked out."""
_ENDS: Final = ("argmin", "argmax")
_FACTS: Final = (
    "count(*) FILTER (NOT isnan(val)) AS count, min(val) FILTER (NOT isnan(val)) AS min, "
    "max(val) FILTER (NOT isnan(val)) AS max, arg_min(val, row) AS first, arg_max(val, row) AS last, "
    "bool_or(isnan(val) OR isinf(val)) AS diverged"
)
_NAMES: Final = ("count", "min", "max", "first", "last", "diverged")
_ODD: Final = "bool_or(step IS NULL OR (val = 0 AND signbit(val))) OR (bool_or(whole) AND NOT bool_and(whole))"
_OF_RUNS: Final = "JOIN runs AS r ON r.run = g.run AND r.body = g.pull"


def is_of_points(node: object) -> bool:
    """Whether a value of a history is one that SQL works out."""
    return (
        isinstance(node, TAggregate)
        and node.name in (*_NAMES, *_ENDS)
        and node.last_rows is None
        and node.argument is None
        and not node.beside
        and not node.approx
        and node.x_axis == "_step"
        and not node.metric.startswith(f"{Space.SYSTEM.value}.")
    )


class StoredMetric:
    """A metric in all runs, by their numbers. `exact`: of which SQL says what the engine would."""

    def __init__(self, length: int) -> None:
        self.exact = [True] * length
        self.cells: dict[str, list[Value]] = {name: [MISSING] * length for name in _NAMES}
        self.cells["count"] = [0] * length
        self.dense: dict[str, DenseColumn] = {}

    def column(self, name: str) -> DenseColumn:
        """The values as one column."""
        if name not in self.dense:
            self.dense[name] = dense_of(self.cells[name])
        return self.dense[name]


class StoredSeries:
    """The metrics of a version that were asked for. Threads may share it."""

    def __init__(self, views: StoreViews) -> None:
        self._views = views
        self._lock = RLock()
        self._generation = views.generation
        self._held: dict[str, StoredMetric] = {}
        self._asked: Counter[str] = Counter()

    def of(self, nodes: Sequence[HistoryNode], length: int, asked: int) -> dict[str, StoredMetric] | None:
        """The metrics of values of which so many runs are asked now, by their names; `None` while these are few."""
        names = dict.fromkeys(node.metric for node in nodes)
        with self._lock:
            if self._generation != self._views.generation:
                self._held.clear()
                self._generation = self._views.generation
            for name in names:
                self._asked[name] += asked
            if any(name not in self._held and self._asked[name] * _PART < length for name in names):
                return None
            found = {name: self._metric(name, length) for name in names}
            for node in nodes:
                if isinstance(node, TAggregate) and node.name in _ENDS and node.name not in found[node.metric].cells:
                    self._add_ends(node.metric, found[node.metric], length)
            return found if self._generation == self._views.generation else None

    def _metric(self, name: str, length: int) -> StoredMetric:
        found = self._held.pop(name, None)
        found = self._read(name, length) if found is None else found
        self._held[name] = found
        if len(self._held) > _MOST:
            del self._held[next(iter(self._held))]
        return found

    def _read(self, name: str, length: int) -> StoredMetric:
        metric = StoredMetric(length)
        facts = f"SELECT run, pull, {_FACTS}, bool_and(whole) AS whole, {_ODD} AS odd FROM {{files}} WHERE key = ?"
        chosen = ", ".join(f"g.{column}" for column in _NAMES)
        sql = f"SELECT r.nr, g.odd, g.whole, {chosen} FROM ({facts} GROUP BY run, pull) AS g {_OF_RUNS}"
        for at, is_odd, is_whole, *values in self._rows(Fact.POINTS, sql, [name]):
            metric.exact[at] = not is_odd
            if is_odd:
                continue
            for column, value in zip(_NAMES, values, strict=True):
                metric.cells[column][at] = int(value) if is_whole and isinstance(value, float) else _cell(value)
        others = "SELECT DISTINCT run, pull FROM {files} WHERE key = ?"
        said = "SELECT run, pull FROM {files} WHERE contains(said, '\"default\":')"
        told = [*self._rows(Fact.OTHER, f"SELECT r.nr FROM ({others}) AS g {_OF_RUNS}", [name])]
        told += self._rows(Fact.RUNS, f"SELECT r.nr FROM ({said}) AS g JOIN runs AS r USING (run, pull)", [])
        for (at,) in told:
            metric.exact[at] = False
        return metric

    def _add_ends(self, name: str, metric: StoredMetric, length: int) -> None:
        """Where a metric was best: the step of the first of equal values."""
        for end in _ENDS:
            metric.cells[end] = [MISSING] * length
        rows = "SELECT run, pull, row, step, val FROM {files} WHERE key = ? AND NOT isnan(val)"
        best = "SELECT run, pull, min(val) AS least, max(val) AS most FROM rows GROUP BY run, pull"
        steps = ", ".join(f"arg_min(step, row) FILTER (val = {end}) AS {end}" for end in ("least", "most"))
        each = f"SELECT run, pull, {steps} FROM rows JOIN best USING (run, pull) GROUP BY run, pull"
        sql = f"WITH rows AS ({rows}), best AS ({best}) SELECT r.nr, g.least, g.most FROM ({each}) AS g {_OF_RUNS}"
        for at, *found in self._rows(Fact.POINTS, sql, [name]):
            for end, step in zip(_ENDS, found, strict=True):
                metric.cells[end][at] = _cell(step)

    def _rows(self, fact: Fact, sql: str, given: list[Any]) -> list[tuple[Any, ...]]:
        self._views.ask("SELECT 1 LIMIT 0")  # the statement reads the table `runs`
        return self._views.rows(fact, sql, given)


def _cell(value: Any) -> Value:
    return MISSING if value is None else value
