"""What SDKs from 2021 to today wrote is read back as it was logged."""

from __future__ import annotations

import math
import os
import shutil
from datetime import UTC, datetime

import pytest

from runql.engine.mongo.history_keys import history_keys_of
from runql.semantic.values import MISSING
from runql.sources.local import LocalService
from tests.fixtures import make_runs
from tests.sources.local.ask import codes, history, page, rows, runs
from tests.sources.local.real import FILES, VERSIONS, flat, nested_rows, same, without_clock


@pytest.fixture(scope="module", params=VERSIONS)
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LocalService:
    # A young file of young records may be a run that goes on elsewhere: these are old, whenever they were checked out.
    folder = tmp_path_factory.mktemp("files") / request.param
    shutil.copytree(FILES / request.param, folder)
    for path in folder.rglob("*.wandb"):
        os.utime(path, (0, 0))
    return LocalService(folder)


def test_the_runs_and_their_states(service: LocalService) -> None:
    found = {name: run.state for name, run in runs(service).items() if name != "typed"}
    assert found == {
        "nested": "finished",
        "media": "finished",
        "steps": "finished",
        "vision/failed": "failed",
        "speech/failed": "finished",
        "resumed": "finished",
        "killed": "crashed",
        "machine": "finished",
    }


def test_the_fields_of_a_run(service: LocalService) -> None:
    run = runs(service)["nested"]
    assert (run.name, run.group, run.job_type, run.notes) == ("first try", "g1", "train", "a note")
    assert (run.project, run.tags, run.host) == ("vision", ("baseline", "v1"), "node-1")
    assert run.user in ("ada", None)
    assert run.created is not None
    assert run.heartbeat is not None
    assert datetime(2026, 1, 1, tzinfo=UTC) < run.created <= run.heartbeat
    assert run.runtime is not None
    assert 0 <= run.runtime < 60
    assert run.history_line_count == 30


def test_config(service: LocalService) -> None:
    found = runs(service)
    assert found["nested"].config == make_runs.CONFIG
    assert found["steps"].config == {"lr": 0.25, "late": {"x": 1}}


def test_summary(service: LocalService) -> None:
    found = runs(service)
    summary = dict(found["nested"].summary or {})
    assert {"_step", "_runtime", "_timestamp"} < summary.keys()
    assert without_clock([summary]) == [
        {
            "loss": 1 / 30,
            "acc": 29,
            "train/loss": 14.5,
            "net": {"a": 29, "b": {"c": -29}},
            "a.b": 29.25,
            "val/loss": -17.5,
            "note": "epoch 20. ✓",
            "flag": True,
            "best": 0.125,
            "_step": 29,
        }
    ]
    assert (found["steps"].summary or {})["val/acc"] == {"max": 0.397}


def test_a_killed_run_has_the_summary_of_its_last_whole_row(service: LocalService) -> None:
    run = runs(service)["killed"]
    last = rows(history(service, "killed", "n"))[-1]["n"]
    assert (run.summary or {})["n"] - last in (0, 1)
    assert 200 < last < 400


def test_every_row_and_nothing_else(service: LocalService) -> None:
    found = without_clock(rows(history(service, "nested")))
    assert same(found, nested_rows())


@pytest.mark.parametrize(
    "keys", [("loss", "acc"), ("val/loss",), ("a.b",), ("net.b.c", "note"), ("flag",), ("nothing",), ("net",), ("b",)]
)
def test_only_the_wanted_metrics(service: LocalService, keys: tuple[str, ...]) -> None:
    wanted = [{name: row[name] for name in ("_step", *keys) if name in row} for row in nested_rows()]
    wanted = [row for row in wanted if len(row) > 1]
    assert same(rows(history(service, "nested", *keys)), wanted)


def test_numbers_that_are_not_finite(service: LocalService) -> None:
    losses = history(service, "nested", "loss").columns["loss"][7:10]
    assert math.isnan(losses[0])
    assert losses[1:] == [math.inf, -math.inf]
    assert all(isinstance(loss, float) for loss in losses)


