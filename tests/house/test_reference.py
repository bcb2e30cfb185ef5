"""What is generated is what would be generated now, but for the pictures, which have a file of their own."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

import pytest

import runql
from tests.house.sources import ROOT
from tools import generate
from tools.generate import COMMAND, GENERATORS, Generator, changes, main

CHEATSHEET = (ROOT / "docs" / "cheatsheet.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("generator", [one for one in GENERATORS if one.name != "pictures"], ids=lambda one: one.name)
def test_what_is_generated_is_fresh(generator: Generator) -> None:
    assert not [*changes(generator)], f"stale: `{COMMAND}` writes it anew"


@pytest.mark.parametrize("line", re.findall(r"^<div><i>.*<br><code>(.*)</code></div>$", CHEATSHEET, re.MULTILINE))
def test_a_line_of_the_page_to_print_runs(line: str, tmp_path: Path) -> None:
    text = html.unescape(line).replace("loss.csv", str(tmp_path / "loss.csv"))
    assert runql.connect("demo", allow_write=[tmp_path]).query(text).frame.length


def test_what_is_stale_is_named_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a copy of the repository, as far as two generators have to do with it."""
    monkeypatch.setattr(generate, "GENERATORS", [_copying(tmp_path / "made"), _copying(tmp_path / "more", "*.svg")])
    root = tmp_path / "root"
    for folder in (root, tmp_path / "made" / "deep", tmp_path / "more"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(generate, "ROOT", root)
    (tmp_path / "made" / "deep" / "a.md").write_text("new")
    (tmp_path / "more" / "b.svg").write_text("b")
    for name in ("b.svg", "old.svg", "by-hand.md"):
        (root / "more").mkdir(exist_ok=True)
        (root / "more" / name).write_text("b")

    assert main(["--check"]) == 1
    assert (
        capsys.readouterr().out
        == "stale: made/deep/a.md\nstale: more/old.svg\n`make generate` writes anew what is stale\n"
    )
    assert main([]) == 0
    assert capsys.readouterr().out == "written: made/deep/a.md\nremoved: more/old.svg\ndone\n"
    assert sorted(path.name for path in root.rglob("*.*")) == ["a.md", "b.svg", "by-hand.md"]
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == "nothing is stale\n"


def _copying(folder: Path, owned: str | None = None) -> Generator:
    """A generator that writes what stands in a folder."""

    class Copying(Generator):
        def write(self, out: Path) -> None:
            shutil.copytree(folder, out, dirs_exist_ok=True)

    return Copying(folder.name, folder.name, (), owned=owned)
