"""Fresh runs of the official SDK, written here and now, are read back as they were logged; one of them is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fixtures import make_runs
from tests.sources.local.ask import codes, history, notices, page, rows, runs
from tests.sources.local.real import nested_rows, same, without_clock

pytestmark = pytest.mark.sdk


def _write(folder: Path, *scenarios: str) -> None:
    """Run each scenario in a process of its own: the SDK warns, and one of them kills itself."""
    for scenario in scenarios:
        _start(folder, scenario).wait(timeout=120)


def _start(folder: Path, scenario: str) -> subprocess.Popen[bytes]:
    environment = make_runs.environment(str(folder))
    del environment["WANDB_HOST"]  # so that who writes is looked for on this machine
    return subprocess.Popen(
        [sys.executable, make_runs.__file__, str(folder), scenario],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_what_was_logged_is_read(tmp_path: Path) -> None:
    _write(tmp_path, "nested", "resumed1", "resumed2", "failed", "typed")
    found = runs(tmp_path)
    assert {name: run.state for name, run in found.items()} == {
        "nested": "finished",
        "resumed": "finished",
        "failed": "failed",
        "typed": "finished",
    }
    assert found["nested"].config == make_runs.CONFIG
    assert (found["nested"].summary or {})["best"] == 0.125
    assert (found["nested"].user, found["nested"].group) == ("ada", "g1")
    for run_id in ("nested", "typed"):
        assert same(without_clock(rows(history(tmp_path, run_id))), nested_rows())
    assert history(tmp_path, "resumed", "n").columns == {"_step": list(range(20)), "n": list(range(20))}
    assert not page(tmp_path).notices


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not tell who has a file open")
def test_a_run_is_running_until_it_is_killed(tmp_path: Path) -> None:
    process = _start(tmp_path, "waiting")
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "logged").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [run.state for run in page(tmp_path).runs] == ["running"]
        assert codes(page(tmp_path)) == ["RQL505"]
        before = history(tmp_path, "waiting", "n").columns["n"]
    finally:
        for each in (*make_runs.children(process.pid), process.pid):
            os.kill(each, signal.SIGKILL)
        process.wait(timeout=60)
    (run,) = page(tmp_path).runs
    assert (run.id, run.state) == ("waiting", "crashed")
    assert set(codes(page(tmp_path))) <= {"RQL502"}
    after = history(tmp_path, "waiting", "n").columns["n"]
    assert len(before) > 50
    assert after[: len(before)] == before
    assert after == list(range(len(after)))
    assert run.config == {"lr": 9}
    assert (run.summary or {})["n"] - after[-1] in (0, 1)


def test_what_was_rewound_and_forked(tmp_path: Path) -> None:
    _write(tmp_path, "branch1", "forked", "rewound", "orphan")
    found = runs(tmp_path)
    assert history(tmp_path, "branched", "loss").columns == {"_step": [0, 1, 2, 3, 4], "loss": [10, 9, 8, 8.375, 8.5]}
    assert {key: value for key, value in (found["branched"].summary or {}).items() if key[0] != "_"} == {"loss": 8.5}
    assert found["branched"].config == {"lr": 1}
    assert history(tmp_path, "forked", "loss").columns == {"_step": [0, 1, 2, 3, 4], "loss": [10, 9, 8, 7, 100]}
    assert history(tmp_path, "orphan", "loss").columns == {"_step": [8], "loss": [1]}
    assert {name: run.history_line_count for name, run in found.items()} == {"branched": 5, "forked": 5, "orphan": 1}
    assert [(notice.code, notice.names) for notice in notices(page(tmp_path))] == [
        ("RQL548", ("branched",)),
        ("RQL548", ("orphan",)),
    ]
