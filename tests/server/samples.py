"""Projects to serve: small ones by hand and large ones by number."""

from __future__ import annotations

import math
import random
from typing import Any

from tests.server.store import Store, encode_id


def vision(count: int = 500, steps: int = 300, *, seed: int = 7) -> Store:
    """`acme/vision`: `count` runs of which about 231 in 500 have `config.lr` above 0.03, two metrics of one
    cadence and one of another, tags, users, sweeps and some nulls."""
    random_ = random.Random(seed)
    store = Store()
    store.add_project("acme", "vision", (_vision_run(index, steps, random_) for index in range(count)))
    store.sweeps["acme", "vision"] = [{"name": "sw1", "displayName": "first sweep", "bestLoss": 0.1}]
    return store


def _vision_run(index: int, steps: int, random_: random.Random) -> dict[str, Any]:
    loss = [math.exp(-step / 100) + random_.random() / 10 for step in range(steps)]
    rows: list[dict[str, Any]] = []
    for step, value in enumerate(loss):
        row: dict[str, Any] = {"_step": step, "_timestamp": 1.7e9 + step, "_runtime": float(step)}
        row |= {"loss": value, "acc": 1 - value / 2}
        if step % 10 == 0:
            row["val/loss"] = value * 1.1
        rows.append(row)
    config: dict[str, Any] = {
        "lr": round(random_.uniform(0.001, 0.065), 4),
        "seed": index % 5,
        "optimizer": random_.choice(["adam", "sgd", None]),
        "model": {"depth": random_.choice([18, 50]), "name": "resnet"},
        "data.path": "/data",
    }
    if index % 11 == 0:
        del config["seed"]
    return {
        "name": f"run{index:05d}",
        "displayName": f"brave-river-{index}",
        "state": random_.choice(["finished", "finished", "crashed", "running"]),
        "tags": [["good"], ["good", "paper"], []][index % 3],
        "group": f"g{index % 4}",
        "sweep": "sw1" if index % 7 == 0 else None,
        "username": ["ada", "grace"][index % 2],
        "host": "node1",
        "config": config,
        "summary": {"loss": loss[-1] if loss else None, "acc": 0.5, "_step": steps - 1, "_runtime": float(steps)},
        "history": rows,
        "events": [{"system.gpu.0.gpu": 90.0 + n, "_timestamp": 1.7e9 + n, "_runtime": float(n)} for n in range(20)],
        "systemMetrics": {"system.gpu.0.gpu": 99.0},
        "duration": steps,
    }


def wide(count: int = 10_000, *, seed: int = 3) -> Store:
    """`acme/wide`: many runs without history."""
    random_ = random.Random(seed)
    store = Store()
    store.add_project("acme", "wide", (_wide_run(index, random_) for index in range(count)))
    return store


def _wide_run(index: int, random_: random.Random) -> dict[str, Any]:
    return {
        "name": f"w{index:06d}",
        "storage_id": encode_id(f"Run:v1:w{index:06d}:wide:acme"),
        "displayName": f"wide-{index}",
        "username": "ada",
        "config": {f"c{n}": random_.random() for n in range(20)},
        "summary": {f"s{n}": random_.random() for n in range(20)},
    }
