"""The way in of W&B's public API: `Api().runs(…)`, `Api().run(…)`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runql.errors import SourceError
from runql.runs import arguments
from runql.runs.arguments import DEFAULT_ORDER
from runql.runs.paths import parse_item_path, parse_project_path
from runql.runs.run import Run
from runql.runs.runs import Runs
from runql.runs.service import Filters, ServiceApi
from runql.runs.sweep import Sweep
from runql.semantic.record import ProjectRecord


class OpenedSource(NamedTuple):
    """Who holds the runs of a source, and the entity and project that its name names."""

    service: ServiceApi
    entity: str = ""
    project: str = ""


class Api:
    """Runs, sweeps and projects of a source. Nothing is kept between calls: each answer is of the time it is asked.

    Args:
        source: What holds the runs, as the language names it. (W&B's own first argument, a dict of settings, is
            taken for `overrides`.)
        service_api: Who holds the runs, instead of `source`.
        entity: The entity of paths that name none.
        project: The project of paths that name none.
        overrides: W&B's settings: `entity`, `project`, `base_url`.
        timeout: After how many seconds a request fails.
        api_key: W&B's key.
        base_url: The W&B server, as in `overrides`.

    Raises:
        SourceError: no source was named, or it is not one.
        ArgumentError: a bad argument.
    """

    def __init__(
        self,
        source: str | Mapping[str, Any] | None = None,
        *,
        service_api: ServiceApi | None = None,
        entity: str | None = None,
        project: str | None = None,
        overrides: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        api_key: str | None = None,
        base_url: str | None = None,
    ) -> None:
        if isinstance(source, Mapping):
            source, overrides = None, source
        self.settings = dict(arguments.checked_overrides(overrides))
        if base_url is not None:
            self.settings["base_url"] = base_url
        self.timeout = timeout
        self.api_key = api_key
        opened = self.open_source(source) if service_api is None else OpenedSource(service_api)
        self._service = opened.service
        self._entity = entity or self.settings.get("entity") or opened.entity
        self._project = project or self.settings.get("project") or opened.project

    def open_source(self, source: str | None) -> OpenedSource:
        """Who holds the runs of a source. Floors that know backends say so; this one knows none.

        Raises:
            SourceError: always, here.
        """
        raise SourceError.of("RQL404", f"no backend for `{source or 'the default source'}`: give `service_api`")

    @property
    def service_api(self) -> ServiceApi:
        """Who holds the runs."""
        return self._service

    @property
    def default_entity(self) -> str:
        """The entity of paths that name none; empty if there is none."""
        return self._entity

    def runs(  # noqa: PLR0917 - W&B's own order
        self,
        path: str | None = None,
        filters: Filters | None = None,
        order: str = DEFAULT_ORDER,
        per_page: int = 50,
        include_sweeps: bool = False,
        lazy: bool = True,
    ) -> Runs:
        """The runs of a project: see `Runs` for the arguments. Each call gives a new object.

        Args:
            path: `entity/project`, `project`, a link to the project, or nothing for the default.

        Raises:
            ArgumentError: a bad argument; nothing was asked of the source.
        """
        entity, project = parse_project_path(path, self._entity, self._project)
        return Runs(
            self._service, entity, project, filters, order, per_page, include_sweeps, lazy, api_key=self.api_key
        )

    def run(self, path: str = "") -> Run:
        """One run with all its data.

        Args:
            path: `entity/project/id`, `project/id`, `id`, a link, with or without `/runs/` before the id.

        Raises:
            RunNotFoundError: there is no such run; the nearest id is named.
            ArgumentError: it is no path.
        """
        return Run(self._service, *parse_item_path(path, self._entity, self._project), lazy=False)

    def sweep(self, path: str = "") -> Sweep:
        """One sweep, by a path like that of a run.

        Raises:
            RunNotFoundError: there is no such sweep.
            ArgumentError: it is no path.
        """
        return Sweep(self._service, *parse_item_path(path, self._entity, self._project))

    def projects(self, entity: str | None = None) -> Iterator[ProjectRecord]:
        """The projects of an entity, or of the default one."""
        return self._service.projects(self._entity if entity is None else entity)

    def flush(self) -> None:
        """Nothing is kept, so there is nothing to forget; W&B's scripts call this."""

    def __repr__(self) -> str:
        # A debugger shows it also where the source could not be opened.
        service = getattr(self, "_service", None)
        return f"<Api {service.name}>" if service is not None else "<Api, not open>"
