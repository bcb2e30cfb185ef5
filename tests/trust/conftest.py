"""The world of these tests: each has a home and a folder of its own; the two servers stay."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import LoopbackServer
from tests.trust.world import Elsewhere, World, make, served


@pytest.fixture(scope="package")
def own() -> Iterator[LoopbackServer]:
    with served() as server:
        yield server


@pytest.fixture(scope="package")
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        yield server


@pytest.fixture
def world(
    tmp_path: Path, own: LoopbackServer, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """Nothing of the environment of the tests is left, and the folder from elsewhere is the working folder."""
    own.forget()
    elsewhere.got.clear()
    made = make(tmp_path, own, elsewhere)
    for name in [name for name in os.environ if name.startswith(("WANDB_", "RUNQL_")) or name == "NETRC"]:
        monkeypatch.delenv(name)
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(made.repo)
    # W&B's default stands for a server on this machine here: no test asks any other.
    monkeypatch.setattr("runql.sources.wandb.network.credentials.DEFAULT_BASE_URL", own.base_url)
    yield made
    assert made.elsewhere.got == [], "somebody asked a server that the user did not choose"
