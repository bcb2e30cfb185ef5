"""The single values that come of histories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import field

from runql.engine.evaluate import NO_AGGREGATES, Aggregates
from runql.engine.histories.aggregates import Aggregation, keys_needed, known_from_record
from runql.engine.histories.facts import LoggedIn, metrics_told
from runql.execute.pages import FoundRun, by_project
from runql.semantic.naming import aggregate_text
from runql.semantic.record import RunRecord
from runql.semantic.typed import HistoryNode, TAggregate, TConst
from runql.sources.protocol import HistoryRequest, Stream
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable

_SYSTEM = "system."


@changeable
class AggregateReader:
    """The values of `min(logged.loss)` and its like, run by run. Each history is read once, for all of them.

    `looked_at` and `passed`: which metrics the runs have that were read, and those that the answer takes.
    """

    nodes: tuple[HistoryNode, ...]
    looked_at: LoggedIn
    passed: LoggedIn
    runs_read: int = 0
    _said: dict[Diagnostic, None] = field(default_factory=dict)
    _skipped: Counter[HistoryNode] = field(default_factory=Counter)
    _empty: Counter[HistoryNode] = field(default_factory=Counter)
    _without_x: Counter[HistoryNode] = field(default_factory=Counter)
    _values: dict[int, Aggregates] = field(default_factory=dict)
    _logged: dict[int, frozenset[str]] = field(default_factory=dict)
    _held: dict[int, RunRecord] = field(default_factory=dict)  # so that no other run gets the identity of one gone

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
        for stretch in by_project(found):
            ids = tuple(record.id for record in stretch.records)
            told = stretch.service.single_values(stretch.entity, stretch.project, ids, self.nodes)
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
        for stretch in by_project(found):
            running = {record.id: Aggregation(nodes, record) for record in stretch.records}
            for history in stretch.histories(request):
                self._said.update(dict.fromkeys(history.notices))
                running[history.run_id].add(history)
            for record in stretch.records:
                aggregation, key = running[record.id], id(record)
                self._values[key] = {**aggregation.result(), **self._values[key]}
                self._logged[key] = self._logged.get(key, frozenset()) | frozenset(aggregation.rows_of)
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
