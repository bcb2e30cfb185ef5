"""One listing of runs, from its first page to its last: each run once, in the server's order, counted at the end.

While the server does as it is asked, pages pass through. Once it turns out to ignore filters, the order or paging, all
runs are fetched and the listing is made here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from runql.backends.wandb.abilities import FILTERS, ORDER, PAGING
from runql.backends.wandb.asking import NEVER, Question, Server, concerned_by, filters_text, wanted_options
from runql.backends.wandb.decode import Place, read_run
from runql.backends.wandb.pages import Chunk, ListQuestion, Pages, cursor_after
from runql.backends.wandb.watching import (
    breaks_filter,
    breaks_order,
    edges_of,
    ignores_filters,
    ignores_order,
    is_watchable,
    watched,
)
from runql.errors import ArgumentError
from runql.runs.listing import needed, select_runs, trimmed
from runql.runs.service import Filters, Page, PageRequest, Wanted
from runql.semantic.record import RunRecord
from runql.text.diagnostic import Diagnostic

_ALL_AT_ONCE = 1000
_MOST_ALL_AT_ONCE = 1_000_000
_AHEAD_PAGES = 4
_MOST_AHEAD_ROWS = 4000
_UNIQUE_ORDER = "+name"


class Listing:
    """Gives the pages of one listing, one after the other. `position` is how many runs it gave."""

    def __init__(
        self, server: Server, request: PageRequest, place: Place, start: int = 0, after: str | None = None
    ) -> None:
        self._server = server
        self._request = request
        self._place = place
        self._is_watched = self._columns_are_cheap() or start == 0
        wanted = watched(request.wanted, request.filters, request.order) if self._is_watched else request.wanted
        self._pages = Pages(server, ListQuestion(place, request.filters, request.order, wanted), start, after)
        self._ready: deque[RunRecord] = deque()
        self._seen: set[str] = set()
        self._given: set[str] = set()
        self._resumed = start > 0
        self._is_complete = False
        self._said: set[Diagnostic] = set()
        self._whole: list[RunRecord] | None = None
        self._calls = 0
        self._doubles = 0
        self._first_names: tuple[str, ...] = ()
        self.position = start

    def page(self, per_page: int) -> Page:
        """The next page.

        Raises:
            Failure: it could not be fetched. The listing stays where it is.
            NotFound: there is no such project, or none that may be seen.
        """
        if per_page < 1:
            raise ArgumentError.because(f"`per_page` must be 1 or more, not {per_page}")
        if self._whole is None and not self._can_stream():
            self._make_whole()
        if self._whole is None:
            self._fill(per_page)
        if self._whole is not None:
            return self._whole_page(per_page, self._whole)
        return self._streamed_page(per_page)

    def close(self) -> None:
        self._pages.close()

    @property
    def cursor(self) -> str | None:
        """The cursor that continues here."""
        return cursor_after(self.position)

    def _can_stream(self) -> bool:
        abilities, request = self._server.abilities, self._request
        return (not request.filters or abilities.does(FILTERS)) and abilities.does(ORDER) and abilities.does(PAGING)

    def _columns_are_cheap(self) -> bool:
        abilities = self._server.abilities
        also = needed(self._request.filters if is_watchable(self._request.filters) else {}, self._request.order)
        return (not also.config or abilities.has("Run.config(keys)")) and (
            not also.summary or abilities.has("Run.summaryMetrics(keys)")
        )

    # Streaming: the server does it all.

    def _fill(self, per_page: int) -> None:
        ahead = 0 if self._calls == 0 else min(_MOST_AHEAD_ROWS, per_page * _AHEAD_PAGES**self._calls)
        self._calls += 1
        while len(self._ready) < per_page and not self._pages.is_over:
            chunk = self._pages.next(per_page - len(self._ready), ahead)
            if chunk is None:
                break
            if self._is_wrong(chunk):
                self._pages.close()
                self._make_whole()
                return
            self._receive(chunk.runs)
        if self._pages.is_over:
            self._complete()

    def _receive(self, runs: tuple[RunRecord, ...]) -> None:
        for run in runs:
            identity = run.storage_id or run.id
            if identity in self._seen:
                self._doubles += 1
            else:
                self._seen.add(identity)
                self._ready.append(run)

    def _is_wrong(self, chunk: Chunk) -> bool:
        """Whether the server shows, in this page, that it does not do what it is asked."""
        abilities, request = self._server.abilities, self._request
        if not self._can_stream() or self._pages.ignores_filters:
            return True
        names = tuple(run.id for run in chunk.runs)
        if not self._first_names:
            self._first_names = names
        elif len(names) > 1 and names == self._first_names[: len(names)]:
            abilities.learn_ignores(PAGING)
            return True
        if not self._is_watched:
            return False
        base = {"entity": self._place.entity, "project": self._place.project, "filters": filters_text(request.filters)}
        if breaks_filter(chunk.runs, request.filters) and not abilities.filters_proven:
            if ignores_filters(self._server, base):
                abilities.learn_ignores(FILTERS)
                return True
            abilities.filters_proven = True
        if breaks_order(chunk.runs, request.order):
            options = frozenset({"order", "filtered" if request.filters else "unfiltered"})
            if ignores_order(self._server, base, request.order, options):
                abilities.learn_ignores(ORDER)
                return True
        return False

    def _complete(self) -> None:
        """At the end: fetch what fell between two pages, where the server's own count says that there is more."""
        total = self._pages.total
        if self._is_complete or self._resumed or total is None or len(self._seen) >= total:
            return
        self._is_complete = True
        question = ListQuestion(self._place, self._request.filters, _UNIQUE_ORDER, Wanted())
        names = [run.id for run in _all_pages(Pages(self._server, question))]
        known = {run.id for run in self._ready} | self._given
        missing = [name for name in dict.fromkeys(names) if name not in known]
        if missing:
            self._receive(tuple(fetch_runs(self._server, self._place, missing, self._request.wanted)))

    def _streamed_page(self, per_page: int) -> Page:
        runs = [self._ready.popleft() for _ in range(min(per_page, len(self._ready)))]
        self.position += len(runs)
        self._given.update(run.id for run in runs)
        has_next = bool(self._ready) or not self._pages.is_over
        notices = self._notices()
        if not has_next:
            notices += self._count_notices()
        return Page(
            runs=tuple(trimmed(run, self._request.wanted) for run in runs),
            cursor=self.cursor,
            has_next=has_next,
            total=self._pages.total,
            notices=notices,
        )

    def _notices(self) -> tuple[Diagnostic, ...]:
        """What was not yet said of the server."""
        concerned = [*concerned_by(self._request.wanted)]
        concerned += [FILTERS, "Project.runs(filters)"] if self._request.filters else []
        concerned += [ORDER, "Project.runs(order)", PAGING, "Project.runs(after)"]
        notices = self._server.abilities.notices(self._server.host, concerned)
        new = tuple(notice for notice in notices if notice not in self._said)
        self._said.update(new)
        return new

    def _count_notices(self) -> tuple[Diagnostic, ...]:
        total = self._pages.total
        if self._resumed or total is None or len(self._seen) == total:
            return ()
        came = len(self._seen)
        hint = "runs were added, changed or deleted meanwhile: ask again for a still picture"
        return (Diagnostic("RQL407", f"{came:,} runs came, and {self._server.host} counts {total:,}", hints=(hint,)),)

    # Whole: the server does too little, so everything is fetched once and the listing is made here.

    def _make_whole(self) -> None:
        request = self._request
        runs = fetch_all(self._server, self._place, request.filters, request.wanted, request.order)
        self._whole = select_runs(runs, "", "", request.filters, request.order)

    def _whole_page(self, per_page: int, whole: list[RunRecord]) -> Page:
        chosen = whole[self.position : self.position + per_page]
        self.position += len(chosen)
        return Page(
            runs=tuple(trimmed(run, self._request.wanted) for run in chosen),
            cursor=self.cursor,
            has_next=self.position < len(whole),
            total=len(whole),
            notices=self._notices(),
        )


