"""Runs, one run, its sweep and the agents of that, as W&B's public API has them: each leads to the others."""

from __future__ import annotations

import json
from typing import Any

from runql.errors import ArgumentError, NotFound
from runql.plan.selectors import Filters, WandbSelector, wandb_selector
from runql.semantic.record import RunRecord
from runql.sources.protocol import FULL, LIGHT, Page, PageRequest, ServiceApi, Wanted
from runql.text.render import clean
from runql.wandb_api import arguments
from runql.wandb_api.arguments import DEFAULT_ORDER
from runql.wandb_api.loader import PageLoader, complete
from runql.wandb_api.run import BaseRun
from runql.wandb_api.run_attributes import attributes
from runql.wandb_api.run_histories import HistoryFrames
from runql.wandb_api.sweep import BaseAgent, BaseSweep, sweep_order

_SOON = 500
"""After so many runs a listing is not begun anew with their heavy parts: what was passed would be fetched again."""


class Run(BaseRun):
    __doc__ = BaseRun.__doc__

    _sweep: Sweep | None = None
    _sweep_asked = False

    @property
    def sweep(self) -> Sweep | None:
        """The sweep that it belongs to; asked for the first time that it is read."""
        if not self._sweep_asked:
            self._ask_for_sweep()
        return self._sweep

    def accept_sweep(self, sweep: Sweep | None) -> None:
        """Take over the sweep that another run of it has loaded."""
        self._sweep = sweep
        self._sweep_asked = True

    def _ask_for_sweep(self) -> None:
        if self.sweep_name is None:
            return self.accept_sweep(None)
        record = self._service.sweep(self.entity, self.project, self.sweep_name)
        found = None if record is None else Sweep(self._service, self.entity, self.project, self.sweep_name, record)
        return self.accept_sweep(found)


class Runs(HistoryFrames[Run]):
    """The runs of a project that match a filter, in order. Nothing is asked for before it is needed.

    It is a list that is fetched page by page: it can be looped over, also twice and nested, indexed, cut and counted.
    A run that the source gives twice, because runs came or went while it was paging, is there once.

    Args:
        service_api: The service that holds the runs.
        entity: The entity, and
        project: the project. Where both are empty: whatever the source holds.
        filters: A MongoDB query over `config.…`, `summary_metrics.…`, `state`, `displayName`, `tags`, ….
        order: `created_at`, `heartbeat_at`, `config.KEY`, `summary_metrics.KEY`, …; `-` in front turns it round.
        per_page: How many runs a request gets.
        include_sweeps: Whether each run comes with its sweep.
        lazy: Whether to leave config, summary and system metrics until they are read.
        api_key: Taken for W&B's sake; who may read what is the service's business.
        wanted: Exactly these heavy parts instead of none (`lazy`) or all; they are in `Run.record`.

    Raises:
        ArgumentError: a bad argument; nothing was asked of the source.
    """

    def __init__(  # noqa: PLR0917 - W&B's own order
        self,
        service_api: ServiceApi,
        entity: str,
        project: str,
        filters: Filters | None = None,
        order: str = DEFAULT_ORDER,
        per_page: int = 50,
        include_sweeps: bool = False,
        lazy: bool = True,
        api_key: str | None = None,  # noqa: ARG002
        *,
        wanted: Wanted | None = None,
    ) -> None:
        super().__init__(per_page)
        self.entity = entity
        self.project = project
        self.filters = arguments.checked_filters(filters)
        self.order = arguments.checked_order(order)
        self._service = service_api
        self._include_sweeps = include_sweeps
        self._lazy = lazy
        self._wanted = wanted if wanted is not None else LIGHT if lazy else FULL
        self._loader: PageLoader | None = None
        self._seen: set[tuple[str, str, str]] = set()
        self._sweeps: dict[tuple[str, str, str], Sweep | None] = {}
        self.variables.update(
            entity=entity, project=project, order=self.order, filters=json.dumps(self.filters, default=str)
        )
        self.update_variables()

    @property
    def service_api(self) -> ServiceApi:
        """The service that holds the runs."""
        return self._service

    @property
    def _selector(self) -> WandbSelector:
        return wandb_selector(self.filters, self.order)

    def upgrade_to_full(self) -> None:
        """Load config, summary and system metrics of the runs that are here, many at a time, and of all to come."""
        with self._lock:
            self._lazy = False
            self._wanted = FULL
            complete(self._service, (run for run in self.objects if not run.is_full))

    def _fetch(self) -> Page:
        if self._loader is not None and self._loader.is_used and len(self.objects) <= _SOON:
            # Whoever reads the config of the first runs reads that of the others: they come with it.
            self._lazy, self._wanted, self._loader = False, FULL, None
        return self._service.runs_page(
            PageRequest(self.entity, self.project, self._selector, self.cursor, self.per_page, self._wanted)
        )

    def _convert(self, page: Page) -> list[Run]:
        self._notices.update(dict.fromkeys(said for run in page.runs for said in run.said))
        loader = PageLoader(self._service)
        self._loader = loader if self._wanted == LIGHT else None
        fresh: dict[tuple[str, str, str], Run] = {}
        for record in page.runs:
            identity = (record.entity, record.project, record.id)
            if identity not in self._seen and identity not in fresh:
                fresh[identity] = self._run(record, loader)
        if self._include_sweeps:
            for run in fresh.values():
                self._give_sweep(run)
        self._seen.update(fresh)
        return list(fresh.values())

    def _run(self, record: RunRecord, loader: PageLoader) -> Run:
        lazy = self._wanted != FULL
        return Run(self._service, self.entity, self.project, record.id, record, lazy=lazy, loader=loader)

    def _give_sweep(self, run: Run) -> None:
        """One request for each sweep, however many runs it has."""
        if run.sweep_name is None:
            return
        identity = (run.entity, run.project, run.sweep_name)
        if identity not in self._sweeps:
            self._sweeps[identity] = run.sweep
        run.accept_sweep(self._sweeps[identity])

    def _response(self, page: Page) -> dict[str, Any]:
        last = len(page.runs) - 1
        edges = [
            {"node": attributes(record), "cursor": page.cursor if at == last else None}
            for at, record in enumerate(page.runs)
        ]
        info = {"endCursor": page.cursor, "hasNextPage": page.has_next}
        return {"project": {"runCount": page.total, "runs": {"edges": edges, "pageInfo": info}}}

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_loader": None}

    def _count(self) -> int | None:
        return self._service.count(self.entity, self.project, self._selector)

    def __repr__(self) -> str:
        return clean(f"<Runs {'/'.join(part for part in (self.entity, self.project) if part) or self._service.name}>")


