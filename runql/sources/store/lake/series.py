"""What a metric comes to in each run, worked out by another engine: so no history comes back for `min(logged.loss)`,
nor for `| best min loss`. The facts are those of `columns/point_facts`, and the same runs are left to the engine of
RunQL, of which SQL might say something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock
from typing import Any, Final

from runql.semantic.json_text import whole_text
from runql.semantic.typed import HistoryNode
from runql.sources.store.columns.point_facts import NAMES
from runql.sources.store.columns.series import StoredMetric, needs_places
from runql.sources.store.lake.spelling import LARGEST, EngineDialect
from runql.sources.store.lake.views import LakeViews
from runql.sources.store.layout import Fact

_MOST: Final = 16
"""So many metrics are held, those that were asked for last."""
_AT_ONCE: Final = 5_000
"""So many keys of runs stand in a statement."""
_FEW: Final = 8
"""Of more than an eighth of the runs those of all are asked for."""

_Facts = dict[str, tuple[Any, ...]]


class LakeSeries:
    """The metrics of a version that were asked for, run by run. Threads may share it."""

    def __init__(self, views: LakeViews, run_count: int) -> None:
        self._views = views
        self._run_count = run_count
        self._lock = RLock()
        self._held: dict[tuple[str, bool], _Facts] = {}
        self._whole: set[tuple[str, bool]] = set()
        self._odd: dict[str, frozenset[str]] = {}
        self._told: frozenset[str] | None = None

    def of(self, nodes: Sequence[HistoryNode], runs: Sequence[str]) -> dict[str, StoredMetric]:
        """The metrics of values in some runs, by their names; their runs are numbered as they stand there."""
        places = needs_places(nodes)
        with self._lock:
            return {name: self._metric(name, runs, places=some) for name, some in places.items()}

    def _metric(self, name: str, runs: Sequence[str], *, places: bool) -> StoredMetric:
        key = (name, places)
        facts = self._held.pop(key, {})
        self._held[key] = facts
        if len(self._held) > _MOST:
            self._whole.discard(oldest := next(iter(self._held)))
            del self._held[oldest]
        if key not in self._whole:
            self._read(key, facts, [run for run in runs if run not in facts])
        there = [(nr, *facts[run]) for nr, run in enumerate(runs) if facts.get(run)]
        metric = StoredMetric(len(runs), _arrays(there), has_places=places)
        odd = self._odd_runs(name)
        for nr, run in enumerate(runs) if odd else ():
            metric.exact[nr] = metric.exact[nr] and run not in odd
        return metric

    def _read(self, key: tuple[str, bool], facts: _Facts, missing: Sequence[str]) -> None:
        """Ask for the facts of runs that are not known; what has no point is known from then on too."""
        name, places = key
        if not missing:
            return
        is_whole = len(missing) * _FEW > self._run_count
        groups = [None] if is_whole else [missing[at : at + _AT_ONCE] for at in range(0, len(missing), _AT_ONCE)]
        for some in groups:
            sql = _facts_sql(self._views.engine.dialect, self._views.of(Fact.POINTS), name, some, places=places)
            facts.update((row[0], row[1:]) for row in self._views.native(sql, ("runs",)))
            facts.update((run, ()) for run in some or () if run not in facts)
        if is_whole:
            self._whole.add(key)

    def _odd_runs(self, name: str) -> frozenset[str]:
        """The runs in which a metric holds more than numbers, and those of whose history there is something to say."""
        text = self._views.engine.dialect.text
        if self._told is None:
            told = "SELECT run FROM runs WHERE said LIKE " + text('%"default":%')
            self._told = frozenset(run for (run,) in self._views.native(told, ("runs",)))
        if name not in self._odd:
            where = f"g.{self._views.engine.dialect.quoted('key')} = {text(whole_text(name))}"
            others = (
                f"SELECT DISTINCT r.run FROM {self._views.of(Fact.OTHER)} AS g JOIN runs AS r {_NEWEST} WHERE {where}"
            )
            self._odd[name] = frozenset(run for (run,) in self._views.native(others, ("runs",)))
        return self._odd[name] | self._told


def _arrays(rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The columns of `NAMES` as arrays: 0 where there is nothing, as DuckDB gives them."""
    import numpy as np

    columns = zip(*rows, strict=True)
    return [
        np.asarray([0 if cell is None else cell for cell in column], _TYPES.get(name, np.int64))
        for name, column in zip(NAMES, columns, strict=False)
    ]


