"""A listing as columns from another engine: one statement gives the fields that are asked for, and nothing else of a
run; what histories come to is worked out there too (`series`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from runql.engine.values.column import Column, column_of
from runql.plan.selectors import TypedSelector
from runql.plan.to_sql.statement import TIES, RunStatement
from runql.semantic.typed import FieldKey, HistoryNode, TAggregate, TField, TOrderKey
from runql.semantic.values import MISSING, Value
from runql.sources.paging import check_project
from runql.sources.protocol import Digest, PageRequest, RunColumns, RunDigest, RunValue
from runql.sources.store.choice import count, statement
from runql.sources.store.columns.series import StoredMetric, is_of_points
from runql.sources.store.lake.cells import Place, cell_columns, cells_sql, named_fields, places_of
from runql.sources.store.lake.digests import digest_of
from runql.sources.store.lake.point_folds import LakePointFolds, is_folded_metric
from runql.sources.store.lake.series import LakeSeries
from runql.sources.store.lake.snapshot import LakeSnapshot


class LakeColumns:
    """Gives listings of one version as columns. Threads may share it."""

    def __init__(self, snapshot: LakeSnapshot) -> None:
        self.snapshot = snapshot
        self._series = LakeSeries(snapshot.views, snapshot.run_count)
        self._folds = LakePointFolds(snapshot.views)

    def of(self, request: PageRequest, keys: Sequence[RunValue]) -> RunColumns | None:
        """The runs of a listing; `None` where the engine does not say all of it exactly, and where a field is a record
        of some run, whose values have rows of their own."""
        values = [key for key in keys if isinstance(key, TAggregate)]
        asked = self._asked(request)
        places = places_of((key for key in keys if isinstance(key, FieldKey)), self.snapshot.views.odd_of)
        if asked is None or places is None or not all(map(_is_told, values)):
            return None
        rows = self._rows(asked, [*places.values()], request.most)
        columns = cell_columns([row[2:] for row in rows], places)
        if columns is None:
            return None
        total = len(rows) if request.most is None else rows[0][1] if rows else count(self.snapshot, request)
        found = RunColumns(len(rows), total, columns)
        return self._with_values(found, [row[0] for row in rows], values) if values else found

    def digest(
        self, request: PageRequest, digest: Digest, keys: Sequence[FieldKey], of_all: Sequence[FieldKey]
    ) -> RunDigest | None:
        """What a stage needs of a listing, where the engine says it exactly."""
        asked = self._asked(request)
        order = None if asked is None else self._order_of(request, asked, digest)
        places = places_of(dict.fromkeys((*digest.by, *keys, *of_all)), self.snapshot.views.odd_of)
        if asked is None or order is None or places is None or request.most is not None:
            return None
        asked, own = order
        return digest_of(self.snapshot.views, asked, digest, places, order=own, keys=keys, of_all=of_all)

    def _order_of(
        self, request: PageRequest, asked: RunStatement, digest: Digest
    ) -> tuple[RunStatement, tuple[str, ...]] | None:
        """The statement with the fields of a digest's own order, and that order; `None` where it is not exact."""
        if not digest.order:
            return asked, ()
        keys = tuple(TOrderKey(TField(key), descending) for key, descending in digest.order)
        selector = request.selector
        assert isinstance(selector, TypedSelector)
        more = statement(self.snapshot, replace(request, selector=replace(selector, order=(*selector.order, *keys))))
        if more is None or more.here or not more.ordered:
            return None
        shared = len(asked.order) - len(TIES)
        own = more.order[shared : -len(TIES)]
        return (replace(more, order=asked.order), own) if own else None

    def single_values(
        self, of: tuple[str, str], run_ids: Sequence[str], nodes: Sequence[HistoryNode]
    ) -> dict[str, dict[HistoryNode, Value]]:
        """What the histories of runs come to, as far as the engine says it exactly."""
        known = [node for node in nodes if isinstance(node, TAggregate) and _is_told(node)]
        if not known:
            return {}
        stored = self.snapshot.with_ids(*of, run_ids)
        runs = [one.run for one in stored.values()]
        metrics = self._series.of(known, runs)
        found: dict[str, dict[HistoryNode, Value]] = {run_id: {} for run_id in stored}
        for node in known:
            told, values = self._told(metrics[node.metric], node, runs)
            for run_id, ok, value in zip(found, told, values, strict=True):
                if ok:
                    found[run_id][node] = value
        return found

    def _asked(self, request: PageRequest) -> RunStatement | None:
        """The statement of a listing; `None` where not all of it is the engine's, and where runs have to be looked at
        for what is to be said of them. Raises `NotFound` for a project that no run is of."""
        asked = statement(self.snapshot, request)
        if asked is None or asked.here or not asked.ordered or self.snapshot.tells_of_runs:
            return None
        check_project(self.snapshot.paths, request.entity, request.project)
        return asked

    def _rows(self, asked: RunStatement, places: Sequence[Place], most: int | None) -> list[tuple[Any, ...]]:
        """The key of each run, how many there are, and its cells: one for a column of `runs`, four for a field."""
        fields = named_fields(asked, places)
        cells = [cell for place in places for cell in cells_sql(place, fields)]
        wide = replace(asked, fields=tuple((name, field) for field, name in fields.items()))
        total = "0" if most is None else "count(*) OVER ()"
        return self.snapshot.views.listed(wide.sql(", ".join(("r.nr", total, *cells)), limit=most))

    def _with_values(self, found: RunColumns, runs: Sequence[str], values: Sequence[TAggregate]) -> RunColumns | None:
        metrics = self._series.of(values, runs)
        made: dict[RunValue, Column] = {}
        for node in values:
            told, cells = self._told(metrics[node.metric], node, runs)
            if not all(told):
                return None
            made[node] = column_of(cells)
        return replace(found, columns={**found.columns, **made})

    def _told(self, metric: StoredMetric, node: TAggregate, runs: Sequence[str]) -> tuple[list[bool], Sequence[Value]]:
        """A value of a metric in the runs, in their order, and in which of them it is what the engine of RunQL says."""
        import numpy as np

        if is_of_points(node):
            return metric.told(node.name).tolist(), metric.column(node.name).at(np.arange(len(runs)))
        is_exact, rows = metric.exact.tolist(), [*metric.column("rows").at(np.arange(len(runs)))]
        plain = [run for run, ok, count in zip(runs, is_exact, rows, strict=True) if ok and count]
        values = dict(zip(plain, self._folds.of(node, plain), strict=True))
        is_told = [ok and values.get(run, MISSING) is not None for run, ok in zip(runs, is_exact, strict=True)]
        return is_told, [values.get(run, MISSING) for run in runs]


def _is_told(node: TAggregate) -> bool:
    return is_of_points(node) or is_folded_metric(node)
