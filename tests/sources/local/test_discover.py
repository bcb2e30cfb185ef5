"""Where runs are looked for, and what is said of where they are not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from runql.errors import SourceError
from runql.sources.local import LocalService, discover
from tests.sources.local import files, folders
from tests.sources.local.ask import codes, notices, page, runs


def _write(folder: Path, run_id: str) -> Path:
    return files.write(folder, files.log([files.run(run_id), files.exit_()]), run_id)


def test_runs_at_any_depth(tmp_path: Path) -> None:
    places = [
        "",
        "a",
        "a/b",
        "a/b/c/d/e/f/g/h",
        "with spaces/x",
        ".hidden/x",
        "wandb/sub",
        "wandb/wandb",
        "-n",
        "wandb/a/b",
    ]
    for at, place in enumerate(places):
        _write(tmp_path / place, f"r{at}")
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "run-one.wandb").write_bytes(files.log([files.run("one")]))
    (tmp_path / "flat" / "run-two.wandb").write_bytes(files.log([files.run("two")]))
    _write(tmp_path / "run-mine" / "deeper", "called")
    assert runs(tmp_path).keys() == {*(f"r{at}" for at in range(len(places))), "one", "two", "called"}


@pytest.mark.parametrize("name", [".git", "node_modules", "__pycache__", ".hg"])
def test_folders_in_which_nobody_keeps_runs(tmp_path: Path, name: str) -> None:
    _write(tmp_path, "here")
    _write(tmp_path / name / "x", "there")
    assert runs(tmp_path).keys() == {"here"}
    with pytest.raises(SourceError):
        LocalService(tmp_path / name / ".." / name / "nowhere")
    assert runs(tmp_path / name).keys() == {"there"}  # whoever names it means it


def test_the_files_of_a_run_hold_no_other_runs(tmp_path: Path) -> None:
    path = _write(tmp_path, "here")
    _write(path.parent / "files" / "media", "artifact")
    _write(tmp_path / "files", "mine")  # a folder of that name elsewhere is one like any other
    assert runs(tmp_path).keys() == {"here", "mine"}


def test_links_round_in_circles_and_to_elsewhere(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    _write(root / "a", "here")
    _write(other, "elsewhere")
    (root / "a" / "up").symlink_to(root)
    (root / "self").symlink_to(root / "self")
    (root / "b").symlink_to(other)
    (root / "c").symlink_to(other)
    (root / "gone").symlink_to(tmp_path / "gone")
    (other / "back").symlink_to(root)
    listing = page(root)
    assert {run.id for run in listing.runs} == {"here", "elsewhere"}
    assert not notices(listing)


def test_what_is_beyond_the_bound_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "MOST_FOLDERS", 10)
    for at in range(30):
        _write(tmp_path, f"r{at}")  # folders of runs don't count
        (tmp_path / f"empty{at:02}").mkdir()
    _write(tmp_path / "empty29", "far")
    listing = page(tmp_path)
    assert {run.id for run in listing.runs} == {f"r{at}" for at in range(30)}
    (notice,) = listing.notices
    assert (notice.code, notice.severity) == ("RQL547", "warning")
    assert "21 folders were not looked into" in notice.message
    assert runs(tmp_path / "empty29").keys() == {"far"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_entered(tmp_path: Path) -> None:
    _write(tmp_path, "here")
    _write(tmp_path / "closed", "there")
    (tmp_path / "closed").chmod(0)
    assert codes(page(tmp_path)) == ["RQL503"]
    (tmp_path / "closed").chmod(0o700)


def test_a_folder_is_looked_into_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(5):
        _write(tmp_path, f"r{at}")
    looked: list[str] = []
    scandir = os.scandir

    def counted(path: Any) -> Any:
        looked.append(str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counted)
    assert len(discover.find_run_files(tmp_path).files) == 5
    assert len(looked) == len(set(looked)) == 7


def test_a_folder_of_settings_of_sweeps_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "wandb" / "sweep-abcd1234"
    folder.mkdir(parents=True)
    for name in ("x1", "x2"):
        (folder / f"config-{name}.yaml").write_text(folders.OLD_CONFIG)
    (tmp_path / "wandb" / "sweep-other").mkdir()
    (tmp_path / "wandb" / "sweep-other" / "config-y.yaml").write_text("")
    listing = page(tmp_path)
    assert (listing.total, codes(listing)) == (0, ["RQL549"])
    assert "the settings of 2 sweeps" in listing.notices[0].message
    service = LocalService(tmp_path)
    assert [(sweep.id, sweep.run_count) for sweep in service.sweeps("", "")] == [("abcd1234", 0), ("other", 0)]
    _write(tmp_path, "r")
    assert codes(page(tmp_path)) == []
    assert len(list(service.sweeps("", ""))) == 2


def test_an_empty_package_called_wandb_is_no_source(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "wandb"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    with pytest.raises(SourceError, match="no W&B runs"):
        LocalService(tmp_path)
