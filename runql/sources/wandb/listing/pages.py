"""Fetches the pages of one listing ahead of who reads them: sizes, cursors, halving, in the server's order.

W&B's cursors are offsets, so where the number of runs is known pages can be asked for at once. Whatever does not look
like that is read one page after the other.
"""

from __future__ import annotations

import base64
import binascii
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runql.semantic.record import RunRecord
from runql.sources.protocol import Filters, Wanted
from runql.sources.wandb.catalog.observed import stamp_of
from runql.sources.wandb.decode import Place
from runql.sources.wandb.http.client import Answer
from runql.sources.wandb.http.failures import Failure, Kind
from runql.sources.wandb.http.patience import Stakes
from runql.sources.wandb.listing.order_check import edges_of, says_more
from runql.sources.wandb.project import Question, Sent, Server, filters_text, wanted_options
from runql.sources.wandb.run_nodes import read_runs
from runql.sources.wandb.schema.abilities import PAGING
from runql.sources.wandb.schema.probes import Probe
from runql.text.frozen import frozen

MOST_ROWS = 500
HEAVY_ROWS = 100
SMALL_ROWS = 20
LEAST_ROWS = 5
_BODY_BYTES = 4_000_000
_MOST_AT_ONCE = 8
_PREFIX = "arrayconnection:"


def cursor_after(offset: int) -> str | None:
    """The cursor of the run before `offset`: what to ask `after` for the runs from there on."""
    return base64.b64encode(f"{_PREFIX}{offset - 1}".encode()).decode() if offset > 0 else None


def offset_in(cursor: str | None) -> int | None:
    """The offset after a cursor of W&B's; `None` if it is of another make."""
    if not cursor:
        return None
    try:
        text = base64.b64decode(cursor, validate=True).decode()
        return int(text.removeprefix(_PREFIX)) + 1 if text.startswith(_PREFIX) else None
    except (binascii.Error, ValueError):
        return None


@frozen
class ListQuestion:
    """What is listed. `order` `None`: in whatever order."""

    place: Place
    filters: Filters
    order: str | None
    wanted: Wanted


@dataclass(slots=True)
class _Chunk:
    """A page to fetch: `size` runs from `offset` on, or after an opaque cursor."""

    offset: int
    size: int
    after: str | None
    sent: Sent | None = None


@frozen
class Chunk:
    """A page that came. `offset` is that of its first run."""

    runs: tuple[RunRecord, ...]
    offset: int
    has_next: bool


