"""What is generated is what would be generated now, but for the pictures, which have a file of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools import generate
from tools.generate import COMMAND, GENERATORS, Generator, changes, main


@pytest.mark.parametrize("generator", [one for one in GENERATORS if one.name != "pictures"], ids=lambda one: one.name)
def test_what_is_generated_is_fresh(generator: Generator) -> None:
    assert not [*changes(generator)], f"stale: `{COMMAND}` writes it anew"


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
