"""The command as a process of its own, asking a server on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.sources import ROOT
from tests.server import Knobs, LoopbackServer, Store

KEY = "b" * 40
Serve = Callable[[Store, Knobs], LoopbackServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers; a fault in one of them fails the test."""
    servers: list[LoopbackServer] = []

    def start(store: Store, knobs: Knobs) -> LoopbackServer:
        servers.append(LoopbackServer(store, knobs).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
        assert server.failures == []


def environment(folder: Path, server: LoopbackServer, **more: str) -> dict[str, str]:
    """The environment of a user who is signed in to the server."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "RUNQL_CACHE": str(folder / "cache"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "xterm-256color",
        "WANDB_BASE_URL": server.base_url,
        "WANDB_API_KEY": KEY,
        **more,
    }


def started(folder: Path, server: LoopbackServer, *argv: str, **more: str) -> subprocess.Popen[bytes]:
    """The command, just started in an empty folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "runql", *argv],
        cwd=folder,
        env={name: value for name, value in environment(folder, server, **more).items() if value},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
