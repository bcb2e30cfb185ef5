"""Asks for the histories of many runs at once, in batches that grow and shrink with what the server bears; and reads
the answers: specs, the sets of metrics logged together, rows as tables.

A batch that fails is halved; a run that fails alone is given up on, and said, without costing the others.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeAlias

from runql.engine.table import Table
from runql.engine.values.column import Numbers, column_of, constant, intersection
from runql.engine.values.rows import columns_of_rows
from runql.semantic.values import MISSING, Missing
from runql.sources.history_rows import x_axis_of
from runql.sources.protocol import HistoryRequest
from runql.sources.wandb.decode import ProjectPlace, as_mapping, finite_or_float
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.http.client import GraphqlAnswer
from runql.sources.wandb.http.flow_control import Stakes
from runql.sources.wandb.listing.chunks import edges_of
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


Group: TypeAlias = tuple[str, ...]

STEP = "_step"


@frozen
class MetricInfo:
    """`rows`: how many rows hold the metric. `is_text`: it was never logged as a number."""

    rows: int
    is_text: bool


@frozen
class HistoryQuestion:
    """What is asked of each run. `field`: what brings the rows, which are sampled by `specs`, or whole, or machine
    metrics, or told where their export is. `options`: what else is asked for."""

    field: str
    options: frozenset[str] = frozenset()
    specs: tuple[str, ...] = ()
    samples: int | None = None
    low: int | None = None
    high: int | None = None


_OPTIONS = {"sampledHistory": "sampled", "history": "whole", "events": "system", "parquetHistory": "exported"}
"""By the field that brings the rows: the option of a document that asks for it."""


@dataclass
class Batch:
    """Some runs, what is asked of them, and the answer on its way."""

    run_ids: tuple[str, ...]
    ask: HistoryQuestion
    sent: Sent
    nodes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    failed: dict[str, Failure] = field(default_factory=dict)


class Asker:
    """Sends batches of one project and reads their nodes. `expected`: how many runs there are to ask for. `size`: how
    many to ask for at once, 20 at first, or a few more where that saves a round of requests.

    When nothing at all comes and a few runs failed alone, it is the server and no matter of single runs.
    """

    def __init__(self, server: WandbServer, place: ProjectPlace, expected: int) -> None:
        self._server = server
        self._place = place
        self._expected = expected
        self.odd_rows = OddRows()
        in_one_round = -(-expected // MOST_IN_FLIGHT)
        self.size = float(in_one_round if FIRST_SIZE < in_one_round <= MOST_FIRST else FIRST_SIZE)
        self._most = MOST_RUNS
        self._any_came = False
        self._by_name = False
        self._alone_failed = 0

    def send(self, run_ids: tuple[str, ...], ask: HistoryQuestion) -> Batch:
        """Puts a question on its way."""
        variables: dict[str, Any] = {
            "entity": self._place.entity,
            "project": self._place.project,
            "specs": list(ask.specs),
            "samples": ask.samples,
            "minStep": ask.low,
            "maxStep": ask.high,
            "maxKeyLimit": MAX_KEY_LIMIT,
        }
        count = len(run_ids)
        options, needs = ask.options | {_OPTIONS[ask.field]}, frozenset({f"Run.{ask.field}"})
        stakes = _OF_SOME if count > 1 else _OF_ONE if self._expected > 1 else _OF_THE_ONLY_ONE
        if self._server.abilities.does(FILTERS) and not self._by_name:
            needs |= {"Project.runs(filters)"}
            variables |= {"first": count, "filters": json.dumps({"name": {"$in": list(run_ids)}})}
            question = Question("histories", options, variables, 1, stakes, needs, read_nodes)
        else:
            variables |= {f"name_{index}": run_id for index, run_id in enumerate(run_ids)}
            question = Question("histories_by_name", options, variables, count, stakes, needs, read_nodes)
        return Batch(run_ids, ask, self._server.submit(question))

    def collect(self, batch: Batch) -> None:
        """Waits for the nodes of a batch; what fails is halved until it is known which runs it is.

        Raises:
            Failure: it is not a matter of single runs.
            NotFound: there is no such project, or none that may be seen.
        """
        try:
            self._read(batch, self._server.wait(batch.sent))
        except Failure as failure:
            abilities = self._server.abilities
            by_filter = batch.sent[0].name == "histories"
            is_named_else = by_filter and not abilities.does(FILTERS) and abilities.has(f"Run.{batch.ask.field}")
            if failure.kind is Fault.LACKING and is_named_else:
                batch.sent = self.send(batch.run_ids, batch.ask).sent
                self.collect(batch)
            elif failure.kind in _ISOLATED and not failure.is_hopeless:
                self._isolate(batch, failure)
            else:
                raise

    def _isolate(self, batch: Batch, failure: Failure) -> None:
        count = len(batch.run_ids)
        if count == 1:
            self._alone_failed += 1
            if not self._any_came and self._alone_failed >= min(_HOPELESS_AFTER, self._expected):
                raise failure
            batch.failed[batch.run_ids[0]] = failure
            return
        self._shrink(count)
        parts = batch.run_ids[: count // 2], batch.run_ids[count // 2 :]
        halves = [self.send(part, batch.ask) for part in parts]
        for half in halves:
            self.collect(half)
            batch.nodes |= half.nodes
            batch.failed |= half.failed

    def _shrink(self, size: int) -> None:
        """So many runs were too many."""
        self.size = max(1.0, min(self.size, size / 2))

    def _read(self, batch: Batch, answer: GraphqlAnswer) -> None:
        self._server.project_of(answer, self._place)
        asked = set(batch.run_ids)
        folded = {run_id.casefold() for run_id in asked}
        nodes: list[dict[str, Any]] = answer.made
        is_foreign = any(str(node.get("name")).casefold() not in folded for node in nodes)
        if batch.sent[0].name == "histories" and (is_foreign or not nodes):
            # Whoever gives others does not filter; whoever gives none may not know this filter, or they are gone.
            self._by_name = True
            batch.sent = self.send(batch.run_ids, batch.ask).sent
            self._read(batch, self._server.wait(batch.sent))
            if is_foreign or batch.nodes:
                self._server.abilities.learn_ignores(FILTERS)
            self._by_name = False
            return
        batch.nodes = {node["name"]: node for node in nodes if node.get("name") in asked}
        self._any_came = True
        if batch.nodes and all(node.get(batch.ask.field) is None for node in batch.nodes.values()):
            # Some servers answer null where others refuse.
            self._server.abilities.learn(Learned(frozenset({f"Run.{batch.ask.field}"})))
            raise Failure(Fault.LACKING, f"`{batch.ask.field}` is null for each of {len(batch.nodes):,} runs")
        # More at once after small quick answers, fewer after large ones.
        if answer.size > _LARGE_BYTES:
            self._shrink(max(1, int(self.size)))
        elif answer.size < _SMALL_BYTES and answer.seconds < _QUICK_SECONDS:
            self.size = min(self._most, self.size * 1.25)
        if answer.oddities:
            self.odd_rows.add_all(outsize_of(answer))
        if 0 < len(batch.nodes) < len(batch.run_ids):
            self._read_the_others(batch)

    def _read_the_others(self, batch: Batch) -> None:
        """Asks again for the runs that an answer left out: a server may cap its pages. What never comes is gone."""
        came = len(batch.nodes)
        rest = self.send(tuple(run_id for run_id in batch.run_ids if run_id not in batch.nodes), batch.ask)
        self.collect(rest)
        if rest.nodes:
            self._most = min(self._most, came)
            self.size = min(self.size, self._most)
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


# What specs ask, and how their answers are read.


def metrics_of(history_keys: Any, names: Collection[str] | None = None) -> dict[str, MetricInfo]:
    """What `historyKeys` says of each metric; of these alone, if `names` are given."""
    found = {}
    logged = as_mapping(as_mapping(history_keys).get("keys"))
    for name in logged if names is None else [name for name in names if name in logged]:
        info = logged[name]
        counts: dict[str, int] = {}
        for entry in as_mapping(info).get("typeCounts") or ():
            if type(entry) is dict and isinstance(entry.get("count"), int):
                counts[str(entry.get("type"))] = entry["count"]
        found[name] = MetricInfo(sum(counts.values()), "string" in counts and "number" not in counts)
    return found


def last_step(history_keys: Any) -> int | None:
    """The last step of a run; `None` if it logged nothing, or the server does not say."""
    step = as_mapping(history_keys).get("lastStep")
    return int(step) if isinstance(step, int | float) and not isinstance(step, bool) and step >= 0 else None


def axes(request: HistoryRequest) -> Group:
    """What every row must hold beside its metrics."""
    x_axis = x_axis_of(request)
    return (STEP,) if x_axis == STEP else (STEP, x_axis)


def spec_text(keys: Iterable[str], *, samples: int, low: int | None = None, high: int | None = None) -> str:
    """One spec of `sampledHistory`: rows that hold all of the keys. `high` is included, as the server has it there."""
    spec: dict[str, Any] = {"keys": list(dict.fromkeys(keys)), "samples": samples}
    if low is not None:
        spec["minStep"] = low
    if high is not None:
        spec["maxStep"] = high
    return json.dumps(spec)


def read_nodes(data: Mapping[str, Any], _fields: object = None) -> list[dict[str, Any]]:
    """The runs of an answer to a question for histories, that found them by a filter or by their names; with a table in
    the place of the rows of each spec."""
    project = data.get("project") or {}
    by_name = {name: node for name, node in project.items() if name.startswith("run_")}
    is_by_filter = "runs" in project or not by_name
    found = [edge["node"] for edge in edges_of(data)] if is_by_filter else [*by_name.values()]
    nodes = [node for node in found if isinstance(node, dict)]
    for node in nodes:
        specs = node.get("sampledHistory")
        if specs:
            node["sampledHistory"] = [Table(columns_of_rows(rows), len(rows)) for rows in specs]
    return nodes


def read_sampled(rows: Table, request: HistoryRequest, texts: Iterable[str] = ()) -> Table:
    """The rows of one spec, within the steps asked for. NaN written as text becomes a float, unless the metric is one
    of `texts`."""
    kept = set(texts)
    mended = {
        name: column_of(map(finite_or_float, column))
        for name, column in rows.columns.items()
        if not isinstance(column, Numbers) and str in column_of(column).types and name not in kept
    }
    table = Table({**rows.columns, **mended}, rows.length) if mended else rows
    is_unbounded = request.min_step is None and request.max_step is None
    return table if is_unbounded else within(table, request)


def table_of_lines(rows: Sequence[dict[str, Any]]) -> Table:
    """Whole rows."""
    return Table(columns_of_rows(rows), len(rows))


def within(table: Table, request: HistoryRequest) -> Table:
    """The rows within the steps asked for, both ends included."""
    low, high = request.min_step, request.max_step
    if low is None and high is None:
        return table
    inside = [
        isinstance(step, int | float) and (low is None or step >= low) and (high is None or step <= high)
        for step in steps_of(table)
    ]
    return _kept(table, bytes(inside))


def steps_of(table: Table) -> Sequence[Any]:
    """The step of each row; `MISSING` in one that holds none."""
    return table.columns.get(STEP) or constant(MISSING, table.length)


def holding(table: Table, keys: Iterable[str]) -> Table:
    """The rows that hold all of some keys."""
    needed = set(keys)
    if not needed <= table.columns.keys():
        return Table({}, 0)
    held = [column.held for key in needed if (column := column_of(table.columns[key])).has_gaps]
    return _kept(table, intersection(held, table.length)) if held else table


def _kept(table: Table, flags: bytes) -> Table:
    """The rows whose flag is set, with the columns that any of them holds."""
    if 0 not in flags:
        return table
    columns = {name: column_of(cells).compress(flags) for name, cells in table.columns.items()}
    return Table({name: cells for name, cells in columns.items() if cells.types - {Missing}}, flags.count(1))


def merge(parts: Sequence[Table]) -> Table:
    """The rows of several specs as one table: an outer join on the step, in order of steps."""
    if len(parts) == 1:
        return parts[0]
    steps = [[None if step is MISSING else step for step in steps_of(part)] for part in parts]
    ordered = sorted(dict.fromkeys(chain.from_iterable(steps)), key=lambda step: (step is None, step or 0))
    place = {step: at for at, step in enumerate(ordered)}
    columns: dict[str, list[Any]] = {}
    for part, own in zip(parts, steps, strict=True):
        places = [place[step] for step in own]
        for name, cells in part.columns.items():
            merged = columns.setdefault(name, [MISSING] * len(ordered))
            for at, cell in zip(places, cells, strict=True):
                if cell is not MISSING:
                    merged[at] = cell
    return Table({name: column_of(cells) for name, cells in columns.items()}, len(ordered))


def counts_of(table: Table) -> dict[str, int]:
    """How many rows hold each metric."""
    columns = {name: column_of(cells) for name, cells in table.columns.items()}
    return {name: each.held.count(1) if each.has_gaps else table.length for name, each in columns.items()}
