"""The command in this process, over runs in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from runql.config import Settings
from runql.frontends.cli.main import main
from runql.sources.open import SourcePlace, open_place
from tests.session.fixtures import Watched


@dataclass(frozen=True)
class Said:
    """What a call of the command gave."""

    status: int
    out: str
    err: str


Runql = Callable[..., Said]


@pytest.fixture
def runql(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Runql:
    """Call the command with these words, in an empty folder, where `-s memory` is a source of twelve runs."""

    def opens(name: str, settings: Settings) -> SourcePlace:
        return SourcePlace(name, Watched()) if name == "memory" else open_place(name, settings)

    monkeypatch.setattr("runql.session.open_sources.open_place", opens)
    monkeypatch.chdir(tmp_path)
    for name in ("RUNQL_SOURCE", "RUNQL_DEBUG", "WANDB_ENTITY", "WANDB_PROJECT", "WANDB_DIR", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RUNQL_CONFIG", str(tmp_path / "config.toml"))

    def call(*argv: str) -> Said:
        capfdbinary.readouterr()
        status = main(list(argv))
        out, err = capfdbinary.readouterr()
        return Said(status, out.decode(), err.decode())

    return call
