"""TensorBoard logs as a source, at every door: the command, `use`, `from`, Python, settings, completion."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

import runql as package
from runql.config import load
from runql.errors import SourceError
from runql.ide.completion.complete import complete
from runql.session import Session
from runql.session.language_context import context_of
from runql.sources.names import known_sources, may_be_source
from runql.sources.open import open_place, opens_unasked
from tests.cli.conftest import Runql
from tests.house.documents import blocks
from tests.house.sources import ROOT

FILES = ROOT / "tests" / "fixtures" / "tensorboard_files"
PAGES = ("docs/guide/tensorboard.md", "docs/reference/tensorboard.md")
FIRST = "runs where config.units >= 2 select id, config.units, config.optimizer order -config.units"


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, runql: Runql) -> Path:
    """The logs of several writers in the working folder."""
    return Path(shutil.copytree(FILES, tmp_path / "logs"))


@pytest.mark.parametrize(
    "words",
    [("-s", "tb:./logs", FIRST), (FIRST.replace("where", "from tb:./logs where"),), (f"use tb:./logs; {FIRST}",)],
    ids=["option", "from", "use"],
)
def test_the_command(runql: Runql, words: tuple[str, ...]) -> None:
    said = runql(*words, "-o", "json")
    assert said.status == 0
    assert json.loads(said.out) == [
        {"id": "keras/trial-1", "config.units": 3.0, "config.optimizer": "sgd"},
        {"id": "keras/trial-0", "config.units": 2.0, "config.optimizer": "sgd"},
    ]


def test_histories_of_many_runs(runql: Runql) -> None:
    said = runql("-s", "tb:./logs", "runs where id ~ 'tf1' scan keys loss, rate steps 5..6", "-o", "json")
    rows = json.loads(said.out)
    assert [(row["_step"], round(row["loss"], 6)) for row in rows] == [(5, 0.5), (6, 6.6)]
    assert "started again at an earlier step: 8 points" in said.err


def test_what_is_not_read_is_said(runql: Runql) -> None:
    said = runql("-s", "tb:./logs", "runs where id = 'tf2'")
    assert "RQL541" in said.err
    assert "1 histogram, 1 image" in said.err


def test_a_description(runql: Runql) -> None:
    said = runql("describe", "tb:./logs")
    assert said.out.startswith("tb:./logs: 12 runs\n\nconfig:\n")
    assert "  config.units number 2/12 2..3" in said.out
    assert "  logged.train/loss number 1/12" in said.out


def test_python(logs: Path) -> None:
    result = package.connect("tb:./logs").query("runs where id = 'torch' scan keys train/loss")
    assert result.pandas()["train/loss"].tolist() == pytest.approx([2.5 / (step + 1) for step in range(30)])


def lines(kind: str, *, shell: bool) -> list[str]:
    found = [block.text for page in PAGES for block in blocks(kind) if block.document == page]
    return [line for text in found for line in (text.splitlines() if shell else [text])]


@pytest.mark.parametrize("line", lines("sh", shell=True))
def test_the_commands_of_the_pages(runql: Runql, line: str) -> None:
    name, *words = shlex.split(line)
    assert (name, runql(*words).status) == ("runql", 0)


@pytest.mark.parametrize("text", lines("python", shell=False))
def test_the_python_of_the_pages(text: str) -> None:
    names: dict[str, Any] = {}
    exec(compile(text, "page", "exec"), names)
    assert names["frame"].count().to_dict() == {"run_id": 44, "_step": 44, "epoch_loss": 12, "loss": 32}


def test_a_settings_file_above_names_it(tmp_path: Path, runql: Runql, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".runql.toml").write_text('source = "tb:./logs"\n[sources]\nboards = "tb:./logs/keras"\n')
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert runql("count runs", "-o", "json").out == runql("-s", f"tb:{tmp_path}/logs", "count runs", "-o", "json").out
    assert "6" in runql("count runs from boards").out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tb:", "`tb:` names no folder"),
        ("tb:./lgos", "nearest: `tb:./logs`"),
        ("tb:./plain", "no TensorBoard event files"),
        ("tb:./wandb", "without `tb:`: `./wandb`"),
        ("./logs", "TensorBoard logs are there: `tb:./logs`"),
        ("tensorboard:./logs", "TensorBoard logs (`tb:./logs`)"),
    ],
)
def test_what_is_none_is_told_with_a_way_out(runql: Runql, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "wandb").mkdir()
    with pytest.raises(SourceError) as error:
        open_place(name, load({}, tmp_path))
    diagnostic = error.value.diagnostics[0]
    assert said in "\n".join((diagnostic.message, *diagnostic.hints))


def test_it_is_offered_where_its_logs_lie(tmp_path: Path, runql: Runql) -> None:
    settings = load({"RUNQL_STORE": str(tmp_path / "stores")}, tmp_path)
    assert list(known_sources(settings)) == ["demo", "tb:./logs"]
    assert "tb:./logs" in runql("show sources", "-o", "csv").out
    items = complete("use t", 5, context_of(Session(settings=settings), {}, None)).items
    assert "tb:./logs" in [item.label for item in items]
    assert may_be_source("tb:anything", settings)
    assert not opens_unasked("tb:./logs", settings)
