"""The settings of the prompt: each is explained, taken, and refused with its place where it is wrong."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from runql import config
from runql.errors import SettingsError
from runql.frontends.cli.main import main
from runql.prompt_options import PROMPT_OPTIONS, PromptOption, PromptSettings, template
from tests.house.sources import ROOT


def load(folder: Path, text: str) -> PromptSettings:
    (folder / "config.toml").write_text(text)
    return config.load({"RUNQL_CONFIG": str(folder / "config.toml")}, folder).prompt


def test_every_setting_is_in_the_table_and_in_the_guide() -> None:
    guide = (ROOT / "docs" / "guide" / "prompt.md").read_text()
    assert [one.name for one in PROMPT_OPTIONS] == [one.name for one in fields(PromptSettings)]
    assert {one.name: one.default for one in PROMPT_OPTIONS} == asdict(PromptSettings())
    for one in PROMPT_OPTIONS:
        value = str(one.default).lower() if isinstance(one.default, bool) else one.default
        written = f'"{value}"' if isinstance(value, str) and not isinstance(one.default, bool) else value
        assert f"| `{one.name}` | `{written}` |" in guide


def test_the_template_sets_nothing_and_shows_what_holds(tmp_path: Path) -> None:
    text = template()
    assert tomllib.loads(text) == {"sources": {}, "aliases": {}, "prompt": {}}
    assert load(tmp_path, text) == PromptSettings()
    lines = text.partition("[prompt]")[2].splitlines()
    shown = "\n".join(line.removeprefix("# ") for line in lines if " = " in line)
    assert load(tmp_path, f"[prompt]\n{shown}") == PromptSettings()


@pytest.mark.parametrize("option", PROMPT_OPTIONS, ids=lambda one: one.name)
def test_each_takes_what_it_says(tmp_path: Path, option: PromptOption) -> None:
    other = (
        not option.default
        if isinstance(option.default, bool)
        else option.choices[-1]
        if option.choices
        else 7
        if isinstance(option.default, int)
        else "csv"
    )
    written = str(other).lower() if isinstance(other, bool) else f'"{other}"' if isinstance(other, str) else other
    assert getattr(load(tmp_path, f"[prompt]\n{option.name} = {written}\n"), option.name) == other


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[prompt]\nmose = true", "unknown setting `prompt.mose` in line 2", "nearest: `mouse`"),
        ("prompt.mose = true", "unknown setting `prompt.mose` in line 1", "nearest: `mouse`"),
        ("\n\nsorce = 'demo'", "unknown setting `sorce` in line 3", "nearest: `source`"),
        ("[promt]\n", "unknown setting `promt` in line 1", "nearest: `prompt`"),
        ("[prompt]\nkeys = 'vim'", "wrong value for `prompt.keys` in line 2", '`keys` is `"emacs"` or `"vi"`'),
        ("[prompt]\nmouse = 1", "wrong value for `prompt.mouse` in line 2", "`mouse` is `true` or `false`"),
        ("[prompt]\nhistory = -1", "wrong value for `prompt.history` in line 2", "0 or more"),
        ("prompt = 1", "must have a table as `prompt` in line 1", "[prompt]"),
    ],
)
def test_a_wrong_one_is_named_with_its_place(tmp_path: Path, text: str, message: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    (diagnostic,) = caught.value.diagnostics
    assert message in diagnostic.message
    assert any(hint in one for one in diagnostic.hints)


def test_the_projects_settings_win_one_by_one(tmp_path: Path) -> None:
    (tmp_path / ".runql.toml").write_text("[prompt]\nkeys = 'vi'\n")
    found = load(tmp_path, "[prompt]\nkeys = 'emacs'\nmouse = true\n")
    assert (found.keys, found.mouse) == ("vi", True)


def test_a_settings_file_is_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new" / "config.toml"
    monkeypatch.setenv("RUNQL_CONFIG", str(path))
    assert main(["--write-config"]) == 0
    assert path.read_text() == template()
    path.write_text("source = 'demo'\n")
    assert main(["--write-config"]) == 2
    assert path.read_text() == "source = 'demo'\n"
    assert template().strip() in capsys.readouterr().out
