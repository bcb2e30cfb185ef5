"""A folder is looked at once for a query, and anew for the next one."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runql import config
from runql.session import Result, Session
from runql.sources.local import discover, service
from tests.sources.local import files


def _write(root: Path, run_id: str) -> None:
    rows = [files.row({"loss": 1.0, "n": at}, at) for at in range(3)]
    head = files.run(run_id, config={"lr": 0.1}, host="elsewhere")
    files.write(root, files.log([head, *rows, files.exit_()]), run_id)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    found: list[Path] = []
    look = discover.find_run_files

    def counted(root: Path) -> Any:
        found.append(root)
        return look(root)

    monkeypatch.setattr("runql.sources.local.folder.find_run_files", counted)
    monkeypatch.setattr(service, "MOST_SECONDS", float("inf"))
    return found


@pytest.mark.parametrize(
    "text",
    [
        "runs",
        "runs where config.lr > 0.01 order -created limit 1",
        "count runs",
        "count runs where config.lr > 5",
        "runs keys loss",
        "runs where min(logged.loss) < 2 select id, max(logged.n)",
        "run a keys loss scan",
        "runs where config.lr > 5",
        "runs | group config.lr : n = count()",
        "show fields",
        "show projects",
        "show sweeps",
        "describe config.lr",
    ],
)
def test_one_look_for_a_query(tmp_path: Path, looks: list[Path], text: str) -> None:
    _write(tmp_path, "a")
    _write(tmp_path, "b")
    with Session(str(tmp_path), config.Settings()) as session:
        for times in (1, 2):
            (result,) = session.run(text)
            assert isinstance(result, Result)
            _ = (result.frame, result.notices, result.footer())
            assert len(looks) == times


def test_the_next_question_sees_what_came(tmp_path: Path, looks: list[Path]) -> None:
    _write(tmp_path, "a")
    with Session(str(tmp_path), config.Settings()) as session:
        (first,) = session.run("count runs")
        assert int(first) == 1  # type: ignore[arg-type]
        _write(tmp_path, "b")
        (second,) = session.run("count runs")
        assert int(second) == 2  # type: ignore[arg-type]


def test_an_answer_that_is_read_late_is_of_then(
    tmp_path: Path, looks: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_SECONDS", 2.0)
    _write(tmp_path, "a")
    with Session(str(tmp_path), config.Settings()) as session:
        (result,) = session.run("runs")
        later = SimpleNamespace(monotonic=lambda: time.monotonic() + 60, time=time.time)
        monkeypatch.setattr(service, "time", later)
        _write(tmp_path, "b")
        assert len(result.frame) == 2  # type: ignore[union-attr]
