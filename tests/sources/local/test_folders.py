"""Which runs a path holds, and which folders are one run."""

from __future__ import annotations

import os
import platform
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runql.engine.mongo.history_keys import history_keys_of
from runql.errors import NotFound, SourceError
from runql.plan.selectors import TypedSelector
from runql.sources.local import LocalService
from runql.sources.protocol import FULL, Wanted
from tests.sources.local import files
from tests.sources.local.ask import codes, history, only, page, runs


def _log(run_id: str = "abc", rows: int = 3, *, first: int = 0, done: bool = True, **run: object) -> bytes:
    bodies = [files.run(run_id, **run), *(files.row({("n",): at}, at) for at in range(first, first + rows))]  # type: ignore[arg-type]
    return files.log([*bodies, files.exit_()] if done else bodies)


@pytest.mark.parametrize(
    "below",
    ["", "wandb", "wandb/offline-run-20260101_000000-abc", "wandb/offline-run-20260101_000000-abc/run-abc.wandb"],
)
def test_a_path_may_name_any_level(tmp_path: Path, below: str) -> None:
    files.write(tmp_path, _log())
    assert only(tmp_path / below).id == "abc"


def test_folders_that_hold_several(tmp_path: Path) -> None:
    files.write(tmp_path / "one", _log("a"), "a")
    files.write(tmp_path / "two", _log("b"), "b")
    shutil.copytree(tmp_path / "two" / "wandb", tmp_path / "two" / ".wandb")
    shutil.move(tmp_path / "two" / "wandb", tmp_path / "wandb")
    files.write(tmp_path, _log("c"), "c")
    shutil.copytree(tmp_path / "wandb" / "offline-run-20260101_000000-c", tmp_path / "old" / "run-20250101_000000-d")
    assert set(runs(tmp_path)) == {"a", "b", "c"}


def test_online_runs_too(tmp_path: Path) -> None:
    folder = tmp_path / "wandb" / "run-20260101_000000-abc"
    folder.mkdir(parents=True)
    (folder / "run-abc.wandb").write_bytes(_log())
    assert only(tmp_path).id == "abc"


def test_links_do_not_double_a_run(tmp_path: Path) -> None:
    path = files.write(tmp_path, _log())
    (tmp_path / "wandb" / "latest-run").symlink_to(path.parent, target_is_directory=True)
    (tmp_path / "wandb" / "again").symlink_to(path.parent)
    (tmp_path / "wandb" / "nowhere").symlink_to(tmp_path / "gone")
    (tmp_path / "wandb" / "loop").symlink_to(tmp_path / "wandb" / "loop")
    os.link(path, path.with_name("hard.wandb"))
    listing = page(tmp_path)
    assert [run.id for run in listing.runs] == ["abc"]
    assert history(tmp_path, "abc", "n").columns["n"] == [0, 1, 2]
    assert not listing.notices
    assert only(tmp_path / "wandb" / "latest-run").id == "abc"


def test_what_is_no_source_is_an_error_that_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(SourceError) as nothing:
        LocalService(tmp_path / "data")
    (diagnostic,) = nothing.value.diagnostics
    assert diagnostic.code == "RQL511"
    assert "no W&B runs in" in diagnostic.message
    assert "run-….wandb" in diagnostic.hints[0]
    with pytest.raises(SourceError, match="there is no file or folder"):
        LocalService(tmp_path / "gone")


def test_an_empty_wandb_folder_is_a_source_without_runs(tmp_path: Path) -> None:
    (tmp_path / "wandb").mkdir()
    assert page(tmp_path).total == 0
    assert page(tmp_path / "wandb").total == 0


def test_a_folder_that_may_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(tmp_path, _log("a"), "a")
    bad = files.write(tmp_path, _log("b"), "b").parent
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path) == bad:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    listing = page(tmp_path)
    assert [run.id for run in listing.runs] == ["a"]
    assert codes(listing) == ["RQL503"]
    assert bad.name in listing.notices[0].message


def test_names_that_would_move_a_cursor(tmp_path: Path) -> None:
    folder = tmp_path / "wandb" / "run-\x1b[2J"
    folder.mkdir(parents=True)
    (folder / "run-x.wandb").write_bytes(b"nonsense")
    (notice,) = page(tmp_path).notices
    assert notice.message.isprintable()


@pytest.mark.parametrize("backwards", [False, True])
def test_a_resumed_run_in_any_order_of_folders(tmp_path: Path, backwards: bool) -> None:
    first = _log(started=1e9, config={"lr": 1, "a": 1}, name="old", tags=["x"])
    second = _log(started=2e9, first=3, config={"lr": 2}, name="new", done=False)
    stamps = ["20260102_000000", "20260101_000000"] if backwards else ["20260101_000000", "20260102_000000"]
    files.write(tmp_path, first, stamp=stamps[0])
    os.utime(files.write(tmp_path, second, stamp=stamps[1]), (0, 0))
    run = only(tmp_path)
    assert (run.name, run.tags, run.state, run.config) == ("new", ("x",), "crashed", {"lr": 2, "a": 1})
    assert (run.created, run.history_line_count) == (datetime.fromtimestamp(1e9, UTC), 6)
    found = history(tmp_path, "abc", "n")
    assert found.columns == {"_step": [0, 1, 2, 3, 4, 5], "n": [0, 1, 2, 3, 4, 5]}


