"""A listing as columns: the runs that it takes, and some of their fields, without a record for each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from runql.engine.values.column import Column
from runql.language.fields import Space
from runql.plan.to_sql.fields import located
from runql.semantic.typed import FieldKey, HistoryNode, TAggregate
from runql.semantic.values import Value
from runql.sources.protocol import PageRequest, RunColumns, RunValue
from runql.sources.store.choice import StoreChoice, choose, is_few
from runql.sources.store.columns.dense import DenseFields, Place
from runql.sources.store.snapshot import StoreSnapshot

if TYPE_CHECKING:
    from runql.sources.store.columns.series import StoredMetric, StoredSeries

_SPACES = frozenset({Space.RUN, Space.CONFIG, Space.SUMMARY})


class ListedColumns:
    """Gives listings as columns. The fields of one version are held, the last that was asked. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._fields: tuple[StoreSnapshot, DenseFields] | None = None
        self._series: tuple[StoreSnapshot, StoredSeries] | None = None

    def of(self, snapshot: StoreSnapshot, request: PageRequest, keys: Sequence[RunValue]) -> RunColumns | None:
        """The runs of a listing as columns of these fields.

        `None` where a field is not found by a place alone, where it is a record, where there is something to say of a
        run, and for few runs of which not all fields were asked for before: single runs are quicker to read.
        """
        fields = self._fields_of(snapshot)
        own = [key for key in keys if isinstance(key, FieldKey)]
        values = [key for key in keys if isinstance(key, TAggregate)]
        if len(_of_points(values)) < len(values):
            return None
        while True:
            generation = snapshot.views.generation
            places = _places(snapshot, fields, request, own)
            if places is None:
                return None
            choice = choose(snapshot, request)
            found = _columns(snapshot, fields, request, choice, dict(zip(own, places, strict=True)))
            if found is not None and values:
                found = _with_values(snapshot, self._series_of(snapshot), choice, found, values)
            if generation == snapshot.views.generation == choice.generation:
                return found

    def single_values(
        self, snapshot: StoreSnapshot, of: tuple[str, str], run_ids: Sequence[str], nodes: Sequence[HistoryNode]
    ) -> dict[str, dict[HistoryNode, Value]]:
        """What the histories of runs of a project come to, as far as SQL says what the engine would."""
        known = _of_points([node for node in nodes if isinstance(node, TAggregate)])
        if not known:
            return {}
        generation = snapshot.views.generation
        metrics = self._series_of(snapshot).of(known, snapshot.run_count, len(run_ids))
        numbers = {} if metrics is None else snapshot.numbers_of(*of, run_ids)
        if metrics is None or generation != snapshot.views.generation:
            return {}
        return _told(metrics, known, numbers)

    def _fields_of(self, snapshot: StoreSnapshot) -> DenseFields:
        with self._lock:
            if self._fields is None or self._fields[0] is not snapshot:
                self._fields = snapshot, DenseFields(snapshot.views)
            return self._fields[1]

    def _series_of(self, snapshot: StoreSnapshot) -> StoredSeries:
        from runql.sources.store.columns.series import StoredSeries

        with self._lock:
            if self._series is None or self._series[0] is not snapshot:
                self._series = snapshot, StoredSeries(snapshot.views)
            return self._series[1]


def _of_points(nodes: Sequence[TAggregate]) -> list[TAggregate]:
    """Those that SQL works out of the points. What does that is loaded once a question has some."""
    if not nodes:
        return []
    from runql.sources.store.columns.series import is_of_points

    return [node for node in nodes if is_of_points(node)]


def _told(
    metrics: Mapping[str, StoredMetric], nodes: Sequence[TAggregate], numbers: Mapping[str, int]
) -> dict[str, dict[HistoryNode, Value]]:
    """Values of some runs, by their ids, whose numbers are these."""
    import numpy as np

    at = np.asarray([*numbers.values()], np.int64)
    found: dict[str, dict[HistoryNode, Value]] = {run_id: {} for run_id in numbers}
    for node in nodes:
        metric = metrics[node.metric]
        is_exact, values = metric.told(node.name)[at].tolist(), metric.column(node.name).at(at)
        for run_id, ok, value in zip(numbers, is_exact, values, strict=True):
            if ok:
                found[run_id][node] = value
    return found


def _places(
    snapshot: StoreSnapshot, fields: DenseFields, request: PageRequest, keys: Sequence[FieldKey]
) -> list[Place] | None:
    odd_of = snapshot.views.odd_of
    places = [located(key, odd_of) if key.space in _SPACES else None for key in keys]
    known = [place for place in places if place is not None]
    if len(known) < len(places) or snapshot.tells_of_runs:
        return None
    if request.most is not None and is_few(request.most, snapshot) and not fields.is_worth(known):
        return None
    return known


def _columns(
    snapshot: StoreSnapshot,
    fields: DenseFields,
    request: PageRequest,
    choice: StoreChoice,
    places: dict[FieldKey, Place],
) -> RunColumns | None:
    import numpy as np

    most = len(choice) if request.most is None else min(len(choice), request.most)
    numbers = np.asarray(choice[0:most], np.int64)
    columns: dict[RunValue, Column] = {}
    for key, place in places.items():
        dense = fields.of(place, snapshot.run_count)
        if dense is None:
            return None
        columns[key] = dense.at(numbers)
    return RunColumns(most, len(choice), columns)


def _with_values(
    snapshot: StoreSnapshot, series: StoredSeries, choice: StoreChoice, found: RunColumns, values: Sequence[TAggregate]
) -> RunColumns | None:
    """With what the histories come to; `None` where the engine has to say it of some of the runs, and for few runs."""
    import numpy as np

    metrics = series.of(values, snapshot.run_count, found.length)
    numbers = choice[0 : found.length]
    at = np.asarray(numbers, np.int64)
    if metrics is None or not all(metrics[node.metric].told(node.name)[at].all() for node in values):
        return None
    made: dict[RunValue, Column] = {node: metrics[node.metric].column(node.name).at(at) for node in values}
    return replace(found, columns={**found.columns, **made})
