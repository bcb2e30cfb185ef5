"""What the record of a run says: hyperparameters, state, times; and what event files do not tell."""

from __future__ import annotations

import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runql import Api
from runql.semantic.record import RunRecord
from runql.sources.protocol import FULL
from runql.sources.tensorboard import TensorboardService
from tests.sources.tensorboard import writer

BEGIN = writer.FIRST_TIME


def run_of(folder: Path, *records: bytes) -> RunRecord:
    writer.write(folder, writer.version(), *records)
    return read(folder)


def read(folder: Path) -> RunRecord:
    run = TensorboardService(folder).run("", "", ".", FULL)
    assert run is not None
    return run


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_hyperparameters_are_the_config(tmp_path: Path) -> None:
    given = {"lr": 0.1, "layers": 3, "model": "vit", "amp": True, "off": None, "sizes": [1, 2], "opt": {"beta": 0.9}}
    run = run_of(tmp_path, writer.session_start(given, group="g1"))
    assert run.config == given
    assert isinstance((run.config or {})["layers"], float)  # the format has no whole numbers
    assert run.group == "g1"


def test_the_first_hyperparameters_count_and_others_are_told(tmp_path: Path) -> None:
    run = run_of(tmp_path, writer.session_start({"lr": 1.0}), writer.session_start({"lr": 2.0}))
    assert run.config == {"lr": 1.0}
    assert [notice.code for notice in run.said] == ["RQL548"]
    assert run_of(tmp_path, writer.session_start({"lr": 1.0}), writer.session_start({"lr": 1.0})).said == ()


@pytest.mark.parametrize(("status", "state"), [(0, None), (1, "finished"), (2, "failed"), (3, None), (99, None)])
def test_the_state_is_that_of_the_session(tmp_path: Path, status: int, state: str | None) -> None:
    assert run_of(tmp_path, writer.session_end(status)).state == state


def test_without_a_session_nothing_tells_how_it_ended(tmp_path: Path) -> None:
    run = run_of(tmp_path, writer.summary([writer.simple("loss", 1)], 3, BEGIN + 10))
    assert run.state is None
    assert (run.created, run.heartbeat, run.runtime) == (at(BEGIN), at(BEGIN + 10), 10.0)
    missing = (run.tags, run.job_type, run.notes, run.user, run.sweep, run.host, run.url, run.commit)
    assert missing == ((), None, None, None, None, None, None, None)
    assert (run.entity, run.project) == ("", "")


def test_start_and_end_of_a_session_are_those_of_the_run(tmp_path: Path) -> None:
    run = run_of(tmp_path, writer.session_start({"a": 1}, started=BEGIN - 5), writer.session_end(1, BEGIN + 20))
    assert (run.created, run.heartbeat, run.runtime) == (at(BEGIN - 5), at(BEGIN + 20), 25.0)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -1.0, 1e300])
def test_times_that_no_calendar_has_are_missing(tmp_path: Path, odd: float) -> None:
    writer.write(tmp_path, writer.version(at=odd), writer.summary([writer.simple("loss", 1)], 3, odd))
    run = read(tmp_path)
    assert (run.created, run.heartbeat) == (None, None)
    assert (run.summary or {})["loss"] == 1.0


def test_a_run_whose_file_is_open_is_running(tmp_path: Path) -> None:
    path = writer.write(tmp_path, writer.version(), writer.summary([writer.simple("loss", 1)], 0, BEGIN))
    hour_ago = time.time() - 3600
    os.utime(path, (hour_ago, hour_ago))
    assert read(tmp_path).state is None
    service = TensorboardService(tmp_path)
    with path.open("ab"):
        (run,) = service.look()
        assert run.state == "running"
        assert [notice.code for notice in run.said] == ["RQL505"]
    (run,) = service.look()
    assert (run.state, run.said) == (None, ())


def test_a_young_file_of_young_events_is_running(tmp_path: Path) -> None:
    """Another machine may write it: whoever does is not seen from here."""
    now = time.time()
    records = (writer.version(at=now), writer.summary([writer.simple("loss", 1)], 0, now))
    path = writer.write(tmp_path, *records, name=f"events.out.tfevents.{int(now)}.elsewhere.7.0")
    path.touch()
    assert read(tmp_path).state == "running"
    ended = writer.write(tmp_path, *records, writer.session_end(1), name=path.name)
    ended.touch()
    assert read(tmp_path).state == "finished"
    old = writer.write(tmp_path, writer.version(at=now - 1e4), name=path.name)  # a copy of an old file
    old.touch()
    assert read(tmp_path).state is None


def test_a_young_file_of_this_machine_that_nobody_has_open_is_not_running(tmp_path: Path) -> None:
    now = time.time()
    path = writer.write(tmp_path, writer.version(at=now), name=f"events.out.tfevents.{int(now)}.{platform.node()}.7.0")
    path.touch()
    assert read(tmp_path).state is None


def test_the_open_end_of_a_running_file_is_no_damage(tmp_path: Path) -> None:
    now = time.time()
    whole = writer.version(at=now) + writer.summary([writer.simple("loss", 1)], 0, now)
    path = writer.write(tmp_path, whole[:-3], name=f"events.out.tfevents.{int(now)}.elsewhere.7.0")
    path.touch()
    assert [notice.code for notice in read(tmp_path).said] == ["RQL505"]
    os.utime(path, (BEGIN, BEGIN))
    assert [notice.code for notice in read(tmp_path).said] == ["RQL502"]


def test_the_names_of_the_axes_are_no_tags(tmp_path: Path) -> None:
    run = run_of(tmp_path, writer.summary([writer.simple(tag, 7) for tag in ("_step", "", "loss")], 3, BEGIN))
    assert {name for name in run.summary or {} if not name.startswith("_")} == {"loss"}
    assert (run.summary or {})["_step"] == 3
    assert "2 reserved tags" in run.said[0].message


def test_a_name_with_slashes_may_come_in_parts(tmp_path: Path) -> None:
    writer.write(tmp_path / "a" / "b" / "c", writer.version())
    service = TensorboardService(tmp_path)
    assert service.run("a", "b", "c", FULL) == service.run("", "", "a/b/c", FULL) is not None
    assert service.run("a", "b", "a/b/c", FULL) is not None
    assert service.run("", "", "c", FULL) is None
    assert service.run("b", "a", "a/b/c", FULL) is None


def test_the_classes_of_wandb_take_such_names(tmp_path: Path) -> None:
    writer.write(tmp_path / "a" / "b", writer.version(), writer.summary([writer.simple("loss", 0.5)], 3, BEGIN))
    run = Api(f"tb:{tmp_path}").run("a/b")
    assert (run.id, run.summary["loss"]) == ("a/b", 0.5)
    assert run.history(keys=["loss"], pandas=False) == [{"_step": 3, "loss": 0.5}]
    assert [row["loss"] for row in run.scan_history()] == [0.5]
