"""What a CI is told: JUnit XML, the action, the hooks, the example."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, parse

import pytest
import yaml

from tests.cli.conftest import Runql
from tests.house.sources import ROOT

SCRIPT = """\
# The first.
runs | assert count() > 3, "too few" | assert config.lr < 0.05, "a large one"
  | group config.opt : n = count() | assert n > 0;
# The second.
count runs;
# The third.
runs | assert count() > 1000
"""


@pytest.fixture
def script(tmp_path: Path, runql: Runql) -> Path:
    (tmp_path / "gate.rql").write_text(SCRIPT)
    return tmp_path / "gate.rql"


def cases(path: Path) -> list[tuple[str, str]]:
    """The test cases and what became of them."""
    suite = parse(path).getroot().find("testsuite")
    assert suite is not None
    found = [(case.get("name", ""), outcome(case)) for case in suite]
    for kind, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert suite.get(count) == str([one for _, one in found].count(kind))
    assert suite.get("tests") == str(len(found))
    return found


def outcome(case: Element) -> str:
    return next((child.tag for child in case), "")


def test_each_assertion_is_a_case(runql: Runql, script: Path, tmp_path: Path) -> None:
    (tmp_path / "out.xml").write_text("what was there before")
    said = runql("-s", "memory", "--junit", "out.xml", "gate.rql")
    assert said.status == 1
    assert cases(tmp_path / "out.xml") == [
        ("The first: count() > 3", ""),
        ("The first: config.lr < 0.05", "failure"),
        ("The first: n > 0", "skipped"),
        ("The second.", "skipped"),
        ("The third: count() > 1000", "skipped"),
    ]
    failed = parse(tmp_path / "out.xml").getroot().findall(".//testcase")[1]
    assert (failed.get("file"), failed.get("line")) == ("gate.rql", "2")
    assert "does not hold in" in (failed.findtext("failure") or "")


def test_all_is_well(runql: Runql, tmp_path: Path) -> None:
    said = runql("-s", "memory", "--junit", "out.xml", "-o", "csv", "count runs; runs limit 1 | assert count() = 1")
    assert said.status == 0
    assert [one for _, one in cases(tmp_path / "out.xml")] == ["", ""]


@pytest.mark.parametrize(
    ("source", "text", "status"),
    [("memory", "runs where config.lrr > 1", 2), ("./gone", "runs", 3), ("memory", "runs where", 2)],
)
def test_what_is_wrong_is_an_error(runql: Runql, tmp_path: Path, source: str, text: str, status: int) -> None:
    assert runql("-s", source, "--junit", "out.xml", text).status == status
    assert [one for _, one in cases(tmp_path / "out.xml")] == ["error"]


def test_a_file_that_cannot_be_written(runql: Runql, tmp_path: Path) -> None:
    assert runql("-s", "memory", "--junit", "no/out.xml", "count runs").status == 2
    failed = runql("-s", "memory", "--junit", "no/out.xml", "runs | assert count() > 1000")
    assert failed.status == 1
    assert "RQL506" in failed.err and "RQL520" in failed.err


def test_names_that_steer_nothing(runql: Runql, tmp_path: Path) -> None:
    text = 'runs | assert count() > 1000, "a \\"<b>\\" & \x07 ]]>"'
    assert runql("-s", "memory", "--junit", "out.xml", text).status == 1
    assert [one for _, one in cases(tmp_path / "out.xml")] == ["failure"]


def test_hooks_take_several_files(runql: Runql, script: Path, tmp_path: Path) -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert set(hooks) == {"runql-fmt", "runql-check"}
    (tmp_path / "wrong.rql").write_text("runs were config.lr > 1\n")
    (tmp_path / "right.rql").write_text("RUNS limit 1\n")
    check = hooks["runql-check"]["entry"].split()[1:]
    said = runql(*check, "right.rql", "wrong.rql", "gate.rql")
    assert said.status == 2
    assert "wrong.rql:1:6" in said.err
    assert runql(*check, "right.rql", "gate.rql").status == 0
    assert runql(*hooks["runql-fmt"]["entry"].split()[1:], "right.rql", "gate.rql").status == 0
    assert (tmp_path / "right.rql").read_text() == "runs limit 1\n"
    assert all(re.search(hook["files"], "a/b.rql") for hook in hooks.values())


# ---------------------------------------------------------------- the action


def steps(script: str, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the step of the action that asks, as GitHub would: its inputs stand in variables."""
    action: dict[str, Any] = yaml.safe_load((ROOT / "action" / "action.yml").read_text())
    (ask,) = [step for step in action["runs"]["steps"] if step.get("id") == "ask"]
    given = {name: one.get("default", "") for name, one in action["inputs"].items()} | {"script": script} | inputs
    known = {f"inputs.{name}": value for name, value in given.items()} | {"github.action_path": str(ROOT / "action")}
    environment = {name: known[value.strip("${} ")] for name, value in ask["env"].items()}
    assert "${{" not in ask["run"], "an input is a variable, never a piece of a script"
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / "runql").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m runql "$@"\n')
    (folder / "bin" / "runql").chmod(0o755)
    path = f"{folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    own = {"PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(folder), "GITHUB_OUTPUT": str(folder / "output")}
    own["GITHUB_STEP_SUMMARY"] = str(folder / "summary.md")
    return subprocess.run(
        ["bash", "-c", ask["run"]], cwd=folder, env={**environment, **own}, capture_output=True, text=True, check=False
    )


def test_the_action_shows_what_failed(tmp_path: Path) -> None:
    gate = (ROOT / "examples" / "ci" / "queries" / "gate.rql").read_text()
    (tmp_path / "gate.rql").write_text(gate)
    done = steps("gate.rql", tmp_path, source="demo", params="least=0.999\n\n")
    assert done.returncode == 1
    assert "::error file=gate.rql,line=22,title=The accuracy is as it was%3A acc >= $least::" in done.stderr
    assert "%0Aconfig.optimizer = adam, acc = 0.98" in done.stderr
    assert (tmp_path / "output").read_text() == "junit=runql-junit.xml\nstatus=1\n"
    assert done.stdout == ""
    assert "1 assertion holds" in steps("gate.rql", tmp_path, source="demo", params="least=0.5\n").stderr
    assert "config.optimizer" in steps("gate.rql", tmp_path, source="demo", output="csv").stdout
    assert "| ❌ | The accuracy is as it was: acc >= $least |" in (tmp_path / "summary.md").read_text()


def test_an_input_is_never_a_piece_of_a_script(tmp_path: Path) -> None:
    done = steps('count runs"; touch owned; "', tmp_path, source="demo; touch owned", params="x=$(touch owned)")
    assert done.returncode == 2
    assert not (tmp_path / "owned").exists()


def test_the_example_names_what_is_there() -> None:
    folder = ROOT / "examples" / "ci"
    job = yaml.safe_load((folder / ".github" / "workflows" / "runs.yml").read_text())["jobs"]["gate"]
    inputs = yaml.safe_load((ROOT / "action" / "action.yml").read_text())["inputs"]
    (used,) = [step["with"] for step in job["steps"] if "action@" in step.get("uses", "") and step.get("id") == "gate"]
    assert set(used) <= set(inputs)
    assert (folder / used["script"]).is_file()
    hooks = yaml.safe_load((folder / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    known = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for hook in hooks} == known
    assert "junit.xml" in str(yaml.safe_load((folder / ".gitlab-ci.yml").read_text())["gate"])
