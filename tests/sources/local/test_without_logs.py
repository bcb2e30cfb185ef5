"""Runs of which the log is missing, empty, a pointer or cut off: what lies beside it tells what there is."""

from __future__ import annotations

import json
import math
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runql.engine.mongo.history_keys import history_keys_of
from runql.sources.local import LocalService
from runql.sources.local.side_files.config_yaml import load, read_config
from runql.text.diagnostic import folded
from tests.sources.local import files, folders
from tests.sources.local.ask import codes, history, notices, only, page, rows, runs

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 123456\n"
ANNEXED = b"/annex/objects/SHA256E-s123--abc.wandb\n"


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


# ---------------------------------------------------------------- SDKs before 0.10


@pytest.mark.parametrize("prefix", ["run-20200324_020146-", "dryrun-20200324_020146-", "run-"])
@pytest.mark.parametrize("below", ["", "wandb", "wandb/{run}", "deep/er/wandb"])
def test_a_run_of_an_old_sdk(tmp_path: Path, prefix: str, below: str) -> None:
    place = "deep/er/wandb" if below.startswith("deep") else "wandb"
    folder = folders.old_run(tmp_path / place, prefix=prefix)
    named = tmp_path / below.format(run=folder.name) if "{" in below or below in ("", "wandb") else tmp_path
    run = only(named)
    assert (run.id, run.name, run.project, run.state) == ("old", "first try", "vision", "finished")
    assert (run.notes, run.job_type, run.user, run.host) == ("a note", "train", "ada", "h")
    assert run.config == {"lr": 1e-5, "name": "1e-05", "odd": {"value": 3}}
    assert run.summary == {"loss": 0.25, "best": {"at": 1}}
    assert run.system_metrics == {"system.cpu": 5.1, "system.proc.memory.rssMB": 7}
    assert (run.history_line_count, run.runtime) == (2, 4.1)
    # The name of the folder, where it has a date, to the second; the metadata is written a little later.
    assert run.created == datetime(2020, 3, 24, 2, 1, *((46, 0) if prefix != "run-" else (47, 500_000)), UTC)
    assert not notices(page(named))
    found = rows(history(named, "old"))
    assert found[0] == {"_step": 0, "loss": 1.0, "net.a": 1, "_runtime": 3.1, "_timestamp": 1585015309.1}
    assert math.isnan(found[1]["loss"])
    assert history(named, "old", "loss").columns.keys() == {"_step", "loss"}
    machine = history(named, "old", stream="system")
    assert machine.columns == {
        "_timestamp": [1585015311],
        "_runtime": [5],
        "system.cpu": [5.1],
        "system.proc.memory.rssMB": [7],
    }
    keys = history_keys_of(run)["keys"]
    assert keys["loss"] == {"typeCounts": [{"type": "number", "count": 2}]}
    assert history_keys_of(run)["lastStep"] == 1


def test_the_same_in_files_whatever_the_folder_is_called(tmp_path: Path) -> None:
    folder = folders.old_run(tmp_path / "runs of today")
    (folder / "files").mkdir()
    for path in folder.glob("*.*"):
        path.rename(folder / "files" / path.name)
    expected = rows(history(tmp_path, "old", "loss", "net.a"))
    for named in (tmp_path / "runs of today", folder, folder / "files"):
        assert only(named).history_line_count == 2
        assert json.dumps(rows(history(named, "old", "loss", "net.a"))) == json.dumps(expected)


def test_an_old_run_that_was_killed_while_it_wrote(tmp_path: Path) -> None:
    torn = folders.lines(folders.OLD_ROWS) + '{"loss": 0.1, "_st'
    running = {**folders.OLD_METADATA, "state": "running", "exitcode": None}
    folder = folders.old_run(tmp_path, wandb_history__jsonl=torn, wandb_metadata__json=running)
    (folder / "wandb-summary.json").unlink()
    run = only(tmp_path)
    assert (run.state, run.history_line_count) == ("crashed", 2)
    assert (run.summary or {})["net"] == {"a": 1}
    assert (run.summary or {})["_step"] == 1
    found = history(tmp_path, "old", "loss")
    assert (found.length, codes(found)) == (2, ["RQL502"])


