"""`runql open`: an answer in another program, and what is said where there is none."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Runql
from tests.house.sources import ROOT
from tests.server import LoopbackServer, Store

DISK = str(ROOT / "tests" / "fixtures" / "wandb_files" / "0.19.11" / "wandb")
TENSORBOARD = f"tb:{ROOT / 'tests' / 'fixtures' / 'tensorboard_files'}"


@pytest.fixture(autouse=True)
def programs(runql: Runql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs, the only one; each writes what it was called with, and what it was given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("RUNQL_CACHE", str(tmp_path / "cache"))
    return folder


def install(programs: Path, name: str) -> None:
    (programs / name).write_text(
        f'#!/bin/sh\necho "$@" > "{programs}/{name}.called"\n/bin/cat "$1" > "{programs}/given"\n'
    )
    (programs / name).chmod(0o755)


def called(programs: Path, name: str) -> str:
    return (programs / f"{name}.called").read_text().strip()


def test_a_table_in_visidata(runql: Runql, programs: Path) -> None:
    install(programs, "vd")
    said = runql("open", "-s", "demo", "runs | group config.optimizer : n = count() | order -n")
    assert (said.status, said.out) == (0, "")
    rows = [json.loads(line) for line in (programs / "given").read_text().splitlines()]
    assert rows[0] == {"config.optimizer": "sgd", "n": 26}
    assert not Path(called(programs, "vd")).exists()


def test_one_run_on_disk_in_leet(runql: Runql, programs: Path) -> None:
    install(programs, "wandb")
    assert runql("open", "-s", DISK, "runs where id = 'steps'").status in {0, 1}
    folder = Path(called(programs, "wandb").removeprefix("leet "))
    assert folder.name == "offline-run-20261123_195229-steps"
    assert folder.is_dir()
    many = runql("open", "-s", DISK, "runs", "--in", "leet")
    assert (many.status, "RQL594" in many.err, "`limit 1` leaves one" in many.err) == (2, True, True)
    demo = runql("open", "-s", "demo", "run s084pbp3", "--in", "leet", "--print")
    assert (demo.status, demo.out.startswith("wandb leet /"), "-s084pbp3" in demo.out) == (0, True, True)
    logs = runql("open", "-s", TENSORBOARD, "runs limit 1", "--in", "leet")
    assert (logs.status, "limit 1" in logs.err) == (2, False)


def test_runs_of_a_server_in_the_browser(runql: Runql, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    store.add_project("acme", "vision", [{"name": "a1", "config": {"lr": 0.1}}, {"name": "b2", "config": {"lr": 0.2}}])
    opened: list[str] = []

    def opens(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("webbrowser.open", opens)
    with LoopbackServer(store) as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.base_url)
        monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
        one = runql("open", "-s", "acme/vision", "runs where config.lr > 0.15")
        assert (one.status, one.out) == (0, "")
        assert opened == [f"{server.base_url}/acme/vision/runs/b2"]
        many = runql("open", "-s", "acme/vision", "--print", "runs")
        assert many.out == f"{server.base_url}/acme/vision/workspace\n"
        assert many.err.startswith("2 runs match; the address of a workspace holds no condition")
        none = runql("open", "-s", "acme/vision", "runs where config.lr > 5")
        assert (none.status, "no run matches" in none.err) == (2, True)
        assert opened == [f"{server.base_url}/acme/vision/runs/b2"]


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (("runs",), "pip install visidata"),
        (("--in", "visidata", "runs"), "pip install visidata"),
        (("--in", "browser", "runs"), "--in leet"),
        (("count runs; runs",), "one answer"),
    ],
)
def test_what_cannot_be_shown_has_a_way_out(runql: Runql, call: tuple[str, ...], hint: str) -> None:
    said = runql("open", "-s", "demo", *call)
    assert (said.status, said.out) == (2, "")
    assert hint in said.err


def test_print_starts_nothing(runql: Runql, programs: Path) -> None:
    install(programs, "vd")
    printed = runql("open", "-s", "demo", "--print", "runs limit 1").out
    assert printed == "runql -s demo -o jsonl 'runs limit 1' | vd -f jsonl -\n"
    asked = shlex.split(printed.partition(" | ")[0])[1:]
    assert json.loads(runql(*asked).out)["id"]
    assert [path.name for path in programs.iterdir()] == ["vd"]
