"""The scripts of `examples/` do what they say, on the runs that come with RunQL."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Runql
from tests.house.sources import ROOT

SCRIPTS = sorted((ROOT / "examples").glob("*.rql"))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for script in SCRIPTS:
        shutil.copy(script, tmp_path)
    return tmp_path


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_each_is_right_before_anything_is_asked(runql: Runql, here: Path, script: Path) -> None:
    said = runql("check", "-s", "demo", script.name)
    assert (said.status, said.err) == (0, "")
    assert runql("fmt", "--check", script.name).status == 0


def test_the_gate(runql: Runql, here: Path) -> None:
    assert runql("-s", "demo", "nightly_gate.rql").status == 0
    said = runql("-s", "demo", "nightly_gate.rql", "-p", "least=0.9999")
    assert said.status == 1
    assert "the accuracy fell" in said.err
    said = runql("-s", "demo", "nightly_gate.rql", "-p", "suite=nothing")
    assert said.status == 1
    assert "the suite did not run" in said.err


def test_the_report(runql: Runql, here: Path) -> None:
    said = runql("-s", "demo", "-o", "json", "sweep_report.rql")
    assert said.status == 0
    for document in yaml.safe_load_all((here / "missing.yaml").read_text()):
        assert document["method"] == "grid"
        assert set(document["parameters"]) == {"optimizer", "seed"}


def test_the_table(runql: Runql, here: Path) -> None:
    assert runql("-s", "demo", "paper_table.rql").status == 0
    table = (here / "table.tex").read_text()
    assert r"\textbf{" in table
    assert r"$\pm$" in table
    assert (here / "table.csv").read_text().startswith("config.optimizer,config.model.depth,acc,ci,best,n")