def test_a_line_that_is_no_json_costs_that_line(tmp_path: Path) -> None:
    text = '{"loss": 1}\n[1]\nnonsense\n{"loss": 2}\n' + "[" * 100_000 + '\n{"loss": 3, "_step": true}\n'
    folders.old_run(tmp_path, wandb_history__jsonl=text)
    found = history(tmp_path, "old")
    assert found.columns == {"_step": [0, 1, 2], "loss": [1, 2, 3]}
    (notice,) = found.notices
    assert (notice.code, "3 lines" in notice.message, "the first is 2" in notice.message) == ("RQL501", True, True)


def test_what_some_writers_keep_in_the_config(tmp_path: Path) -> None:
    config = """_wandb:
  value: {start_time: 1795938034.5, project: p, run_name: n, group: g, job_type: null, tags: [a, 3], notes: []}
lr: {value: 0.1}
"""
    folders.side_run(tmp_path, config__yaml=config, wandb_history__jsonl=folders.lines(folders.OLD_ROWS))
    run = only(tmp_path)
    assert (run.name, run.project, run.group, run.job_type, run.tags, run.notes) == ("n", "p", "g", None, ("a",), None)
    assert run.created == datetime.fromtimestamp(1795938034.5, UTC)
    assert run.config == {"lr": 0.1}
    assert history(tmp_path, "side", "loss").length == 2
    folders.side_run(tmp_path, config__yaml="_wandb: {value: {start_time: .nan, tags: x, project: 5}}")
    assert (only(tmp_path).created, only(tmp_path).tags) == (datetime(2025, 1, 1, tzinfo=UTC), ())


def test_a_log_wins_over_an_old_history(tmp_path: Path) -> None:
    log = files.log([files.run("side"), files.row({"loss": 7.0}, 0), files.summary({"loss": 7.0}), files.exit_()])
    folders.side_run(tmp_path, log=log, wandb_history__jsonl=folders.lines(folders.OLD_ROWS))
    assert only(tmp_path).summary == {"loss": 7.0}
    assert history(tmp_path, "side", "loss").columns["loss"] == [7.0]


# ---------------------------------------------------------------- without a log


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (None, "is missing"),
        (b"", "is empty"),
        (files.HEADER + b"\0", "is empty"),
        (bytes(70_000), "is empty"),
        (POINTER, "Git LFS"),
        (ANNEXED, "Git LFS"),
    ],
)
def test_config_and_summary_of_a_run_without_a_log(tmp_path: Path, log: bytes | None, words: str) -> None:
    folder = folders.side_run(tmp_path / "wandb", log=log)
    for named in (tmp_path, folder, folder / "files", *([folder / "run-side.wandb"] if log is not None else ())):
        run = only(named)
        assert (run.id, run.config) == ("side", {"lr": 1e-5, "name": "1e-05"})
        assert run.summary == {"loss": 0.5, "_step": 9, "_runtime": 30}
        assert (run.created, run.runtime) == (datetime(2025, 1, 1, tzinfo=UTC), 30)
        assert (run.host, run.commit, run.history_line_count) == ("h", "c0ffee", 0)
        assert run.state is None  # nothing tells how it ended
        (notice,) = notices(page(named))
        assert (notice.code, words in notice.message) == ("RQL545", True)
        assert "config and summary only" in notice.message
        assert history(named, "side").length == 0
        assert ("git lfs pull" in str(notice.hints)) == (words == "Git LFS")


def test_what_is_said_of_several_is_one_line(tmp_path: Path) -> None:
    for at in range(5):
        folders.side_run(tmp_path, f"r{at}")
    (notice,) = folded(notices(page(tmp_path)))
    assert notice.message == "no logs of 5 runs: config and summary only"
    assert notice.names == ("r0", "r1", "r2", "r3", "r4")


def test_a_folder_with_the_name_of_a_run_is_one(tmp_path: Path) -> None:
    (tmp_path / "run-20250101_000000-bare" / "logs").mkdir(parents=True)
    (tmp_path / "run-20250101_000000-bare" / "logs" / "debug.log").write_text("x")
    (tmp_path / "run-20250102_000000-hollow").mkdir()  # nothing at all is in it
    (tmp_path / "run-mine").mkdir()
    (tmp_path / "run-mine" / "notes.txt").write_text("not W&B's")
    folders.put(tmp_path / "hydra", config__yaml="lr: 1\n")
    run = only(tmp_path)
    assert (run.id, run.created, run.state) == ("bare", datetime(2025, 1, 1, tzinfo=UTC), None)
    assert "nothing but its name and date" in notices(page(tmp_path))[0].message