def test_media_are_one_value(service: LocalService) -> None:
    (row,) = rows(history(service, "media", "hist", "image", "table", "page"))
    assert row["hist"] == {"_type": "histogram", "values": [1, 2, 3], "bins": [0.0, 0.5, 1.0, 1.5]}
    assert (row["image"]["_type"], row["image"]["width"]) == ("image-file", 4)
    assert (row["table"]["_type"], row["table"]["nrows"]) == ("table-file", 2)
    assert row["page"]["_type"] == "html-file"
    assert same(row["hist"], (runs(service)["media"].summary or {})["hist"])
    everything = rows(history(service, "media"))
    assert {"hist", "image", "table", "page", "loss", "_step"} < everything[1].keys()
    assert without_clock(everything)[0] == {"_step": 0, "loss": 1.5}


def test_steps_that_jump(service: LocalService) -> None:
    wanted = [{"_step": step, **flat(row)} for step, row in make_runs.jumping_rows()]
    assert rows(history(service, "steps", "loss", "epoch", "val/acc")) == wanted
    some = rows(history(service, "steps", "loss", min_step=12, max_step=33))
    assert [row["_step"] for row in some] == [12, 19, 26, 33]
    by_epoch = rows(history(service, "steps", "val/acc", x_axis="epoch", max_step=12))
    assert by_epoch == [
        {"_step": 5, "epoch": 0, "val/acc": 0.005},
        {"_step": 12, "epoch": 1, "val/acc": 0.012},
    ]


def test_a_run_that_was_renamed(service: LocalService) -> None:
    run = runs(service)["steps"]
    assert (run.name, run.tags) == ("after", ("new", "renamed"))


def test_a_resumed_run_is_one(service: LocalService) -> None:
    run = runs(service)["resumed"]
    assert run.config == {"lr": 1, "part": 2, "more": True}
    assert (run.tags, run.history_line_count) == (("one",), 20)
    found = history(service, "resumed", "n")
    assert found.columns["n"] == list(range(20))
    assert found.columns["_step"] == list(range(20))
    assert not found.notices


def test_two_projects_share_an_id_and_no_row(service: LocalService) -> None:
    assert history(service, "vision/failed", "n").columns["n"] == [0, 1, 2, 3, 4]
    assert history(service, "speech/failed", "n").columns["n"] == [-1]
    assert history(service, "failed", "n", project="speech").columns["n"] == [-1]
    assert [run.id for run in page(service, project="speech").runs] == ["failed"]


def test_machine_metrics(service: LocalService) -> None:
    found = history(service, "machine", stream="system")
    assert found.length > 0
    assert all(name.startswith("system.") for name in found.columns.keys() - {"_timestamp", "_runtime"})
    name = next(name for name in found.columns if name.startswith("system."))
    one = history(service, "machine", name, stream="system")
    assert list(one.columns) == ["_timestamp", name]
    assert one.columns[name] == found.columns[name]
    last = [value for value in found.columns[name] if value is not MISSING][-1]
    assert (runs(service)["machine"].system_metrics or {})[name] == last


def test_a_killed_run_ends_in_whole_rows(service: LocalService) -> None:
    found = rows(history(service, "killed", "n", "wide"))
    assert found == [{"_step": at, "n": at, "wide": "x" * 200} for at in range(len(found))]
    told = page(service)
    assert set(codes(told)) <= {"RQL502"}
    assert all("run-killed.wandb" in notice.message and "byte" in notice.message for notice in told.notices)


def test_typed_values() -> None:
    service = LocalService(FILES / "0.31.0")
    assert same(without_clock(rows(history(service, "typed"))), nested_rows())
    assert isinstance(history(service, "typed", "loss").columns["loss"][0], float)
    assert isinstance(history(service, "typed", "acc").columns["acc"][0], int)


def test_history_keys(service: LocalService) -> None:
    keys = history_keys_of(runs(service)["nested"])
    assert keys["lastStep"] == 29
    counts = {name: {c["type"]: c["count"] for c in info["typeCounts"]} for name, info in keys["keys"].items()}
    assert counts["loss"] == {"number": 30}
    assert counts["val/loss"] == {"number": 3}
    assert counts["net.b.c"] == {"number": 30}
    assert counts["note"] == {"string": 3}
    assert counts["flag"] == {"bool": 1}
    assert counts["_step"] == {"number": 30}
    media = history_keys_of(runs(service)["media"])["keys"]
    assert media["hist"]["typeCounts"] == [{"type": "histogram", "count": 1}]