def test_steps_that_were_logged_twice_are_both_shown_and_told(tmp_path: Path) -> None:
    files.write(tmp_path, _log(started=1e9, rows=4), stamp="20260101_000000")
    again = [files.run(started=2e9), *(files.row({("n",): 10 + at, ("m",): 0}, at) for at in (2, 3, 4)), files.exit_()]
    files.write(tmp_path, files.log(again), stamp="20260102_000000")
    found = history(tmp_path, "abc", "n")
    assert found.columns == {"_step": [0, 1, 2, 2, 3, 3, 4], "n": [0, 1, 2, 12, 3, 13, 14]}
    (notice,) = found.notices
    assert notice.code == "RQL514"
    assert "2 steps between 2 and 3" in notice.message


def test_a_copy_of_a_run_is_read_once(tmp_path: Path) -> None:
    path = files.write(tmp_path / "one", _log(done=False))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    path.write_bytes(_log(rows=5))
    listing = page(tmp_path)
    assert [run.history_line_count for run in listing.runs] == [5]
    assert codes(listing) == ["RQL514"]
    assert history(tmp_path, "abc", "n").columns["n"] == [0, 1, 2, 3, 4]


def test_one_id_in_two_projects_is_two_runs(tmp_path: Path) -> None:
    files.write(tmp_path, _log(project="p", rows=1), stamp="20260101_000000")
    files.write(tmp_path, _log(project="q", rows=2), stamp="20260102_000000")
    files.write(tmp_path, _log(project="q", entity="acme", rows=3), stamp="20260103_000000")
    files.write(tmp_path, _log("other", project="q", rows=4), "other")
    service = LocalService(tmp_path)
    wanted = {"p/abc": 1, "/q/abc": 2, "acme/q/abc": 3, "other": 4}
    assert {run.id: run.history_line_count for run in page(service).runs} == wanted
    for name, count in wanted.items():
        assert history(service, name, "n").length == count
        assert service.run("", "", name, FULL) is not None
    assert history(service, "abc", "n", project="p").length == 1
    assert history(service, "p/abc", "n", project="p").length == 1
    assert history(service, "abc", "n", entity="acme").length == 3
    assert service.upgrade("", "p", ("abc", "gone"), FULL).keys() == {"abc"}
    with pytest.raises(NotFound, match="3 runs have the id `abc`"):
        service.run("", "", "abc", FULL)
    with pytest.raises(NotFound):
        history(service, "abc", "n")


def test_a_folder_so_young_that_it_names_no_project(tmp_path: Path) -> None:
    files.write(tmp_path, _log(rows=2), stamp="20260101_000000")
    files.write(tmp_path, b"", stamp=time.strftime("%Y%m%d_%H%M%S"))
    run = only(tmp_path)
    assert (run.state, run.project, run.history_line_count) == ("running", "p", 2)
    (said,) = run.said
    assert (said.code, "neither config nor name" in said.message) == ("RQL505", True)


def _state(tmp_path: Path, log: bytes, age: float) -> str | None:
    path = files.write(tmp_path, log)
    os.utime(path, (time.time() - age,) * 2)
    return only(tmp_path).state


def test_a_run_elsewhere_runs_while_its_file_grows(tmp_path: Path) -> None:
    young = _log(started=time.time() - 60, done=False, host="elsewhere")
    assert _state(tmp_path, young, 1) == "running"
    assert codes(page(tmp_path)) == ["RQL505"]
    assert _state(tmp_path, young, 1000) == "crashed"
    assert _state(tmp_path, _log(started=time.time() - 60, host="elsewhere"), 1) == "finished"


def test_a_young_copy_of_an_old_run_does_not_run(tmp_path: Path) -> None:
    assert _state(tmp_path, _log(started=1.7e9, done=False, host="elsewhere"), 1) == "crashed"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not tell who has a file open")
def test_a_run_here_runs_while_somebody_has_its_file_open(tmp_path: Path) -> None:
    log = _log(started=time.time() - 60, done=False, host=platform.node())
    path = files.write(tmp_path, log)
    assert only(tmp_path).state == "crashed"
    with path.open("rb"):
        assert only(tmp_path).state == "crashed"
    with path.open("ab"):
        os.utime(path, (0, 0))
        assert only(tmp_path).state == "running"
    assert only(tmp_path).state == "crashed"


def test_the_open_end_of_a_file_that_grows_is_no_damage(tmp_path: Path) -> None:
    log = _log(started=time.time() - 60, done=False, host="elsewhere")
    files.write(tmp_path, log[:-3])
    found = history(tmp_path, "abc", "n")
    assert found.columns["n"] == [0, 1]
    assert codes(found) == []
    assert codes(page(tmp_path)) == ["RQL505"]


def test_what_grew_is_read_again(tmp_path: Path) -> None:
    path = files.write(tmp_path, _log(rows=2, done=False))
    service = LocalService(tmp_path)
    assert [run.history_line_count for run in page(service).runs] == [2]
    path.write_bytes(_log(rows=5))
    run = service.run("", "", "abc", FULL)
    assert run is not None
    assert (run.state, run.history_line_count) == ("finished", 5)
    assert (history_keys_of(run)["keys"]["n"]["typeCounts"]) == [{"type": "number", "count": 5}]
    files.write(tmp_path, _log("b"), "b")
    assert service.count("", "", TypedSelector()) == 2
    shutil.rmtree(path.parent)
    assert [run.id for run in page(service).runs] == ["b"]


def test_what_did_not_change_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(tmp_path, _log())
    service = LocalService(tmp_path)

    def refuse(self: Path, *args: object, **more: object) -> object:
        raise AssertionError(f"opened {self}")

    monkeypatch.setattr(Path, "open", refuse)
    assert [run.id for run in page(service, wanted=Wanted(config=None, summary=None)).runs] == ["abc"]
