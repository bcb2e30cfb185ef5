"""The runs of a project, as W&B's public API has them: filtered, ordered, fetched page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, overload

from runql.plan.selectors import Filters, WandbSelector
from runql.semantic.record import RunHistory, RunRecord
from runql.sources.history_rows import x_axis_of
from runql.sources.protocol import FULL, LIGHT, HistoryRequest, Page, PageRequest, ServiceApi, Stream, Wanted
from runql.text.render import clean
from runql.wandb_api import arguments
from runql.wandb_api.arguments import DEFAULT_ORDER, Format
from runql.wandb_api.frames import gather, pandas_frame, polars_frame, rows_with_run_id
from runql.wandb_api.loader import PageLoader, complete
from runql.wandb_api.paginator import Paginator
from runql.wandb_api.run import Run
from runql.wandb_api.run_attributes import attributes

if TYPE_CHECKING:
    import pandas
    import polars

    from runql.wandb_api.sweep import Sweep


_SOON = 500
"""After so many runs a listing is not begun anew with their heavy parts: what was passed would be fetched again."""


class Runs(Paginator[Run, Page]):
    """The runs of a project that match a filter, in order. Nothing is asked for before it is needed.

    It is a list that is fetched page by page: it can be looped over, also twice and nested, indexed, cut and counted.
    A run that the source gives twice, because runs came or went while it was paging, is there once.

    Args:
        service_api: Who holds the runs.
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
        """Who holds the runs."""
        return self._service

    @property
    def _selector(self) -> WandbSelector:
        return WandbSelector(self.filters, self.order)

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

    @overload
    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        format: Literal["default"] = "default",
        stream: Stream = "default",
    ) -> list[dict[str, Any]]: ...
    @overload
    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        *,
        format: Literal["pandas"],
        stream: Stream = "default",
    ) -> pandas.DataFrame: ...
    @overload
    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        *,
        format: Literal["polars"],
        stream: Stream = "default",
    ) -> polars.DataFrame: ...

    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        format: Format = "default",  # noqa: A002
        stream: Stream = "default",
    ) -> list[dict[str, Any]] | pandas.DataFrame | polars.DataFrame:
        """A sample of the history of every run, under each other, with the run's id in `run_id`.

        A row is there if it holds all the keys and the x axis: W&B's own rule, so keys that were logged at different
        steps want a call each. Runs stand in the order of this list, columns in the order of their names.

        Args:
            samples: About how many rows of each run.
            keys: The metrics; without it all, and whatever rows there are.
            x_axis: The metric along which the rows stand.
            format: A list of dicts (`default`), a `pandas` or a `polars` frame.
            stream: `system` for machine metrics, without `keys`.

        Raises:
            ArgumentError: a bad argument; nothing was asked of the source.
        """
        shape = arguments.checked_format(format)
        checked = arguments.checked_keys(keys)
        samples = arguments.checked_count("samples", samples)
        x_axis = arguments.checked_x_axis(x_axis)
        stream = arguments.checked_stream(stream, checked)
        request = HistoryRequest("", "", (), checked, samples, "all", x_axis, stream=stream)
        names = None if checked is None else (x_axis_of(request), *checked)
        histories = self._histories(request)
        if shape == "default":
            return list(rows_with_run_id(histories, names))
        columns = gather(histories, names, run_id=True)
        return pandas_frame(columns) if shape == "pandas" else polars_frame(columns)

    def _histories(self, request: HistoryRequest) -> Iterator[RunHistory]:
        """The histories of all runs: one request of the service for each stretch of runs of one project."""
        for (entity, project), group in groupby(self, key=lambda run: (run.entity, run.project)):
            ids = tuple(run.id for run in group)
            asked = replace(request, entity=entity, project=project, run_ids=ids)
            for history in self._service.histories(asked):
                self._notices.update(dict.fromkeys(history.notices))
                yield history

    def __repr__(self) -> str:
        return clean(f"<Runs {'/'.join(part for part in (self.entity, self.project) if part) or self._service.name}>")
