"""A service with answers made to order, for what no real source does on request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from runql.plan.selectors import Selector
from runql.sources.memory import MemoryService
from runql.sources.protocol import Page, PageRequest


class StubService(MemoryService):
    """Runs in memory, whose pages go through `page` before they are given, and whose count is `counted`."""

    def __init__(
        self,
        runs: Iterable[Mapping[str, Any]],
        page: Callable[[PageRequest, Page], Page] = lambda _request, page: page,
        counted: Callable[[], int | None] = lambda: None,
    ) -> None:
        super().__init__(runs)
        self._page = page
        self._counted = counted
        self.requests: list[PageRequest] = []

    def runs_page(self, request: PageRequest) -> Page:
        self.requests.append(request)
        return self._page(request, super().runs_page(request))

    def count(self, entity: str, project: str, selector: Selector) -> int | None:
        return self._counted()
