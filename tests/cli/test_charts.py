"""Charts by `-o`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from runql.extras import install_command
from tests.cli.conftest import Runql

CURVES = "runs limit 3 keys loss scan"


def _spec(path: Path) -> Any:
    return json.loads(path.read_text())


def test_output_to_a_file_of_a_chart(runql: Runql, tmp_path: Path) -> None:
    said = runql("-s", "memory", f"{CURVES} | plot", "-o", "x.json", "--theme", "dark")
    assert (said.status, said.out) == (0, "")
    assert said.err.startswith("wrote x.json · ")
    assert _spec(tmp_path / "x.json")["config"]["background"] == "#14171c"
    assert runql("-s", "memory", CURVES, "-o", "x.json").status == 0
    assert isinstance(_spec(tmp_path / "x.json"), list), "rows, where nothing is drawn"


def test_output_to_a_picture_draws_what_fits(runql: Runql, tmp_path: Path) -> None:
    said = runql("-s", "memory", "runs select config.lr, config.opt", "-o", "x.svg")
    assert (said.status, said.out) == (0, ""), said.err
    assert (tmp_path / "x.svg").read_bytes().startswith(b"<svg ")
    assert "wrote x.svg" in said.err
    no_table = runql("-s", "memory", "count runs", "-o", "y.svg")
    assert (no_table.status, no_table.out) == (2, "")
    assert "no chart is drawn" in no_table.err
    assert not (tmp_path / "y.svg").exists()


def test_output_names_the_extra(runql: Runql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    said = runql("-s", "memory", CURVES, "-o", "x.png")
    assert said.status == 2
    assert f"install it with `{install_command('charts')}`" in said.err
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".png"]


def test_a_chart_that_went_to_a_file_is_not_missed(runql: Runql) -> None:
    assert "RQL573" in runql("-s", "memory", f"{CURVES} | plot").err
    written = runql("-s", "memory", f"{CURVES} | plot | to 'x.json'")
    assert "RQL573" not in written.err
    assert "wrote x.json" in written.err
    assert written.out.startswith("run_id,_step,loss")


@pytest.mark.parametrize("query", ["runs where name = 'b' | plot", "runs where name = 'b' | plot | to 'x.json'"])
def test_a_file_of_a_chart_with_nothing_in_it_is_said(runql: Runql, query: str) -> None:
    said = runql("-s", "memory", query, *([] if " to " in query else ["-o", "x.json"]))
    assert said.status == 0
    assert "nothing is drawn in" in said.err
    assert "x.json`: there are no rows" in said.err