_TYPES: Final = {
    **dict.fromkeys(("odd", "whole", "infinite", "rises"), "bool"),
    **dict.fromkeys(("least", "most", "first", "last"), "float64"),
}
_NEWEST: Final = "ON r.run = g.run AND r.body = g.pull"
_READ: Final = ("run", "row", "step", "val", "whole")
_PLACES: Final = ("least_row", "least_step", "most_row", "most_step")


def _facts_sql(dialect: EngineDialect, points: str, name: str, runs: Sequence[str] | None, *, places: bool) -> str:
    """A row a run: its key, and what `NAMES` says behind the number of a run."""
    quoted = dialect.quoted
    columns = ", ".join(f"g.{quoted(column)} AS {quoted(column)}" for column in _READ)
    if places:
        by = f"PARTITION BY g.{quoted('run')} ORDER BY g.{quoted('row')} ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING"
        columns += f", min(g.step) OVER ({by}) AS before"
    where = f"g.{quoted('key')} = {dialect.text(whole_text(name))}"
    if runs is not None:
        where += f" AND g.run IN ({dialect.texts(runs)})"
    rows = f"SELECT {columns} FROM {points} AS g JOIN runs AS r {_NEWEST} WHERE {where}"
    of = _counts(dialect) | _ends(dialect)
    of |= _bests(dialect) if places else dict.fromkeys(("rises", *_PLACES), "0")
    made = ", ".join(f"{of[name]} AS of_{name}" for name in NAMES[1:])  # no name of a column: ClickHouse would take it
    return f"SELECT run, {made} FROM ({rows}) AS p GROUP BY run"


def _counts(dialect: EngineDialect) -> dict[str, str]:
    """How many numbers a metric has, of what kinds, and between which bounds."""
    nan = dialect.nan.format("val")
    large = f"NOT {nan} AND abs(val) > {LARGEST}"
    whole = "CASE WHEN whole THEN 1 ELSE 0 END"
    flag = "max(CASE WHEN {} THEN 1 ELSE 0 END)"
    zero = flag.format(f"step IS NULL OR (val = 0 AND {dialect.below_zero.format('val')})")
    return {
        "odd": f"greatest({zero}, max({whole}) - min({whole}))",
        "whole": f"min({whole})",
        "n": f"sum(CASE WHEN {nan} THEN 0 ELSE 1 END)",
        "nan": f"sum(CASE WHEN {nan} THEN 1 ELSE 0 END)",
        "infinite": flag.format(large),
        "least": f"min(CASE WHEN NOT {nan} THEN val END)",
        "most": f"max(CASE WHEN NOT {nan} THEN val END)",
    }


def _ends(dialect: EngineDialect) -> dict[str, str]:
    """The first and the last row of a metric."""
    row = dialect.quoted("row")
    made = {"first_row": f"min({row})", "last_row": f"max({row})"}
    for end, order in (("first", row), ("last", f"-{row}")):
        made[end] = dialect.at_least.format("val", order)
        made[f"{end}_step"] = dialect.at_least.format("coalesce(step, 0)", order)
    return made


def _bests(dialect: EngineDialect) -> dict[str, str]:
    """Where a metric was least and most, of equal values at the first row, and whether its steps rise."""
    row = dialect.quoted("row")
    made = {"rises": "1 - max(CASE WHEN step < before THEN 1 ELSE 0 END)"}
    for end, sign in (("least", ""), ("most", "-")):
        order = dialect.pair.format(f"{sign}val", row)
        picked = dialect.at_least_of.format(cond=f"NOT {dialect.nan.format('val')}", order=order, what="{what}")
        made[f"{end}_row"] = picked.format(what=row)
        made[f"{end}_step"] = picked.format(what="coalesce(step, 0)")
    return made