def test_a_dangling_link_is_a_log_that_is_missing(tmp_path: Path) -> None:
    folder = folders.side_run(tmp_path)
    (folder / "run-side.wandb").symlink_to(tmp_path / ".git" / "annex" / "objects" / "gone")
    assert only(tmp_path).config == {"lr": 1e-5, "name": "1e-05"}


BOMB = "a: &a [x]\n" + "".join(f"b{i}: &b{i} [{', '.join([f'*b{i - 1}' if i else '*a'] * 9)}]\n" for i in range(20))


@pytest.mark.parametrize(
    "text",
    [
        *("[1", "- a\n", "\t", "a: *gone", "x: &x [*x]", BOMB, "[" * 100_000, "a: " + "{b: " * 5000, "- " * 20_000),
        *("a: \0", "%YAML 9\n---\na: 1", "x" * (17 << 20)),
    ],
    ids=range(12),
)
def test_a_malformed_side_file_costs_that_file(tmp_path: Path, text: str) -> None:
    folders.side_run(tmp_path, "bad", config__yaml=text)
    folders.side_run(tmp_path, "good")
    found = runs(tmp_path)
    assert found["good"].config == {"lr": 1e-5, "name": "1e-05"}
    assert (found["bad"].config, (found["bad"].summary or {})["loss"]) == ({}, 0.5)
    told = {notice.code: notice.message for notice in found["bad"].said}
    assert told.keys() == ({"RQL545"} if not text.strip() else {"RQL545", "RQL503"})
    assert "config.yaml" in told.get("RQL503", "config.yaml")


@pytest.mark.parametrize("text", ["{", "[]", "3", "[" * 100_000, "\x00", b"\xff\xfe{"])
@pytest.mark.parametrize("name", ["wandb_summary__json", "wandb_metadata__json"])
def test_malformed_json_costs_that_file(tmp_path: Path, text: str | bytes, name: str) -> None:
    given: dict[str, Any] = {name: text}
    folders.side_run(tmp_path, **given)
    run = only(tmp_path)
    assert (run.id, run.config) == ("side", {"lr": 1e-5, "name": "1e-05"})
    assert codes(page(tmp_path)) == ["RQL503", "RQL545"]


@pytest.mark.parametrize(
    "metadata",
    [
        {"startedAt": 5, "host": [], "git": "x", "tags": {"a": 1}, "exitcode": "0", "state": 3, "name": None},
        {"startedAt": "yesterday"},
        {"startedAt": "99999-01-01"},
        {"exitcode": True},
    ],
)
def test_metadata_of_wrong_types(tmp_path: Path, metadata: Any) -> None:
    folders.side_run(tmp_path, wandb_metadata__json=metadata)
    run = only(tmp_path)
    assert (run.created, run.host, run.tags, run.state) == (datetime(2025, 1, 1, tzinfo=UTC), None, (), None)


def test_not_finite_numbers_and_half_surrogates_of_a_summary(tmp_path: Path) -> None:
    folders.side_run(tmp_path, wandb_summary__json='{"a": NaN, "b": -Infinity, "c": "\\ud800!", "d": 1e400}')
    summary = only(tmp_path).summary or {}
    assert math.isnan(summary["a"])
    assert (summary["b"], summary["d"]) == (-math.inf, math.inf)
    assert summary["c"].encode().endswith(b"!")


def test_yaml_as_the_sdks_write_it() -> None:
    assert load(b"[1, 1.5, .inf, -.inf, true, null, ~, 1e+21, 0x1F, 2020-01-01, !!python/tuple [1], yes, 007]") == (
        [1, 1.5, math.inf, -math.inf, True, None, None, 1e21, "0x1F", "2020-01-01", [1], "yes", "007"]
    )
    whole = read_config(b"a: {value: &x [1, 2]}\nb: {value: *x}\n1: {value: 3}\n")
    assert (whole.value, whole.oddities) == ({"a": [1, 2], "b": [1, 2], "1": 3}, ())
    assert read_config(b"c: {value: !!python/object/apply:os.system ['echo']}").value == {"c": ["echo"]}


# ---------------------------------------------------------------- a log that was cut off


TORN = [files.run("side", config={"seed": 1}), *(files.row({"loss": 1 / (at + 1)}, at) for at in range(20))]


