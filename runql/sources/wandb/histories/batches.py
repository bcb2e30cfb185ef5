"""Asks for the histories of many runs at once, in batches that grow and shrink with what the server bears.

A batch that fails is halved; a run that fails alone is given up on, and said, without costing the others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runql.sources.protocol import HistoryRequest
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.histories.specs import as_tables, nodes_of_runs
from runql.sources.wandb.http.client import GraphqlAnswer
from runql.sources.wandb.http.retry_rule import Stakes
from runql.sources.wandb.odd_values import OddRows, outsize_of
from runql.sources.wandb.project import Question, Sent, WandbServer
from runql.sources.wandb.schema.abilities import FILTERS
from runql.sources.wandb.schema.refusals import Learned
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

FIRST_SIZE = 20
MOST_FIRST = 32
MOST_RUNS = 100
MOST_IN_FLIGHT = 8
MAX_KEY_LIMIT = 10_000
_SMALL_BYTES = 2_000_000
_LARGE_BYTES = 8_000_000
_QUICK_SECONDS = 2.0
_OF_SOME = Stakes(2, isolates=True)
_OF_ONE = Stakes(3, isolates=True, final=True)
_OF_THE_ONLY_ONE = Stakes(12, isolates=True, final=True)
_HOPELESS_AFTER = 3

_ISOLATED = frozenset(
    {Fault.OVERLOADED, Fault.TIMED_OUT, Fault.BROKEN, Fault.REFUSED, Fault.NOT_JSON, Fault.TOO_LARGE, Fault.MISSING}
)
"""Failures that may be one run's fault: the others are then asked without it."""


