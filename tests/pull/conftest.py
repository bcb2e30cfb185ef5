"""What the tests of pulls share: a server with a project, and the command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.conftest import runql
from tests.server import LoopbackServer, Store
from tests.server.store import stamp

__all__ = ["RUNS", "project_run", "runql", "server"]

RUNS = 10
"""Read four at a time, they are three parts."""


@pytest.fixture(autouse=True)
def four_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runql.pull.pull.PER_BATCH", 4)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """A server with a project `acme/vision` of ten runs."""
    store = Store()
    store.add_project("acme", "vision", (project_run(at) for at in range(RUNS)))
    server = LoopbackServer(store).start()
    yield server
    server.stop()


def project_run(at: int, **more: Any) -> dict[str, Any]:
    rows = [{"_step": step, "_timestamp": 1.7e9 + step, "loss": at + step / 8} for step in range(4)]
    system = [{"system.cpu": float(at), "_timestamp": 1.7e9}]
    """A run as the server has it, by its number."""
    run = {"name": f"r{at:02}", "config": {"lr": at / 2, "layers": [at]}, "summary": {"loss": at}, "history": rows}
    return {**run, "events": system, "systemMetrics": {"system.cpu": float(at)}, "heartbeatAt": stamp(at), **more}
