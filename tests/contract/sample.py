"""The project that every backend serves to the contract tests: small, and odd in every way that runs are odd."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class SampleRun:
    """One run. `rows` are logged in order, one step each from 0; the summary is the last value of each metric.

    Values are what the official SDK can write: no NaN in a config (it makes it null).
    """

    id: str
    name: str
    state: str = "finished"
    tags: tuple[str, ...] = ()
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    sweep: str | None = None
    config: Row = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    system: tuple[Row, ...] = ()
    metadata: Row = field(default_factory=dict)


@dataclass(frozen=True)
class SampleProject:
    """Runs in the order in which they were created."""

    entity: str
    project: str
    runs: tuple[SampleRun, ...]


def _alpha_rows() -> tuple[Row, ...]:
    rows: list[dict[str, Any]] = []
    for step in range(10):
        row: dict[str, Any] = {"loss": 1 / (step + 1), "acc": step, "net": {"a": step * 2}}
        if step % 5 == 0:
            row["val/loss"] = 2.0 - step
        rows.append(row)
    return tuple(rows)


SAMPLE = SampleProject(
    "acme",
    "vision",
    (
        SampleRun(
            "alpha",
            "warm-1",
            metadata={
                "program": "train.py",
                "args": ["--lr", "0.1"],
                "python": "3.12",
                "gpu": "NVIDIA H100",
                "gpu_count": 2,
                "cpu_count": 16,
            },
            tags=("baseline", "paper"),
            group="g1",
            job_type="train",
            notes="the first",
            sweep="sw1",
            config={
                "lr": 0.1,
                "model": {"depth": 18, "name": "resnet"},
                "data.path": "/data/a",
                "layers": [64, 32],
                "amp": True,
                "seed": 1,
            },
            rows=_alpha_rows(),
            system=tuple({"system.cpu": 10.0 + at, "_timestamp": 1.7e9 + at} for at in range(4)),
        ),
        SampleRun(
            "beta",
            "warm-2",
            state="failed",
            tags=("paper",),
            group="g1",
            sweep="sw1",
            config={"lr": 0.01, "model": {"depth": 50, "name": "vit"}, "amp": False, "seed": 2},
            rows=tuple({"loss": 3 - step, "note": "half"} for step in range(3)),
        ),
        SampleRun(
            "gamma",
            "cold-1",
            group="g2",
            config={"lr": "auto", "model": "resnet", "layers": [128], "seed": 3},
            rows=({"loss": 0.75, "note": 5}, {"loss": 0.7, "epoch": 1, "note": 6}),
        ),
        SampleRun(
            "delta",
            "cold-2",
            group="g2",
            config={"seed": 4, "amp": True},
            rows=({"loss": 0.5}, {"loss": math.nan}),
        ),
        SampleRun("epsilon", "Ünïcode", config={"lr": None, "layers": []}, rows=({"loss": math.inf, "acc": 1},)),
        SampleRun("zeta", "warm-10", tags=("baseline",), config={"lr": 1, "amp": 1}, rows=({"loss": 0.25},)),
        SampleRun("eta", "warm-3", config={"lr": True, "layers": [[64, 32]]}, rows=({"acc": 7},)),
        SampleRun("theta", "empty", tags=("paper",)),
    ),
)

IDS = tuple(run.id for run in SAMPLE.runs)
