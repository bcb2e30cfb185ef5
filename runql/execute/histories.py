"""What of histories is asked for, and the single values that come of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from runql.engine.evaluate import NO_AGGREGATES, Aggregates
from runql.engine.histories.aggregates import Aggregation, keys_needed, known_from_record
from runql.engine.histories.facts import LoggedIn, metrics_told
from runql.engine.histories.tables import expand_keys, streams_of
from runql.execute.found_run import FoundRun
from runql.language.fields import Space
from runql.semantic.catalog import Catalog
from runql.semantic.naming import aggregate_text
from runql.semantic.record import RunHistory, RunRecord
from runql.semantic.typed import HistoryNode, HistoryPart, TAggregate, TConst
from runql.sources.protocol import HistoryRequest, Stream
from runql.syntax.tree import AlignMode
from runql.text.diagnostic import Diagnostic

_SYSTEM = "system."


def histories_of(found: Sequence[FoundRun], request: HistoryRequest) -> Iterator[RunHistory]:
    """The histories of runs in their order: one request for each stretch of runs that one project holds."""
    for (service, entity, project), group in groupby(
        found, key=lambda one: (one.place.service, one.entity, one.project)
    ):
        ids = tuple(one.record.id for one in group)
        yield from service.histories(replace(request, entity=entity, project=project, run_ids=ids))


def requests_of(part: HistoryPart, catalog: Catalog) -> tuple[HistoryRequest, HistoryRequest | None]:
    """What to ask of the stream that makes the rows, and of the machine metrics that are joined to it."""
    streams = streams_of(part)
    own = Space.SYSTEM if streams.is_system else Space.LOGGED
    keys = _expanded(streams.asked, own, catalog)
    is_inner = part.align is AlignMode.INNER and keys is not None and keys == streams.keys
    request = HistoryRequest(
        entity="",
        project="",
        run_ids=(),
        keys=keys,
        samples=part.samples,
        rows="all" if is_inner else "any",
        x_axis=streams.x_axis,
        min_step=part.min_step,
        max_step=part.max_step,
        min_x=part.min_x,
        max_x=part.max_x,
        stream="system" if own is Space.SYSTEM else "default",
    )
    if not streams.is_joined:
        return request, None
    machine_keys = _expanded(part.system_keys, Space.SYSTEM, catalog)
    return request, HistoryRequest("", "", (), machine_keys, None, "any", "_timestamp", stream="system")


def _expanded(keys: tuple[str, ...] | None, space: Space, catalog: Catalog) -> tuple[str, ...] | None:
    """The keys without globs, if the catalog knows what was logged; else every key is asked for."""
    if keys is None or not any("*" in key for key in keys):
        return keys
    logged = [*catalog.index.metrics[space]]
    return expand_keys(keys, logged) if logged else None


class AggregateReader:
    """The values of `min(logged.loss)` and its like, run by run. Each history is read once, for all of them.

    `looked_at` and `passed`: which metrics the runs have that were read, and those that the answer takes.
    """

    def __init__(self, nodes: Iterable[HistoryNode]) -> None:
        self.nodes = tuple(nodes)
        self._said: dict[Diagnostic, None] = {}
        self._skipped: Counter[HistoryNode] = Counter()
        self._empty: Counter[HistoryNode] = Counter()
        self._without_x: Counter[HistoryNode] = Counter()
        self.runs_read = 0
        self._values: dict[int, Aggregates] = {}
        self._logged: dict[int, frozenset[str]] = {}
        self.looked_at, self.passed = LoggedIn(self.nodes), LoggedIn(self.nodes)
        self._held: dict[int, RunRecord] = {}  # so that no other run gets the identity of one that is gone

    @property
    def notices(self) -> tuple[Diagnostic, ...]:
        """What is to be said of the histories that were read, and of the values that the aggregates skipped."""
        skipped = (
            Diagnostic("RQL312", _skipped_text(node, self._skipped[node], self._empty[node]), node.span)
            for node in self.nodes
            if isinstance(node, TAggregate) and (self._skipped[node] or self._empty[node])
        )
        without_x = (
            Diagnostic("RQL508", f"`{aggregate_text(node)}`: {_values(count)} left out: no `{node.x_axis}`", node.span)
            for node, count in self._without_x.items()
            if isinstance(node, TAggregate)
        )
        return (*self._said, *skipped, *without_x)

    def of(self, record: RunRecord) -> Aggregates:
        """What is known of a run. Raises RQL901 (of the engine, on use) for one that `load` was not called for."""
        return self._values.get(id(record), NO_AGGREGATES)

    def load(self, found: Sequence[FoundRun]) -> None:
        """Read the histories of the runs that were not read yet, as far as the runs themselves don't tell."""
        fresh = [one for one in found if id(one.record) not in self._values]
        unread = []
        for one, told in zip(fresh, self._told(fresh), strict=True):
            known = {**told, **known_from_record(self.nodes, one.record)}
            self._values[id(one.record)] = known
            self._held[id(one.record)] = one.record
            if len(known) < len(self.nodes):
                unread.append(one)
        self.runs_read += len(unread)
        for stream in ("default", "system"):
            self._scan(unread, stream)
        for one in fresh:
            key = id(one.record)
            self._logged[key] = metrics_told(self._values[key], self._logged.get(key, ()))
            self.looked_at.add(self._logged[key])

    def take(self, found: Sequence[FoundRun]) -> None:
        """Count in runs, which were loaded, of those that the answer takes."""
        for one in found:
            self.passed.add(self._logged[id(one.record)])

    def _told(self, found: Sequence[FoundRun]) -> Iterator[Aggregates]:
        """What the sources know of the values, run by run."""
        for (service, entity, project), group in groupby(
            found, key=lambda one: (one.place.service, one.entity, one.project)
        ):
            ids = tuple(one.record.id for one in group)
            told = service.single_values(entity, project, ids, self.nodes)
            yield from (told.get(run_id, NO_AGGREGATES) for run_id in ids)

    def forget(self, found: Sequence[FoundRun]) -> None:
        """Drop what is known of runs that nobody will ask about again."""
        for one in found if self._values else ():
            self._values.pop(id(one.record), None)
            self._held.pop(id(one.record), None)
            self._logged.pop(id(one.record), None)

    def _scan(self, found: Sequence[FoundRun], stream: Stream) -> None:
        nodes = [node for node in self.nodes if node.metric.startswith(_SYSTEM) == (stream == "system")]
        if not nodes or not found:
            return
        axis = "_timestamp" if stream == "system" else "_step"
        request = HistoryRequest("", "", (), keys_needed(nodes), None, "any", axis, stream=stream)
        # A run id is only unique within a project, so every stretch of one project has its own sums.
        for _, group in groupby(found, key=lambda one: (one.place.service, one.entity, one.project)):
            stretch = list(group)
            running = {one.record.id: Aggregation(nodes, one.record) for one in stretch}
            for history in histories_of(stretch, request):
                self._said.update(dict.fromkeys(history.notices))
                running[history.run_id].add(history)
            for one in stretch:
                aggregation = running[one.record.id]
                self._values[id(one.record)] = {**aggregation.result(), **self._values[id(one.record)]}
                rows_of = frozenset(aggregation.rows_of)
                self._logged[id(one.record)] = self._logged.get(id(one.record), frozenset()) | rows_of
                self._skipped.update(aggregation.skipped)
                self._empty.update(aggregation.is_empty)
                self._without_x.update(aggregation.without_x)


def _skipped_text(node: TAggregate, skipped: int, empty: int) -> str:
    """What an aggregate of numbers skipped, and for how many runs nothing was left."""
    name = f"`{aggregate_text(node)}`"
    said = [f"{name}: {_values(skipped)} that {'is no number' if skipped == 1 else 'are no numbers'} skipped"]
    if empty:
        runs = "1 run" if empty == 1 else f"{empty:,} runs"
        said.append(f"{'' if skipped else f'{name} is '}empty for {runs}: {_lack_of(node)}")
    return "; ".join(said if skipped else said[1:])


def _lack_of(node: TAggregate) -> str:
    """Of what there was too little, though the metric was logged."""
    match node.name:
        case "std":
            return "fewer than two numbers among the values"
        case "auc" | "slope":
            return f"no two numbers at different `{node.x_axis}`"
        case "at":
            is_fixed = isinstance(node.argument, TConst)
            return f"no value at or before that `{node.x_axis}`{'' if is_fixed else ', or no number for it'}"
        case "argmin" | "argmax":
            return f"no number at a `{node.x_axis}`"
        case "spikes" if node.argument is not None and not isinstance(node.argument, TConst):
            return "no number among the values, or no number of deviations"
        case _:
            return "no number among the values"


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count:,} values"