@dataclass
class Pages:
    """The pages of one listing from an offset on, in order. `total` is known after the first page, if ever.

    `teaches`: what comes is kept for the catalog of the project, and the first page also asks how the project is.
    `most`: how many runs will be read, if that is known; no more than these are asked for ahead. `cap`: how many runs
    a page holds at the most, by what is known just now.
    """

    server: Server
    question: ListQuestion
    offset: int = 0
    after: str | None = None
    total: int | None = None
    all_runs: int | None = None
    first_total: int | None = None
    teaches: bool = True
    most: int | None = None
    shrank: bool = False
    ignores_filters: bool = False
    also_counts: Mapping[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    _queue: deque[_Chunk] = field(default_factory=deque)
    cap: int = MOST_ROWS
    _ceiling: float = MOST_ROWS
    _server_cap: int = MOST_ROWS
    _planned: int = 0
    _is_over: bool = False
    _offsets: bool | None = None
    _probe: Probe | None = None

    def __post_init__(self) -> None:
        self._planned = self.offset
        heavy = self.question.wanted
        if heavy.config is None or heavy.summary is None or heavy.history_keys:
            self.cap = HEAVY_ROWS

    @property
    def counts_offsets(self) -> bool:
        """Whether a cursor came and was the offset of the run that it stands at. Until then none is made up."""
        return self._offsets is True

    @property
    def grown(self) -> int:
        """By how much the server's count grew since the first page."""
        return max(0, (self.total or 0) - (self.first_total or 0))

    @property
    def is_over(self) -> bool:
        return self._is_over and not self._queue

    def next(self, rows: int, ahead: int) -> Chunk | None:
        """The next page, of at least about `rows` runs; `ahead` more are asked for meanwhile. `None` at the end.

        Raises:
            Failure: it could not be fetched, nor a smaller one.
        """
        if not self._queue and not self._is_over:
            self._plan(min(rows + ahead, self.cap))
        self._plan_ahead(rows + ahead)
        if not self._queue:
            return None
        self._send()
        chunk = self._queue.popleft()
        try:
            answer = self._wait(chunk)
        except BaseException:
            # Whoever tries again finds the listing where it was.
            chunk.sent = None
            self._queue.appendleft(chunk)
            raise
        return self._take(chunk, answer)

    def start(self, rows: int) -> None:
        """Asks for the first page, without waiting for it."""
        if self._queue or self._is_over:
            return
        self._plan(min(rows, self.cap))
        self._send()

    def close(self) -> None:
        """Stops what is on its way."""
        self._drop_ahead()
        self._is_over = True

    def _plan(self, size: int) -> None:
        if self.total is not None and self.counts_offsets:
            # Not just those that are left: a project that grows by a run a page would never end.
            size = min(size, max(SMALL_ROWS, self.total - self._planned))
        is_known = self._planned == self.offset or not self.counts_offsets
        after = self.after if is_known else cursor_after(self._planned)
        self._queue.append(_Chunk(self._planned, size, after))
        self._planned += size

    def _plan_ahead(self, rows: int) -> None:
        """More pages, where the number of runs is known and cursors are offsets."""
        if self.total is None or not self.counts_offsets or self._is_over:
            return
        planned = sum(chunk.size for chunk in self._queue)
        # One run more than are read shows whether the last one ties.
        end = self.total if self.most is None else min(self.total, self.offset + self.most + 1)
        while planned < rows and self._planned < end and len(self._queue) < _MOST_AT_ONCE:
            size = min(self.cap, end - self._planned)
            self._plan(size)
            planned += size

    def _send(self) -> None:
        for chunk in self._queue:
            if chunk.sent is None:
                chunk.sent = self.server.submit(self._ask_for(chunk))

    def _ask_for(self, chunk: _Chunk) -> Question:
        abilities, question = self.server.abilities, self.question
        options, variables = wanted_options(question.wanted)
        more = {"filtered" if question.filters else "unfiltered"}
        if question.order is not None:
            more.add("order")
        if question.filters and self._probe is None and not abilities.is_proven(question.filters):
            self._probe = abilities.probe_of(question.filters)
            more.add("probe")
        if chunk.offset == 0 and self.teaches and self.server.learning.stamp(question.place) is None:
            more.add("census")
        variables |= {
            "entity": question.place.entity,
            "project": question.place.project,
            "first": chunk.size,
            "after": chunk.after,
            "order": question.order,
            "filters": filters_text(question.filters),
            "never": filters_text(self._probe.filters) if self._probe is not None else None,
            **self.also_counts,
        }
        if self.also_counts and not self.counts:
            more.add("brackets")
        return Question("runs", options | more, variables, stakes=Stakes(2) if chunk.size > SMALL_ROWS else None)

    def _wait(self, chunk: _Chunk) -> Answer:
        """The answer for the chunk. A page that is too much is asked for in halves, and later ones are smaller."""
        while True:
            if chunk.sent is None:
                chunk.sent = self.server.submit(self._ask_for(chunk))
            try:
                return self.server.wait(chunk.sent)
            except Failure as failure:
                # A small page that fails without a time-out is not too large: the server is down.
                least = 1 if failure.kind in (Kind.TIMED_OUT, Kind.TOO_LARGE) else SMALL_ROWS
                if not failure.treatment.smaller or failure.is_hopeless or chunk.size <= least:
                    raise
                half = chunk.size // 2
                self._ceiling = max(LEAST_ROWS, half)
                self.cap = max(LEAST_ROWS, min(self.cap, half))
                if self.counts_offsets:
                    rest = _Chunk(chunk.offset + half, chunk.size - half, cursor_after(chunk.offset + half))
                    self._queue.appendleft(rest)
                else:
                    self._planned = chunk.offset + half
                chunk.size, chunk.sent = half, None

    def _take(self, chunk: _Chunk, answer: Answer) -> Chunk:
        project = self.server.project_of(answer, self.question.place)
        self._learn_counts(project)
        self._learn_census(project)
        edges = edges_of(answer.data)
        listed = project.get("runs")
        info = (listed.get("pageInfo") if isinstance(listed, Mapping) else None) or {}
        last_cursor = (edges[-1][0] if edges else None) or info.get("endCursor")
        runs = tuple(read_runs((node for _, node in edges), self.question.place))
        if self.teaches:
            self.server.learning.note_page(self.question.place, self.question.wanted, runs)
        if len(edges) > chunk.size:
            self.server.abilities.learn_ignores(PAGING)
            self.close()
            return Chunk(runs, chunk.offset, False)
        came = chunk.offset + len(edges)
        if edges:
            self._read_cursor(last_cursor, came)
        self._fit_size(answer.size, len(edges))
        has_next = self._goes_on(says_more(project), came, len(edges), chunk.size)
        if not has_next:
            self._end(came)
        elif len(edges) < chunk.size:
            # The server caps pages: what is missing of this one comes next, and later ones are no larger.
            self.cap = self._server_cap = len(edges)
            after = cursor_after(came) if self.counts_offsets else last_cursor
            self._queue.appendleft(_Chunk(came, chunk.size - len(edges), after))
        elif not self.counts_offsets:
            self._planned = came
        return Chunk(runs, chunk.offset, has_next)

    def _read_cursor(self, cursor: str | None, came: int) -> None:
        """Sees whether cursors are offsets. Of a server whose are not, no page is asked for ahead."""
        was_offset, self._offsets = self._offsets, offset_in(cursor) == came and self._offsets is not False
        if not self._offsets:
            self.after = cursor
            if was_offset:
                self._drop_ahead()
                self._planned = came

    def _drop_ahead(self) -> None:
        for chunk in self._queue:
            if chunk.sent is not None:
                chunk.sent[2].cancel()
        self._queue.clear()

    def _goes_on(self, says_so: bool, came: int, rows: int, asked: int) -> bool:
        """Whether to ask for another page. A server may deny that there is one though its count says otherwise, or it
        does not count and always denies it: then the next page tells, be it empty or the first one again."""
        abilities = self.server.abilities
        abilities.tells_of_more |= says_so
        if says_so or not rows:
            return says_so and rows > 0
        if self.total is not None:
            return came < self.total
        return rows == asked and not abilities.tells_of_more

    def _end(self, came: int) -> None:
        """No more after this page; pages that were asked for beyond it hold nothing."""
        self._is_over = True
        while self._queue and self._queue[-1].offset >= came:
            beyond = self._queue.pop()
            if beyond.sent is not None:
                beyond.sent[2].cancel()

    def _fit_size(self, size: int, rows: int) -> None:
        """Pages of about four megabytes, once it is known how large a run is."""
        if rows >= 10:
            fitting = int(_BODY_BYTES * rows / max(size, 1))
            self._ceiling = min(MOST_ROWS, self._ceiling * 1.1)
            self.cap = max(LEAST_ROWS, min(fitting, int(self._ceiling), self._server_cap))

    def _learn_census(self, project: Mapping[str, Any]) -> None:
        """Remembers how many runs the project has and which is the newest, where the first page brought it along."""
        newest = project.get("newest")
        if isinstance(newest, Mapping):
            nodes = [edge.get("node") for edge in newest.get("edges") or () if isinstance(edge, Mapping)]
            runs = read_runs([node for node in nodes if isinstance(node, Mapping)], self.question.place)
            total = project.get("everything")
            stamp = stamp_of(total if isinstance(total, int) else None, runs[0] if runs else None)
            self.server.learning.note_stamp(self.question.place, stamp)

    def _learn_counts(self, project: Mapping[str, Any]) -> None:
        count = project.get("runCount" if self.question.filters else "allRuns")
        if isinstance(count, int):
            self.first_total = count if self.first_total is None else self.first_total
            self.shrank |= self.total is not None and count < self.total
            self.total = count
        for name in ("whole", "absent", "high", "low"):
            if isinstance(project.get(name), int):
                self.counts[name] = project[name]
        none = project.get("none")
        if isinstance(none, int) and self._probe is not None:
            self.server.abilities.learn_proof(self._probe, none)
            self.ignores_filters |= none > 0
