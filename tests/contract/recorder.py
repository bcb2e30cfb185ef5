"""A service that passes everything on and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runql.plan.capabilities import Capabilities
from runql.plan.selectors import Selector
from runql.semantic.catalog import Catalog
from runql.semantic.record import ProjectRecord, RunHistory, RunRecord, SweepRecord
from runql.sources.protocol import HistoryRequest, Page, PageRequest, ServiceApi, Wanted


class Recorder(ServiceApi):
    """`calls` are the names of the methods that ask the source for something, in order."""

    def __init__(self, service: ServiceApi) -> None:
        self._service = service
        self.calls: list[str] = []
        self.pages: list[PageRequest] = []

    @property
    def name(self) -> str:
        return self._service.name

    @property
    def capabilities(self) -> Capabilities:
        return self._service.capabilities

    def runs_page(self, request: PageRequest) -> Page:
        self.calls.append("runs_page")
        self.pages.append(request)
        return self._service.runs_page(request)

    def count(self, entity: str, project: str, selector: Selector) -> int | None:
        self.calls.append("count")
        return self._service.count(entity, project, selector)

    def run(self, entity: str, project: str, run_id: str, wanted: Wanted) -> RunRecord | None:
        self.calls.append("run")
        return self._service.run(entity, project, run_id, wanted)

    def upgrade(self, entity: str, project: str, run_ids: tuple[str, ...], wanted: Wanted) -> Mapping[str, RunRecord]:
        self.calls.append(f"upgrade {len(run_ids)}")
        return self._service.upgrade(entity, project, run_ids, wanted)

    def histories(self, request: HistoryRequest) -> Iterator[RunHistory]:
        self.calls.append(f"histories {len(request.run_ids)}")
        return self._service.histories(request)

    def sweep(self, entity: str, project: str, sweep_id: str) -> SweepRecord | None:
        self.calls.append("sweep")
        return self._service.sweep(entity, project, sweep_id)

    def sweeps(self, entity: str, project: str) -> Iterator[SweepRecord]:
        self.calls.append("sweeps")
        return self._service.sweeps(entity, project)

    def projects(self, entity: str) -> Iterator[ProjectRecord]:
        self.calls.append("projects")
        return self._service.projects(entity)

    def catalog(self, entity: str, project: str, *, metrics: bool = False) -> Catalog:
        self.calls.append("catalog")
        return self._service.catalog(entity, project, metrics=metrics)

    def close(self) -> None:
        self._service.close()
