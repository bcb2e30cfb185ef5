"""The backends that must pass the contract: a table. To add one, write a factory and a line in `BACKENDS`.

A factory puts a `SampleProject` where its backend reads from (a folder written by the official SDK, a server on
loopback) and gives the service with the entity and the project to ask it for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from unittest.mock import patch

from runql.semantic.record import SweepRecord
from runql.sources.local import LocalService
from runql.sources.local.kept import heads
from runql.sources.memory import MemoryService
from runql.sources.protocol import ServiceApi
from tests.contract.sample import SampleProject
from tests.contract.server import ServedSample
from tests.sources.local.sample import folder_of
from tests.sources.store.sample import store_of
from tests.sources.tensorboard.sample import logs_of


@dataclass(frozen=True)
class Source:
    """A service that holds the sample, and the names by which to ask it."""

    service: ServiceApi
    entity: str
    project: str


class Factory(Protocol):
    """Makes a source of a sample. `folder` is empty, and its own."""

    def __call__(self, sample: SampleProject, folder: Path) -> Source: ...


@dataclass(frozen=True)
class Backend:
    """`lacks`: what its source cannot hold, by the names of `PARTS`; tests of these are skipped, and say so."""

    make: Factory
    lacks: frozenset[str] = frozenset()


PARTS: Mapping[str, str] = {
    "sweeps": "sweeps",
    "system": "machine metrics",
    "labels": "names that are not ids, tags, job types and notes of runs",
    "texts": "texts that were logged",
    "metadata": "where runs ran",
    "nesting": "metrics that nest: they are one name with dots",
}
LABELS = ("displayName", "display_name", "tags", "jobType")
"""The filters and orders of labels."""


def make_memory(sample: SampleProject, folder: Path) -> Source:
    """The sample as a list of dicts."""
    runs = [
        {
            "id": run.id,
            "name": run.name,
            "state": run.state,
            "entity": sample.entity,
            "project": sample.project,
            "tags": run.tags,
            "group": run.group,
            "job_type": run.job_type,
            "notes": run.notes,
            "sweep": run.sweep,
            "config": run.config,
            "created": f"2026-01-{day:02}T12:00:00Z",
            "url": f"https://wandb.test/{sample.entity}/{sample.project}/runs/{run.id}",
        }
        for day, run in enumerate(sample.runs, 1)
    ]
    service = MemoryService(
        runs,
        {run.id: run.rows for run in sample.runs if run.rows},
        system={run.id: run.system for run in sample.runs if run.system},
        sweeps=[SweepRecord(name, entity=sample.entity, project=sample.project) for name in sweep_names(sample)],
    )
    return Source(service, sample.entity, sample.project)


def sweep_names(sample: SampleProject) -> list[str]:
    """The sweeps that the runs belong to."""
    return sorted({run.sweep for run in sample.runs if run.sweep is not None})


def make_wandb(sample: SampleProject, folder: Path) -> Source:
    """The sample on a W&B server on loopback."""
    return Source(ServedSample(sample), sample.entity, sample.project)


def make_local(sample: SampleProject, folder: Path) -> Source:
    """The sample as run files on disk, of which an earlier look kept what it read."""
    cache = folder / "cache"
    folder_of(sample, folder / "runs")
    with patch.object(heads, "MANY_FILES", 1), patch.object(heads, "_SETTLED_NS", -(10**15)):
        first, service = (LocalService(folder / "runs", cache=cache) for _ in range(2))
    assert not first.kept.startswith(service.kept)
    return Source(service, sample.entity, sample.project)


def make_tensorboard(sample: SampleProject, folder: Path) -> Source:
    """The sample as TensorBoard logs, which have no project."""
    return Source(logs_of(sample, folder), "", "")


def make_store(sample: SampleProject, folder: Path) -> Source:
    """The sample, pulled from the list of dicts into a store."""
    memory = make_memory(sample, folder)
    return Source(store_of(memory.service, folder / "store"), sample.entity, sample.project)


BACKENDS: Mapping[str, Backend] = {
    "memory": Backend(make_memory, frozenset({"metadata"})),
    "local": Backend(make_local),
    "store": Backend(make_store, frozenset({"metadata"})),
    "tensorboard": Backend(make_tensorboard, frozenset(PARTS)),
    "wandb": Backend(make_wandb),
}