def _all_pages(pages: Pages) -> Iterator[RunRecord]:
    while (chunk := pages.next(500, _MOST_AHEAD_ROWS)) is not None:
        yield from chunk.runs


def fetch_all(server: Server, place: Place, filters: Filters, wanted: Wanted, order: str) -> list[RunRecord]:
    """Every run that may match, each once, in any order, with what the filter and the order read.

    Raises:
        Failure: a page could not be fetched.
    """
    also = needed(filters, order)
    full = Wanted(
        config=None if wanted.config is None or also.config is None else (*wanted.config, *also.config),
        summary=None if wanted.summary is None or also.summary is None else (*wanted.summary, *also.summary),
        system_metrics=wanted.system_metrics,
        history_keys=wanted.history_keys or also.history_keys,
    )
    pushed = filters if server.abilities.does(FILTERS) else {}
    found: dict[str, RunRecord] = {}
    if server.abilities.does(PAGING):
        pages = Pages(
            server, ListQuestion(place, pushed, "+created_at" if server.abilities.does(ORDER) else None, full)
        )
        first: tuple[str, ...] = ()
        while (chunk := pages.next(500, _MOST_AHEAD_ROWS)) is not None:
            names = tuple(run.id for run in chunk.runs)
            if first and len(names) > 1 and names == first[: len(names)]:
                server.abilities.learn_ignores(PAGING)
                pages.close()
                break
            first = first or names
            found.update((run.storage_id or run.id, run) for run in chunk.runs)
    if not server.abilities.does(PAGING):
        found.update((run.storage_id or run.id, run) for run in _all_at_once(server, place, pushed, full))
    return list(found.values())


