"""Beside the official client, on one server: the same runs in the same order, the same histories in all formats."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runql.sources.protocol import FULL
from runql.sources.wandb import WandbService, discover
from runql.wandb_api.runs import Runs
from tests.server import LoopbackServer, Store
from tests.server.store import stamp

ROOT = Path(__file__).resolve().parents[3]
KEY = "f" * 40
SEED = 20260131
QUESTIONS = 24


def sample_store() -> Store:
    """Forty runs. No two have the same value of a field that orders are drawn from, and none lacks it: where values
    tie or are missing, W&B's order is its own."""
    store = Store()
    random_ = random.Random(SEED)
    rates = random_.sample(range(1, 1000), 40)
    for at in range(40):
        rows = [
            {"_step": step, "_timestamp": 1.7e9 + step, "loss": random_.random(), "acc": step} for step in range(30)
        ]
        for row in rows[::5]:
            row["val/loss"] = random_.random()
        run: dict[str, Any] = {
            "name": f"run{at:02}",
            "displayName": f"warm-{at}",
            "state": random_.choice(["finished", "crashed"]),
            "tags": random_.choice([["a"], ["a", "b"], []]),
            "username": random_.choice(["ada", "grace"]),
            "group": random_.choice(["g1", "g2"]),
            "config": {"lr": rates[at] / 1000, "opt": random_.choice(["adam", "sgd"]), "model": {"depth": at % 3}},
            "summary": {"loss": rates[-at] / 7, "_step": 29},
            "history": rows if at % 9 else [],
            "events": [{"system.cpu": 10.0 + n, "_timestamp": 1.7e9 + n, "_runtime": n} for n in range(at % 4 + 1)],
            "createdAt": stamp(random_.random() * 10_000),
        }
        if at % 4 == 0:
            run["config"]["seed"] = at
        store.add_run("acme", "vision", run)
    return store


def draw_filter(random_: random.Random, depth: int = 0) -> dict[str, Any]:
    number = random_.random()
    atoms: list[dict[str, Any]] = [
        {},
        {"config.lr": {random_.choice(["$gt", "$gte", "$lt", "$lte"]): number}},
        {"config.lr.value": {"$gt": number / 2, "$lt": 0.5 + number / 2}},
        {"summary_metrics.loss": {"$lt": number * 150}},
        {"config.opt": random_.choice(["adam", "sgd", "none"])},
        {"config.opt": {"$ne": "adam"}},
        {"config.model.value.depth": {"$in": random_.sample([0, 1, 2, 3], 2)}},
        {"config.model.depth": random_.choice([0, 1])},
        {"config.seed": {"$exists": random_.choice([True, False])}},
        {"state": random_.choice(["finished", "crashed"])},
        {"state": {"$ne": "finished"}},
        {"tags": random_.choice(["a", "b"])},
        {"tags": {"$in": ["b", "c"]}},
        {"username": random_.choice(["ada", "grace"])},
        {"displayName": {"$regex": random_.choice(["^warm-1", "[02468]$", "3"])}},
        {"name": {"$in": [f"run{at:02}" for at in random_.sample(range(50), 8)]}},
        {"createdAt": {"$gt": stamp(number * 10_000)}},
        {"keys_info.keys.val/loss": {"$exists": True}},
    ]
    if depth < 2 and random_.random() < 0.5:
        operator = random_.choice(["$and", "$or", "$nor"])
        return {operator: [draw_filter(random_, depth + 1) for _ in range(random_.randint(1, 3))]}
    return random_.choice(atoms)


def draw_question(random_: random.Random) -> dict[str, Any]:
    fields = ["created_at", "config.lr.value", "summary_metrics.loss", "createdAt"]
    stream = random_.choice(["default", "default", "default", "system"])
    keys = random_.choice([["loss"], ["loss", "acc"], ["acc", "val/loss"], ["nothing"], None])
    return {
        "filters": draw_filter(random_),
        "order": random_.choice("+-") + random_.choice(fields),
        "per_page": random_.choice([3, 7, 50]),
        "samples": random_.choice([5, 500]),
        "stream": stream,
        "keys": keys if stream == "default" else None,
    }


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(sample_store()) as started:
        yield started
        assert started.failures == []


@pytest.fixture(scope="module")
def questions() -> list[dict[str, Any]]:
    random_ = random.Random(SEED)
    return [draw_question(random_) for _ in range(QUESTIONS)]


@pytest.fixture(scope="module")
def official(
    server: LoopbackServer, questions: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """The answers of the official client, asked in a process of its own with a home of its own."""
    home = str(tmp_path_factory.mktemp("home"))
    folders = dict.fromkeys(("HOME", "WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR"), home)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB")}
    asked = "".join(f"{json.dumps(question)}\n" for question in questions)
    done = subprocess.run(
        [sys.executable, "-m", "tests.sources.wandb.official"],
        cwd=ROOT,
        env={**kept, **folders, "WANDB_BASE_URL": server.base_url, "WANDB_API_KEY": KEY, "WANDB_SILENT": "true"},
        input=asked,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line.removeprefix("answer ")) for line in done.stdout.splitlines() if line.startswith("answer ")]


@pytest.fixture(scope="module")
def ours(server: LoopbackServer) -> Iterator[WandbService]:
    nowhere = Path("nowhere")
    service = WandbService(discover({"WANDB_BASE_URL": server.base_url, "WANDB_API_KEY": KEY}, nowhere, nowhere))
    yield service
    service.close()


@pytest.mark.parametrize("at", range(QUESTIONS))
def test_the_same_answers(
    at: int, ours: WandbService, official: list[dict[str, Any]], questions: list[dict[str, Any]]
) -> None:
    question, theirs = questions[at], official[at]
    runs = Runs(
        ours,
        "acme",
        "vision",
        question["filters"],
        question["order"],
        question["per_page"],
        lazy=False,
        wanted=FULL,
    )
    assert [run.id for run in runs] == theirs["ids"]
    assert len(runs) == theirs["length"]
    assert [run.config for run in runs] == theirs["config"]
    given = {"samples": question["samples"], "stream": question["stream"]}
    if question["keys"] is not None:
        given["keys"] = question["keys"]
    assert runs.histories(**given, format="default") == theirs["default"]
    for name in ("pandas", "polars"):
        frame = runs.histories(**given, format=name)
        columns = {column: list(frame[column]) for column in frame.columns}
        # Of nothing the official frames have no columns either; ours have those that were asked for.
        # As JSON, where NaN is equal to itself.
        assert as_json({column: cells for column, cells in columns.items() if cells}) == as_json(theirs[name])


def as_json(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def test_the_questions_are_no_easy_ones(official: list[dict[str, Any]]) -> None:
    counts = [len(answer["ids"]) for answer in official]
    assert 0 in counts
    assert any(0 < count < 40 for count in counts)
    assert any(answer["default"] for answer in official)
