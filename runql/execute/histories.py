"""What of histories is asked for, and the single values that come of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from runql.engine.evaluate import NO_AGGREGATES, Aggregates
from runql.engine.histories.aggregates import Aggregation, HistoryNode, keys_needed, known_from_record
from runql.execute.found_run import Found
from runql.semantic.naming import aggregate_text
from runql.semantic.record import RunHistory, RunRecord
from runql.semantic.values import Value
from runql.sources.protocol import HistoryRequest, Stream
from runql.text.diagnostic import Diagnostic

_SYSTEM = "system."


def histories_of(found: Sequence[Found], request: HistoryRequest) -> Iterator[RunHistory]:
    """The histories of runs in their order: one request for each stretch of runs that one project holds."""
    for (service, entity, project), group in groupby(
        found, key=lambda one: (one.place.service, one.entity, one.project)
    ):
        ids = tuple(one.record.id for one in group)
        yield from service.histories(replace(request, entity=entity, project=project, run_ids=ids))


class AggregateReader:
    """The values of `min(logged.loss)` and its like, run by run. Each history is read once, for all of them."""

    def __init__(self, nodes: Iterable[HistoryNode]) -> None:
        self.nodes = tuple(nodes)
        self._said: dict[Diagnostic, None] = {}
        self._skipped: Counter[HistoryNode] = Counter()
        self.runs_read = 0
        self._values: dict[int, Aggregates] = {}
        self._held: dict[int, RunRecord] = {}  # so that no other run gets the identity of one that is gone

    @property
    def notices(self) -> tuple[Diagnostic, ...]:
        """What is to be said of the histories that were read, and of the values that the aggregates skipped."""
        skipped = (
            Diagnostic("RQL312", f"`{aggregate_text(node)}`: {count:,} values that are no numbers skipped", node.span)
            for node, count in self._skipped.items()
            if count
        )
        return (*self._said, *skipped)

    def of(self, record: RunRecord) -> Aggregates:
        """What is known of a run. Raises RQL901 (of the engine, on use) for one that `load` was not called for."""
        return self._values.get(id(record), NO_AGGREGATES)

    def load(self, found: Sequence[Found]) -> None:
        """Read the histories of the runs that were not read yet, as far as the runs themselves don't tell."""
        if not self.nodes:
            return
        fresh = [one for one in found if id(one.record) not in self._values]
        unread = []
        for one in fresh:
            known = known_from_record(self.nodes, one.record)
            self._values[id(one.record)] = known
            self._held[id(one.record)] = one.record
            if len(known) < len(self.nodes):
                unread.append(one)
        self.runs_read += len(unread)
        for stream in ("default", "system"):
            self._scan(unread, stream)

    def forget(self, found: Sequence[Found]) -> None:
        """Drop what is known of runs that nobody will ask about again."""
        for one in found:
            self._values.pop(id(one.record), None)
            self._held.pop(id(one.record), None)

    def _scan(self, found: Sequence[Found], stream: Stream) -> None:
        nodes = [node for node in self.nodes if node.metric.startswith(_SYSTEM) == (stream == "system")]
        if not nodes or not found:
            return
        axis = "_timestamp" if stream == "system" else "_step"
        request = HistoryRequest("", "", (), keys_needed(nodes), None, "any", axis, stream=stream)
        # A run id is only unique within a project, so every stretch of one project has its own sums.
        for _, group in groupby(found, key=lambda one: (one.place.service, one.entity, one.project)):
            stretch = list(group)
            running = {one.record.id: Aggregation(nodes) for one in stretch}
            for history in histories_of(stretch, request):
                self._said.update(dict.fromkeys(history.notices))
                running[history.run_id].add(history)
            for aggregation in running.values():
                self._skipped.update(aggregation.skipped)
            for one in stretch:
                results: dict[HistoryNode, Value] = running[one.record.id].result()
                self._values[id(one.record)] = {**results, **self._values[id(one.record)]}
