"""Several projects of a server by a `*`, and names that may mean two things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import runql
from runql import config
from runql.errors import NotFound
from runql.session import Result, Session
from runql.sources.open import open_place
from tests.server import LoopbackServer, Store
from tests.sources.local import files

KEY = "k" * 40


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    store = Store()
    for name, count in (("vit-a", 3), ("vit-b", 4), ("other", 5)):
        runs = [{"name": f"{name}{at}", "config": {"lr": at / 10}, "tags": ["t"], "sweep": "s"} for at in range(count)]
        store.add_project("acme", name, runs)
        store.sweeps["acme", name] = [{"name": "s", "displayName": f"of {name}"}]
    with LoopbackServer(store) as server:
        yield server


def settings(server: LoopbackServer, folder: Path) -> config.Settings:
    env = {"WANDB_API_KEY": KEY}
    return config.Settings(server=config.ServerSettings(env, folder / "home", base_url=server.base_url), folder=folder)


def asked(server: LoopbackServer, folder: Path, text: str, source: str = "acme/vit-*") -> Result:
    with Session(source, settings(server, folder)) as session:
        (result,) = session.run(text)
        assert isinstance(result, Result)
        _ = result.frame
        return result


def test_sweeps_of_all_that_match_come_with_their_project(server: LoopbackServer, tmp_path: Path) -> None:
    rows = list(asked(server, tmp_path, "show sweeps"))
    assert [(row["project"], row["sweep"], row["name"], row["runs"]) for row in rows] == [
        ("vit-a", "s", "of vit-a", 3),
        ("vit-b", "s", "of vit-b", 4),
    ]
    (one,) = asked(server, tmp_path, "show sweeps", "acme/other")
    assert list(one) == ["sweep", "name", "method", "state", "runs", "best"]


def test_fields_tags_and_projects_of_all_that_match(server: LoopbackServer, tmp_path: Path) -> None:
    (lr,) = asked(server, tmp_path, 'show fields like "lr"')
    assert (lr["field"], lr["runs"], lr["missing"], lr["max"]) == ("config.lr", 7, 0, 0.3)
    (described,) = asked(server, tmp_path, "describe config.lr")
    assert described["runs"] == 7
    assert list(asked(server, tmp_path, "show tags")) == [{"tag": "t", "runs": 7}]
    assert [row["project"] for row in asked(server, tmp_path, "show projects")] == ["vit-a", "vit-b"]
    assert len(asked(server, tmp_path, "show projects", "acme/other")) == 3


def test_a_sample_is_said_and_what_is_missing_is_of_the_sample(tmp_path: Path) -> None:
    store = Store()
    runs = [{"name": f"r{at}", "config": {"lr": 1, **({"few": 1} if at % 2 else {})}} for at in range(1000)]
    store.add_project("acme", "big", runs)
    with LoopbackServer(store) as server:
        result = asked(server, tmp_path, "show fields config", "acme/big")
        (few, lr) = result
        assert (few["runs"], few["missing"], lr["missing"]) == (150, 150, 0)
        assert "counts are of 300 of 1,000 runs, there may be other fields" in result.footer()
        assert result.stats().requests == 3


def test_what_was_logged_tells_how_often(tmp_path: Path) -> None:
    store = Store()
    rows = [{"_step": step, "loss": 1.0, **({"val": 1.0} if step % 10 == 0 else {})} for step in range(100)]
    store.add_project("acme", "p", [{"name": "r", "history": rows}])
    with LoopbackServer(store) as server:
        result = asked(server, tmp_path, "show fields logged", "acme/p")
        said = {row["field"]: row["values"] for row in result}
        assert said["logged.loss"] == "100 rows, every step"
        assert said["logged.val"] == "10 rows, every 10 steps"


def test_runs_of_all_that_match_in_one_order(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "load", lambda: settings(server, tmp_path))
    with runql.connect("acme/vit-*") as connection:
        runs = connection.runs({"config.lr": {"$gt": 0}}, "-config.lr", include_sweeps=True)
        assert len(runs) == 5
        assert [run.id for run in runs] == ["vit-b3", "vit-a2", "vit-b2", "vit-a1", "vit-b1"]
        assert runs[0].project == "vit-b"
        assert runs[0].config["lr"] == 0.3
        assert runs[1].sweep is not None
        assert runs[1].sweep.name == "of vit-a"
        assert len(runs) == 5
    with runql.connect("acme/othe*") as connection:
        assert len(connection.runs()) == 5


def test_a_folder_that_hides_a_project_says_so(server: LoopbackServer, tmp_path: Path) -> None:
    files.write(tmp_path / "acme" / "other", files.log([files.run("abc"), files.exit_()]))
    result = asked(server, tmp_path, "count runs", "acme/other")
    assert int(result) == 1
    (notice,) = [notice for notice in result.notices if notice.code == "RQL516"]
    assert notice.hints == ("`wandb:acme/other` is the project on the server, `./acme/other` the folder",)
    assert [notice.code for notice in asked(server, tmp_path, "show tags", "acme/other").notices] == ["RQL516"]
    assert int(asked(server, tmp_path, "count runs", "wandb:acme/other")) == 5
    assert int(asked(server, tmp_path, "count runs from wandb:acme/other", "acme/vit-*")) == 5
    assert asked(server, tmp_path, "count runs", "./acme/other").notices == ()
    nobody = config.Settings(server=config.ServerSettings({}, tmp_path / "home"), folder=tmp_path)
    assert open_place("acme/other", nobody).said == ()  # neither a key nor an address: there is no other to mean


def test_a_run_by_its_project_and_id(server: LoopbackServer, tmp_path: Path) -> None:
    for project in ("pa", "pb"):
        files.write(tmp_path / project, files.log([files.run("dup", project), files.exit_()]), "dup")
    files.write(tmp_path / "pa", files.log([files.run("one", "pa"), files.exit_()]), "one")

    def projects(text: str, source: str) -> list[str]:
        return [row["project"] for row in asked(server, tmp_path, f"{text} select project", source)]

    with pytest.raises(NotFound, match="2 runs have the id `dup`") as error:
        projects("run dup", ".")
    assert error.value.diagnostics[0].hints == ("name it with its project: `run pa/dup`",)
    assert projects("run pa/dup", ".") == ["pa"]
    assert projects('run "pb/dup"', ".") == ["pb"]
    assert projects("run pa/one", ".") == ["pa"]
    with pytest.raises(NotFound):
        projects("run pb/one", ".")
    assert projects("run other/other1", "acme/other") == ["other"]
    assert projects("run acme/other/other1", "acme/other") == ["other"]
    assert projects("run other/other1 where config.lr > 5", "acme/other") == []
    with pytest.raises(NotFound):
        projects("run vit-a/other1", "acme/other")
