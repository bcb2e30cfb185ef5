"""`Runs` objects that a session makes: of a result exactly its runs, and those of several projects in one order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NoReturn

from runql.engine.selectors import sort_by_fields
from runql.execute.executor import Executor
from runql.execute.pages import FoundRun, by_project, wanted_of
from runql.plan.nodes import Fetch, those
from runql.plan.selectors import Filters
from runql.plan.to_mongo.wire import wire, wire_order
from runql.semantic.record import RunHistory
from runql.sources.concurrent import together
from runql.sources.open import SourcePlace
from runql.sources.paging import needed
from runql.sources.protocol import FULL, HistoryRequest, Page, Wanted
from runql.syntax.mongo.nodes import EVERY_RUN
from runql.syntax.mongo.reader import read_order
from runql.wandb_api.arguments import DEFAULT_ORDER
from runql.wandb_api.loader import PageLoader
from runql.wandb_api.runs import Run, Runs

_PAGE = 500
"""Runs a page at the least: all of them are fetched, since the order is over all projects."""


class ChosenRuns(Runs):
    """What a query found. `filters` and `order` are those of the first source; the rest was decided here."""

    def __init__(self, executor: Executor) -> None:
        place, fetch, asked = executor.places[0], those(executor.pushed, Fetch)[0], executor.asked
        super().__init__(
            place.service,
            place.entity,
            place.project,
            wire(asked.filters),
            wire_order(asked.order),
            fetch.per_page,
            fetch.scan.with_sweeps,
            fetch.scan.lazy is not False,
            wanted=wanted_of(fetch, executor.metrics),
        )
        self._found: Callable[[], tuple[FoundRun, ...]] = executor.found

    def _fetch(self) -> Page:
        return Page(tuple(found.record for found in self._found()), total=len(self._found()))

    def _convert(self, page: Page) -> list[Run]:  # noqa: ARG002 - which place holds a run, a page does not say
        loaders: dict[int, PageLoader] = {}
        runs = []
        for found in self._found():
            service = found.place.service
            loader = loaders.setdefault(id(service), PageLoader(service))
            runs.append(
                Run(service, found.place.entity, found.place.project, found.record.id, found.record, loader=loader)
            )
        return runs

    def _count(self) -> int:
        return len(self._found())

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "what a query found cannot be pickled as a whole: pickle `list(runs)`, or the text of the query"
        )

    def _histories(self, request: HistoryRequest) -> Iterator[RunHistory]:
        for stretch in by_project(self._found()):
            for history in stretch.histories(request):
                self._notices.update(dict.fromkeys(history.notices))
                yield history


class ManyRuns(ChosenRuns):
    """The runs of the projects that a `*` matches, in one order over all of them. They are fetched at the first use.

    `places`: the projects, of one service. The other arguments are those of `Runs`.
    """

    def __init__(
        self,
        places: Sequence[SourcePlace],
        filters: Filters | None = None,
        order: str = DEFAULT_ORDER,
        *,
        include_sweeps: bool = False,
        lazy: bool = True,
    ) -> None:
        # What W&B's `Runs` has as its one project is the star here, for whoever looks.
        projects = ",".join(place.project for place in places)
        Runs.__init__(self, places[0].service, places[0].entity, projects, filters, order, _PAGE, include_sweeps, lazy)
        read = needed(EVERY_RUN, read_order(self.order))
        self._wanted = Wanted(read.config, read.summary, history_keys=read.history_keys) if lazy else FULL
        self._places = tuple(places)
        self._records: tuple[FoundRun, ...] | None = None
        self._found = self._fetched

    def _fetched(self) -> tuple[FoundRun, ...]:
        if self._records is None:
            found = [
                one
                for part in together([partial(self._of, place) for place in self._places], self._places)
                for one in part
            ]
            by_record = {id(one.record): one for one in found}
            ordered = sort_by_fields([one.record for one in found], read_order(self.order))
            self._records = tuple(by_record[id(record)] for record in ordered)
        return self._records

    def _of(self, place: SourcePlace) -> list[FoundRun]:
        runs = Runs(place.service, place.entity, place.project, self.filters, self.order, _PAGE, wanted=self._wanted)
        found = [FoundRun(run.record, place) for run in runs]
        self._notices.update(dict.fromkeys(runs.notices))
        return found

    def _convert(self, page: Page) -> list[Run]:
        runs = super()._convert(page)
        if self._include_sweeps:
            for run in runs:
                self._give_sweep(run)
        return runs

    def _count(self) -> int:
        if self._records is not None:
            return len(self._records)
        asked = [partial(place.service.count, place.entity, place.project, self._selector) for place in self._places]
        counts = together(asked, self._places)
        return len(self._found()) if None in counts else sum(count or 0 for count in counts)
