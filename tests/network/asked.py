"""The command, in an environment that holds nothing but what a test says."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.house.sources import ROOT

NAME = "wandb.company.test"
"""A host that exists for the proxies alone."""

KEY = "k" * 40


def words(text: str, source: str | None) -> list[str]:
    """The words of the command."""
    return [*([] if source is None else ["-s", source]), text, "-o", "csv"]


@dataclass(frozen=True)
class Asked:
    """What came of a question."""

    status: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err

    @property
    def code(self) -> str:
        """The code of the error."""
        return self.err.partition("[")[2].partition("]")[0]


def environment(folder: Path, base_url: str, **env: str) -> dict[str, str]:
    """What is set: a home of its own, a server, a key, and what a test says."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    plain = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    own = {"HOME": str(home), "RUNQL_CACHE": str(home / "cache"), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    return {**plain, **own, "WANDB_API_KEY": KEY, "WANDB_BASE_URL": base_url, **env}


def ask_in_a_process(
    folder: Path, base_url: str, *, text: str = "count runs", source: str | None = "acme/vision", **env: str
) -> Asked:
    """Asks a server with the command, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "runql", *words(text, source)],
        env=environment(folder, base_url, **env),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Asked(done.returncode, done.stdout, done.stderr)
