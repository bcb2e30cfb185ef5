"""The way in of W&B's public API: `Api().runs(…)`, `Api().run(…)`; and the paths by which its users name projects, runs
and sweeps, links from the browser among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple
from urllib.parse import unquote, urlsplit

from runql.errors import ArgumentError, NotFound, SourceError
from runql.plan.selectors import Filters
from runql.sources.protocol import AccountsApi, ServiceApi
from runql.text.visible import short_repr
from runql.wandb_api import arguments
from runql.wandb_api.arguments import DEFAULT_ORDER
from runql.wandb_api.explained import API_REASONS, Explained
from runql.wandb_api.projects import Project, Projects
from runql.wandb_api.run_facts import User
from runql.wandb_api.runs import Run, Runs, Sweep

_PAGES = frozenset({"runs", "sweeps"})
_APP_PREFIX = "wandb"
"""On CoreWeave's host the pages of W&B lie under this."""
_APP_HOST = "forge.coreweave.com"


def parse_project_path(path: str | None, entity: str = "", project: str = "") -> tuple[str, str]:
    """`entity/project`, `project`, a link to a page of the project, or nothing for the default.

    Raises:
        ArgumentError: it is none of these.
    """
    parts = path_parts(path or "")
    if "://" in (path or ""):
        parts = parts[:2]
    match parts:
        case []:
            return entity, project
        case [only]:
            return entity, only
        case [owner, name]:
            return owner, name
    raise ArgumentError.because(f"`{path}` is not the path of a project: write `entity/project`")


def parse_item_path(path: str, entity: str = "", project: str = "") -> tuple[str, str, str]:
    """`entity/project/id`, `project/id`, `id`, with `/runs/` or `/sweeps/` before the id or with a `:`, or a link.

    Raises:
        ArgumentError: it is none of these.
    """
    parts = path_parts(path)
    for page in _PAGES.intersection(parts[:-1]):
        at = parts.index(page)
        if "://" in path:
            del parts[at + 2 :]  # what follows is a tab of the page
        # `entity/project/runs/id` and `/runs/id`; a project may be called `runs` too
        if at == 2 or (at == 0 and path.strip().startswith("/")):
            del parts[at]
    if len(parts) < 3 and parts and ":" in parts[-1]:
        parts[-1:] = parts[-1].split(":", 1)
    parts = [part.strip() for part in parts]
    if not all(parts):
        parts = []  # `:`, `entity/project:`
    match parts:
        case [ident]:
            return entity, project, ident
        case [name, ident]:
            return entity, name, ident
        case [owner, name, ident]:
            return owner, name, ident
    raise ArgumentError.because(f"`{path}` is not the path of a run or a sweep: write `entity/project/id`")


def path_parts(path: object) -> list[str]:
    """The names in a path or a link.

    Raises:
        ArgumentError: it is no text.
    """
    if not isinstance(path, str):
        raise ArgumentError.because(f"a path is text like `entity/project`, not `{short_repr(path)}`")
    if "://" not in path:
        return [part.strip() for part in path.split("/") if part.strip()]
    link = urlsplit(path.strip())
    parts = [unquote(part) for part in link.path.split("/") if part]
    return parts[1:] if link.hostname == _APP_HOST and parts[:1] == [_APP_PREFIX] else parts


class OpenedSource(NamedTuple):
    """The service that holds the runs of a source, and the entity and project that its name names."""

    service: ServiceApi
    entity: str = ""
    project: str = ""


_SECRETS = ("key", "token", "password", "auth")