class Sizer:
    """How many runs to ask for at once: 20 at first, or a few more where that saves a round of requests."""

    def __init__(self, expected: int) -> None:
        in_one_round = -(-expected // MOST_IN_FLIGHT)
        self._size = float(in_one_round if FIRST_SIZE < in_one_round <= MOST_FIRST else FIRST_SIZE)
        self._most = MOST_RUNS

    @property
    def size(self) -> int:
        return max(1, int(self._size))

    def came(self, answer: GraphqlAnswer) -> None:
        """Grows after small quick answers, shrinks after large ones."""
        if answer.size > _LARGE_BYTES:
            self.too_much(self.size)
        elif answer.size < _SMALL_BYTES and answer.seconds < _QUICK_SECONDS:
            self._size = min(self._most, self._size * 1.25)

    def capped(self, size: int) -> None:
        """The server gave no more than so many runs."""
        self._most = min(self._most, size)
        self._size = min(self._size, self._most)

    def too_much(self, size: int) -> None:
        """So many runs were too many."""
        self._size = max(1.0, min(self._size, size / 2))


@frozen
class HistoryQuestion:
    """What is asked of each run: `specs` of `sampledHistory`, or whole rows, or machine metrics, or
    where its export is."""

    options: frozenset[str]
    specs: tuple[str, ...] = ()
    samples: int | None = None
    low: int | None = None
    high: int | None = None

    @property
    def needs(self) -> frozenset[str]:
        """The fields of a run without which the answer is no use."""
        return frozenset(f"Run.{field}" for option, field in _ROWS_OF.items() if option in self.options)

    @property
    def field(self) -> str:
        """The field that brings the rows."""
        return next(field for option, field in _ROWS_OF.items() if option in self.options)


_ROWS_OF = {"sampled": "sampledHistory", "whole": "history", "system": "events", "exported": "parquetHistory"}


@dataclass
class Batch:
    """Some runs, what is asked of them, and the answer on its way."""

    run_ids: tuple[str, ...]
    ask: HistoryQuestion
    sent: Sent | None = None
    nodes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    failed: dict[str, Failure] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        return self.sent is not None and self.sent[2].done()


class Asker:
    """Sends batches of one project and reads their nodes. `expected`: how many runs there are to ask for.

    When nothing at all comes and a few runs failed alone, it is the server and no matter of single runs.
    """

    def __init__(self, server: WandbServer, place: ProjectPlace, expected: int) -> None:
        self._server = server
        self._place = place
        self._expected = expected
        self.sizer = Sizer(expected)
        self.odd_rows = OddRows()
        self._any_came = False
        self._by_name = False
        self._alone_failed = 0

    def send(self, batch: Batch) -> Batch:
        """Puts a batch on its way."""
        if batch.sent is None:
            batch.sent = self._server.submit(self._question(batch))
        return batch

    def _question(self, batch: Batch) -> Question:
        variables: dict[str, Any] = {
            "entity": self._place.entity,
            "project": self._place.project,
            "specs": list(batch.ask.specs),
            "samples": batch.ask.samples,
            "minStep": batch.ask.low,
            "maxStep": batch.ask.high,
            "maxKeyLimit": MAX_KEY_LIMIT,
        }
        stakes = _OF_SOME if len(batch.run_ids) > 1 else _OF_ONE if self._expected > 1 else _OF_THE_ONLY_ONE
        needs = batch.ask.needs
        if self._server.abilities.does(FILTERS) and not self._by_name:
            needs |= {"Project.runs(filters)"}
            variables["first"] = len(batch.run_ids)
            variables["filters"] = json.dumps({"name": {"$in": list(batch.run_ids)}})
            return Question("histories", batch.ask.options, variables, 1, stakes, needs, as_tables)
        variables |= {f"name_{index}": run_id for index, run_id in enumerate(batch.run_ids)}
        runs = len(batch.run_ids)
        return Question("histories_by_name", batch.ask.options, variables, runs, stakes, needs, as_tables)

    def collect(self, batch: Batch) -> None:
        """Waits for the nodes of a batch; what fails is halved until it is known which runs it is.

        Raises:
            Failure: it is not a matter of single runs.
            NotFound: there is no such project, or none that may be seen.
        """
        try:
            self._read(batch, self._server.wait(self._sent(batch)))
        except Failure as failure:
            by_filter = batch.sent is not None and batch.sent[0].name == "histories"
            abilities = self._server.abilities
            is_named_else = by_filter and not abilities.does(FILTERS) and abilities.has_all(batch.ask.needs)
            if failure.kind is Fault.LACKING and is_named_else:
                batch.sent = None
                self.collect(batch)
            elif failure.kind in _ISOLATED and not failure.is_hopeless:
                self._isolate(batch, failure)
            else:
                raise

    def _sent(self, batch: Batch) -> Sent:
        sent = self.send(batch).sent
        if sent is None:
            raise AssertionError("a batch was sent and is not on its way")
        return sent

    def _isolate(self, batch: Batch, failure: Failure) -> None:
        count = len(batch.run_ids)
        if count == 1:
            self._alone_failed += 1
            if not self._any_came and self._alone_failed >= min(_HOPELESS_AFTER, self._expected):
                raise failure
            batch.failed[batch.run_ids[0]] = failure
            return
        self.sizer.too_much(count)
        halves = [Batch(part, batch.ask) for part in (batch.run_ids[: count // 2], batch.run_ids[count // 2 :])]
        for half in halves:
            self.send(half)
        for half in halves:
            self.collect(half)
            batch.nodes |= half.nodes
            batch.failed |= half.failed

    def _read(self, batch: Batch, answer: GraphqlAnswer) -> None:
        self._server.project_of(answer, self._place)
        asked = set(batch.run_ids)
        folded = {run_id.casefold() for run_id in asked}
        nodes = nodes_of_runs(answer.data)
        is_foreign = any(str(node.get("name")).casefold() not in folded for node in nodes)
        by_filter = batch.sent is not None and batch.sent[0].name == "histories"
        if by_filter and (is_foreign or not nodes):
            # Whoever gives others does not filter; whoever gives none may not know this filter, or they are gone.
            self._by_name = True
            batch.sent = None
            self._read(batch, self._server.wait(self._sent(batch)))
            if is_foreign or batch.nodes:
                self._server.abilities.learn_ignores(FILTERS)
            self._by_name = False
            return
        nodes = [node for node in nodes if node.get("name") in asked]
        self._any_came = True
        if nodes and all(node.get(batch.ask.field) is None for node in nodes):
            # Some servers answer null where others refuse.
            self._server.abilities.learn(Learned(batch.ask.needs))
            raise Failure(Fault.LACKING, f"`{batch.ask.field}` is null for each of {len(nodes):,} runs")
        self.sizer.came(answer)
        batch.nodes = {str(node.get("name")): node for node in nodes}
        self.odd_rows.add_all(outsize_of(answer))
        self._read_the_others(batch)

    def _read_the_others(self, batch: Batch) -> None:
        """Asks again for the runs that an answer left out: a server may cap its pages. What never comes is gone."""
        others = tuple(run_id for run_id in batch.run_ids if run_id not in batch.nodes)
        if not others or not batch.nodes:
            return
        came = len(batch.nodes)
        rest = Batch(others, batch.ask)
        self.collect(rest)
        if rest.nodes:
            self.sizer.capped(came)
        batch.nodes |= rest.nodes
        batch.failed |= rest.failed


def check_rows(server: WandbServer, request: HistoryRequest, cause: Failure | None = None) -> None:
    """Makes sure that the server gives the rows of a request in some way.

    Raises:
        Failure: it has none of the fields that bring them.
    """
    is_system = request.stream == "system"
    fields = ("events",) if is_system else ("history",) if request.keys is None else ("sampledHistory", "history")
    if any(server.abilities.has(f"Run.{field}") for field in fields):
        return
    named = " and no ".join(f"`{field}`" for field in fields)
    what = "machine metrics" if is_system else "histories"
    whole = "whole " if request.keys is None and server.abilities.has("Run.sampledHistory") else ""
    raise Failure(Fault.LACKING, f"its runs have no {named}, so no {whole}{what} can be read from it") from cause


def failure_notice(run_id: str, failure: Failure, host: str) -> Diagnostic:
    """What is said of a run whose history could not be fetched."""
    why = failure.treatment.sentence.format(host=host)
    said = f": {failure.detail}" if failure.detail else ""
    return Diagnostic("RQL408", f"the history of run `{run_id}` could not be fetched: {why}{said}")


def gone_notice(run_id: str) -> Diagnostic:
    return Diagnostic("RQL408", f"run `{run_id}` is gone, or may not be seen: it has no rows here")


def chunks(run_ids: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(run_ids[start : start + size]) for start in range(0, len(run_ids), size)]
