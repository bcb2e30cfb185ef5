"""What is said of killed runs: one line for all of an answer, only of those that are in it, and it can be silenced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Runql
from tests.sources.local import files, folders

FOLDED = "13 logs end mid-record: their runs were killed (RQL502)"


@pytest.fixture
def killed(tmp_path: Path) -> str:
    """Forty runs; the logs of thirteen end in the middle of a record."""
    for at in range(40):
        torn = at % 3 == 0 and at < 39
        bodies = [files.run(f"r{at:02}", config={"seed": at}), *(files.row({"loss": 1 / (n + 1)}, n) for n in range(9))]
        log = files.log([*bodies, files.summary({"loss": 1 / 9}), *(() if torn else (files.exit_(),))])
        files.write(tmp_path, log + (b"\x12" * 9 if torn else b""), f"r{at:02}")
    return str(tmp_path)


def _said(text: str) -> int:
    return text.count("RQL502") + text.count("mid-record")


@pytest.mark.parametrize("query", ["runs", "runs keys loss", "runs | group state : n = count()", "runs; runs; runs"])
def test_one_line_for_all_of_them(runql: Runql, killed: str, query: str) -> None:
    said = runql("-s", killed, query)
    assert said.status == 0
    assert said.err.count(FOLDED) == 1
    assert _said(said.err) == 2


@pytest.mark.parametrize(
    "query",
    [
        "count runs",
        "count runs where state = 'crashed'",
        "runs where state = 'finished'",
        "runs where config.seed = 1 keys loss scan",
        "runs where config.seed > 39",
        "show fields",
        "show sweeps",
        "describe config.seed",
    ],
)
def test_nothing_of_what_is_not_in_the_answer(runql: Runql, killed: str, query: str) -> None:
    said = runql("-s", killed, query)
    assert said.status == 0
    assert _said(said.err) == 0


def test_one_file_is_named(runql: Runql, killed: str) -> None:
    said = runql("-s", killed, "runs where config.seed < 3")
    assert "run-r00.wandb` ends mid-record: its run was killed (RQL502)" in said.err
    assert _said(said.err) == 2


def test_quiet_and_silence(runql: Runql, killed: str) -> None:
    assert runql("-s", killed, "-q", "runs").err == ""
    assert _said(runql("-s", killed, "--no", "RQL502", "runs").err) == 0
    assert _said(runql("-s", killed, "set RQL502 off; runs").err) == 0
    said = runql("-s", killed, "--no", "RQL201", "runs")
    assert (said.status, "notices and warnings can be silenced" in said.err) == (2, True)


def test_all_names_on_request(runql: Runql, killed: str) -> None:
    for arguments in (("--names", "runs"), ("set names on; runs",)):
        said = runql("-s", killed, *arguments)
        assert FOLDED in said.err
        assert all(f"run-r{at:02}.wandb" in said.err for at in range(0, 39, 3))


def test_a_warning_is_said_to_who_wants_quiet_and_can_be_silenced(runql: Runql, killed: str) -> None:
    folder = Path(killed) / "wandb" / "offline-run-20260101_000000-x"
    folder.mkdir()
    for at in range(4):
        (folder / f"run-x{at}.wandb").write_bytes(b"PK\x03\x04 something else")
    for query in ("runs", "count runs", "runs keys loss"):
        said = runql("-s", killed, "-q", query)
        assert said.err.splitlines() == ["warning[RQL503]: 4 files or folders could not be read"]
        assert runql("-s", killed, "-q", "--no", "RQL503", query).err == ""
    found = json.loads(runql("-s", killed, "-q", "--errors", "json", "--names", "runs").err)
    assert [one["code"] for one in found] == ["RQL503"]
    assert all(f"run-x{at}.wandb" in str(found) for at in range(4))


def test_runs_without_logs(runql: Runql, tmp_path: Path) -> None:
    for at in range(3):
        folders.side_run(tmp_path, f"r{at}")
    said = runql("-s", str(tmp_path), "-o", "csv", "runs select id, config.lr, summary.loss, state")
    assert said.out.splitlines()[1] == "r0,1e-05,0.5,"
    assert "no logs of 3 runs: config and summary only (RQL545)" in said.err


@pytest.mark.parametrize(
    "query", ["runs select summary.loss", "runs where summary.loss > 1 select id", "runs keys loss"]
)
def test_a_run_of_which_nothing_is_known_yet(runql: Runql, tmp_path: Path, query: str) -> None:
    files.write(tmp_path, files.HEADER + b"\0")
    assert runql("-s", str(tmp_path), query).status == 0
    said = runql("-s", str(tmp_path), "runs select summary.loss")
    assert "the log of run `abc` holds nothing" in said.err
    files.write(tmp_path, files.log([files.run("other", config={"lr": 1}), files.exit_()]), "other")
    said = runql("-s", str(tmp_path), "runs select summary.loss")
    assert said.status == 2
    assert "the log of 1 run holds nothing" in said.err


def test_a_folder_of_sweeps_alone(runql: Runql, tmp_path: Path) -> None:
    folder = tmp_path / "wandb" / "sweep-abcd1234"
    folder.mkdir(parents=True)
    (folder / "config-x.yaml").write_text(folders.OLD_CONFIG)
    said = runql("-s", str(tmp_path), "runs")
    assert (said.status, "no runs here, only the settings of 1 sweep" in said.err) == (0, True)
    assert runql("-s", str(tmp_path), "-o", "csv", "show sweeps").out.splitlines()[1].startswith("abcd1234,")