class WandbApi(Explained):
    """Runs, sweeps and projects of a source. Nothing is kept between calls: each answer is of the time it is asked.

    Args:
        source: What holds the runs, as the language names it. (W&B's own first argument, a dict of settings, is
            taken for `overrides`.)
        timeout: After how many seconds a request fails.
        api_key: W&B's key.
        service_api: The service that holds the runs, instead of `source`.
        entity: The entity of paths that name none.
        project: The project of paths that name none.
        overrides: W&B's settings: `entity`, `project`, `base_url`.
        base_url: The W&B server, as in `overrides`.

    Raises:
        SourceError: no source was named, or it is not one.
        ArgumentError: a bad argument.

    What W&B's `Api` has and this one has not, says why when it is asked for. A pickle of it holds no key.
    """

    KIND: ClassVar[str] = "Api"
    REASONS: ClassVar[Mapping[str, str]] = API_REASONS

    def __init__(
        self,
        source: str | Mapping[str, Any] | None = None,
        timeout: float | None = None,
        api_key: str | None = None,
        *,
        service_api: ServiceApi | None = None,
        entity: str | None = None,
        project: str | None = None,
        overrides: Mapping[str, Any] | None = None,
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
        accounts = self._service.accounts
        base = None if accounts is None else accounts.base_url
        known = {"base_url": base, "entity": self._entity, "project": self._project}
        for name, value in {**known, "organization": None}.items():
            self.settings[name] = self.settings.get(name) or value or None

    def open_source(self, source: str | None) -> OpenedSource:
        """The service that holds the runs of a source. Floors that know backends say so; this one knows none.

        Raises:
            SourceError: always, here.
        """
        raise SourceError.of("RQL404", f"no backend for `{source or 'the default source'}`: give `service_api`")

    @property
    def service_api(self) -> ServiceApi:
        """The service that holds the runs."""
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

    def projects(self, entity: str | None = None, per_page: int = 200) -> Projects:
        """The projects of an entity, or of the default one: a list that is fetched page by page."""
        return Projects(self._service, self._entity if entity is None else entity, per_page)

    def project(self, name: str, entity: str | None = None) -> Project:
        """A project by its name. Nothing is asked before something of it is read that its name does not say."""
        owner, name = parse_project_path(name, self.default_entity if entity is None else entity)
        return Project(self._service, owner, name, None)

    def from_path(self, path: str) -> Project | Run | Sweep:
        """What a path or a link names: `project`, `entity/project`, `entity/project/id`, `…/runs/id`, `…/sweeps/id`.

        Raises:
            RunNotFoundError: there is no such run or sweep.
            ArgumentError: it is no path, or that of a report.
        """
        parts = path_parts(path)
        if len(parts) < 3 or ("://" in path and len(parts) == 3):  # a link has a tab of the project there
            return self.project(path)
        if len(parts) == 3 or parts[2].startswith("run"):
            return self.run(path)
        if parts[2].startswith("sweep"):
            return self.sweep(path)
        if parts[2].startswith("report"):
            raise ArgumentError.because(f"`{path}` is a report: {self.REASONS['reports']}")
        raise ArgumentError.because(f"`{path}` is not the path of a project, a run or a sweep")

    @property
    def viewer(self) -> User:
        """Who asks: a text, the user name, with `name`, `email`, `entity`, `teams`.

        Raises:
            NotFound: nobody is signed in, or the source is no server.
        """
        found = self._users().viewer()
        if found is None:
            raise NotFound.of("RQL402", "nobody is signed in", "`wandb login` stores a key, `WANDB_API_KEY` holds one")
        return User(found.username, found.facts)

    def users(self, username_or_email: str) -> list[User]:
        """The users whose name or address is like the text. A server tells that to its administrators only.

        Raises:
            NotFound: the source is no server.
        """
        return [User(found.username, found.facts) for found in self._users().users(username_or_email)]

    def user(self, username_or_email: str) -> User | None:
        """The first of `users`; `None` if there is none."""
        return next(iter(self.users(username_or_email)), None)

    def _users(self) -> AccountsApi:
        accounts = self._service.accounts
        if accounts is not None:
            return accounts
        raise NotFound.of("RQL402", f"`{self._service.name}` knows no users", "a W&B server does")

    @property
    def user_agent(self) -> str:
        """What this client calls itself."""
        return "RunQL"

    def flush(self) -> None:
        """Nothing is kept, so there is nothing to forget; W&B's scripts call this."""

    def __getstate__(self) -> dict[str, Any]:
        settings = {name: value for name, value in self.settings.items() if not any(s in name for s in _SECRETS)}
        return {**vars(self), "api_key": None, "settings": settings}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    def __repr__(self) -> str:
        # A debugger shows it also where the source could not be opened.
        service = getattr(self, "_service", None)
        return f"<Api {service.name}>" if service is not None else "<Api, not open>"
