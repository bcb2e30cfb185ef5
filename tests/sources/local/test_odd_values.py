"""Records and side files that are sound where they are looked at, and odd elsewhere: they cost what is odd."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runql import connect
from runql.engine.mongo.history_keys import history_keys_of
from runql.sources.local import LocalService
from tests.sources.local import files, folders
from tests.sources.local.ask import codes, history, only, page, runs

HUGE = "9" * 400
LONGER = "9" * 5000
BELOW = "[" * 150 + "]" * 150


@pytest.mark.parametrize("odd", [b"\x08" + b"\xff" * 20, b"\x08" + b"\xff" * 9 + b"\x7f\x12\x80\x80\x80\x80\x80"])
def test_a_record_of_a_number_that_does_not_end(tmp_path: Path, odd: bytes) -> None:
    """It stands at the end of the file, and nothing behind it is looked at."""
    content = files.log([files.run("odd"), files.row({("n",): 1}, 0), odd], numbered=False)
    files.write(tmp_path, content, "odd")
    files.write(tmp_path, files.log([files.run("good"), files.exit_()]), "good")
    assert set(runs(tmp_path)) == {"odd", "good"}
    assert codes(page(tmp_path)) == ["RQL501"]
    assert history(tmp_path, "odd", "n").columns["n"] == [1]


@pytest.mark.parametrize("tail", [b"\x12\x7f\x08", b"\x12\x02\x08\xff", b"\x1a\xff", b"\x12\x01\x0f"])
def test_a_row_with_a_tail_that_is_none_counts_nowhere(tmp_path: Path, tail: bytes) -> None:
    odd = files.message(2, files.items({("n",): 2}) + tail)
    files.write(tmp_path, files.log([files.run(), files.row({("n",): 1}, 0), odd]))
    assert history(tmp_path, "abc").columns == {"_step": [0], "n": [1]}
    record = only(tmp_path)
    assert history_keys_of(record) == {"lastStep": 0, "keys": {"n": {"typeCounts": [{"type": "number", "count": 1}]}}}
    assert [row["n"] for row in connect(tmp_path).query("runs where exists(logged.n) scan keys n")] == [1]


def test_a_name_that_a_row_holds_twice_is_counted_once(tmp_path: Path) -> None:
    """Once with dots, once nested, in either order."""
    both = [files.row({"a.b": 1, ("a", "b"): 2, "c.d": 5}, 0), files.row({"a": {"b": 3}, "a.b": 4}, 1)]
    files.write(tmp_path, files.log([files.run(), *both, files.row({"a.b": 7}, 2), files.exit_()]))
    assert history(tmp_path, "abc", "a.b").columns["a.b"] == [2, 3, 7]
    keys = history_keys_of(only(tmp_path))["keys"]
    assert {name: key["typeCounts"][0]["count"] for name, key in keys.items()} == {"a.b": 3, "c.d": 1}


def test_a_config_beside_a_log_may_hold_what_no_value_can_be(tmp_path: Path) -> None:
    text = f"lr: {{value: {HUGE}}}\nlong: {{value: [-{LONGER}]}}\nd: {{value: {BELOW}}}\nok: {{value: 1}}\n"
    folders.side_run(tmp_path, "odd", config__yaml=text)
    folders.side_run(tmp_path, "good")
    rows = list(connect(tmp_path).query("runs select id, config.lr, config.long, config.ok order id"))
    assert [row["config.lr"] for row in rows] == [1e-5, HUGE]
    assert (rows[1]["config.long"], rows[1]["config.ok"]) == (["-" + LONGER], 1)
    said = {notice.code: notice.message for notice in runs(tmp_path)["odd"].said}
    assert said.keys() == {"RQL545", "RQL540"}
    assert all(name in said["RQL540"] for name in ("config.lr", "config.long", "config.d"))


@pytest.mark.parametrize("depth", [100, 101])
def test_a_config_is_as_deep_in_yaml_as_in_json(tmp_path: Path, depth: int) -> None:
    value = "[" * depth + "]" * depth
    folders.side_run(tmp_path / "yaml" / "wandb", config__yaml=f"d: {{value: {value}}}\n")
    log = files.log([files.run("side"), files.message(5, files.message(1, files.item("d", value_json=value)))])
    files.write(tmp_path / "json" / "wandb", log, "side")
    assert only(tmp_path / "yaml").config == only(tmp_path / "json").config


def test_of_a_log_that_was_cut_off_only_what_was_filled_in_is_told(tmp_path: Path) -> None:
    log = files.log([files.run("side"), files.config({("lr",): 1})])
    folders.side_run(tmp_path, log=log, config__yaml=f"lr: {{value: {HUGE}}}\n")
    record = only(tmp_path)
    assert record.config == {"lr": 1}
    assert "RQL540" not in {notice.code for notice in record.said}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_beside_a_log_is_not_waited_for(tmp_path: Path) -> None:
    path = files.write(tmp_path, files.log([files.run(), files.row({("n",): 1}, 0), files.exit_()]))
    os.mkfifo(path.with_name(path.name + ".syncstate"))
    for name in ("config.yaml", "wandb-summary.json", "wandb-metadata.json", "wandb-history.jsonl"):
        os.mkfifo(path.with_name(name))
    assert only(tmp_path).state == "finished"


def test_a_run_that_lies_at_the_top_of_the_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that is mounted into a container: no folder has to be above it."""
    lines = folders.lines(folders.OLD_ROWS) + "no JSON\n"
    folder = folders.put(tmp_path / "mounted", wandb_history__jsonl=lines, wandb_summary__json={"loss": 1})
    source = LocalService(folder)
    monkeypatch.setattr(type(folder), "parents", property(lambda path: (path.parent,)))
    found = history(source, "mounted", "loss")
    assert found.length == 2
    assert "`mounted/wandb-history.jsonl`" in found.notices[0].message
