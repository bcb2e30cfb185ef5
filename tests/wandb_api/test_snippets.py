"""W&B's code runs: each snippet gives on one server what the official client gives, with another import alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import runql
import runql.errors
from tests.server import LoopbackServer, Store
from tests.server.samples import vision
from tests.wandb_api.snippets import SNIPPETS, plain

ROOT = Path(__file__).resolve().parents[2]
KEY = "f" * 40
CONFIG = "method: random\nmetric: {name: loss, goal: minimize}\nparameters: {lr: {min: 0.1, max: 0.2}}"


def store() -> Store:
    """Twelve runs of two users, one with a nested summary, one with gaps and nulls in its history, one with nothing."""
    made = vision(12, 30)
    runs = made.projects["acme", "vision"]
    for at, run in enumerate(runs):
        run["createdAt"] = run["heartbeatAt"] = f"2026-01-01T00:{at:02}:00Z"
        run["notes"], run["description"], run["readOnly"] = f"note {at}", f"text {at}" if at % 2 else None, False
        run["summary"]["acc"] = 0.5 + ((at * 7) % 12) / 100
    runs[3]["summary"]["val"] = {"best": {"acc": 0.75}}
    rows = [{"_step": 0, "b": 1, "a": True, "text": "x"}, {"_step": 1, "text": None, "c": [1, 2]}]
    runs[4]["history"] = [*rows, {"_step": 2, "b": None, "n": float("nan")}, {"_step": 3, "b": 2.5, "a": None}]
    made.add_run(
        "acme",
        "vision",
        {"name": "empty", "username": "ada", "config": {"lr": 0.5}, "createdAt": LAST, "summary": {"loss": 9}},
    )
    made.sweeps["acme", "vision"] = [
        {
            "name": "sw1",
            "displayName": "first sweep",
            "bestLoss": 0.1,
            "config": CONFIG,
            "agents": [{"name": "agent1", "ran": ["run00000", "run00007"], "createdAt": LAST}],
        }
    ]
    made.add_project("acme", "speech", [{"name": "s1", "username": "ada"}])
    return made


LAST = "2026-01-02T00:00:00Z"


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(store()) as started:
        yield started
        assert started.failures == []


@pytest.fixture(scope="module")
def official(server: LoopbackServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the official client gives, in a process of its own."""
    home = tmp_path_factory.mktemp("home")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "WANDB_BASE_URL": server.base_url,
        "WANDB_API_KEY": KEY,
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_SILENT": "true",
        **{f"WANDB_{each}_DIR": str(home) for each in ("CACHE", "CONFIG", "DATA")},
    }
    asked = subprocess.run(
        [sys.executable, "-m", "tests.wandb_api.snippets"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in asked.stdout.splitlines() if line.startswith("snippet ")]
    return dict(json.loads(line.removeprefix("snippet ")) for line in lines)


@contextmanager
def closing_apis() -> Iterator[Any]:
    """RunQL as the module that a snippet imports; what it opened is closed in the end."""
    opened: list[runql.Api] = []

    def api(*args: Any, **kwargs: Any) -> runql.Api:
        opened.append(runql.Api(*args, **kwargs))
        return opened[-1]

    try:
        yield SimpleNamespace(Api=api, errors=runql.errors)
    finally:
        for each in opened:
            each.service_api.close()


@pytest.mark.parametrize("name", sorted(SNIPPETS))
def test_a_snippet_gives_what_the_official_client_gives(
    name: str, server: LoopbackServer, official: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable in [each for each in os.environ if each.startswith(("WANDB_", "RUNQL_"))]:
        monkeypatch.delenv(variable)
    for variable, value in {
        "WANDB_BASE_URL": server.base_url,
        "WANDB_API_KEY": KEY,
        "HOME": str(tmp_path),
        "RUNQL_CACHE": str(tmp_path),
    }.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(tmp_path)
    assert "value" in official[name], official[name]
    with closing_apis() as wandb:
        ours = json.loads(json.dumps(plain(SNIPPETS[name](wandb))))
    assert ours == official[name]["value"]
