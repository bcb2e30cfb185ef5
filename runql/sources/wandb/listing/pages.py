"""Fetches the pages of one listing ahead of who reads them: sizes, cursors, halving, in the server's order.

W&B's cursors are offsets, so where the number of runs is known pages can be asked for at once. Whatever does not look
like that is read one page after the other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from runql.plan.to_mongo.wire import wire_json
from runql.semantic.record import RunRecord, cells_of
from runql.sources.wandb.decode import read_time
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.listing.chunks import Chunk, PagePart, RunEdges
from runql.sources.wandb.listing.losses import Came, ListingLoss, came_in_part
from runql.sources.wandb.listing.questions import ListQuestion, count_in, cursor_after, offset_in
from runql.sources.wandb.listing.unreadable_run import (
    MAY_BE_DOWN,
    OF_PAGE,
    OF_PART,
    OF_SMALL_PAGE,
    Isolation,
    Unread,
    may_be_one_run,
)
from runql.sources.wandb.observed_fields import Stamp
from runql.sources.wandb.project import WandbServer
from runql.sources.wandb.schema.abilities import PAGING, Probe, probe_of
from runql.syntax.mongo.nodes import EVERY_RUN
from runql.text.diagnostic import Diagnostic

MOST_ROWS = 500
HEAVY_ROWS = 100
SMALL_ROWS = 20
LEAST_ROWS = 5
_BODY_BYTES = 4_000_000
_MOST_AT_ONCE = 8
_STUCK = "a run cannot be read, and nothing tells what stands behind it: `order -created` begins at the other end"


@dataclass
class Pages:
    """The pages of one listing from an offset on, in order. `total` is known after the first page, if ever.

    `teaches`: what comes is kept for the catalog of the project, and the first page also asks how the project is.
    `most`: how many runs will be read, if that is known; no more than these are asked for ahead. `cap`: how many runs
    a page holds at the most, by what is known just now. `test`: what each run that comes must pass, if that is looked
    at. `grown`: by how much the server's count grew since the first page; `shrank`: whether it ever fell.
    `counts_offsets`: whether a cursor came and was the offset of the run that it stands at; until then none is made up.
    `_are_opaque`: whether one came that was no offset. `_filters`: those of the question as they are sent.
    """

    server: WandbServer
    question: ListQuestion
    offset: int = 0
    after: str | None = None
    total: int | None = None
    teaches: bool = True
    most: int | None = None
    test: Callable[[RunRecord], bool] | None = None
    grown: int = 0
    shrank: bool = False
    counts_offsets: bool = False
    ignores_filters: bool = False
    also_counts: Mapping[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    _first_total: int | None = None
    _queue: deque[PagePart] = field(default_factory=deque)
    cap: int = MOST_ROWS
    _ceiling: float = MOST_ROWS
    _server_cap: int = MOST_ROWS
    _planned: int = 0
    _is_over: bool = False
    _are_opaque: bool = False
    _good: tuple[str | None] | None = None
    """What stands before a run that came whole: its cursor."""
    _isolation: Isolation | None = None
    _probe: Probe | None = None
    lost: list[ListingLoss] = field(default_factory=list)
    partial: dict[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    _fault_end: int = 0
    """Up to here runs stand of a page that failed, where they cannot be asked for apart."""
    _sizes: tuple[int, float] | None = None
    """How large pages were before the last one that failed."""
    _last_id: str | None = None
    _filters: str = ""

    def __post_init__(self) -> None:
        self._planned = self.offset
        self._filters = wire_json(self.question.filters)
        wanted = self.question.wanted
        if wanted.config is None or wanted.summary is None or wanted.history_keys:
            self.cap = HEAVY_ROWS

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
        if self.total is not None and self.counts_offsets and not self._is_over:
            self._plan_ahead(rows + ahead, self.total)
        if not self._queue:
            return None
        for chunk in self._queue:
            if chunk.sent is None and not chunk.is_suspect:
                self._send(chunk)
        chunk = self._queue.popleft()
        try:
            came = self._wait(chunk)
            return self._take(chunk, came) if isinstance(came, Came) else self._leave_out(chunk, came)
        except BaseException:
            # Whoever tries again finds the listing where it was.
            chunk.sent = None
            self._queue.appendleft(chunk)
            raise

    def start(self, rows: int) -> None:
        """Asks for the first page, without waiting for it."""
        if self._queue or self._is_over:
            return
        self._plan(min(rows, self.cap))
        self._send(self._queue[0])

    def close(self) -> None:
        """Stops what is on its way."""
        self._drop_ahead()
        self._is_over = True

    def _plan(self, size: int) -> None:
        if self.total is not None and self.counts_offsets:
            # Not just those that are left: a project that grows by a run a page would never end.
            size = min(size, max(SMALL_ROWS, self.total - self._planned))
        left = self._fault_end - self._planned
        if left > 0:
            # Its beginning came, so the fault is in the rest: that is not asked for once more.
            size = min(size, left if left > SMALL_ROWS else max(1, left // 2))
        is_known = self._planned == self.offset or not self.counts_offsets
        after = self.after if is_known else cursor_after(self._planned)
        self._queue.append(PagePart(self._planned, size, after, is_part=left > 0))
        self._planned += size

    def _plan_ahead(self, rows: int, total: int) -> None:
        """More pages, where the number of runs is known and cursors are offsets; none while a page that failed is being
        asked for in parts."""
        if self._planned < self._fault_end or any(chunk.is_part for chunk in self._queue):
            return
        planned = sum(chunk.size for chunk in self._queue)
        # One run more than are read shows whether the last one ties.
        end = total if self.most is None else min(total, self.offset + self.most + 1)
        while planned < rows and self._planned < end and len(self._queue) < _MOST_AT_ONCE:
            size = min(self.cap, end - self._planned)
            self._plan(size)
            planned += size

    def _send(self, chunk: PagePart) -> None:
        abilities, question = self.server.abilities, self.question
        more: set[str] = set()
        if question.filters != EVERY_RUN and self._probe is None:
            self._probe = probe_of(question.filters, abilities.proven)
            if self._probe is not None:
                more.add("probe")
        # The newest run may be the one that fails.
        if chunk.offset == 0 and self.teaches and not chunk.is_part:
            more |= {"census"} if self.server.learning.stamp(question.place) is None else set()
        if self.also_counts and not self.counts:
            more.add("brackets")
        never = wire_json(self._probe.filters) if self._probe is not None else None
        stakes = OF_PART if chunk.is_part else OF_PAGE if chunk.size > SMALL_ROWS else OF_SMALL_PAGE
        page = question.page(
            chunk.size, chunk.after, options=more, stakes=stakes, filters=self._filters, never=never, **self.also_counts
        )
        chunk.sent = self.server.submit(replace(page, make=partial(RunEdges.made, place=question.place)))

    def _wait(self, chunk: PagePart) -> Came | Unread:
        """What comes of the chunk. A page that is too much is asked for in halves, and later ones are smaller; down to
        one run, if it is one run that the server cannot read."""
        while True:
            if chunk.is_suspect and chunk.size > 1:
                self._halve(chunk, chunk.size // 2)
            if chunk.sent is None:
                self._send(chunk)
            assert chunk.sent is not None
            try:
                return Came(self.server.wait(chunk.sent))
            except Failure as failure:
                isolation = self._isolation = self._isolation or Isolation(self.server, self.question)
                if self._good is not None:
                    isolation.good, self._good = self.question.page(1, *self._good), None
                others_came = isolation.good is not None
                if (came := came_in_part(failure, self.server.host)) is not None:
                    return came
                if not may_be_one_run(failure, others_came=others_came):
                    raise
                if not chunk.is_part and self._was_down(chunk, failure):
                    continue
                if chunk.size == 1:
                    found = isolation.settle(chunk.after, failure)
                    self._restore_sizes()
                    return found
                # A question that is refused may pass for no run at all: that is soon seen of one.
                is_refused = failure.kind is Fault.REFUSED and not others_came
                self._halve(chunk, 1 if is_refused else chunk.size // 2)

    def _was_down(self, chunk: PagePart, failure: Failure) -> bool:
        """Whether it was the whole server, which is waited for: then the page is asked for again as it was. Otherwise
        no more is asked for than is there."""
        if failure.kind not in MAY_BE_DOWN:
            return False
        answer = self.server.ask(self.question.count())
        if answer.failed:
            for each in (chunk, *self._queue):
                if each.sent is not None and each.sent[2].done():
                    each.sent = None
            return True
        count = count_in(self.server.project_of(answer, self.question.place), self.question.filters)
        if isinstance(count, int) and not self._queue and chunk.offset < count < chunk.offset + chunk.size:
            chunk.size, self._planned = count - chunk.offset, count
        return False

    def _halve(self, chunk: PagePart, half: int) -> None:
        """Takes the first runs of a chunk that failed for the chunk; the rest comes after it."""
        self._sizes = self._sizes or (self.cap, self._ceiling)
        self._ceiling = max(LEAST_ROWS, half)
        self.cap = max(LEAST_ROWS, min(self.cap, half))
        for other in self._queue:
            other.is_suspect = False
        at, size = chunk.offset + half, chunk.size - half
        if self.counts_offsets:
            rest = PagePart(at, size, cursor_after(at), is_part=True, is_suspect=chunk.size <= SMALL_ROWS)
            self._queue.appendleft(rest)
        else:
            self._planned, self._fault_end = at, at + size
        chunk.size, chunk.sent, chunk.is_part, chunk.is_suspect = half, None, True, False

    def _restore_sizes(self) -> None:
        """It was one run, and not the size of the page."""
        if self._sizes is not None:
            (self.cap, self._ceiling), self._sizes = self._sizes, None

    def _leave_out(self, chunk: PagePart, unread: Unread) -> Chunk:
        """Goes on behind a run that the server cannot read.

        Raises:
            Failure: nothing tells where the next one starts.
        """
        came = chunk.offset + 1
        if unread.cursor is not None:
            self._read_cursor(unread.cursor, came)
        elif not self._are_opaque and self._isolation is not None and self._isolation.counts_offsets:
            self.counts_offsets = True
        if not self.counts_offsets:
            if unread.cursor is None:
                unread.failure.hints = (*unread.failure.hints, _STUCK)
                raise unread.failure
            self._planned = came
        why = unread.failure.why(self.server.host)
        lost = ListingLoss(unread.run_id, came, self.question.order, self._last_id, why)
        self.lost.append(lost)
        has_next = self.total is None or came < self.total
        if not has_next:
            self._end(came)
        return Chunk((), chunk.offset, has_next, (lost,), is_part=True)

    def _take(self, chunk: PagePart, came: Came) -> Chunk:
        """What an answer tells: its counts, its runs, and whether cursors are offsets."""
        answer, question = came.answer, self.question
        project = self.server.project_of(answer, question.place)
        self._learn(project)
        edges: RunEdges = answer.made or RunEdges.made(answer.data, place=question.place)
        if came.holes or came.unread:
            taken = self._read_runs(chunk, came, edges.runs)
            whole = taken.whole
        else:
            whole = edges.runs
            taken = Chunk(whole, chunk.offset, True, is_part=chunk.is_part)
            self._last_id = cells_of(whole, "id")[-1] if whole else self._last_id
        if self.teaches:
            self.server.learning.note_page(question.place, question.wanted, whole)
        rows = len(edges.runs) + len(came.holes)
        if rows > chunk.size:
            self.server.abilities.learn_ignores(PAGING)
            self.close()
            return replace(taken, has_next=False)
        if 0 not in came.unread and 0 not in came.holes and edges.runs:
            self._good = (chunk.after,)
        listed = project.get("runs")
        info = (listed.get("pageInfo") if isinstance(listed, Mapping) else None) or {}
        last_cursor = (edges.cursor if rows - 1 not in came.holes else None) or info.get("endCursor")
        if edges.runs:
            self._read_cursor(last_cursor, chunk.offset + rows)
        if not chunk.is_part:
            self._sizes = None
        if rows >= 10 and answer.size:
            # Pages of about four megabytes, once it is known how large a run is.
            fitting = int(_BODY_BYTES * rows / answer.size)
            self._ceiling = min(MOST_ROWS, self._ceiling * 1.1)
            self.cap = max(LEAST_ROWS, min(fitting, int(self._ceiling), self._server_cap))
        has_next = self._goes_on(chunk, rows, last_cursor, says_so=bool(info.get("hasNextPage")))
        return taken if has_next else replace(taken, has_next=False)

    def _goes_on(self, chunk: PagePart, rows: int, last_cursor: str | None, *, says_so: bool) -> bool:
        """Whether there is another page, and from where on. A server may deny that there is one though its count says
        otherwise, or it does not count and always denies it: then the next page tells, be it empty or the first one
        again."""
        end, abilities = chunk.offset + rows, self.server.abilities
        abilities.tells_of_more |= says_so
        if says_so or not rows:
            has_next = says_so and rows > 0
        elif self.total is not None:
            has_next = end < self.total
        else:
            has_next = rows == chunk.size and not abilities.tells_of_more
        if not has_next:
            self._end(end)
        elif rows < chunk.size:
            # The server caps pages: what is missing of this one comes next, and later ones are no larger.
            self.cap = self._server_cap = rows
            after = cursor_after(end) if self.counts_offsets else last_cursor
            self._queue.appendleft(PagePart(end, chunk.size - rows, after))
        elif not self.counts_offsets:
            self._planned = end
        return has_next

    def _read_runs(self, chunk: PagePart, came: Came, runs: Sequence[RunRecord]) -> Chunk:
        """The runs of a page of which some are not there, or not whole, in their order."""
        lost: list[ListingLoss] = []
        in_part: dict[str, tuple[Diagnostic, ...]] = {}
        those_there = iter(runs)
        for at in range(len(runs) + len(came.holes)):
            if at in came.holes:
                number = chunk.offset + at + 1
                lost.append(ListingLoss(None, number, self.question.order, self._last_id, came.holes[at]))
                continue
            run = next(those_there)
            if at in came.unread:
                in_part[run.id] = came.said_of(at, run.id)
            self._last_id = run.id
        self.lost += lost
        self.partial |= in_part
        return Chunk(runs, chunk.offset, True, tuple(lost), in_part, chunk.is_part)

    def _read_cursor(self, cursor: str | None, came: int) -> None:
        """Sees whether cursors are offsets. Of a server whose are not, no page is asked for ahead."""
        were_offsets = self.counts_offsets
        self.counts_offsets = not self._are_opaque and offset_in(cursor) == came
        self._are_opaque = not self.counts_offsets
        if self._are_opaque:
            self.after = cursor
            if were_offsets:
                self._drop_ahead()
                self._planned = came

    def _drop_ahead(self) -> None:
        for chunk in self._queue:
            if chunk.sent is not None:
                chunk.sent[2].cancel()
        self._queue.clear()

    def _end(self, came: int) -> None:
        """No more after this page; pages that were asked for beyond it hold nothing."""
        self._is_over = True
        while self._queue and self._queue[-1].offset >= came:
            beyond = self._queue.pop()
            if beyond.sent is not None:
                beyond.sent[2].cancel()

    def _learn(self, project: Mapping[str, Any]) -> None:
        """Remembers what the server counts, and how the project is, where the first page brought that along."""
        count = count_in(project, self.question.filters)
        if isinstance(count, int):
            self._first_total = count if self._first_total is None else self._first_total
            self.shrank |= self.total is not None and count < self.total
            self.total, self.grown = count, max(0, count - self._first_total)
        named = ("whole", "absent", "high", "low")
        self.counts |= {name: project[name] for name in named if isinstance(project.get(name), int)}
        none = project.get("none")
        if isinstance(none, int) and self._probe is not None:
            self.server.abilities.learn_proof(self._probe, none)
            self.ignores_filters |= none > 0
        newest = project.get("newest")
        if isinstance(newest, Mapping):
            nodes = [edge.get("node") for edge in newest.get("edges") or () if isinstance(edge, Mapping)]
            those = (node for node in nodes if isinstance(node, Mapping) and isinstance(node.get("name"), str))
            run = next(those, None)
            newest_run = None if run is None else f"{run['name']} {read_time(run.get('heartbeatAt'))}"
            total = project.get("everything")
            stamp = Stamp(total if isinstance(total, int) else None, newest_run)
            self.server.learning.note_stamp(self.question.place, stamp)
