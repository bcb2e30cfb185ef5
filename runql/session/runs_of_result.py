"""The runs of a result as a `Runs` object: exactly those, in the order of the query."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NoReturn

from runql.execute.executor import Executor
from runql.execute.found_run import FoundRun
from runql.execute.histories import histories_of
from runql.execute.pages import wanted_of
from runql.plan.nodes import Fetch, those
from runql.semantic.record import RunHistory
from runql.sources.protocol import HistoryRequest, Page
from runql.wandb_api.loader import PageLoader
from runql.wandb_api.run import Run
from runql.wandb_api.runs import Runs


class ChosenRuns(Runs):
    """What a query found. `filters` and `order` are what its first source was asked; the rest was decided here."""

    def __init__(self, executor: Executor) -> None:
        place, fetch = executor.places[0], those(executor.pushed, Fetch)[0]
        super().__init__(
            place.service,
            place.entity,
            place.project,
            fetch.filters,
            fetch.order,
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
        for history in histories_of(self._found(), replace(request)):
            self._notices.update(dict.fromkeys(history.notices))
            yield history
