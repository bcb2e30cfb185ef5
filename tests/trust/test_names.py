"""What the settings of a folder may change of an answer: nothing in silence."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from runql import config, trust
from runql.errors import SettingsError, SourceError
from runql.frontends.cli.main import main
from runql.session import Result, Session
from runql.sources.names import DEMO
from runql.sources.open import open_place
from tests.trust.world import World


def settings_of(folder: Path, text: str) -> config.Settings:
    (folder / ".runql.toml").write_text(text)
    return config.load(
        {"HOME": str(folder), "RUNQL_DATA": str(folder / "d"), "RUNQL_CONFIG": str(folder / "c")}, folder
    )


def test_the_demo_is_the_demo(tmp_path: Path) -> None:
    (tmp_path / "wb").mkdir()
    settings = settings_of(tmp_path, '[sources]\n"demo" = "./wb"\n')
    place = open_place(DEMO, settings)
    assert place.service.__class__.__name__ == "LocalService"
    assert len(list(Session(DEMO, settings).run("runs")[0])) == 64  # type: ignore[arg-type]
    assert [one.code for one in place.said] == ["RQL533"]


@pytest.mark.parametrize(
    "name", ["./real", "{folder}/real", "~/real", "../{parent}/real", "acme/vision", "wandb:acme/x"]
)
def test_a_path_is_a_path_and_a_project_a_project(tmp_path: Path, name: str) -> None:
    (tmp_path / "wb").mkdir()
    name = name.format(folder=tmp_path, parent=tmp_path.name)
    settings = settings_of(tmp_path, f'[sources]\n"{name}" = "./wb"\n')
    if "acme" in name:
        assert "wb" not in repr(open_place(name, replace(settings, server=config.ServerSettings())).service)
        return
    with pytest.raises(SourceError, match="there is no folder"):
        open_place(name, settings)


def test_a_name_of_the_settings_that_hides_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    settings = settings_of(tmp_path, '[sources]\nreal = "demo"\nother = "demo"\n')
    (notice,) = open_place("real", settings).said
    assert (notice.code, notice.message) == ("RQL533", "`real` was read as the settings have it: `demo`")
    assert open_place("other", settings).said == ()


def test_an_alias_that_an_answer_used_is_said_with_its_file(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, '[aliases]\nlr = "config.lr * 1000"\n')
    (result,) = Session(DEMO, settings).run("runs where lr > 10 select lr limit 3")
    assert isinstance(result, Result)
    (said,) = [one.message for one in result.notices if one.code == "RQL532"]
    assert said == f"`lr` was read as `config.lr * 1000`, an alias of `{tmp_path / '.runql.toml'}`"
    (result,) = Session(DEMO, settings).run("runs | derive x = lr * 2 | select x | limit 1")
    assert isinstance(result, Result)
    assert "RQL532" in [one.code for one in result.notices]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("given_away", [".runql.toml", ".runql", ".runql/best.rql", "wandb/settings"])
def test_files_of_another_owner_are_not_read_and_that_is_said(
    world: World, given_away: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (world.repo / ".runql").mkdir()
    (world.repo / ".runql" / "best.rql").write_text("runs limit 1")
    (world.repo / ".runql.toml").write_text('[aliases]\nrate = "config.lr"\n')
    world.repo_says("entity = elsewhere")
    os.chown(world.repo / given_away, 12345, 12345)
    asked = {".runql.toml": "runs where rate > 0 limit 1", "wandb/settings": "runs from demo limit 1"}
    source = ["-s", "wandb:vision"] if given_away == "wandb/settings" else ["-s", "demo"]
    status = main([*source, "-o", "csv", asked.get(given_away, "runs from @best")])
    if given_away == "wandb/settings":
        assert status == 0
        assert main(["-s", "wandb:acme/vision", "runs limit 1"]) == 0
    else:
        assert status == 2
        assert main([*source, "-o", "csv", "runs limit 1"]) == 0
    said = capfd.readouterr().err
    assert "RQL531" in said or "is not read" in said or "are not read" in said
    assert "it belongs to another user" in said
    assert main(["trust"]) == 0
    capfd.readouterr()
    assert main([*source, "-o", "csv", asked.get(given_away, "runs from @best")]) == 0
    assert "belongs to another user" not in capfd.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there are no owners")
@pytest.mark.parametrize(
    ("name", "mode", "of"),
    [(".runql.toml", 0o777, "folder"), (".runql.toml", 0o666, "file"), (".runql/best.rql", 0o777, "folder")],
)
def test_what_everybody_may_write_is_not_read(tmp_path: Path, name: str, mode: int, of: str) -> None:
    path = tmp_path / "shared" / name
    path.parent.mkdir(parents=True)
    path.write_text('source = "demo"\n' if name.endswith("toml") else "runs")
    (path.parent if of == "folder" else path).chmod(mode)
    (tmp_path / "shared" / "mine").mkdir()
    env = {"HOME": str(tmp_path), "RUNQL_DATA": str(tmp_path / "d"), "RUNQL_CONFIG": str(tmp_path / "c")}
    settings = config.load(env, tmp_path / "shared" / "mine")
    (said,) = settings.said
    assert said.code == "RQL531" and "everybody may write" in said.message
    assert settings.source is None
    assert settings.saved == (tmp_path / "queries",)


def test_a_file_of_ones_own_that_a_stranger_linked_is_the_strangers(tmp_path: Path) -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root gives files away")
    (tmp_path / "other.toml").write_text('source = "demo"\n')
    (tmp_path / ".runql.toml").symlink_to("other.toml")
    os.chown(tmp_path / ".runql.toml", 12345, 12345, follow_symlinks=False)
    assert trust.FolderTrust().doubt(tmp_path / ".runql.toml") == "it belongs to another user"


def test_a_settings_file_has_a_bound(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="more than 1,048,576 bytes"):
        settings_of(tmp_path, "# long\n" * 200_000)
    with pytest.raises(SettingsError, match="more than 50,000 characters in `aliases`"):
        settings_of(tmp_path, f'[aliases]\nx = "{"1 + " * 20_000}1"\n')


def test_names_of_queries_end(tmp_path: Path) -> None:
    folder = tmp_path / ".runql"
    folder.mkdir()
    (folder / "s0.rql").write_text("runs")
    for number in range(1, 300):
        (folder / f"s{number}.rql").write_text(f"runs from @s{number - 1} where config.lr > 0")
    session = Session(DEMO, settings_of(tmp_path, ""))
    assert [one.code for one in session.check("runs from @s299")] == ["RQL534"]
    assert [one.code for one in session.check("runs from @s60")] == []
    lets = "let a0 = runs;\n" + "".join(f"let a{n} = runs from a{n - 1};\n" for n in range(1, 2000))
    assert {one.code for one in session.check(f"{lets}runs from a1999")} == {"RQL534"}


def test_only_a_plain_file_is_a_saved_query(tmp_path: Path) -> None:
    (tmp_path / ".runql").mkdir()
    os.mkfifo(tmp_path / ".runql" / "best.rql")
    session = Session(DEMO, settings_of(tmp_path, ""))
    assert [one.code for one in session.check("runs from @best")] == ["RQL220"]
