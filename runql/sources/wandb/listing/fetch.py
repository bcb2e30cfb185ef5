"""Runs outside of a listing: one, some by their ids, all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from runql.plan.to_mongo.wire import wire_json
from runql.semantic.record import RunRecord, cells_of
from runql.sources.paging import needed, trimmed
from runql.sources.protocol import Wanted
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.http.client import GraphqlAnswer
from runql.sources.wandb.http.flow_control import Stakes
from runql.sources.wandb.listing.chunks import RunKey, edges_of, key_of
from runql.sources.wandb.listing.losses import ListingLoss
from runql.sources.wandb.listing.order_check import prove_filters, says_more
from runql.sources.wandb.listing.pages import HEAVY_ROWS, Pages
from runql.sources.wandb.listing.questions import ListQuestion, count_in, filtered, joined
from runql.sources.wandb.listing.unreadable_run import may_be_one_run
from runql.sources.wandb.project import Question, WandbServer, wanted_options
from runql.sources.wandb.run_nodes import read_run, read_runs
from runql.sources.wandb.schema.abilities import FILTERS, ORDER, PAGING
from runql.syntax.mongo.nodes import BY_CREATION, BY_ID, EVERY_RUN, MongoFilter, MongoIn, MongoOrder, run_field
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

_ALL_AT_ONCE = 1000
_MOST_ALL_AT_ONCE = 1_000_000
_PAGE_ROWS = 500
_AHEAD_ROWS = 4000
_MOST_LISTINGS = 8
_OF_RUN = Stakes(3, isolates=True)
_FEW = 3
"""How many runs are asked for one by one where a server does not filter: of more one listing is read."""

_ID = run_field("name")


def all_pages(pages: Pages) -> Iterator[RunRecord]:
    """The runs of all pages; stops, and remembers it, where the server gives the first page again and again."""
    first: tuple[str, ...] = ()
    while (chunk := pages.next(_PAGE_ROWS, _AHEAD_ROWS)) is not None:
        names = tuple(cells_of(chunk.runs, "id"))
        if first and len(names) > 1 and names == first[: len(names)]:
            pages.server.abilities.learn_ignores(PAGING)
            pages.close()
            return
        first = first or names
        yield from chunk.runs


@frozen
class Fetched:
    """All runs of a question. `counted`: how many the server says there are, if it does. `lost`: those that it cannot
    read; `partial`: what is to be said of those of which it cannot read a part, by their ids."""

    runs: list[RunRecord]
    counted: int | None
    lost: tuple[ListingLoss, ...] = ()
    partial: Mapping[str, tuple[Diagnostic, ...]] = field(default_factory=dict)


def fetch_all(
    server: WandbServer, place: ProjectPlace, filters: MongoFilter, wanted: Wanted, order: MongoOrder
) -> Fetched:
    """Every run that may match, each once, in any order, with what the filter and the order read.

    Raises:
        Failure: a page could not be fetched.
    """
    full = joined(wanted, needed(filters, order))
    found: dict[RunKey, RunRecord] = {}
    counted: int | None = None
    lost: tuple[ListingLoss, ...] = ()
    partial: Mapping[str, tuple[Diagnostic, ...]] = {}
    abilities = server.abilities
    if filters != EVERY_RUN:
        prove_filters(server, place, filters)
    if abilities.does(PAGING):
        pushed = filters if abilities.does(FILTERS) else EVERY_RUN
        pages = Pages(server, ListQuestion(place, pushed, BY_CREATION if abilities.does(ORDER) else None, full))
        came = _read_all(pages, found)
        counted, lost, partial = pages.total, tuple(pages.lost), pages.partial
        is_short = len(found) < came if counted is None else len(found) + len(lost) < counted
        if is_short and abilities.does(ORDER) and abilities.does(PAGING):
            again = Pages(server, ListQuestion(place, pushed, BY_ID, full))
            came = _read_all(again, found)
            counted, lost, partial = again.total, tuple(again.lost), again.partial
    if not abilities.does(PAGING):
        pushed = filters if abilities.does(FILTERS) else EVERY_RUN
        fetched = _all_at_once(server, place, pushed, full)
        found.update((key_of(run), run) for run in fetched.runs)
        counted, lost, partial = fetched.counted, fetched.lost, {}
    runs = list(found.values())
    return Fetched(runs, counted, lost, partial)


def _read_all(pages: Pages, found: dict[RunKey, RunRecord]) -> int:
    """Puts the runs of all pages among those that were found; how many came, each as often as it did."""
    came = 0
    for run in all_pages(pages):
        found[key_of(run)] = run
        came += 1
    return came


def _all_at_once(server: WandbServer, place: ProjectPlace, filters: MongoFilter, wanted: Wanted) -> Fetched:
    """All runs as one page: of as many as the server counts, else larger ones until one is not full.

    Raises:
        Failure: fewer came than there are, and the server has no pages to ask for the others.
    """
    size = _ALL_AT_ONCE
    while True:
        options, variables = wanted_options(wanted)
        variables |= {"entity": place.entity, "project": place.project, "first": size, "after": None}
        variables |= {"filters": wire_json(filters)}
        answer = server.ask(Question("runs", options | {filtered(filters)}, variables))
        project = server.project_of(answer, place)
        edges = edges_of(answer.data)
        counted = count_in(project, filters)
        counted = counted if isinstance(counted, int) and not isinstance(counted, bool) else None
        is_bounded = server.abilities.has("Project.runs(first)")
        if counted is not None and len(edges) < counted and is_bounded and size <= counted < _MOST_ALL_AT_ONCE:
            size = counted + 1
            continue
        if counted is None and len(edges) == size < _MOST_ALL_AT_ONCE and is_bounded:
            size *= 4
            continue
        if says_more(project) or (counted is not None and len(edges) < counted):
            raise _held_back(server, len(edges), counted)
        return Fetched(list(read_runs([edge["node"] for edge in edges], place)), counted)


def _held_back(server: WandbServer, came: int, counted: int | None) -> Failure:
    """What it is if a server gives no more runs than these."""
    of = "" if counted is None else f" of {counted:,}"
    lacked = [f"`runs({name})`" for name in ("first", "after") if not server.abilities.has(f"Project.runs({name})")]
    why = f": it has no {' and no '.join(lacked)}" if lacked else ""
    return Failure(Fault.LACKING, f"it gives {came:,}{of} runs, and no page after them{why}")


def fetch_runs(server: WandbServer, place: ProjectPlace, run_ids: list[str], wanted: Wanted) -> list[RunRecord]:
    """Runs by their ids, in that order; one that is gone is left out.

    A few go ahead: they tell how many a page may hold, and so how few requests the others take.

    Raises:
        Failure: they could not be fetched.
    """
    found = _found_by_filter(server, place, run_ids, wanted) if server.abilities.does(FILTERS) else None
    if found is None and len(run_ids) <= _FEW and server.abilities.has("Project.run"):
        return list(filter(None, (fetch_run(server, place, run_id, wanted) for run_id in run_ids)))
    if found is None:
        every = fetch_all(server, place, EVERY_RUN, wanted, BY_CREATION)
        found = {run.id: trimmed(run, wanted) for run in every.runs}
    return [found[run_id] for run_id in run_ids if run_id in found]


def _found_by_filter(
    server: WandbServer, place: ProjectPlace, run_ids: list[str], wanted: Wanted
) -> dict[str, RunRecord] | None:
    """Runs by a filter; `None` if it turns out that the server does not filter."""
    found: dict[str, RunRecord] = {}
    asked = {run_id.casefold() for run_id in run_ids}
    size = HEAVY_ROWS
    start = 0
    while start < len(run_ids):
        few = run_ids[start : start + (size if start == 0 else size * _MOST_LISTINGS)]
        batches = [few[at : at + size] for at in range(0, len(few), size)]
        listings = [_by_ids(server, place, batch, wanted) for batch in batches]
        for listing in listings:
            listing.start(size)
        for listing in listings:
            while (chunk := listing.next(size, 0)) is not None:
                # A server may compare names without regard to their case; any other run was not asked for.
                if any(run.id.casefold() not in asked for run in chunk.runs):
                    server.abilities.learn_ignores(FILTERS)
                found.update((run.id, run) for run in chunk.runs)
                if not server.abilities.does(FILTERS):
                    return None
            # What is not all there is left to whoever asks for that very run: it is told then what the server says.
            for run_id in listing.partial:
                found.pop(run_id, None)
        start += len(few)
        size = listings[-1].cap
    if found or not run_ids or not server.abilities.has("Project.run"):
        return found
    if fetch_run(server, place, run_ids[0], wanted) is None:
        return found
    # It is there, and a filter by its name does not find it.
    server.abilities.learn_ignores(FILTERS)
    return None


def _by_ids(server: WandbServer, place: ProjectPlace, run_ids: list[str], wanted: Wanted) -> Pages:
    pages = Pages(server, ListQuestion(place, MongoIn(_ID, tuple(run_ids)), None, wanted), teaches=False)
    pages.cap = len(run_ids)
    return pages


def _ask_for_one(server: WandbServer, place: ProjectPlace, question: Question) -> GraphqlAnswer:
    """The answer to a question for one run. If it fails and the server is there it fails over this run, and is not
    waited for.

    Raises:
        Failure: it was not answered.
    """
    try:
        return server.ask(question)
    except Failure as failure:
        if not may_be_one_run(failure, others_came=False):
            raise
        server.ask(ListQuestion(place, EVERY_RUN, None, Wanted()).count())
        return server.ask(question)


def fetch_run(server: WandbServer, place: ProjectPlace, run_id: str, wanted: Wanted) -> RunRecord | None:
    """One run; `None` where there is none of that id.

    Raises:
        Failure: it could not be fetched.
    """
    options, variables = wanted_options(wanted)
    variables |= {"entity": place.entity, "project": place.project, "name": run_id}
    if not server.abilities.has("Project.run"):
        return next(iter(fetch_runs(server, place, [run_id], wanted)), None)
    try:
        answer = _ask_for_one(server, place, Question("run", options, variables, stakes=_OF_RUN))
    except Failure as failure:
        if failure.kind is Fault.LACKING and not server.abilities.has("Project.run"):
            return next(iter(fetch_runs(server, place, [run_id], wanted)), None)
        raise
    node = server.project_of(answer, place).get("run")
    run = read_run(node, place) if isinstance(node, dict) else None
    # To a server that compares names without regard to their case another run may answer to it.
    return trimmed(run, wanted) if run is not None and run.id == run_id else None
