"""The staircase: who may import whom, as `pyproject.toml` says it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.house.sources import ROOT

LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"]


def test_no_floor_imports_what_is_above_it() -> None:
    done = subprocess.run(LINT, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_new_floor_needs_a_place(tmp_path: Path) -> None:
    """The contract is exhaustive: a package that has no floor fails it."""
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    package = tmp_path / "runql"
    for name in (*_floors(contract), "cellar"):
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "backends" / "some.py").touch()
    (package / "frontends" / "some.py").touch()
    (tmp_path / "pyproject.toml").write_text(contract, encoding="utf-8")
    done = subprocess.run(LINT, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "cellar" in done.stdout


def _floors(contract: str) -> list[str]:
    import tomllib

    layers = tomllib.loads(contract)["tool"]["importlinter"]["contracts"][0]["layers"]
    return [floor.strip() for layer in layers for floor in layer.split("|")]
