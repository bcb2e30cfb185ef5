"""Sampled histories of many runs: few requests, all metrics together, results in the order of the runs.

Metrics that were logged together share a spec, and so their sampled rows. Which those are is guessed first (all of
them) and checked with the counts that come along; a run for which the guess was wrong is asked again, and the guess is
better from then on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from runql.engine.table import Table
from runql.engine.values.rows import columns_of_rows
from runql.semantic.record import RunHistory
from runql.sources.history_rows import select_rows
from runql.sources.protocol import HistoryRequest
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.histories.batches import (
    MOST_IN_FLIGHT,
    Asker,
    Batch,
    Group,
    HistoryQuestion,
    MetricInfo,
    axes,
    check_rows,
    counts_of,
    failure_notice,
    gone_notice,
    holding,
    merge,
    metrics_of,
    read_sampled,
    spec_text,
)
from runql.sources.wandb.odd_values import fewer_notice
from runql.sources.wandb.project import WandbServer
from runql.text.diagnostic import Diagnostic

_MOST_GROUPS = 12
_ROUGHLY = 0.9
"""Servers give about as many samples as were asked for: fewer than this share of them, and nothing was left out."""

_MOST_SAMPLES = 2**31 - 1
_WHOLE_SAMPLES = 10_000


@dataclass
class _Job:
    """The batch of some runs that is asked now, for these groups; and what came of the runs so far."""

    run_ids: tuple[str, ...]
    batch: Batch
    groups: tuple[Group, ...]
    is_whole: bool = False
    nodes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    metrics: dict[str, dict[str, MetricInfo]] = field(default_factory=dict)
    rows: dict[str, dict[Group, Table]] = field(default_factory=dict)
    failed: dict[str, Failure] = field(default_factory=dict)


class SampledHistories:
    """One request, answered run by run."""

    def __init__(self, server: WandbServer, place: ProjectPlace, request: HistoryRequest) -> None:
        self._server = server
        self._request = request
        self._asker = Asker(server, place, len(request.run_ids))
        self._keys = tuple(dict.fromkeys(request.keys or ()))
        self._axes = axes(request)
        self._columns = tuple(dict.fromkeys((*self._axes, *self._keys)))
        self._names_metrics = request.keys is not None and request.stream == "default"
        self._samples = request.samples if request.samples is not None else _MOST_SAMPLES
        self._is_unbounded = request.min_step is None and request.max_step is None
        self._groups: list[Group] = [self._keys]
        self._waiting = deque(request.run_ids)
        self._jobs: deque[_Job] = deque()
        self._said: set[Diagnostic] = set()

    def __iter__(self) -> Iterator[RunHistory]:
        if self._server.abilities.lacks:
            check_rows(self._server, self._request)
        try:
            self._send_more()
            while self._jobs:
                job = self._jobs[0]
                while not job.is_whole:
                    self._advance(job)
                    # Others that came meanwhile get their next questions on the way.
                    for other in self._jobs:
                        if not other.is_whole and other is not job and other.batch.sent[2].done():
                            self._advance(other)
                self._jobs.popleft()
                self._send_more()
                abilities = self._server.abilities
                said = self._notices() if abilities.lacks or abilities.ignores else ()
                for run_id in job.run_ids:
                    yield self._history(job, run_id, said)
                    said = ()
        finally:
            for job in self._jobs:
                job.batch.sent[2].cancel()

    def _send_more(self) -> None:
        while self._waiting and len(self._jobs) < MOST_IN_FLIGHT:
            size = min(max(1, int(self._asker.size)), len(self._waiting))
            run_ids = tuple(self._waiting.popleft() for _ in range(size))
            groups = tuple(self._groups)
            self._jobs.append(_Job(run_ids, self._asker.send(run_ids, self._ask(groups)), groups))

    def _ask(self, groups: tuple[Group, ...]) -> HistoryQuestion:
        """What is asked of each run: single metrics, or whole rows, chosen from here."""
        request, samples = self._request, self._samples
        low, high = request.min_step, request.max_step
        if request.stream == "system":
            return HistoryQuestion("events", samples=samples)
        if self._names_metrics and self._server.abilities.has("Run.sampledHistory"):
            keys = [(*self._axes, *group) for group in groups]
            specs = tuple(spec_text(each, samples=samples, low=low, high=high) for each in keys)
            return HistoryQuestion("sampledHistory", frozenset({"keys"}), specs)
        samples = max(samples, _WHOLE_SAMPLES) if self._names_metrics else samples
        if self._is_unbounded:
            return HistoryQuestion("history", frozenset({"keys"}), samples=samples)
        high = None if high is None else high + 1
        return HistoryQuestion("history", frozenset({"keys", "window"}), samples=samples, low=low, high=high)

    def _advance(self, job: _Job) -> None:
        """Reads the answer that a job waits for, and asks again for what the guess of the groups missed."""
        batch, abilities = job.batch, self._server.abilities
        try:
            self._asker.collect(batch)
        except Failure as failure:
            if failure.kind is not Fault.LACKING:
                raise
            check_rows(self._server, self._request, failure)
            if abilities.has(f"Run.{batch.ask.field}"):
                raise
        job.failed |= batch.failed
        if not abilities.has(f"Run.{batch.ask.field}"):
            # The server turned out to have no sampled histories: the same runs again, by whole rows.
            job.batch = self._asker.send(job.run_ids, self._ask(job.groups))
            return
        for run_id, node in batch.nodes.items():
            job.nodes.setdefault(run_id, node)
            if "historyKeys" in node:
                job.metrics[run_id] = metrics_of(node["historyKeys"], self._columns if batch.ask.specs else None)
        missing = self._keep(job, batch) if batch.ask.specs else {}
        if not missing:
            job.is_whole = True
            return
        groups = tuple(dict.fromkeys(group for lacking in missing.values() for group in lacking))
        self._groups += [g for g in groups if g not in self._groups][: max(0, _MOST_GROUPS - len(self._groups))]
        job.groups = groups
        job.batch = self._asker.send(tuple(missing), self._ask(groups))

    def _keep(self, job: _Job, batch: Batch) -> dict[str, list[Group]]:
        """Keeps the rows of an answer; the groups that are still missing, by run."""
        missing = {}
        for run_id, node in batch.nodes.items():
            metrics = job.metrics.get(run_id)
            texts = [name for name, info in (metrics or {}).items() if info.is_text]
            kept = job.rows.setdefault(run_id, {})
            for group, rows in zip(job.groups, node.get("sampledHistory") or (), strict=False):
                kept[group] = read_sampled(rows, self._request, texts)
            lacking = [group for group in self._groups_needed(metrics, kept) if group not in kept]
            if lacking:
                missing[run_id] = lacking
        return missing

    def _groups_needed(self, metrics: Mapping[str, MetricInfo] | None, kept: Mapping[Group, Table]) -> list[Group]:
        """The groups of one run: with W&B's own rule all keys in one, else those that were logged equally often, if
        that was at the same steps."""
        if self._request.rows == "all" or len(self._keys) < 2:
            return [self._keys]
        if metrics is None:
            return [(key,) for key in self._keys]
        by_rows: dict[int, list[str]] = {}
        for key in self._keys:
            if key in metrics:
                by_rows.setdefault(metrics[key].rows, []).append(key)
        needed: list[Group] = []
        for rows, keys in by_rows.items():
            group = tuple(keys)
            count = min(rows, *(metrics[axis].rows for axis in self._axes if axis in metrics), self._samples * _ROUGHLY)
            least = count if self._is_unbounded else 1
            is_shared = group not in kept or kept[group].length >= least
            needed += [group] if is_shared else [(key,) for key in group]
        return needed

    def _history(self, job: _Job, run_id: str, said: tuple[Diagnostic, ...]) -> RunHistory:
        odd = self._asker.odd_rows
        notices = (*said, *odd.said_of(run_id)) if odd.are_any else said
        if run_id in job.failed:
            notices = (*notices, failure_notice(run_id, job.failed[run_id], self._server.host))
            return RunHistory(run_id, {}, notices=notices)
        node = job.nodes.get(run_id)
        if node is None:
            return RunHistory(run_id, {}, notices=(*notices, gone_notice(run_id)))
        metrics = job.metrics.get(run_id, {})
        if job.batch.ask.specs:
            return self._from_specs(run_id, job.rows.get(run_id, {}), metrics, notices)
        return self._from_lines(run_id, node, metrics, notices)

    def _from_specs(
        self,
        run_id: str,
        kept: Mapping[Group, Table],
        metrics: Mapping[str, MetricInfo],
        notices: tuple[Diagnostic, ...],
    ) -> RunHistory:
        is_any = self._request.rows == "any"
        if not is_any:
            kept = {group: holding(rows, self._columns) for group, rows in kept.items()}
        rows = merge([part for part in kept.values() if part.length] or [Table({}, 0)])
        came = counts_of(rows)
        counted = {key: metrics[key].rows for key in self._keys if key in metrics}
        cut: set[str] = set()
        for group, part in kept.items():
            # Whether the server left rows of the group out of its sample.
            known = [counted[key] for key in group if key in counted]
            if part.length >= self._samples * _ROUGHLY and (not known or min(known) > part.length):
                cut.update(group)
        if not cut and is_any and len(self._axes) > 1 and self._is_unbounded and metrics:
            notices += self._without_x(run_id, kept, metrics)
        # Of a run that never logged the x axis no row is asked for, and what is left out was said.
        has_x = self._request.x_axis.startswith("_") or self._request.x_axis in metrics
        if self._is_unbounded and is_any and has_x and not counted.keys() <= came.keys():
            none = {key: count for key, count in counted.items() if key not in came}
            notices += fewer_notice(run_id, none, came, self._server.host)
        columns = {name: rows.columns[name] for name in self._columns if name in rows.columns}
        rows_of = counted if self._is_unbounded else {}
        if not rows_of:
            rows_of = {key: came[key] for key in self._keys if key in came and key not in cut}
        return RunHistory(run_id, columns, rows_of, bool(cut), notices)

    def _from_lines(
        self, run_id: str, node: Mapping[str, Any], metrics: Mapping[str, MetricInfo], notices: tuple[Diagnostic, ...]
    ) -> RunHistory:
        """From whole rows: what was asked for of them is chosen here."""
        request = self._request
        lines = self._asker.odd_rows.read_lines(run_id, node.get("events" if request.stream == "system" else "history"))
        asked = _WHOLE_SAMPLES if self._names_metrics else self._samples
        cut = len(lines) >= asked * _ROUGHLY and node.get("historyLineCount") != len(lines)
        chosen = select_rows(run_id, columns_of_rows(lines), request)
        rows_of: Mapping[str, int] = chosen.rows_of
        if cut:
            known = metrics if self._is_unbounded and request.stream == "default" else {}
            rows_of = {key: known[key].rows for key in rows_of if key in known}
        notices = (*notices, *self._asker.odd_rows.said_of(run_id), *chosen.notices)
        return replace(chosen, rows_of=rows_of, sampled=chosen.sampled or cut, notices=notices)

    def _without_x(
        self, run_id: str, kept: Mapping[Group, Table], metrics: Mapping[str, MetricInfo]
    ) -> tuple[Diagnostic, ...]:
        """What to say of rows that the server left out because they have no x."""
        missing = 0
        for key in self._keys:
            came = max((rows.length for group, rows in kept.items() if key in group), default=0)
            missing = max(missing, metrics[key].rows - came if key in metrics else 0)
        rows_said = "1 row" if missing == 1 else f"{missing} rows"
        said = f"{rows_said} of run `{run_id}` left out: no `{self._request.x_axis}`"
        return (Diagnostic("RQL508", said, count=missing),) if missing else ()

    def _notices(self) -> tuple[Diagnostic, ...]:
        """What was not yet said of the server, which lacks something."""
        abilities = self._server.abilities
        is_sampled = self._names_metrics and abilities.has("Run.sampledHistory")
        concerned = ["Run.events"] if self._request.stream == "system" else []
        if self._request.stream == "default":
            concerned += ["Run.sampledHistory", "Run.historyKeys"] if self._request.keys is not None else []
            concerned += [] if is_sampled else ["Run.history"]
        found = abilities.notices(self._server.host, concerned)
        new = tuple(notice for notice in found if notice not in self._said)
        self._said.update(new)
        return new
