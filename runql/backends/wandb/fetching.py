"""Runs outside of a listing: one, some by their ids, all."""

from __future__ import annotations

from collections.abc import Iterator

from runql.backends.wandb.abilities import FILTERS, ORDER, PAGING
from runql.backends.wandb.asking import NEVER, Question, Server, filters_text, wanted_options
from runql.backends.wandb.decode import Place, read_run
from runql.backends.wandb.pages import HEAVY_ROWS, ListQuestion, Pages
from runql.backends.wandb.watching import edges_of
from runql.runs.listing import needed, trimmed
from runql.runs.service import Filters, Wanted
from runql.semantic.record import RunRecord
from runql.text.frozen import frozen

_ALL_AT_ONCE = 1000
_MOST_ALL_AT_ONCE = 1_000_000
_PAGE_ROWS = 500
_AHEAD_ROWS = 4000
_MOST_LISTINGS = 8


def all_pages(pages: Pages) -> Iterator[RunRecord]:
    """The runs of all pages; stops, and remembers it, where the server gives the first page again and again."""
    first: tuple[str, ...] = ()
    while (chunk := pages.next(_PAGE_ROWS, _AHEAD_ROWS)) is not None:
        names = tuple(run.id for run in chunk.runs)
        if first and len(names) > 1 and names == first[: len(names)]:
            pages.server.abilities.learn_ignores(PAGING)
            pages.close()
            return
        first = first or names
        yield from chunk.runs


@frozen
class Fetched:
    """All runs of a question. `counted`: how many the server says there are, if it does."""

    runs: list[RunRecord]
    counted: int | None


def fetch_all(server: Server, place: Place, filters: Filters, wanted: Wanted, order: str) -> Fetched:
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
    found: dict[str, RunRecord] = {}
    counted: int | None = None
    if server.abilities.does(PAGING):
        pushed = filters if server.abilities.does(FILTERS) else {}
        by_creation = "+created_at" if server.abilities.does(ORDER) else None
        pages = Pages(server, ListQuestion(place, pushed, by_creation, full))
        found.update((run.storage_id or run.id, run) for run in all_pages(pages))
        if pages.total is not None and len(found) < pages.total and server.abilities.does(ORDER):
            again = Pages(server, ListQuestion(place, pushed, "+name", full))
            found.update((run.storage_id or run.id, run) for run in all_pages(again))
            counted = again.total
        counted = pages.total if counted is None else counted
    if not server.abilities.does(PAGING):
        pushed = filters if server.abilities.does(FILTERS) else {}
        found.update((run.storage_id or run.id, run) for run in _all_at_once(server, place, pushed, full))
    return Fetched(list(found.values()), counted)


def _all_at_once(server: Server, place: Place, filters: Filters, wanted: Wanted) -> list[RunRecord]:
    """All runs as one page: a larger one is asked for until it is not full."""
    size = _ALL_AT_ONCE
    while True:
        options, variables = wanted_options(wanted)
        variables |= {"entity": place.entity, "project": place.project, "first": size, "after": None}
        variables |= {"filters": filters_text(filters), "never": NEVER}
        answer = server.ask(Question("runs", options | {"filtered" if filters else "unfiltered"}, variables))
        server.project_of(answer, place)
        edges = edges_of(answer.data)
        if len(edges) != size or size >= _MOST_ALL_AT_ONCE:
            return list(filter(None, (read_run(node, place) for _, node in edges)))
        size *= 4


def fetch_runs(server: Server, place: Place, run_ids: list[str], wanted: Wanted) -> list[RunRecord]:
    """Runs by their ids, in that order; one that is gone is left out.

    A few go ahead: they tell how many a page may hold, and so how few requests the others take.

    Raises:
        Failure: they could not be fetched.
    """
    found: dict[str, RunRecord] = {}
    size = HEAVY_ROWS
    start = 0
    while start < len(run_ids) and server.abilities.does(FILTERS):
        few = run_ids[start : start + (size if start == 0 else size * _MOST_LISTINGS)]
        batches = [few[at : at + size] for at in range(0, len(few), size)]
        listings = [_by_ids(server, place, batch, wanted) for batch in batches]
        for listing in listings:
            listing.start(size)
        for listing in listings:
            while (chunk := listing.next(size, 0)) is not None:
                found.update((run.id, run) for run in chunk.runs)
        start += len(few)
        size = listings[-1].cap
    if not server.abilities.does(FILTERS):
        return list(filter(None, (fetch_run(server, place, run_id, wanted) for run_id in run_ids)))
    return [found[run_id] for run_id in run_ids if run_id in found]


def _by_ids(server: Server, place: Place, run_ids: list[str], wanted: Wanted) -> Pages:
    pages = Pages(server, ListQuestion(place, {"name": {"$in": run_ids}}, None, wanted), teaches=False)
    pages.cap = len(run_ids)
    return pages


def fetch_run(server: Server, place: Place, run_id: str, wanted: Wanted) -> RunRecord | None:
    """One run; `None` where there is none of that id.

    Raises:
        Failure: it could not be fetched.
    """
    options, variables = wanted_options(wanted)
    variables |= {"entity": place.entity, "project": place.project, "name": run_id}
    answer = server.ask(Question("run", options, variables))
    node = server.project_of(answer, place).get("run")
    run = read_run(node, place) if isinstance(node, dict) else None
    return trimmed(run, wanted) if run is not None else None