class Sweep(BaseSweep):
    __doc__ = BaseSweep.__doc__

    _runs: Runs | None = None

    @property
    def runs(self) -> Runs:
        """Its runs, oldest first."""
        if self._runs is None:
            self._runs = Runs(self._service, self.entity, self.project, {"sweep": self.id})
        return self._runs

    def best_run(self, order: str | None = None) -> Run | None:
        """The first run by `order`, or by the metric of the sweep; `None` if it has no runs.

        Args:
            order: `-acc`, `+summary_metrics.loss`, `config.lr`: without a prefix it is a metric of the summary, without
                a sign the greatest is the best.

        Raises:
            ArgumentError: neither names a metric.
        """
        chosen = self.order if order is None else sweep_order(order)
        if chosen is None:
            message = f"the sweep `{self.id}` names no metric"
            raise ArgumentError.because(message, "say what is best: `order='-summary_metrics.acc'`")
        first = Runs(self._service, self.entity, self.project, {"sweep": self.id}, chosen, per_page=1)[:1]
        return first[0] if first else None

    def agents(self) -> list[Agent]:
        """The agents that ran its runs.

        Raises:
            NotFound: the source does not know of agents, as a folder.
        """
        accounts = self._service.accounts
        if accounts is None:
            raise NotFound.of("RQL402", f"{self._service.name} knows no agents of sweeps", "a W&B server does")
        found = accounts.agents(*self._place, self.id)
        return [Agent(self._service, record, self.entity, self.project, self.id) for record in found]

    def agent(self, agent_id: str) -> Agent:
        """One agent, by its name or its id.

        Raises:
            NotFound: there is none of that name, or the source does not know of agents.
        """
        for agent in self.agents():
            if agent_id in (agent.name, agent.id):
                return agent
        raise NotFound.of("RQL402", f"the sweep `{self.id}` has no agent `{agent_id}`")

    def _forget_runs(self) -> None:
        self._runs = None


class Agent(BaseAgent):
    __doc__ = BaseAgent.__doc__

    def runs(self, per_page: int = 50) -> Runs:
        """The runs that it ran, oldest first."""
        service, accounts = self._service, self._service.accounts
        if accounts is None:
            raise NotFound.of("RQL402", f"{service.name} knows no agents of sweeps")
        found = accounts.runs_of_agent(*self._sweep, self.name or self.id)
        entity, project, _ = self._sweep
        return Runs(service, entity, project, {"name": {"$in": found}}, per_page=per_page)
