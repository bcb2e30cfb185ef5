"""RunQL from Python, as a user imports it."""

from __future__ import annotations

import os
import shutil
import tomllib
from pathlib import Path

import pytest

import runql
from runql import demo
from runql.errors import RunQLError
from tests.house.sources import ROOT
from tests.server import LoopbackServer
from tests.server.samples import vision
from tests.session.fixtures import Watched


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings, and no runs in the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("RUNQL_SOURCE", "WANDB_ENTITY", "WANDB_PROJECT", "WANDB_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RUNQL_CONFIG", str(tmp_path / "config.toml"))


def test_query() -> None:
    best = runql.query("runs where config.lr > $lr order summary.loss limit 2", source=Watched(), lr=0.05)
    assert [row["id"] for row in best] == ["r6", "r7"]
    assert runql.query("runs where id in $ids", Watched(), ids=["r1", "r2"]).pandas()["id"].tolist() == ["r1", "r2"]


def test_the_demo() -> None:
    result = runql.query("runs where state = 'finished' limit 3", source="demo")
    assert len(result) == 3
    assert result.runs[0].state == "finished"


def test_a_connection() -> None:
    service = Watched()
    with runql.connect(service) as connection:
        assert connection.query("count runs").value == 12
        assert connection.query("runs where name = $text", text="run 3").frame.columns["id"] == ["r3"]
        assert [run.id for run in connection.runs(filters={"config.lr": {"$gt": 0.09}})] == ["r10", "r11"]
        assert connection.catalog().run_count == 12
        assert connection.service_api is service
        assert repr(connection) == "<Connection memory>"


@pytest.mark.parametrize("text", ["runs; runs", "explain runs"])
def test_one_query_at_a_time(text: str) -> None:
    with pytest.raises(runql.QueryError, match="the text has not one answer"):
        runql.query(text, source=Watched())


def test_without_a_source() -> None:
    with pytest.raises(runql.SourceError, match="no source"):
        runql.query("runs")
    with pytest.raises(runql.SourceError):
        runql.connect("./nowhere")


def test_a_source_from_the_settings(tmp_path: Path) -> None:
    (tmp_path / ".runql.toml").write_text('source = "examples"\n[sources]\nexamples = "demo"\n')
    assert runql.query("count runs").value == 64
    assert runql.connect("examples").catalog().run_count == 64


def test_the_api_of_weights_and_biases_over_any_source() -> None:
    api = runql.Api("demo")
    runs = api.runs(filters={"state": "crashed"})
    assert isinstance(runs, runql.Runs)
    assert all(isinstance(run, runql.Run) and run.state == "crashed" for run in runs)
    assert len(runs) > 0


def test_every_name_is_there() -> None:
    for name in runql.__all__:
        assert getattr(runql, name) is not None
    assert set(runql.__all__) <= set(dir(runql))
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = runql.nope  # type: ignore[attr-defined]


def test_every_error_can_be_caught_as_one() -> None:
    errors = [getattr(runql, name) for name in runql.__all__ if name.endswith("Error")]
    assert len(errors) > 8
    assert all(issubclass(error, RunQLError) for error in errors)


def test_the_text_of_an_error_holds_the_first_way_out() -> None:
    with pytest.raises(runql.QueryError) as raised:
        runql.query("runs where sumary.acc > 1 and config.lrr = 2", "demo")
    first, second = raised.value.diagnostics
    assert (
        str(raised.value) == f"RQL201: {first.message}; {first.hints[0]}; RQL201: {second.message}; {second.hints[0]}"
    )
    assert "nearest: `summary.acc`" in str(raised.value)
    assert "\x1b" not in str(runql.RunQLError.of("RQL101", "no \x1b[1m", "or \x1b[2m"))


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project.get("version", runql.__version__) == runql.__version__


def test_an_api_without_a_source_is_the_server_as_in_the_official_client(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable in [each for each in os.environ if each.startswith(("WANDB_", "RUNQL_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    log = next(Path(demo.__path__[0]).rglob("*.wandb"))
    (tmp_path / "wandb").mkdir()
    shutil.copytree(log.parent, tmp_path / "wandb" / log.parent.name)
    assert [run.id for run in runql.Api().runs()] == [log.stem.removeprefix("run-")]  # nobody has a key: the folder
    with LoopbackServer(vision(3, 2)) as server:
        monkeypatch.setenv("WANDB_API_KEY", "f" * 40)
        monkeypatch.setenv("WANDB_BASE_URL", server.base_url)
        monkeypatch.setenv("WANDB_ENTITY", "acme")
        monkeypatch.setenv("WANDB_PROJECT", "vision")
        api = runql.Api()
        assert [run.id for run in api.runs()] == ["run00000", "run00001", "run00002"]
        assert api.settings["base_url"] == server.base_url
        assert [run.id for run in runql.Api("./wandb").runs()] == [log.stem.removeprefix("run-")]
        monkeypatch.setenv("RUNQL_SOURCE", "./wandb")
        assert [run.id for run in runql.Api().runs()] == [log.stem.removeprefix("run-")]
        api.service_api.close()


def test_a_pivot_counts_the_columns_that_it_shows() -> None:
    found = runql.query("runs | pivot mean(summary.acc) by config.optimizer, config.model.depth", source="demo")
    page = found._repr_html_() or ""
    heads = page.count('title="sort"')
    assert f"× {heads} columns" in page
    assert heads < len(found.frame.names)
    assert f"× {heads} columns" in repr(found)