def test_a_log_that_was_cut_off_is_filled_from_beside_it(tmp_path: Path) -> None:
    log = files.log(TORN)[:-5]
    summary = {"loss": 0.02, "final_val_acc": 0.91, "_step": 49}
    folders.side_run(tmp_path, log=log, wandb_summary__json=summary)
    run = only(tmp_path)
    assert run.summary == {"loss": 1 / 19, "final_val_acc": 0.91, "_step": 18}  # what the log holds, wins
    assert run.config == {"seed": 1, "lr": 1e-5, "name": "1e-05"}
    assert run.state == "crashed"
    told = {notice.code: notice.message for notice in run.said}
    assert told.keys() == {"RQL502", "RQL546"}
    assert "`config.lr`, `config.name`, `summary.final_val_acc`" in told["RQL546"]


def test_a_whole_log_is_asked_alone(tmp_path: Path) -> None:
    log = files.log([*TORN, files.summary({"loss": 7}), files.exit_()])
    folders.side_run(tmp_path, log=log, wandb_summary__json={"other": 1}, config__yaml="[")
    run = only(tmp_path)
    assert (run.summary, run.config, run.said) == ({"loss": 7}, {"seed": 1}, ())


def test_side_files_that_change_are_read_again(tmp_path: Path) -> None:
    folder = folders.side_run(tmp_path)
    service = LocalService(tmp_path)
    assert (page(service).runs[0].summary or {})["loss"] == 0.5
    (folder / "files" / "wandb-summary.json").write_text('{"loss": 0.125}')
    assert (page(service).runs[0].summary or {})["loss"] == 0.125
    (folder / "run-side.wandb").write_bytes(files.log([files.run("side", name="now"), files.exit_()]))
    assert page(service).runs[0].name == "now"


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize("log", [b"", files.HEADER + b"\0", b":W&"])
def test_a_fresh_clone_of_old_files_does_not_run(tmp_path: Path, log: bytes) -> None:
    path = files.write(tmp_path, log, stamp="20220617_132022")
    run = only(tmp_path)
    assert (run.state, run.created) == ("crashed", datetime(2022, 6, 17, 13, 20, 22, tzinfo=UTC))
    (notice,) = run.said
    assert (notice.code, "holds nothing" in notice.message) == ("RQL545", True)
    path.rename(path.with_name("run-abc.wandb.old"))
    files.write(tmp_path, log, stamp=time.strftime("%Y%m%d_%H%M%S"))
    run = next(run for run in page(tmp_path).runs if run.state == "running")
    assert "neither config nor name nor tags" in run.said[-1].message


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York", "UTC", "Pacific/Kiritimati"])
def test_the_metadata_tells_the_zone_of_a_folder_s_name(
    tmp_path: Path, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK writes local time into the name; whoever reads it may be elsewhere."""
    began = 1735689600
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    stamp = time.strftime("%Y%m%d_%H%M%S", time.localtime(began))
    metadata = {"startedAt": datetime.fromtimestamp(began + 1.5, UTC).isoformat()}
    folders.side_run(tmp_path, stamp=stamp, wandb_metadata__json=metadata)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert only(tmp_path).created == datetime.fromtimestamp(began, UTC)


def test_a_run_without_a_log_in_a_clone_is_not_running(tmp_path: Path) -> None:
    folders.old_run(tmp_path, wandb_metadata__json={**folders.OLD_METADATA, "state": "running", "exitcode": None})
    assert only(tmp_path).state == "crashed"


def test_copies_of_a_run_without_a_log_are_one(tmp_path: Path) -> None:
    folders.side_run(tmp_path / "a")
    folders.side_run(tmp_path / "b")
    assert only(tmp_path).history_line_count == 0
    assert sorted(codes(page(tmp_path))) == ["RQL514", "RQL545"]


def test_of_a_resumed_run_one_log_may_be_missing(tmp_path: Path) -> None:
    log = files.log([files.run("side", started=1.7e9, config={"a": 1}), files.row({"n": 1}, 0), files.exit_()])
    files.write(tmp_path, log, "side", "20231114_221320")
    folders.side_run(tmp_path / "wandb", "side")
    run = only(tmp_path)
    assert (run.project, run.config) == ("p", {"a": 1, "lr": 1e-5, "name": "1e-05"})
    assert run.created == datetime.fromtimestamp(1.7e9, UTC)
    assert os.environ["TZ"] == "UTC"


def test_an_integer_that_no_table_holds_costs_no_more_than_itself(tmp_path: Path) -> None:
    folders.side_run(tmp_path, wandb_summary__json='{"a": ' + "9" * 5000 + ', "b": 2}')
    assert only(tmp_path).summary == {"a": "9" * 5000, "b": 2}
    assert "RQL540" in codes(page(tmp_path))
