"""What a sweep and an agent are without their runs, as W&B's public API has them; `runs.py` has the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from runql.errors import RunNotFoundError
from runql.semantic.record import AgentRecord, SweepRecord
from runql.sources.protocol import ServiceApi
from runql.text.render import clean
from runql.wandb_api.explained import SWEEP_REASONS, Pictured
from runql.wandb_api.run_attributes import iso_text
from runql.wandb_api.run_facts import InProject

_FIELDS = frozenset({"createdAt", "updatedAt", "name", "sweep"})
"""What an order of `best_run` may name without a prefix; any other name is a metric."""
_SPACES = frozenset({"config", "summary_metrics", "tags"})


class BaseSweep(InProject, Pictured):
    """One sweep and its runs.

    Raises:
        RunNotFoundError: there is no such sweep.
    """

    KIND: ClassVar[str] = "Sweep"
    PAGE: ClassVar[str] = "sweep"
    REASONS: ClassVar[Mapping[str, str]] = SWEEP_REASONS
    SPELLINGS: ClassVar[Mapping[str, str]] = {
        "bestLoss": "best_loss",
        "createdAt": "created_at",
        "displayName": "name",
        "display_name": "name",
        "runCount": "run_count",
        "runCountExpected": "expected_run_count",
        "run_count_expected": "expected_run_count",
        "updatedAt": "updated_at",
    }

    _record: SweepRecord

    def __init__(
        self, service_api: ServiceApi, entity: str, project: str, sweep_id: str, attrs: SweepRecord | None = None
    ) -> None:
        self._service = service_api
        self._place = (entity, project)
        self._record = self._ask(sweep_id) if attrs is None else attrs

    def _ask(self, sweep_id: str) -> SweepRecord:
        record = self._service.sweep(*self._place, sweep_id)
        if record is None:
            path = "/".join(part for part in (*self._place, sweep_id) if part)
            raise RunNotFoundError.of("RQL402", f"no sweep `{path}`")
        return record

    @property
    def name(self) -> str:
        """What people call it; the id where nobody named it."""
        return self._record.name or self.id

    @property
    def state(self) -> str | None:
        """Its state, as the source says it."""
        return self._record.state

    @property
    def method(self) -> str | None:
        """`grid`, `random` or `bayes`."""
        return self._record.method

    @property
    def description(self) -> str | None:
        """What is written of it."""
        return self._record.description

    @property
    def created_at(self) -> str | None:
        """When it was made, as ISO text in UTC."""
        return iso_text(self._record.created)

    @property
    def updated_at(self) -> str | None:
        """When it was last changed, as ISO text in UTC."""
        return iso_text(self._record.updated)

    @property
    def config(self) -> dict[str, Any]:
        """What it was started with: method, metric, parameters."""
        return dict(self._record.config or {})

    @property
    def best_loss(self) -> float | None:
        """The best value so far, as the source says it."""
        return self._record.best_loss

    @property
    def run_count(self) -> int | None:
        """How many runs it has, as the source says it."""
        return self._record.run_count

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
        sign = "+" if metric.get("goal", "minimize") == "minimize" else "-"
        return sweep_order(sign + metric["name"])

    def load(self, force: bool = False) -> dict[str, Any]:
        """The sweep under W&B's names. `force` asks for it again.

        Raises:
            RunNotFoundError: the sweep is gone.
        """
        if force:
            self._record = self._ask(self.id)
            self._forget_runs()
        record = self._record
        return {
            "id": record.storage_id,
            "name": record.id,
            "displayName": None if record.name == record.id else record.name,
            "method": record.method,
            "state": record.state,
            "description": record.description,
            "bestLoss": record.best_loss,
            "config": record.source_text,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "runCount": record.run_count,
            "runCountExpected": record.expected_run_count,
        }

    def _forget_runs(self) -> None:
        """Ask for its runs again when they are next read."""
        raise NotImplementedError

    @property
    def _attrs(self) -> dict[str, Any]:
        """The sweep under W&B's names: old scripts ask for it by this name."""
        return self.load()

    def __repr__(self) -> str:
        return clean(f"<Sweep {'/'.join(self.path)} ({self.state})>")


class BaseAgent(Pictured):
    """One agent of a sweep: `id`, `name`, `host`, `state`, `total_runs`, `created_at`, `heartbeat_at`."""

    KIND: ClassVar[str] = "Agent"
    SPELLINGS: ClassVar[Mapping[str, str]] = {
        "createdAt": "created_at",
        "heartbeatAt": "heartbeat_at",
        "totalRuns": "total_runs",
    }
    FACTS: ClassVar[tuple[str, ...]] = ("name", "host", "state", "total_runs", "created_at", "heartbeat_at")

    def __init__(self, service_api: ServiceApi, attrs: AgentRecord, entity: str, project: str, sweep_id: str) -> None:
        self._service = service_api
        self._record = attrs
        self._sweep = (entity, project, sweep_id)

    @property
    def id(self) -> str:
        """The server's own id."""
        return self._record.id

    def __getattr__(self, name: str) -> Any:
        if name in self.FACTS:
            return self._record.facts.get(name)
        return super().__getattr__(name)

    def __repr__(self) -> str:
        return clean(f"<Agent {self.id} ({self.state})>")


def sweep_order(text: str) -> str:
    """An order as W&B reads that of a best run: a bare name is a metric, and without a sign descending."""
    sign, name = (text[0], text[1:]) if text[:1] in ("+", "-") else ("-", text)
    head, _, rest = name.partition(".")
    known = head in _SPACES if rest else head in _FIELDS
    return f"{sign}{name}" if known else f"{sign}summary_metrics.{name}"
