"""A listing of one source, page by page, and the runs that come of it; nothing that was passed on is held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby
from operator import attrgetter
from typing import Final, overload

from runql.errors import ServerError
from runql.plan.nodes import Fetch
from runql.plan.push import LATER_PAGE, PLAIN_PAGE
from runql.semantic.record import RunHistory, RunRecord, cells_of, joined_runs
from runql.semantic.typed import FieldKey
from runql.sources.open import SourcePlace
from runql.sources.paging import add_new
from runql.sources.protocol import (
    FULL,
    Digest,
    HistoryRequest,
    Page,
    PageRequest,
    RunColumns,
    RunDigest,
    RunValue,
    ServiceApi,
    Wanted,
)
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable, frozen, packed, records_of

_PROJECT: Final = attrgetter("entity", "project")


@packed
class FoundRun:
    """A run with the place that holds it. Two are equal if they are one object."""

    record: RunRecord
    place: SourcePlace

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def entity(self) -> str:
        return self.record.entity or self.place.entity

    @property
    def project(self) -> str:
        return self.record.project or self.place.project

    def is_same_run(self, other: FoundRun) -> bool:
        """Whether two sources hold one run: the same id, and no other project as far as both name one."""
        return self.record.id == other.record.id and all(
            not mine or not theirs or mine == theirs
            for mine, theirs in ((self.entity, other.entity), (self.project, other.project))
        )


@changeable
class FoundRuns(Sequence[FoundRun]):
    """Runs of one place; each is made when somebody asks for it, the same one each time."""

    records: Sequence[RunRecord]
    place: SourcePlace
    _found: list[FoundRun] | None = None

    @property
    def found(self) -> list[FoundRun]:
        if self._found is None:
            self._found = list(records_of(FoundRun, (self.records, [self.place] * len(self.records))))
        return self._found

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[FoundRun]:
        return iter(self.found)

    @overload
    def __getitem__(self, index: int) -> FoundRun: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[FoundRun]: ...

    def __getitem__(self, index: int | slice) -> FoundRun | Sequence[FoundRun]:
        if isinstance(index, int) or self._found is not None:
            return self.found[index]
        return FoundRuns(self.records[index], self.place)


def records_in(found: Sequence[FoundRun]) -> Sequence[RunRecord]:
    """The records of runs."""
    return found.records if isinstance(found, FoundRuns) else [one.record for one in found]


def with_records(found: Sequence[FoundRun], records: Sequence[RunRecord]) -> Sequence[FoundRun]:
    """Those of the runs that have these records, in the order of these."""
    if isinstance(found, FoundRuns):
        return FoundRuns(records, found.place)
    by_record = {id(one.record): one for one in found}
    return [by_record[id(record)] for record in records]


def joined_found(parts: Sequence[Sequence[FoundRun]]) -> Sequence[FoundRun]:
    """These runs, one part after the other."""
    if len(parts) == 1:
        return parts[0]
    of_one = [part for part in parts if isinstance(part, FoundRuns)]
    if len(of_one) == len(parts) and len({id(part.place) for part in of_one}) == 1:
        return FoundRuns(joined_runs([part.records for part in of_one]), of_one[0].place)
    return tuple(chain.from_iterable(parts))


@frozen
class ProjectRuns:
    """Runs in a row that one project of one service holds: only there an id means one run."""

    service: ServiceApi
    entity: str
    project: str
    records: Sequence[RunRecord]

    def histories(self, request: HistoryRequest) -> Iterator[RunHistory]:
        """The histories of the runs, in their order."""
        ids = tuple(record.id for record in self.records)
        return self.service.histories(replace(request, entity=self.entity, project=self.project, run_ids=ids))


def by_project(found: Sequence[FoundRun]) -> Iterator[ProjectRuns]:
    """The runs of each project in turn."""
    parts: Iterable[tuple[SourcePlace, Sequence[RunRecord]]]
    if isinstance(found, FoundRuns):
        parts = [(found.place, found.records)]
    else:
        parts = ((place, records_in([*of_place])) for place, of_place in groupby(found, key=attrgetter("place")))
    for place, records in parts:
        for (entity, project), of_project in groupby(records, key=_PROJECT):
            yield ProjectRuns(place.service, entity or place.entity, project or place.project, [*of_project])


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

    def pages(self) -> Iterator[FoundRuns]:
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
            projects = set(zip(*(cells_of(page.runs, name) for name in ("entity", "project")), strict=True))
            seen = self._seen.setdefault(projects.pop(), set()) if len(projects) == 1 else None
            are_new = seen is not None and add_new(cells_of(page.runs, "id"), seen)
            fresh = page.runs if are_new else self._fresh(page.runs)
            # What stays is what is said about the listing, not its runs.
            self._page = Page((), page.cursor, page.has_next, page.total)
            self._came += len(fresh)
            yield FoundRuns(fresh, self._place)

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

    def _fresh(self, listed: Sequence[RunRecord]) -> Sequence[RunRecord]:
        """Those that did not come before."""
        fresh: list[RunRecord] = []
        for project, runs in groupby(listed, key=_PROJECT):
            seen = self._seen.setdefault(project, set())
            for record in runs:
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
