"""What tells of files and not of the question is said once at the prompt."""

from __future__ import annotations

from pathlib import Path

import pytest

from runql import config
from runql.frontends.repl.evaluate import evaluate
from runql.frontends.repl.start import Start
from runql.frontends.repl.wiring import make_shell
from tests.sources.local import files

TORN = "mid-record"


def _write(root: Path, run_id: str) -> None:
    log = files.log([files.run(run_id), files.row({"loss": 1.0}, 0)])
    files.write(root, log + b"\x12" * 9, run_id)


def test_a_killed_run_is_said_once(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for run_id in ("a", "b", "c"):
        _write(tmp_path, run_id)
    shell = make_shell(Start(config.Settings(), source=str(tmp_path)), lambda: None)

    def said(text: str) -> str:
        capfdbinary.readouterr()
        evaluate(shell, text)
        return capfdbinary.readouterr().err.decode()

    assert "run-a.wandb` ends mid-record: its run was killed" in said("runs where id = 'a'")
    assert TORN not in said("runs where id = 'a' keys loss")
    assert "3 logs end mid-record: their runs were killed (RQL502)" in said("runs")
    for text in ("runs", "runs keys loss", "count runs", "runs | limit 1", "runs where id = 'b'"):
        assert TORN not in said(text)
    _write(tmp_path, "d")
    assert "4 logs end mid-record" in said("runs")
    _write(tmp_path, "e")
    said("set RQL502 off")
    assert TORN not in said("runs")
