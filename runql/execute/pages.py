"""A listing of one source, page by page; nothing that was passed on is held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from runql.errors import ServerError
from runql.plan.push import Pushed
from runql.semantic.record import RunRecord
from runql.sources.open import Place
from runql.sources.protocol import Page, PageRequest, Wanted
from runql.text.diagnostic import Diagnostic


class Paging:
    """The runs that a source gives for a request, each once, though a source that runs come and go in may repeat some.

    Of a run that was passed on only its id stays. `notices` is what the source said so far. `most`: how many runs
    will be read, if that is known.
    """

    def __init__(self, place: Place, pushed: Pushed, per_page: int, wanted: Wanted, *, most: int | None = None) -> None:
        self.notices: dict[Diagnostic, None] = {}
        self._place = place
        self._request = PageRequest(
            place.entity, place.project, pushed.filters, pushed.order, None, per_page, wanted, most
        )
        self._seen: dict[tuple[str, str], set[str]] = {}
        self._page: Page | None = None
        self._came = 0

    def pages(self) -> Iterator[list[RunRecord]]:
        """The runs that did not come before, of each page."""
        cursor: str | None = None
        while self._page is None or self._page.has_next:
            page = self._place.service.runs_page(replace(self._request, cursor=cursor))
            if page.has_next and page.cursor in (None, cursor):
                raise ServerError.of("RQL405", "the source says that there are more runs, but not where they start")
            cursor = page.cursor
            self.notices.update(dict.fromkeys(page.notices))
            fresh = self._fresh(page)
            # What stays is what is said about the listing, not its runs.
            self._page = Page((), page.cursor, page.has_next, page.total)
            self._came += len(fresh)
            yield fresh

    def _fresh(self, page: Page) -> list[RunRecord]:
        fresh = []
        for record in page.runs:
            seen = self._seen.setdefault((record.entity, record.project), set())
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
        return self._place.service.count(self._request.entity, self._request.project, self._request.filters)
