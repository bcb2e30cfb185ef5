"""The catalog of a project on a server, read from a few pages spread over it.

Four requests at the most, and one to see whether what was kept is still true. Projects of up to three pages are read
whole; of larger ones the newest, the oldest and some between, and the catalog says of how many runs it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from runql.language.fields import Space
from runql.semantic.catalog import Catalog, build_catalog
from runql.semantic.record import RunRecord
from runql.sources.protocol import Wanted
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.listing.pages import Pages
from runql.sources.wandb.listing.questions import ListQuestion, cursor_after
from runql.sources.wandb.observed_fields import Stamp, StoredCatalog, stamp_of
from runql.sources.wandb.project import WandbServer
from runql.sources.wandb.schema.abilities import ORDER, PAGING
from runql.syntax.mongo.nodes import EVERY_RUN, NEWEST_FIRST

SAMPLE_RUNS = 100
METRIC_RUNS = 100
_MORE_PAGES = 2
_HEAVY = Wanted(config=None, summary=None, system_metrics=True)
_METRICS = Wanted(history_keys=True)


def read_stamp(server: WandbServer, place: ProjectPlace) -> Stamp:
    """How the project is: what some answer told just now, else one request for the number of runs and the newest one.

    Raises:
        Failure: it was not answered.
    """
    seen = server.learning.stamp(place)
    if seen is not None:
        return seen
    pages = _newest_first(server, place, Wanted())
    chunk = pages.next(1, 0)
    stamp = stamp_of(pages.total, chunk.runs[0] if chunk is not None and chunk.runs else None)
    server.learning.note_stamp(place, stamp)
    return stamp


def read_catalog(server: WandbServer, place: ProjectPlace, *, metrics: bool) -> StoredCatalog:
    """Makes the catalog of a sample of the runs: of those that came whole with other answers if they are all there are,
    else of runs asked for, at most four requests in two turns.

    Raises:
        Failure: it was not answered.
    """
    stamp, came = server.learning.stamp(place), server.learning.sample(place)
    if stamp is not None and not metrics and stamp.total == len(came):
        return StoredCatalog(_made_of(place, came, stamp), stamp, metrics=False)
    first = _newest_first(server, place, _HEAVY)
    asks_metrics = metrics and server.abilities.has("Run.historyKeys")
    logged = _newest_first(server, place, _METRICS) if asks_metrics else None
    first.start(SAMPLE_RUNS)
    if logged is not None:
        logged.start(METRIC_RUNS)
    runs = _sampled(first, SAMPLE_RUNS)
    total = first.total if first.total is not None else len(runs)
    stamp = stamp_of(first.total, runs[0] if runs else None)
    server.learning.note_stamp(place, stamp)
    looked_at = len(runs) + len(first.lost) + len(first.partial)
    runs += _others(server, place, first, total, looked_at)
    server.learning.note_sample(place, runs)
    catalog = _made_of(place, runs, stamp)
    return StoredCatalog(_with_logged(catalog, _logged(logged)) if metrics else catalog, stamp, metrics)


def with_metrics(server: WandbServer, place: ProjectPlace, kept: StoredCatalog) -> StoredCatalog:
    """A catalog that is still true, with what was logged."""
    asks = server.abilities.has("Run.historyKeys")
    logged = _logged(_newest_first(server, place, _METRICS) if asks else None)
    return replace(kept, catalog=_with_logged(kept.catalog, logged), metrics=True)


def _logged(pages: Pages | None) -> tuple[RunRecord, ...]:
    """The runs of a page that say what they logged."""
    found = _sampled(pages, METRIC_RUNS) if pages is not None else []
    return tuple(run for run in found if run.logged is not None)


def _made_of(place: ProjectPlace, runs: Iterable[RunRecord], stamp: Stamp) -> Catalog:
    """The catalog of these runs, which knows whether they are all that there are."""
    unique = {(run.storage_id, run.id): run for run in runs}
    total = stamp.total if stamp.total is not None else len(unique)
    is_whole = len(unique) >= total
    catalog = build_catalog(place.path, unique.values(), as_of=datetime.now(UTC))
    return replace(catalog, run_count=total, complete=is_whole, sample=None if is_whole else len(unique))


def _with_logged(catalog: Catalog, logged: Sequence[RunRecord]) -> Catalog:
    """The catalog with what these runs say that they logged."""
    seen = build_catalog(catalog.source, logged, metrics=True)
    fields = (*catalog.fields, *(info for info in seen.fields if info.space is Space.LOGGED))
    is_whole = len(logged) >= catalog.run_count
    return replace(
        catalog,
        fields=fields,
        complete=catalog.complete and is_whole,
        metrics_sample=None if is_whole else len(logged),
    )


def _others(server: WandbServer, place: ProjectPlace, first: Pages, total: int, came: int) -> Iterator[RunRecord]:
    """More runs for the sample: from the middle and the end, where the server's own cursors are offsets; else what
    comes after the newest."""
    if first.counts_offsets and server.abilities.does(ORDER):
        others = [_newest_first(server, place, _HEAVY, offset) for offset in _other_offsets(total, came)]
        for pages in others:
            pages.start(SAMPLE_RUNS)
    else:
        others = [first] * _MORE_PAGES if server.abilities.does(PAGING) else []
    for pages in others:
        yield from _sampled(pages, SAMPLE_RUNS)


def _sampled(pages: Pages, size: int) -> list[RunRecord]:
    """The runs of so large a page, less those that the server cannot read, or not all of. It may come in parts."""
    found: list[RunRecord] = []
    looked_at = 0
    while looked_at < size and (chunk := pages.next(size - looked_at, 0)) is not None:
        found += chunk.whole
        looked_at += len(chunk.runs) + len(chunk.lost)
        if not (chunk.is_part and chunk.has_next):
            break
    return found


def _newest_first(server: WandbServer, place: ProjectPlace, wanted: Wanted, offset: int = 0) -> Pages:
    question = ListQuestion(place, EVERY_RUN, NEWEST_FIRST, wanted)
    return Pages(server, question, offset, cursor_after(offset), teaches=False)


def _other_offsets(total: int, came: int) -> list[int]:
    """Where the other pages of the sample start, in the order of the newest first."""
    if total <= came:
        return []
    if total <= came + 2 * SAMPLE_RUNS:
        return list(range(came, total, SAMPLE_RUNS))
    return [total // 2, total - SAMPLE_RUNS]
