"""Every row of many runs: exact pages by steps, several at once, given in order.

A page of a thousand steps holds at most a thousand rows, so W&B's sampling leaves it whole. Where steps are sparse a
page may be wider; one that comes back full may have been sampled and is read again in halves.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from runql.engine.table import Table
from runql.semantic.record import RunHistory
from runql.sources.history_rows import select_rows
from runql.sources.protocol import HistoryRequest
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.histories.batches import (
    MOST_IN_FLIGHT,
    STEP,
    Asker,
    Batch,
    HistoryQuestion,
    axes,
    check_rows,
    chunks,
    counts_of,
    failure_notice,
    gone_notice,
    last_step,
    merge,
    metrics_of,
    read_sampled,
    spec_text,
    steps_of,
    table_of_lines,
    within,
)
from runql.sources.wandb.histories.exports import Exports, ToldOfRun
from runql.sources.wandb.odd_values import fewer_notice
from runql.sources.wandb.project import WandbServer
from runql.sources.wandb.schema.refusals import Learned
from runql.text.diagnostic import Diagnostic

PAGE_STEPS = 1000
PAGE_ROWS = 1000
_FIRST_RUNS = 10
_MOST_SPECS = 20
_FULL = 0.9
_MOST_STEPS = 2**53
_MOST_WINDOWS = 10_000
"""Of one run: a server that tells of more steps than there can be costs no more memory than these."""
_MOST_SAMPLES = 2**31 - 1
_WIDER = 8
_WINDOW = frozenset({"Run.history(minStep)", "Run.history(maxStep)"})


@dataclass
class _Window:
    """The steps from `low` up to and without `high`, of some runs (several only in their first window). `seeks`: nobody
    knows where the run ends; what comes after this window is decided by what it holds."""

    run_ids: tuple[str, ...]
    low: int
    high: int
    is_first: bool = False
    seeks: bool = False
    batch: Batch | None = None


@dataclass
class _Progress:
    """What is known of a run while it is read."""

    count: int | None = None
    rows_of: dict[str, int] = field(default_factory=dict)
    texts: frozenset[str] = frozenset()
    came: Counter[str] = field(default_factory=Counter)


class Scan:
    """One request for every row, answered window by window."""

    def __init__(self, server: WandbServer, place: ProjectPlace, request: HistoryRequest) -> None:
        self._server = server
        self._request = request
        self._asker = Asker(server, place, len(request.run_ids))
        self._keys = tuple(dict.fromkeys(request.keys or ()))
        self._low = max(0, request.min_step or 0)
        self._progress = {run_id: _Progress() for run_id in request.run_ids}
        self._windows = deque(
            _Window(run_ids, self._low, self._low + PAGE_STEPS, is_first=True)
            for run_ids in chunks(request.run_ids, _FIRST_RUNS)
        )
        self._said: set[Diagnostic] = set()
        self._exports = Exports(server, self._asker, request)

    def __iter__(self) -> Iterator[RunHistory]:
        check_rows(self._server, self._request)
        try:
            while self._windows:
                self._send()
                window = self._windows.popleft()
                yield from self._read(window)
        finally:
            for window in self._windows:
                if window.batch is not None:
                    window.batch.sent[2].cancel()

    def _send(self) -> None:
        for index, window in enumerate(self._windows):
            if index >= MOST_IN_FLIGHT:
                break
            if window.batch is None:
                window.batch = self._asker.send(window.run_ids, self._ask(window))

    @property
    def _by_spec(self) -> bool:
        abilities = self._server.abilities
        few = len(self._keys) <= _MOST_SPECS or not abilities.has("Run.history")
        return self._request.keys is not None and few and abilities.has("Run.sampledHistory")

    @property
    def _by_steps(self) -> bool:
        """Whether the server can be asked for the rows of some steps."""
        return self._by_spec or self._server.abilities.has_all(_WINDOW)

    def _ask(self, window: _Window) -> HistoryQuestion:
        keys = frozenset({"keys"} if window.is_first else ())
        high = window.high
        if self._request.max_step is not None:
            high = min(high, self._request.max_step + 1)
        if self._by_spec:
            groups = [self._keys] if self._request.rows == "all" else [(key,) for key in self._keys]
            plain = self._request.rows == "any" and self._request.x_axis != STEP
            specs = [self._spec(group, window.low, high - 1, plain=plain) for group in groups]
            if plain:
                specs.append(self._spec((self._request.x_axis,), window.low, high - 1, plain=True))
            return HistoryQuestion("sampledHistory", keys, tuple(specs))
        if not self._by_steps:
            return HistoryQuestion("history", keys, samples=_MOST_SAMPLES)
        return HistoryQuestion("history", keys | {"window"}, samples=PAGE_ROWS, low=window.low, high=high)

    def _spec(self, group: tuple[str, ...], low: int, high: int, *, plain: bool) -> str:
        # Without the x axis among the keys a row that lacks it still comes, and can be counted.
        own_axes = (STEP,) if plain else axes(self._request)
        return spec_text((*own_axes, *group), samples=PAGE_ROWS, low=low, high=high)

    def _read(self, window: _Window) -> Iterator[RunHistory]:
        if window.batch is None:
            raise AssertionError("a window is read before it was sent")
        batch = window.batch
        came = {run_id: self._parts(batch, run_id) for run_id in window.run_ids} if self._collected(batch) else None
        if came is None or not self._keeps_to(window, batch, chain.from_iterable(came.values())):
            window.batch = None
            self._windows.appendleft(window)
            return
        followers: list[_Window] = []
        for run_id in window.run_ids:
            parts = came[run_id]
            if self._is_full(parts, window):
                is_endless = window.seeks and window.high >= _MOST_STEPS
                middle = window.low + (window.high - window.low) // 2
                halves = ((window.low, window.high),) if is_endless else ((window.low, middle), (middle, window.high))
                followers += [_after(window, run_id, *half) for half in halves]
                continue
            has_more = (window.is_first or window.seeks) and run_id in batch.nodes
            rest = self._rest(batch.nodes[run_id], window, parts) if has_more else []
            behind = self._exported(run_id, window, parts) if self._exports.are_worth(len(rest)) else None
            if behind is not None:
                yield from self._answer(window, batch, run_id, parts, is_last=False)
                yield from (replace(select_rows(run_id, t.columns, self._request), rows_of={}) for t in behind)
                continue
            is_last = not rest and not any(run_id in other.run_ids for other in self._windows)
            yield from self._answer(window, batch, run_id, parts, is_last=is_last)
            if has_more:
                if rest and run_id != window.run_ids[-1]:
                    yield from self._now(rest)
                else:
                    followers += rest
        self._windows.extendleft(reversed(followers))

    def _collected(self, batch: Batch) -> bool:
        """Whether the rows came; otherwise they are asked for in another way from now on."""
        abilities = self._server.abilities
        try:
            self._asker.collect(batch)
        except Failure as failure:
            check_rows(self._server, self._request, failure)
            if failure.kind is not Fault.LACKING or abilities.has(f"Run.{batch.ask.field}"):
                raise
            return False
        is_by_steps = bool(batch.ask.specs) or "window" in batch.ask.options
        return bool(batch.ask.specs) == self._by_spec and is_by_steps == self._by_steps

    def _keeps_to(self, window: _Window, batch: Batch, parts: Iterable[Table]) -> bool:
        """Whether only rows of the steps asked for came. A server that ignores them is asked otherwise from then on."""
        if not self._by_steps or not any(_is_outside(step, window) for rows in parts for step in steps_of(rows)):
            return True
        self._server.abilities.learn(Learned(frozenset({f"Run.{batch.ask.field}"}) if batch.ask.specs else _WINDOW))
        check_rows(self._server, self._request)
        return False

    def _exported(self, run_id: str, window: _Window, parts: list[Table]) -> Iterator[Table] | None:
        """The rows behind the first window of a run, from its export if that is whole."""
        progress = self._progress[run_id]
        first = merge([part for part in parts if part.length] or [Table({}, 0)])
        return self._exports.rows_behind(ToldOfRun(run_id, first, window.high, progress.count, progress.rows_of))

    def _now(self, windows: list[_Window]) -> Iterator[RunHistory]:
        """Reads windows before anything else: the runs after this one wait for it."""
        later, self._windows = self._windows, deque(windows)
        while self._windows:
            self._send()
            yield from self._read(self._windows.popleft())
        self._windows = later

    def _is_full(self, parts: list[Table], window: _Window) -> bool:
        """Whether rows may have been left out: more steps than rows were asked for, and about as many rows came."""
        wide = window.high - window.low > PAGE_ROWS
        return wide and any(rows.length >= PAGE_ROWS * _FULL for rows in parts)

    def _parts(self, batch: Batch, run_id: str) -> list[Table]:
        node = batch.nodes.get(run_id, {})
        if "historyKeys" in node:
            metrics = metrics_of(node["historyKeys"])
            progress = self._progress[run_id]
            progress.count = node.get("historyLineCount")
            progress.rows_of = {name: info.rows for name, info in metrics.items()}
            progress.texts = frozenset(name for name, info in metrics.items() if info.is_text)
        if batch.ask.specs:
            texts = self._progress[run_id].texts
            return [read_sampled(rows, self._request, texts) for rows in node.get("sampledHistory") or ()]
        return [within(table_of_lines(self._asker.odd_rows.read_lines(run_id, node.get("history"))), self._request)]

    def _rest(self, node: Mapping[str, Any], window: _Window, parts: list[Table]) -> list[_Window]:
        """The windows after this one: as wide as the rows of the run lie apart, if it is known where they end."""
        run_id = str(node.get("name"))
        came = max((rows.length for rows in parts), default=0)
        if not self._by_steps:
            self._check_all(run_id, node)
            return []
        if window.seeks:
            return self._sought(run_id, window, came)
        count = node.get("historyLineCount") or 0
        last = last_step(node.get("historyKeys"))
        if last is None or any(_is_step(step) and step > last for rows in parts for step in steps_of(rows)):
            says_all = not self._by_spec and 0 < count == came
            is_over = says_all or (not came and self._server.abilities.has("Run.historyKeys"))
            return [] if is_over else self._sought(run_id, window, came)
        last = last if self._request.max_step is None else min(last, self._request.max_step)
        if last < window.high:
            return []
        width = PAGE_STEPS
        if count > 0 and last > 2 * count:
            width = max(width, min(last + 1 - window.high, int(PAGE_ROWS / 2 * (last + 1) / count)))
        width = max(width, -(-(last + 1 - window.high) // _MOST_WINDOWS))
        return [_Window((run_id,), low, min(low + width, last + 1)) for low in range(window.high, last + 1, width)]

    def _sought(self, run_id: str, window: _Window, came: int) -> list[_Window]:
        """The window after one of a run whose end is not known: the next steps while rows come; after none, all that is
        left, which mostly is nothing, and after that ever wider ones."""
        end = _MOST_STEPS if self._request.max_step is None else self._request.max_step + 1
        width = window.high - window.low
        wider = PAGE_STEPS if came else _MOST_STEPS if width <= PAGE_STEPS else width * _WIDER
        high = min(window.high + wider, end)
        return [_Window((run_id,), window.high, high, seeks=True)] if window.high < end else []

    def _check_all(self, run_id: str, node: Mapping[str, Any]) -> None:
        """Makes sure that a server that is asked for all rows at once gave them."""
        came, count = len(node.get("history") or ()), node.get("historyLineCount") or 0
        if came < count:
            said = f"it gives {came:,} of the {count:,} rows of run `{run_id}`"
            raise Failure(Fault.LACKING, f"{said}, and has no `history(minStep, maxStep)` to ask for the others")

    def _answer(
        self, window: _Window, batch: Batch, run_id: str, parts: list[Table], *, is_last: bool
    ) -> Iterator[RunHistory]:
        host = self._server.host
        if run_id in batch.failed:
            yield RunHistory(run_id, {}, notices=(failure_notice(run_id, batch.failed[run_id], host),))
            return
        if run_id not in batch.nodes:
            yield RunHistory(run_id, {}, notices=(gone_notice(run_id),))
            return
        progress = self._progress[run_id]
        odd = self._asker.odd_rows.said_of(run_id)
        rows = merge([part for part in parts if part.length] or [Table({}, 0)])
        chosen = select_rows(run_id, rows.columns, self._request)
        is_windowed = self._request.min_step is not None or self._request.max_step is not None
        progress.came.update(counts_of(rows))
        short = self._fewer(run_id, progress) if is_last and not is_windowed else ()
        if window.seeks and not rows.length and not odd and not short:
            return  # there was nothing more
        names = self._keys if self._request.keys is not None else progress.rows_of
        rows_of = {} if is_windowed else {name: progress.rows_of[name] for name in names if name in progress.rows_of}
        yield replace(
            chosen, rows_of=rows_of or chosen.rows_of, notices=(*self._notices(), *odd, *short, *chosen.notices)
        )

    def _fewer(self, run_id: str, progress: _Progress) -> tuple[Diagnostic, ...]:
        """What to say where fewer rows came than the server counts: a row that holds all of several is not counted."""
        if self._request.rows == "all" and len(self._keys) > 1:
            return ()
        names = self._keys if self._request.keys is not None else progress.rows_of
        counts = {name: progress.rows_of[name] for name in names if name in progress.rows_of}
        return fewer_notice(run_id, counts, progress.came, self._server.host)

    def _notices(self) -> tuple[Diagnostic, ...]:
        concerned = [] if self._request.keys is None else ["Run.sampledHistory"]
        concerned += [] if self._by_spec else ["Run.history"]
        found = self._server.abilities.notices(self._server.host, [*concerned, "Run.historyKeys"])
        new = tuple(notice for notice in found if notice not in self._said)
        self._said.update(new)
        return new


def _after(window: _Window, run_id: str, low: int, high: int) -> _Window:
    """One half of a window that holds too much. Of steps without an end the first few are looked at, not a half."""
    if window.seeks and window.high >= _MOST_STEPS:
        return _Window((run_id,), low, low + _WIDER * PAGE_STEPS, seeks=True)
    is_last = high == window.high
    return _Window((run_id,), low, high, window.is_first and low == window.low, window.seeks and is_last)


def _is_step(value: Any) -> bool:
    return isinstance(value, int | float)


def _is_outside(step: Any, window: _Window) -> bool:
    return _is_step(step) and not window.low <= step < window.high
