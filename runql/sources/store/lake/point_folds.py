"""Means, sums, deviations and percentiles of a metric in each run, by another engine and to the last bit: for
`mean(logged.loss)` no history comes back. They are worked out as those of groups are (`folds`): a run is a group of its
points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import RLock
from typing import Final

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.to_sql.fields import RunColumn
from runql.plan.to_sql.texts import text_sql
from runql.semantic.folds import percentile_of
from runql.semantic.json_text import whole_text
from runql.semantic.typed import FieldKey, TAggregate
from runql.semantic.values import MISSING, Value
from runql.sources.protocol import GroupFold
from runql.sources.store.columns.series import is_of_metric
from runql.sources.store.lake.cells import Place
from runql.sources.store.lake.folds import MOST_MEANS, Cells, NotTold, fold_groups
from runql.sources.store.lake.views import LakeViews
from runql.text.frozen import frozen

_MOST: Final = 16
"""So many values of metrics are held, those that were asked for last."""
_AT_ONCE: Final = 5_000
"""So many keys of runs stand in a statement."""
_NAMES: Final = frozenset({"mean", "sum", "std", "median"})
_POINTS: Final = RunColumn("val", Kind.NUMBER)
_VALUE: Final = FieldKey(Space.RUN, ("val",))


def is_folded_metric(node: object) -> bool:
    """Whether a value of a history is one that is worked out here."""
    return is_of_metric(node) and (node.name in _NAMES or percentile_of(node.name) is not None)


class LakePointFolds:
    """Values of the metrics of a version, run by run. Threads may share it."""

    def __init__(self, views: LakeViews) -> None:
        self._views = views
        self._lock = RLock()
        self._held: dict[tuple[str, str], dict[str, Value]] = {}

    def of(self, node: TAggregate, runs: Sequence[str]) -> list[Value | None]:
        """A value in some runs, by their keys; `None` in those of which the engine does not say it exactly, and where
        there is none, of which more is said. The metric has nothing but numbers in them."""
        key = (node.metric, node.name)
        with self._lock:
            known = self._held.pop(key, {})
            self._held[key] = known
            if len(self._held) > _MOST:
                del self._held[next(iter(self._held))]
            missing = [run for run in dict.fromkeys(runs) if run not in known]
            at_once = MOST_MEANS if node.name == "std" else _AT_ONCE
            for at in range(0, len(missing), at_once):
                known.update(self._values(node, missing[at : at + at_once]))
            found = [known[run] for run in runs]
        return [None if value is MISSING else value for value in found]

    def _values(self, node: TAggregate, runs: Sequence[str]) -> Iterator[tuple[str, Value]]:
        """The values of runs; a run that keeps those of others from being told is found by halves."""
        rows = _PointRows(self._views, node.metric, [(run,) for run in runs])
        fold = GroupFold(node.name, _VALUE)
        try:
            yield from zip(runs, fold_groups(rows, {fold: _POINTS})[fold].values, strict=True)
        except NotTold:
            half = len(runs) // 2
            if not half:
                yield runs[0], MISSING
                return
            yield from self._values(node, runs[:half])
            yield from self._values(node, runs[half:])


@frozen
class _PointRows:
    """The points of a metric in some runs, each of which is a group."""

    views: LakeViews
    metric: str
    groups: Sequence[Cells]

    def rows(self, _place: Place, inner: Sequence[str], outer: Callable[[str, str], str]) -> dict[Cells, list[Cells]]:
        """The rows of a statement of each run."""
        nan = "isnan(p.val)"
        cells = {"t": f"(CASE WHEN {nan} THEN 'q' ELSE 'n' END)", "num": "p.val", "str": "NULL", "whole": "p.whole"}
        key, runs = text_sql(whole_text(self.metric)), [text_sql(str(run)) for (run,) in self.groups]
        if key is None or None in runs:
            raise NotTold
        made = ", ".join(("p.run AS k0", *(column.format_map(cells) for column in inner)))
        where = f"p.metric = {key} AND p.run IN ({', '.join(map(str, runs))})"
        found: dict[Cells, list[Cells]] = {group: [] for group in self.groups}
        for row in self.views.listed(outer("k0, ", f"(SELECT {made} FROM points AS p WHERE {where}) AS s")):
            found[row[:1]].append(row[1:])
        return found
