"""One sweep, as W&B's public API has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from runql.errors import ArgumentError, RunNotFoundError
from runql.runs.run import Run
from runql.runs.runs import Runs
from runql.runs.service import ServiceApi
from runql.semantic.record import SweepRecord
from runql.text.render import clean


class Sweep:
    """One sweep and its runs.

    Raises:
        RunNotFoundError: there is no such sweep.
    """

    def __init__(
        self, service_api: ServiceApi, entity: str, project: str, sweep_id: str, attrs: SweepRecord | None = None
    ) -> None:
        record = service_api.sweep(entity, project, sweep_id) if attrs is None else attrs
        if record is None:
            path = "/".join(part for part in (entity, project, sweep_id) if part)
            raise RunNotFoundError.of("RQL402", f"no sweep `{path}`")
        self._service = service_api
        self._record = record
        self._place = (entity, project)

    @property
    def id(self) -> str:
        """The id in its URL."""
        return self._record.id

    @property
    def name(self) -> str | None:
        """What people call it."""
        return self._record.name

    @property
    def entity(self) -> str:
        """The user or team that owns the project."""
        return self._record.entity or self._place[0]

    @property
    def project(self) -> str:
        """The project."""
        return self._record.project or self._place[1]

    @property
    def path(self) -> list[str]:
        """Entity, project and id, each escaped for a URL."""
        return [quote(part, safe="") for part in (self.entity, self.project, self.id)]

    @property
    def state(self) -> str | None:
        """Its state, as the source says it."""
        return self._record.state

    @property
    def method(self) -> str | None:
        """`grid`, `random` or `bayes`."""
        return self._record.method

    @property
    def config(self) -> dict[str, Any]:
        """What it was started with: method, metric, parameters."""
        return dict(self._record.config or {})

    @property
    def best_loss(self) -> float | None:
        """The best value so far, as the source says it."""
        return self._record.best_loss

    @property
    def expected_run_count(self) -> int | None:
        """How many runs it will have, where its parameters are finite and the source says so."""
        return self._record.expected_run_count

    @property
    def url(self) -> str | None:
        """Its page in W&B's app; `None` where the source has none."""
        return self._record.url

    @property
    def order(self) -> str | None:
        """The order that puts its best run first, by the metric of its config; `None` if that names none."""
        metric = self.config.get("metric")
        if not isinstance(metric, Mapping) or not isinstance(metric.get("name"), str):
            return None
        sign = "-" if metric.get("goal") == "maximize" else "+"
        return f"{sign}summary_metrics.{metric['name']}"

    @property
    def runs(self) -> Runs:
        """Its runs, oldest first."""
        return Runs(self._service, self.entity, self.project, {"sweep": self.id})

    def best_run(self, order: str | None = None) -> Run | None:
        """The first run by `order`, or by the metric of the sweep; `None` if it has no runs.

        Raises:
            ArgumentError: neither names a metric.
        """
        chosen = self.order if order is None else order
        if chosen is None:
            message = f"the sweep `{self.id}` names no metric"
            raise ArgumentError.because(message, "say what is best: `order='-summary_metrics.acc'`")
        first = Runs(self._service, self.entity, self.project, {"sweep": self.id}, chosen, per_page=1)[:1]
        return first[0] if first else None

    def __repr__(self) -> str:
        return clean(f"<Sweep {'/'.join(self.path)} ({self.state})>")
