"""A listing of one source, page by page; nothing that was passed on is held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import Final

from runql.errors import ServerError
from runql.plan.nodes import Fetch
from runql.plan.push import LATER_PAGE, PLAIN_PAGE
from runql.semantic.record import RunRecord, cells_of
from runql.semantic.typed import FieldKey
from runql.sources.open import SourcePlace
from runql.sources.paging import add_new
from runql.sources.protocol import FULL, Digest, Page, PageRequest, RunColumns, RunDigest, RunValue, Wanted
from runql.text.diagnostic import Diagnostic

_PROJECT: Final = attrgetter("entity", "project")


def wanted_of(fetch: Fetch, metrics: Iterable[str] = ()) -> Wanted:
    """The heavy parts of each run that a plan reads; with `full` all of them. `metrics`: of the summary these too."""
    if fetch.scan.lazy is False:
        return FULL
    read = fetch.read
    summary = read.summary
    if summary is not None:
        summary = tuple(dict.fromkeys((*summary, *metrics)))
    return Wanted(read.config, summary, history_keys=read.history_keys)


class Paging:
    """The runs that a source gives for a `Fetch`, each once, though a source that runs come and go in may repeat some.

    Of a run that was passed on only its id stays. `notices` is what the source said so far. `per_page`: unless it is
    that of the plan.
    """

    def __init__(self, place: SourcePlace, fetch: Fetch, wanted: Wanted, per_page: int | None = None) -> None:
        self.notices: dict[Diagnostic, None] = {}
        self.exact = fetch.exact
        self._place = place
        self._request = PageRequest(
            entity=place.entity,
            project=place.project,
            selector=fetch.selector,
            per_page=fetch.per_page if per_page is None else per_page,
            wanted=wanted,
            most=fetch.most if per_page is None else None,
        )
        is_first = per_page is None and fetch.scan.page_size is None and fetch.per_page == PLAIN_PAGE
        self._later = LATER_PAGE if is_first else self._request.per_page
        self._seen: dict[tuple[str, str], set[str]] = {}
        self._page: Page | None = None
        self._came = 0

    def pages(self) -> Iterator[Sequence[RunRecord]]:
        """The runs that did not come before, of each page.

        The first page is small, so that something is there soon; the others are as large as is good for the rest.
        """
        cursor: str | None = None
        size = self._request.per_page
        while self._page is None or self._page.has_next:
            page = self._place.service.runs_page(replace(self._request, cursor=cursor, per_page=size))
            size = self._later
            if page.has_next and page.cursor in (None, cursor):
                raise ServerError.of("RQL405", "the source says that there are more runs, but not where they start")
            cursor = page.cursor
            self.notices.update(dict.fromkeys(page.notices))
            fresh = self._fresh(page)
            # What stays is what is said about the listing, not its runs.
            self._page = Page((), page.cursor, page.has_next, page.total)
            self._came += len(fresh)
            yield fresh

    def columns(self, keys: tuple[RunValue, ...]) -> RunColumns | None:
        """All runs of the listing as columns, as many as are needed; `None` where the source has none."""
        found = self._place.service.run_columns(self._request, keys)
        if found is not None:
            self.notices.update(dict.fromkeys(found.notices))
            self._page = Page((), None, has_next=found.length < found.total, total=found.total)
            self._came = found.length
        return found

    def digest(self, digest: Digest, keys: tuple[FieldKey, ...], of_all: tuple[FieldKey, ...]) -> RunDigest | None:
        """What a stage needs of the listing; `None` where the source does not say that with less than the runs."""
        found = self._place.service.run_digest(self._request, digest, keys, of_all)
        if found is not None:
            self.notices.update(dict.fromkeys(found.runs.notices))
            self._page = Page((), None, has_next=False, total=found.all_runs.total)
            self._came = found.all_runs.length
        return found

    def _fresh(self, page: Page) -> Sequence[RunRecord]:
        projects = set(zip(*(cells_of(page.runs, name) for name in ("entity", "project")), strict=True))
        if len(projects) == 1 and add_new(cells_of(page.runs, "id"), self._seen.setdefault(projects.pop(), set())):
            return page.runs
        fresh: list[RunRecord] = []
        for project, runs in groupby(page.runs, key=_PROJECT):
            seen, listed = self._seen.setdefault(project, set()), list(runs)
            if add_new([record.id for record in listed], seen):
                fresh += listed
                continue
            for record in listed:
                if record.id not in seen:
                    seen.add(record.id)
                    fresh.append(record)
        return fresh

    @property
    def has_more(self) -> bool:
        """Whether there are runs after those that came."""
        return self._page is None or self._page.has_next

    @property
    def announced(self) -> int | None:
        """How many runs there will be, as far as a page has said so. Nothing is asked for."""
        return None if self._page is None else self._page.total

    def total(self) -> int | None:
        """How many runs the request means in all, as far as the source can say so. Asks for a count if it must."""
        if self._page is not None and not self._page.has_next:
            return self._came
        if self._page is not None and self._page.total is not None:
            return self._page.total
        return self._place.service.count(self._request.entity, self._request.project, self._request.selector)
