"""Single values of what the runs logged, such as `min(logged.loss)`, by SQL over the points of all runs at once.

A run is left to the engine where SQL might say something else, or less: where the metric holds anything but numbers,
integers beside others, a zero below zero, or rows without a step, and where there is something to say of the history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from threading import RLock
from typing import Any, Final, TypeGuard

from runql.language.fields import Space
from runql.semantic.typed import HistoryNode, TAggregate
from runql.semantic.values import MISSING, Value
from runql.sources.store.columns.dense import DenseColumn, DenseNumbers, dense_numbers, dense_of
from runql.sources.store.columns.point_facts import NAMES, PointFacts
from runql.sources.store.layout import Fact
from runql.sources.store.views import StoreViews

_MOST: Final = 16
"""So many metrics are held, those that were asked for last."""
_PART: Final = 8
"""Once values of an eighth of the runs were asked for, those of all are worked out."""
_ENDS: Final = ("argmin", "argmax")
_EXTREMES: Final = ("min", "max", *_ENDS)
_NAMES: Final = ("count", "min", "max", "first", "last", "diverged")
_OF_RUNS: Final = "JOIN runs AS r ON r.run = g.run AND r.body = g.pull"
_OF_ROWS: Final = ("rows", "nan", "rises", "first_step", "last_step")
"""What a plan asks, and no question: how many rows, how many NaN, whether the steps rise, and those of the ends."""
_PLACES: Final = (*_ENDS, "rises")
"""What is worked out only where it is asked, or known."""
_COLUMNS: Final = {
    "min": "least",
    "max": "most",
    "first": "first",
    "last": "last",
    "argmin": "least_step",
    "argmax": "most_step",
    "first_step": "first_step",
    "last_step": "last_step",
}
"""What a value is called among the facts of a metric."""


def is_of_points(node: object) -> bool:
    """Whether a value of a history is one that SQL works out."""
    return is_of_metric(node) and node.name in (*_NAMES, *_ENDS, *_OF_ROWS)


def is_of_metric(node: object) -> TypeGuard[TAggregate]:
    """Whether a value is of all the numbers of one metric along the steps."""
    return (
        isinstance(node, TAggregate)
        and node.last_rows is None
        and node.argument is None
        and not node.beside
        and not node.approx
        and node.x_axis == "_step"
        and not node.metric.startswith(f"{Space.SYSTEM.value}.")
    )


def needs_places(nodes: Sequence[HistoryNode]) -> dict[str, bool]:
    """The metrics of values, and whether it is asked of each where it was best."""
    places = {node.metric: False for node in nodes}
    for node in nodes:
        places[node.metric] |= isinstance(node, TAggregate) and node.name in _PLACES
    return places


class StoredMetric:
    """A metric in all runs, by their numbers. `exact`: of which SQL says what the engine would.

    `facts`: the columns of `point_facts.NAMES`, of the runs at `at`. `has_places`: where it was best is among them.
    """

    def __init__(self, length: int, found: list[Any], *, has_places: bool) -> None:
        import numpy as np

        self.facts: dict[str, Any] = dict(zip(NAMES, found, strict=True)) if found else {}
        self.at = self.facts.get("nr", np.zeros(0, np.int64))
        self.exact = np.ones(length, np.bool_)
        if found:
            self.exact[self.at] = ~self.facts["odd"]
        self.has_places = has_places
        self._length = length
        self._dense: dict[str, DenseColumn] = {}

    def told(self, name: str) -> Any:
        """Of which runs SQL says what a value is, and no more is to be said: a metric of NaN alone has no extreme."""
        import numpy as np

        if name not in _EXTREMES or not self.facts:
            return self.exact
        is_none = np.zeros(len(self.exact), np.bool_)
        is_none[self.at] = self.facts["n"] == 0
        return self.exact & ~is_none

    def column(self, name: str) -> DenseColumn:
        """The values as one column."""
        if name not in self._dense:
            self._dense[name] = self._made(name)
        return self._dense[name]

    def _made(self, name: str) -> DenseColumn:
        import numpy as np

        facts = self.facts
        if name in ("count", "rows", "nan"):
            counts = np.zeros(self._length, np.int64)
            if facts:
                of = {"count": facts["n"], "rows": facts["n"] + facts["nan"], "nan": facts["nan"]}
                counts[self.at] = of[name]
            return DenseNumbers(counts, None, None)
        if not facts:
            return dense_of([MISSING] * self._length)
        if name in ("diverged", "rises"):
            flags: list[Value] = [MISSING] * self._length
            found = facts["rises"] if name == "rises" else (facts["nan"] > 0) | facts["infinite"]
            for at, is_so in zip(self.at.tolist(), found.tolist(), strict=True):
                flags[at] = is_so
            return dense_of(flags)
        is_step = name in (*_ENDS, *_OF_ROWS)
        every = np.ones(len(self.at), np.bool_)
        is_held = facts["n"] > 0 if name in _EXTREMES else every
        whole = every if is_step else facts["whole"]
        return dense_numbers(self._length, self.at[is_held], facts[_COLUMNS[name]][is_held], whole[is_held])


class StoredSeries:
    """The metrics of a version that were asked for. Threads may share it."""

    def __init__(self, views: StoreViews) -> None:
        self._views = views
        self._lock = RLock()
        self._generation = views.generation
        self._facts = PointFacts(views)
        self._held: dict[str, StoredMetric] = {}
        self._asked: Counter[str] = Counter()

    def of(self, nodes: Sequence[HistoryNode], length: int, asked: int) -> dict[str, StoredMetric] | None:
        """The metrics of values of which so many runs are asked now, by their names; `None` while these are few."""
        places = needs_places(nodes)
        with self._lock:
            if self._generation != self._views.generation:
                self._held.clear()
                self._generation = self._views.generation
            for name in places:
                self._asked[name] += asked
            if any(name not in self._held and self._asked[name] * _PART < length for name in places):
                return None
            found = {name: self._metric(name, length, places=some) for name, some in places.items()}
            return found if self._generation == self._views.generation else None

    def _metric(self, name: str, length: int, *, places: bool) -> StoredMetric:
        found = self._held.pop(name, None)
        if found is None or (places and not found.has_places):
            found = self._read(name, length, places=places)
        self._held[name] = found
        if len(self._held) > _MOST:
            del self._held[next(iter(self._held))]
        return found

    def _read(self, name: str, length: int, *, places: bool) -> StoredMetric:
        metric = StoredMetric(length, self._facts.of(name, places=places), has_places=places)
        others = "SELECT DISTINCT run, pull FROM {files} WHERE key = ?"
        said = "SELECT run, pull FROM {files} WHERE contains(said, '\"default\":')"
        told = [*self._rows(Fact.OTHER, f"SELECT r.nr FROM ({others}) AS g {_OF_RUNS}", [name])]
        told += self._rows(Fact.RUNS, f"SELECT r.nr FROM ({said}) AS g JOIN runs AS r USING (run, pull)", [])
        for (at,) in told:
            metric.exact[at] = False
        return metric

    def _rows(self, fact: Fact, sql: str, given: list[Any]) -> list[tuple[Any, ...]]:
        self._views.ask("SELECT 1 LIMIT 0")  # the statement reads the table `runs`
        return self._views.rows(fact, sql, given)
