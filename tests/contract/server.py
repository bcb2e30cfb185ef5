"""The sample on a W&B server on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runql.sources.wandb import Credentials, WandbService
from tests.contract.sample import SampleProject, SampleRun
from tests.server import LoopbackServer, Store
from tests.server.store import stamp


class ServedSample(WandbService):
    """A service whose server stops with it."""

    def __init__(self, sample: SampleProject) -> None:
        store = Store()
        runs = (_run(at, run) for at, run in enumerate(sample.runs))
        store.add_project(sample.entity, sample.project, runs)
        store.sweeps[sample.entity, sample.project] = [
            {"name": name} for name in sorted({run.sweep for run in sample.runs if run.sweep})
        ]
        self.loopback = LoopbackServer(store).start()
        super().__init__(Credentials(self.loopback.base_url))

    def close(self) -> None:
        super().close()
        self.loopback.stop()
        assert self.loopback.failures == []


_RUN_INFO = {"cpu_count": "cpuCount", "gpu_count": "gpuCount"}
"""What a server calls differently than the file does."""


def _run(at: int, run: SampleRun) -> dict[str, Any]:
    rows = [{"_step": step, "_timestamp": 1.7e9 + step, **_flat(row)} for step, row in enumerate(run.rows)]
    summary: dict[str, Any] = {}
    for row in run.rows:
        summary.update(row)
    system = {key: value for row in run.system for key, value in row.items() if key.startswith("system.")}
    return {
        "name": run.id,
        "displayName": run.name,
        "state": run.state,
        "tags": list(run.tags),
        "group": run.group,
        "jobType": run.job_type,
        "notes": run.notes,
        "sweep": run.sweep,
        "config": dict(run.config),
        "summary": summary,
        "history": rows,
        "events": list(run.system),
        "systemMetrics": system,
        "createdAt": stamp(at),
        "runInfo": {_RUN_INFO.get(name, name): value for name, value in run.metadata.items()} or None,
    }


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A row as the server keeps it: nested names joined by dots."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found