def _all_at_once(server: Server, place: Place, filters: Filters, wanted: Wanted) -> list[RunRecord]:
    """All runs as one page: a larger one is asked for until it is not full."""
    size = _ALL_AT_ONCE
    while True:
        options, variables = wanted_options(wanted, server.abilities)
        variables |= {"entity": place.entity, "project": place.project, "first": size, "after": None}
        variables |= {"filters": filters_text(filters), "never": NEVER}
        options |= {"filtered" if filters else "unfiltered"}
        answer = server.ask(Question("runs", options, variables))
        server.project_of(answer, place)
        edges = edges_of(answer.data)
        if len(edges) != size or size >= _MOST_ALL_AT_ONCE:
            return list(filter(None, (read_run(node, place) for _, node in edges)))
        size *= 4


def fetch_runs(server: Server, place: Place, run_ids: list[str], wanted: Wanted, size: int = 100) -> list[RunRecord]:
    """Runs by their ids, in that order; one that is gone is left out.

    Raises:
        Failure: they could not be fetched.
    """
    if not server.abilities.does(FILTERS):
        return list(filter(None, (fetch_run(server, place, run_id, wanted) for run_id in run_ids)))
    found: dict[str, RunRecord] = {}
    batches = [run_ids[start : start + size] for start in range(0, len(run_ids), size)]
    pages = [Pages(server, ListQuestion(place, {"name": {"$in": batch}}, None, wanted)) for batch in batches]
    for listing in pages[:8]:
        listing.start(size)
    for batch, listing in zip(batches, pages, strict=True):
        asked = set(batch)
        while (chunk := listing.next(len(batch), 0)) is not None:
            found.update((run.id, run) for run in chunk.runs if run.id in asked)
        if listing.ignores_filters:
            return fetch_runs(server, place, run_ids, wanted, size)
    return [found[run_id] for run_id in run_ids if run_id in found]


def fetch_run(server: Server, place: Place, run_id: str, wanted: Wanted) -> RunRecord | None:
    """One run; `None` where there is none of that id.

    Raises:
        Failure: it could not be fetched.
    """
    options, variables = wanted_options(wanted, server.abilities)
    variables |= {"entity": place.entity, "project": place.project, "name": run_id}
    answer = server.ask(Question("run", options, variables))
    node = server.project_of(answer, place).get("run")
    run = read_run(node, place) if isinstance(node, dict) else None
    return trimmed(run, wanted) if run is not None else None
