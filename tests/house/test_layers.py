"""The staircase: who may import whom, as `pyproject.toml` says it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
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
    for source in tomllib.loads(contract)["tool"]["importlinter"]["contracts"][1]["modules"]:
        (tmp_path / f"{source.replace('.', '/')}.py").touch()
    (package / "frontends" / "some.py").touch()
    (tmp_path / "pyproject.toml").write_text(contract, encoding="utf-8")
    done = subprocess.run(LINT, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "cellar" in done.stdout


def _layers(contract: str) -> list[str]:
    layers: list[str] = tomllib.loads(contract)["tool"]["importlinter"]["contracts"][0]["layers"]
    return layers


def _floors(contract: str) -> list[str]:
    return [floor.strip() for layer in _layers(contract) for floor in layer.split("|")]


def test_the_page_shows_the_same_staircase() -> None:
    page = (ROOT / "docs" / "design" / "architecture.md").read_text(encoding="utf-8")
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    floors = [", ".join(sorted(layer.split(" | "))) for layer in reversed(_layers(contract))]
    (shown,) = (line.strip() for line in page.splitlines() if line.startswith("    ") and line.count(" → ") > 5)
    assert [", ".join(sorted(floor.split(", "))) for floor in shown.split(" → ")] == floors


def test_the_page_names_files_that_there_are() -> None:
    """Of the tables for those who look for a place."""
    page = (ROOT / "docs" / "design" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:grammar|[a-z_]+)/[a-z_/]*(?:\.(?:py|lark))?)`", page.partition("## Where to put what")[2])
    assert len(named) > 30
    assert not [path for path in named if not ((ROOT / path).exists() or (ROOT / "runql" / path).exists())]


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs" / "design" / "dependencies.md").read_text(encoding="utf-8")
    extras = project["optional-dependencies"]
    for requirement in (*project["dependencies"], *(each for extra in extras.values() for each in extra)):
        name = re.split(r"[<>=!~ \[]", requirement)[0]
        assert re.search(rf"\b{re.escape(name)}\b", page), name
    for extra in extras:
        assert f"| `{extra}` |" in page
