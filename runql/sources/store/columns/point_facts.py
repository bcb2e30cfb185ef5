"""What is known of a metric in all runs of a version: of the facts that are kept, and of the points that have none."""

from __future__ import annotations

from threading import Lock
from typing import Any, Final

from runql.sources.store.duck import Unreadable
from runql.sources.store.layout import Fact
from runql.sources.store.statistics.kept_points import COLUMNS, STEPS, KeptPoints, facts_sql, kept_points
from runql.sources.store.views import StoreViews

NAMES: Final = (
    *("nr", "odd", "whole", "n", "nan", "infinite", "rises"),
    *("least", "least_row", "least_step", "most", "most_row", "most_step"),
    *("first", "first_row", "first_step", "last", "last_row", "last_step"),
)
_BEST: Final = "{end}({{'v': {name}, 'r': {sign}{name}_row, 's': {name}_step}})"
"""Of the same values of several parts that of the first row."""


def _of_best(name: str, end: str, sign: str) -> str:
    best = _BEST.format(end=end, name=name, sign=sign)
    return f"{best}.v AS {name}, {sign}{best}.r AS {name}_row, {best}.s AS {name}_step"


def _of_end(name: str, pick: str) -> str:
    row = f"{name}_row"
    end = "min" if pick == "arg_min" else "max"
    return (
        f"{pick}({name}, {row}) AS {name}, {end}({row}) AS {row}, "
        f"{pick}(coalesce({name}_step, 0), {row}) AS {name}_step"
    )


_JOINED: Final = (
    "SELECT r.nr, bool_or(odd) OR (bool_or(whole) AND NOT bool_and(whole)) AS odd, bool_and(whole) AS whole, "
    "sum(n)::BIGINT AS n, sum(nan)::BIGINT AS nan, bool_or(infinite) AS infinite, "
    f"bool_and(rises) AND bool_and(follows) AS rises, {_of_best('least', 'min', '')}, {_of_best('most', 'max', '-')}, "
    f"{_of_end('first', 'arg_min')}, {_of_end('last', 'arg_max')} "
    "FROM ({rows}) AS g JOIN (SELECT nr, run, body FROM runs) AS r ON r.run = g.run AND r.body = g.pull GROUP BY r.nr"
)
_FOLLOWS: Final = (
    "SELECT *, coalesce(first_row > lag(last_row) OVER w AND first_step >= lag(last_step) OVER w, true) AS follows "
    "FROM ({rows}) WINDOW w AS (PARTITION BY run, pull ORDER BY first_row)"
)
"""The facts of parts, and of each whether its rows and steps lie behind those of the part before, of the same run."""

_ALONE: Final = "SELECT *, true AS follows FROM ({rows})"
_OF_RUNS: Final = (
    "SELECT "
    + ", ".join(
        f"coalesce({name}, 0) AS {name}" if name.partition("_")[0] in ("least", "most") else name for name in NAMES
    )
    + " FROM ({joined})"
)


class PointFacts:
    """The facts of the metrics of one version. Threads may share it."""

    def __init__(self, views: StoreViews) -> None:
        self._views = views
        self._lock = Lock()
        self._known: KeptPoints | None = None
        self._is_known = False

    def of(self, key: str, *, places: bool) -> list[Any]:
        """The columns of `NAMES`, a row for each run that has numbers of a metric, as arrays without NULL: 0 where
        there is none. `places`: the rows and steps of the least and the most, and whether the steps rise, are asked."""
        while True:
            kept = self._kept() if key != STEPS else None
            parts = self._views.parts(Fact.POINTS)
            told = [part.path for part in parts if kept is not None and part.path in kept.parts]
            rest = [self._views.folder / part.path for part in parts if kept is None or part.path not in kept.parts]
            sources = [f"{kept.sql(told)} AND key = ?"] if kept is not None and told else []
            if rest:
                sources.append(f"SELECT {COLUMNS} FROM ({facts_sql(rest, 'key = ?', places=places)})")
            if not sources:
                return []
            self._views.ask("SELECT 1 LIMIT 0")  # the statement reads the table `runs`
            rows = (_FOLLOWS if places and len(parts) > 1 else _ALONE).replace("{rows}", " UNION ALL ".join(sources))
            joined = _JOINED.replace("{rows}", rows)
            try:
                return self._views.duck.arrays(_OF_RUNS.replace("{joined}", joined), [key] * len(sources))
            except Unreadable as error:
                if not told:
                    self._views.leave_out(parts, error)
                with self._lock:
                    self._known = None  # whatever is wrong, the points tell it

    def _kept(self) -> KeptPoints | None:
        with self._lock:
            if not self._is_known:
                self._known, self._is_known = kept_points(self._views.folder), True
            return self._known
