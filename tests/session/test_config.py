"""Settings: which file and which variable says what, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from runql import config
from runql.errors import SettingsError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "user").mkdir()
    (tmp_path / "project" / "deep" / "er").mkdir(parents=True)
    return tmp_path


def load(home: Path, folder: str = "project", **environ: str) -> config.Settings:
    return config.load({"RUNQL_CONFIG": str(home / "user" / "config.toml"), **environ}, home / folder)


def test_nothing_set(home: Path) -> None:
    settings = load(home)
    assert (settings.source, settings.sources, settings.aliases) == (None, {}, {})
    assert settings.color
    assert not settings.debug
    assert settings.default_source() is None


def test_the_project_wins_over_the_user_name_by_name(home: Path) -> None:
    (home / "user" / "config.toml").write_text(
        'source = "demo"\n[sources]\na = "acme/a"\nb = "acme/b"\n[aliases]\nlr = "config.lr"\n'
    )
    (home / "project" / ".runql.toml").write_text('source = "a"\n[sources]\nb = "other/b"\n')
    settings = load(home)
    assert settings.source == "a"
    assert settings.sources == {"a": "acme/a", "b": "other/b"}
    assert settings.aliases == {"lr": "config.lr"}
    assert load(home, RUNQL_SOURCE="./x").source == "./x"


def test_a_project_file_is_found_from_below_and_its_paths_are_its_own(home: Path) -> None:
    (home / "project" / ".runql.toml").write_text('source = "./runs"\n[sources]\nold = "../old"\nweb = "acme/a"\n')
    settings = load(home, "project/deep/er")
    assert settings.source == str(home / "project" / "runs")
    assert settings.sources["old"] == str(home / "project" / ".." / "old")
    assert settings.sources["web"] == "acme/a"
    assert load(home).source == "./runs"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sorce = 'demo'", "has an unknown setting `sorce`"),
        ("source = 3", "must have a text as `source`"),
        ("sources = 'x'", "must have a table of texts as `sources`"),
        ("[aliases]\nlr = 3", "must have a table of texts as `aliases`"),
        ("source = ", "is not TOML"),
    ],
)
def test_a_wrong_file_is_named(home: Path, text: str, message: str) -> None:
    path = home / "project" / ".runql.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as error:
        load(home)
    assert error.value.diagnostics[0].message.startswith(f"the settings file `{path}` {message}")


def test_a_file_that_is_no_text_is_named(home: Path) -> None:
    (home / "user" / "config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is not TOML"):
        load(home)


@pytest.mark.parametrize(
    ("environ", "source"),
    [
        ({"WANDB_ENTITY": "acme", "WANDB_PROJECT": "vision"}, "acme/vision"),
        ({"WANDB_PROJECT": "vision"}, "vision"),
        ({"WANDB_ENTITY": "acme"}, "./wandb"),
        ({}, "./wandb"),
        ({"RUNQL_SOURCE": "demo", "WANDB_PROJECT": "vision"}, "demo"),
    ],
)
def test_the_source_of_a_query_that_names_none(home: Path, environ: dict[str, str], source: str) -> None:
    (home / "project" / "wandb").mkdir()
    assert load(home, **environ).default_source() == source


def test_the_folder_that_the_sdk_writes_to(home: Path) -> None:
    (home / "elsewhere" / "wandb").mkdir(parents=True)
    assert load(home, WANDB_DIR=str(home / "elsewhere")).default_source() == str(home / "elsewhere" / "wandb")


@pytest.mark.parametrize(("value", "debug"), [("1", True), ("0", False), ("", False)])
def test_debug(home: Path, value: str, debug: bool) -> None:
    assert load(home, RUNQL_DEBUG=value).debug is debug


def test_terminals(home: Path) -> None:
    settings = load(home, NO_COLOR="1", TERM="dumb", COLUMNS="72")
    assert (settings.color, settings.dumb_terminal, settings.columns) == (False, True, 72)
    assert load(home, COLUMNS="wide").columns is None
