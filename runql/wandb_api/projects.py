"""Projects and the sweeps in them, as W&B's public API has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from runql.errors import ArgumentError, NotFound
from runql.semantic.record import ProjectRecord, SweepRecord
from runql.sources.protocol import ServiceApi
from runql.text.render import clean
from runql.wandb_api.explained import PROJECT_REASONS, Pictured
from runql.wandb_api.paginator import Streamed
from runql.wandb_api.run_attributes import iso_text
from runql.wandb_api.run_facts import User
from runql.wandb_api.runs import Sweep


class Project(Pictured):
    """One project. What its name does not say is asked for the first time that it is read.

    Args:
        service_api: The service that holds the project.
        entity: The user or team that owns it.
        project: Its name.
        attrs: The project, if it is at hand, or `None`.
    """

    KIND: ClassVar[str] = "Project"
    PAGE: ClassVar[str] = "project"
    REASONS: ClassVar[Mapping[str, str]] = PROJECT_REASONS
    SPELLINGS: ClassVar[Mapping[str, str]] = {
        "createdAt": "created_at",
        "entityName": "entity",
        "entity_name": "entity",
        "isBenchmark": "is_benchmark",
        "readOnly": "read_only",
        "user": "owner",
    }

    def __init__(self, service_api: ServiceApi, entity: str, project: str, attrs: ProjectRecord | None) -> None:
        self._service = service_api
        self._record = attrs
        self.entity = entity
        self.name = project

    @property
    def path(self) -> list[str]:
        """The entity and the name."""
        return [self.entity, self.name]

    def _known(self) -> ProjectRecord:
        if self._record is None:
            service, accounts = self._service, self._service.accounts
            if accounts is not None:
                self._record = accounts.project(self.entity, self.name)
            else:
                self._record = next((each for each in service.projects(self.entity) if each.name == self.name), None)
        if self._record is None:
            raise NotFound.of("RQL402", f"no project `{'/'.join(filter(None, self.path))}`")
        return self._record

    @property
    def id(self) -> str | None:
        """The server's own id; `None` where the source has none.

        Raises:
            NotFound: there is no such project; this holds for all that follows.
        """
        return self._known().storage_id

    @property
    def url(self) -> str | None:
        """Its page in W&B's app; `None` where the source has none."""
        return self._known().url

    @property
    def created_at(self) -> str | None:
        """When it was made, as ISO text in UTC."""
        return iso_text(self._known().created)

    @property
    def last_active(self) -> str | None:
        """When something last happened in it, as ISO text in UTC."""
        return iso_text(self._known().last_active)

    @property
    def run_count(self) -> int | None:
        """How many runs it has."""
        return self._known().run_count

    @property
    def is_benchmark(self) -> bool | None:
        """Whether it is one of W&B's benchmarks."""
        return self._known().is_benchmark

    @property
    def read_only(self) -> bool | None:
        """Whether the server lets nobody change it."""
        return self._known().read_only

    @property
    def owner(self) -> User | None:
        """Who made it; `None` where the source does not say."""
        record = self._known()
        return None if record.owner is None else User(record.owner.username, record.owner.facts)

    def sweeps(self, per_page: int = 50, filters: Mapping[str, Any] | None = None, order: str | None = None) -> Sweeps:
        """Its sweeps.

        Raises:
            ArgumentError: filters or an order, which W&B has for sweeps on new servers only: choose in Python.
        """
        if order:
            raise ArgumentError.because("sweeps have no order: sort them in Python")
        return Sweeps(self._service, self.entity, self.name, per_page, filters)

    def __repr__(self) -> str:
        return clean(f"<Project {'/'.join(self.path)}>")


class Projects(Streamed[Project]):
    """The projects of an entity, fetched page by page: to be looped over, indexed and cut."""

    def __init__(self, service_api: ServiceApi, entity: str, per_page: int = 50) -> None:
        super().__init__(per_page)
        self.entity = entity
        self._service = service_api
        self.variables.update(entity=entity)
        self.update_variables()

    def _records(self) -> Iterator[ProjectRecord]:
        return self._service.projects(self.entity)

    def _make(self, record: ProjectRecord) -> Project:
        return Project(self._service, record.entity or self.entity, record.name, record)

    def __repr__(self) -> str:
        return clean(f"<Projects {self.entity or self._service.name}>")


class Sweeps(Streamed[Sweep]):
    """The sweeps of a project, fetched page by page: to be looped over, indexed and cut."""

    def __init__(
        self,
        service_api: ServiceApi,
        entity: str,
        project: str,
        per_page: int = 50,
        filters: Mapping[str, Any] | None = None,
    ) -> None:
        if filters:
            raise ArgumentError.because("sweeps have no filters: choose them in Python")
        super().__init__(per_page)
        self.entity = entity
        self.project = project
        self._service = service_api
        self.variables.update(entity=entity, project=project)
        self.update_variables()

    def _records(self) -> Iterator[SweepRecord]:
        return self._service.sweeps(self.entity, self.project)

    def _make(self, record: SweepRecord) -> Sweep:
        return Sweep(self._service, self.entity, self.project, record.id, record)

    def __repr__(self) -> str:
        return clean(f"<Sweeps {'/'.join(part for part in (self.entity, self.project) if part) or self._service.name}>")
