"""The study: which networks are trained, and how each run is labelled. Always the same trials in the same order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

SHORT, LONG = 80, 300
"""How many steps a run is trained and logged."""

GOOD_LR = {"sgd": 0.1, "momentum": 0.02, "adam": 0.003}
MONDAY = datetime(2026, 1, 12, 9, 14, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Trial:
    """One run: what is trained, and what the run is called. `killed_at` is the step at which it is killed."""

    name: str
    group: str
    job_type: str
    tags: tuple[str, ...]
    start: datetime
    optimizer: str = "sgd"
    lr: float = 0.1
    batch_size: int = 32
    hidden: int = 32
    depth: int = 2
    seed: int = 0
    steps: int = SHORT
    notes: str | None = None
    stop_on_nan: bool = False
    killed_at: int | None = None
    number: int = 0

    @property
    def id(self) -> str:
        """Eight letters and digits as the SDK makes them, the same at every build."""
        alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
        return "".join(random.Random(f"digits {self.number}").choices(alphabet, k=8))

    @property
    def config(self) -> dict[str, Any]:
        config = {
            "optimizer": self.optimizer,
            "lr": self.lr,
            "batch_size": self.batch_size,
            "seed": self.seed,
            "steps": self.steps,
            "stop_on_nan": self.stop_on_nan,
            "model": {"hidden": self.hidden, "depth": self.depth, "sizes": self.sizes},
        }
        if self.optimizer == "momentum":
            config["momentum"] = 0.9
        return config

    @property
    def sizes(self) -> list[int]:
        return [64, *[self.hidden] * self.depth, 10]


def trials() -> list[Trial]:
    """All runs of the study in the order in which they were started."""
    families = (_baselines(), _lr_sweep(), _random_search(), _ablations(), _failures(), _long_runs())
    return [replace(trial, number=number) for number, trial in enumerate(t for family in families for t in family)]


def _baselines() -> Iterator[Trial]:
    start = MONDAY
    for optimizer, lr in GOOD_LR.items():
        for seed in range(3):
            note = "The first run of the study." if start == MONDAY else None
            name = f"baseline {optimizer} s{seed}"
            yield Trial(
                name, f"baseline-{optimizer}", "train", ("baseline",), start, optimizer, lr, seed=seed, notes=note
            )
            start += timedelta(minutes=7, seconds=13)


def _lr_sweep() -> Iterator[Trial]:
    grid = {
        "sgd": (0.001, 0.01, 0.03, 0.3, 1.0, 3.0),
        "momentum": (0.001, 0.003, 0.01, 0.1, 0.3, 3.0),
        "adam": (0.0003, 0.001, 0.01, 0.03, 0.1, 1.0),
    }
    start = MONDAY + timedelta(hours=5, minutes=21)
    for optimizer, rates in grid.items():
        for lr in rates:
            note = "Far too large on purpose: where does it break?" if lr == rates[-1] else None
            name = f"lr {optimizer} {lr:g}"
            yield Trial(name, "lr-sweep", "sweep", ("sweep", "lr"), start, optimizer, lr, hidden=64, notes=note)
            start += timedelta(minutes=5, seconds=40)


def _random_search() -> Iterator[Trial]:
    dice = random.Random(2026)
    start = MONDAY + timedelta(days=1, hours=1)
    for number in range(1, 17):
        optimizer = dice.choice(("sgd", "momentum", "adam"))
        yield Trial(
            name=f"random {number:02}",
            group="random-search",
            job_type="sweep",
            tags=("sweep", "random"),
            start=start,
            optimizer=optimizer,
            lr=float(f"{GOOD_LR[optimizer] * 10 ** dice.uniform(-1.2, 1.2):.2g}"),
            batch_size=dice.choice((16, 32, 64, 128)),
            hidden=dice.choice((16, 32, 64, 128)),
            depth=dice.choice((1, 2, 3, 4)),
            seed=dice.randrange(100),
            stop_on_nan=True,
        )
        start += timedelta(minutes=11, seconds=7)


def _ablations() -> Iterator[Trial]:
    start = MONDAY + timedelta(days=2, minutes=35)
    tags = ("ablation",)
    for hidden in (4, 8, 16, 64, 128):
        yield Trial(f"width {hidden}", "width", "ablation", tags, start, hidden=hidden)
        start += timedelta(minutes=6, seconds=31)
    for depth in (1, 3, 5, 8):
        note = "Does it train at all without skip connections?" if depth == 8 else None
        yield Trial(f"depth {depth}", "depth", "ablation", tags, start, depth=depth, notes=note)
        start += timedelta(minutes=6, seconds=31)
    for batch_size in (8, 64, 256):
        yield Trial(f"batch {batch_size}", "batch-size", "ablation", tags, start, batch_size=batch_size)
        start += timedelta(minutes=6, seconds=31)


def _failures() -> Iterator[Trial]:
    start = MONDAY + timedelta(days=2, hours=6)
    tags = ("debug",)
    yield Trial("try rmsprop", "debug", "debug", tags, start, "rmsprop", 0.01, notes="Not written yet, it seems.")
    start += timedelta(minutes=2)
    yield Trial("whole set in one batch", "debug", "debug", tags, start, batch_size=2048)
    start += timedelta(minutes=9)
    yield Trial("momentum, hot", "debug", "debug", tags, start, "momentum", 0.25, stop_on_nan=True)


def _long_runs() -> Iterator[Trial]:
    start = MONDAY + timedelta(days=3, hours=-1)
    for optimizer, lr in GOOD_LR.items():
        for hidden in (32, 128):
            is_killed = (optimizer, hidden) == ("momentum", 128)
            yield Trial(
                name=f"long {optimizer} h{hidden}",
                group="long",
                job_type="train",
                tags=("long", "final") if hidden == 128 else ("long",),
                start=start,
                optimizer=optimizer,
                lr=lr,
                hidden=hidden,
                seed=7,
                steps=LONG,
                killed_at=211 if is_killed else None,
                notes="The machine ran out of memory." if is_killed else None,
            )
            start += timedelta(hours=1, minutes=3, seconds=20)
