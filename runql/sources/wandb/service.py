"""The runs of a W&B server, behind the protocol that all sources share."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from runql.engine.mongo.filters import compile_filter
from runql.errors import ArgumentError, AuthError, NotFound, Unreachable
from runql.plan.capabilities import Capabilities, Trust
from runql.plan.selectors import Selector
from runql.plan.to_mongo.wire import wire_json
from runql.semantic.catalog import Catalog, KnownCatalog
from runql.semantic.record import ProjectRecord, RunHistory, RunRecord, SweepRecord
from runql.sources.history_rows import cut_here
from runql.sources.protocol import (
    AccountsApi,
    CatalogMemory,
    HistoryRequest,
    LineApi,
    Page,
    PageRequest,
    ServiceApi,
    Wanted,
)
from runql.sources.wandb.accounts import Accounts
from runql.sources.wandb.catalog.catalog import CatalogKeeper
from runql.sources.wandb.decode import ProjectPlace, read_project, read_sweep
from runql.sources.wandb.failures.failures import Failure
from runql.sources.wandb.histories.sampled import SampledHistories
from runql.sources.wandb.histories.scans import Scan
from runql.sources.wandb.http.client import Client
from runql.sources.wandb.http.flow_control import limiter_of
from runql.sources.wandb.http.identity import FederatedIdentity
from runql.sources.wandb.http.transport import LineSettings
from runql.sources.wandb.listing.connections import nodes_of, project_nodes, saying
from runql.sources.wandb.listing.counts import count_of
from runql.sources.wandb.listing.fetch import fetch_run, fetch_runs
from runql.sources.wandb.listing.listing import Listing
from runql.sources.wandb.listing.questions import position_in
from runql.sources.wandb.network.credentials import Credentials, IdentityToken
from runql.sources.wandb.network.network import Network, network_of
from runql.sources.wandb.network.redaction import Identity, identity_of
from runql.sources.wandb.project import Question, WandbServer, in_form_of_wandb
from runql.sources.wandb.schema.abilities import FILTERS, ORDER
from runql.syntax.mongo.nodes import only_id
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.wandb_settings.urls import app_url_of, normal_base_url

_KEPT_LISTINGS = 8


@frozen
class ServiceOptions:
    """How a service behaves. `entity` and `project` are those of a request that names none.

    `allow_plain`: send the key over plain HTTP to another machine. `cache_folder`: where catalogs are kept.
    `reopen`: how it is opened again where a pickle of it is read; the pickle holds no key.
    `on_wait` is told, about ten times a second and in the caller's thread, why nothing comes just now.
    """

    name: str = ""
    entity: str = ""
    project: str = ""
    allow_plain: bool = False
    cache_folder: Path | None = None
    on_wait: Callable[[str], None] | None = None
    reopen: Callable[[], object] | None = None
    line: LineSettings = field(default_factory=LineSettings)


def _network(credentials: Credentials, base_url: str, options: ServiceOptions) -> Network:
    """The way to a server. Raises `AuthError` where a key would travel in the open."""
    try:
        network = network_of(credentials.network, base_url)
    except Unreachable as error:
        # The frames hold the texts of proxies and headers, and so would a traceback that shows locals.
        error.__context__ = None
        raise error.with_traceback(None) from None
    if credentials.auth is not None and network.is_open(base_url) and not options.allow_plain:
        by = "" if network.proxy is None else f" through {network.proxy}"
        host = urlsplit(base_url).netloc
        hint = f"use `https://{host}`"
        raise AuthError([Diagnostic("RQL401", f"the key would go to {host} without TLS{by}", hints=(hint,))])
    return network


class WandbService(Accounts, ServiceApi):
    """A W&B server. Threads may share it; nothing is asked before the first call.

    Args:
        credentials: The server and who asks it, as `discover` finds them.
        options: How it behaves.

    Raises:
        AuthError: the key would travel in the open.
        SourceError: the base URL is none.
    """

    def __init__(self, credentials: Credentials, options: ServiceOptions | None = None) -> None:
        options = options if options is not None else ServiceOptions()
        base_url = normal_base_url(credentials.base_url)
        host = urlsplit(base_url).netloc
        network = _network(credentials, base_url, options)
        self.said = network.notices
        line, seconds = options.line, network.timeout_seconds
        if seconds is not None:
            # `WANDB_HTTP_TIMEOUT`: so long for one request with all its repetitions.
            line = replace(line, attempt_seconds=seconds, whole_seconds=seconds, give_up_seconds=seconds)
        auth = credentials.auth
        if isinstance(auth, IdentityToken):
            identity: Identity = FederatedIdentity(auth, base_url)
        else:
            identity = identity_of(None if auth is None else auth.secret)
        client = Client(base_url, identity, limiter_of(host), line, network, on_wait=options.on_wait)
        tried = f"looked in {', '.join(credentials.tried)}" if credentials.tried else ""
        hints = tuple(
            filter(None, ("no key was sent: `wandb login` stores one, `WANDB_API_KEY` holds one for now", tried))
        )
        app_url = credentials.app_url or app_url_of(base_url)
        self._server = WandbServer(host, app_url, client, credentials.auth is not None, hints)
        self._client = client
        self._base_url = base_url
        self._options = options
        self._name = options.name or (f"{options.entity}/{options.project}" if options.project else host)
        self._listings: OrderedDict[tuple[Any, ...], Listing] = OrderedDict()
        self._lock = threading.Lock()
        self._own: str | None = None
        self._catalogs = CatalogKeeper(self._server, options.cache_folder)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._options.reopen is None:
            raise TypeError(f"{self!r} cannot be pickled: nothing says how to open it again")
        return self._options.reopen, ()

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        return self

    @property
    def base_url(self) -> str:
        """The address of the server."""
        return self._base_url

    def __repr__(self) -> str:
        # A debugger shows it also where it could not be made.
        host = self._server.host if "_server" in vars(self) else "not open"
        return f"<WandbService {host}>"

    @property
    def name(self) -> str:
        """The source as a user writes it."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What the server does, as far as it is known by now."""
        abilities = self._server.abilities
        return Capabilities(
            filters=Trust.HINT if abilities.does(FILTERS) else Trust.NONE,
            order=Trust.EXACT if abilities.does(ORDER) else Trust.NONE,
            counts=abilities.counts_filtered,
            column_subsets=abilities.column_subsets,
        )

    @property
    def line(self) -> LineApi:
        """The client. What is cancelled raises `Unreachable` at once."""
        return self._client

    @property
    def memory(self) -> CatalogMemory:
        """What it keeps of projects."""
        return self

    @property
    def accounts(self) -> AccountsApi:
        """Its users, projects and agents."""
        return self

    def close(self) -> None:
        """Closes the connections, and keeps what was learned of projects on disk."""
        with self._lock:
            self._listings.clear()
        self._catalogs.save()
        self._client.close()

    def runs_page(self, request: PageRequest) -> Page:
        """One page of a listing; further pages are fetched ahead while it is read on."""
        place = self._place(request.entity, request.project)
        asked = in_form_of_wandb(request.selector)
        key = (place, wire_json(asked.filters), asked.order, request.wanted)
        with self._lock:
            listing = self._listings.pop((*key, request.cursor), None) if request.cursor is not None else None
        if request.per_page < 1:
            raise ArgumentError.because(f"`per_page` must be 1 or more, not {request.per_page}")
        run_id = only_id(asked.filters)
        with self._errors("the runs of", place) if run_id is None else self._errors("run", place, run_id):
            if listing is None:
                listing = Listing(self._server, request, place, asked)
                if request.cursor is not None:
                    listing.skip(position_in(request.cursor))
            page = listing.page(request.per_page)
        if page.has_next:
            with self._lock:
                self._listings[(*key, page.cursor)] = listing
                while len(self._listings) > _KEPT_LISTINGS:
                    self._listings.popitem(last=False)[1].close()
        return page

    def count(self, entity: str, project: str, selector: Selector) -> int | None:
        """How many runs match: one request, unless the server cannot count them."""
        place, filters = self._place(entity, project), in_form_of_wandb(selector).filters
        compile_filter(filters)
        with self._errors(f"the number of runs of {place.path}"):
            return count_of(self._server, place, filters)

    def lacking(self, fields: tuple[str, ...], *, counts: bool, narrows: bool) -> tuple[Diagnostic, ...]:
        """What the server turned out to lack, or not to do, of what a query asks: these fields, a count, a filter."""
        abilities, host = self._server.abilities, self._server.host
        if not (abilities.lacks or abilities.ignores or abilities.misread):
            return ()
        concerned = [FILTERS, "Project.runs(filters)"] if narrows else []
        if counts:
            concerned.append("Project.runCount(filters)" if narrows else "Project.runCount")
        misread = abilities.misread_notices(host) if narrows else ()
        return (*abilities.lacking(host, fields), *abilities.notices(host, concerned), *misread)

    def run(self, entity: str, project: str, run_id: str, wanted: Wanted) -> RunRecord | None:
        """One run, or `None`."""
        place = self._place(entity, project)
        with self._errors(f"run {place.path}/{run_id}"):
            return fetch_run(self._server, place, run_id, wanted)

    def upgrade(self, entity: str, project: str, run_ids: tuple[str, ...], wanted: Wanted) -> Mapping[str, RunRecord]:
        """The heavy parts of many runs, by run id; many runs a request."""
        place = self._place(entity, project)
        subject = f"run {place.path}/{run_ids[0]}" if len(run_ids) == 1 else f"runs of {place.path}"
        with self._errors(subject):
            return {run.id: run for run in fetch_runs(self._server, place, list(dict.fromkeys(run_ids)), wanted)}

    def histories(self, request: HistoryRequest) -> Iterator[RunHistory]:
        """The histories of many runs, in their order, as they land."""
        place = self._place(request.entity, request.project)
        if not request.run_ids:
            return
        unique = replace(request, run_ids=tuple(dict.fromkeys(request.run_ids)))
        if request.min_x is not None or request.max_x is not None:
            yield from cut_here(self.histories(replace(unique, samples=None, min_x=None, max_x=None)), unique)
            return
        is_scan = request.samples is None and request.stream == "default"
        source = Scan(self._server, place, unique) if is_scan else SampledHistories(self._server, place, unique)
        with self._errors("histories of", place):
            yield from source

    def sweep(self, entity: str, project: str, sweep_id: str) -> SweepRecord | None:
        """One sweep, or `None`."""
        place = self._place(entity, project)
        variables = {"entity": place.entity, "project": place.project, "name": sweep_id}
        with self._errors(f"sweep {place.path}/{sweep_id}"):
            answer = self._server.ask(Question("sweep", frozenset(), variables))
            node = self._server.project_of(answer, place).get("sweep")
        return read_sweep(node, place) if isinstance(node, Mapping) else None

    def sweeps(self, entity: str, project: str) -> Iterator[SweepRecord]:
        """The sweeps of a project."""
        place = self._place(entity, project)
        variables = {"entity": place.entity, "project": place.project}
        with self._errors(f"the sweeps of {place.path}"):
            part = partial(self._project_part, name="sweeps")
            lost: list[Diagnostic] = []
            nodes = nodes_of(self._server, "sweeps", "Project.sweeps", variables, part, lost=lost)
            yield from saying((read_sweep(node, place) for node in nodes), lost)

    def projects(self, entity: str) -> Iterator[ProjectRecord]:
        """The projects of an entity; of whoever is signed in, if it is empty.

        Raises:
            NotFound: no entity was named, and nobody is signed in.
        """
        owner = entity or self._options.entity or self.default_entity()
        if not owner:
            raise NotFound([Diagnostic("RQL402", "whose projects? no entity is named, and nobody is signed in")])
        with self._errors(f"the projects of {owner}"):
            lost: list[Diagnostic] = []
            nodes = project_nodes(self._server, owner, lost)
            yield from saying((read_project(node, owner, self._server.app_url) for node in nodes), lost)

    def default_entity(self) -> str | None:
        """The entity of whoever is signed in."""
        with self._errors("who is signed in"):
            viewer = self._server.ask(Question("viewer", frozenset(), {})).data.get("viewer")
        entity = viewer.get("entity") if isinstance(viewer, Mapping) else None
        return entity if isinstance(entity, str) else None

    def catalog(self, entity: str, project: str, *, metrics: bool = False) -> Catalog:
        """What the project holds, from a sample of its runs: at most five requests, one if what was kept is still true,
        none within half a minute."""
        return self._catalog(entity, project, metrics=metrics)

    def catalog_anew(self, entity: str, project: str, *, metrics: bool = False) -> Catalog:
        """The same, asked for whatever was kept."""
        return self._catalog(entity, project, metrics=metrics, anew=True)

    def _catalog(self, entity: str, project: str, *, metrics: bool, anew: bool = False) -> Catalog:
        place = self._place(entity, project)
        with self._errors(f"the fields of {place.path}"):
            return self._catalogs.learn(place, metrics=metrics, anew=anew)

    def known_catalog(self, entity: str, project: str, *, metrics: bool = False) -> KnownCatalog | None:
        """What is known of the project without a request: of this process, else of the disk; `None` if nothing is."""
        place = self._place_at_hand(entity, project)
        return None if place is None else self._catalogs.known(place, metrics=metrics)

    def known_total(self, entity: str, project: str) -> int | None:
        """How many runs the project has, if any answer told so."""
        place = self._place_at_hand(entity, project)
        return None if place is None else self._server.learning.total(place)

    def _place_at_hand(self, entity: str, project: str) -> ProjectPlace | None:
        """The project, unless a request would be needed to say whose it is."""
        entity, project = entity or self._options.entity or self._own or "", project or self._options.project
        return ProjectPlace(entity, project, self._server.app_url) if entity and project else None

    def _place(self, entity: str, project: str) -> ProjectPlace:
        project = project or self._options.project
        entity = entity or self._options.entity or (self._own_entity() if project else "")
        if not entity or not project:
            hint = "write it as `entity/project`"
            raise NotFound([Diagnostic("RQL402", "a W&B server is asked for one project", hints=(hint,))])
        return ProjectPlace(entity, project, self._server.app_url)

    def _own_entity(self) -> str:
        """The entity of whoever is signed in, asked once; empty if nobody is."""
        if self._own is None:
            self._own = self.default_entity() or ""
        return self._own

    @contextmanager
    def _errors(self, subject: str, place: ProjectPlace | None = None, run_id: str = "") -> Iterator[None]:
        """Failures inside are RunQL's errors, about a subject: of a project, or one run of it, if that is given."""
        try:
            yield
        except Failure as failure:
            parts = () if place is None else (place.path, run_id) if run_id else (place.path,)
            said = f"{subject} {'/'.join(parts)}" if parts else subject
            raise self._server.error(failure, said) from failure

    def _project_part(self, data: Mapping[str, Any], name: str) -> Any:
        project = data.get("project")
        if not isinstance(project, Mapping):
            raise NotFound([Diagnostic("RQL402", f"no such project on {self._server.host}, or none that may be seen")])
        return project.get(name)
