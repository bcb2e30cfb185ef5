"""Which folders are runs, what they are called, and what is read again when files grow."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from threading import Thread
from typing import BinaryIO

import pytest

from runql.engine.mongo.history_keys import history_keys_of
from runql.errors import SourceError
from runql.semantic.record import RunRecord
from runql.sources.protocol import FULL, PageRequest
from runql.sources.tensorboard import TensorboardService, discover
from runql.sources.tensorboard.framing import Records
from tests.sources.tensorboard import writer
from tests.sources.tensorboard.judge import points_of, rows_of, rows_read, run_names


def point(tag: str, value: float, step: int) -> bytes:
    return writer.summary([writer.simple(tag, value)], step, writer.FIRST_TIME + step)


def runs(service: TensorboardService) -> dict[str, RunRecord]:
    return {run.id: run for run in service.runs_page(PageRequest("", "", wanted=FULL)).runs}


def codes(service: TensorboardService) -> list[str]:
    page = service.runs_page(PageRequest("", "", wanted=FULL))
    return [notice.code for notice in (*page.notices, *(one for run in page.runs for one in run.said))]


def summary_of(run: RunRecord) -> dict[str, object]:
    return {name: value for name, value in (run.summary or {}).items() if not name.startswith("_")}


def test_each_folder_that_holds_event_files_is_a_run(tmp_path: Path) -> None:
    for name in (".", "a", "a/b/c", "x y"):
        writer.write(tmp_path / name, writer.version(), point("loss", 0.5, 1))
    writer.write(tmp_path / "empty", name="events.out.tfevents.1.h.profile-empty")
    (tmp_path / "other").mkdir()
    found = runs(TensorboardService(tmp_path))
    assert set(found) == run_names(tmp_path) - {"empty"} == {".", "a", "a/b/c", "x y"}
    assert all(run.name == run.id for run in found.values())
    assert found["a/b/c"].created is not None


def test_a_single_file_is_a_run(tmp_path: Path) -> None:
    path = writer.write(tmp_path / "a", writer.version(), point("loss", 0.5, 1))
    writer.write(tmp_path / "a", writer.version(), point("loss", 9.0, 2), name="events.out.tfevents.2.h")
    assert summary_of(runs(TensorboardService(path))["."]) == {"loss": 0.5}


def test_files_of_a_run_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for time, value in ((3, 3.0), (1, 1.0), (2, 2.0)):
        writer.write(tmp_path, writer.version(), point("loss", value, 0), name=f"events.out.tfevents.{time}.h")
    service = TensorboardService(tmp_path)
    assert [row["loss"] for row in rows_read(service, ".")] == [1.0, 2.0, 3.0]
    assert summary_of(runs(service)["."]) == {"loss": 3.0}


@pytest.mark.parametrize(
    ("path", "said"),
    [("nothing", "no file or folder"), ("empty", "no TensorBoard event files"), ("note.txt", "no TensorBoard event")],
)
def test_what_holds_none_is_told(tmp_path: Path, path: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(SourceError, match=said):
        TensorboardService(tmp_path / path)


def test_links_double_nothing_and_circles_end(tmp_path: Path) -> None:
    writer.write(tmp_path / "b", writer.version(), point("loss", 0.5, 1))
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "c").symlink_to(tmp_path / "nowhere")
    (tmp_path / "d").symlink_to("d")
    assert set(runs(TensorboardService(tmp_path))) == {"b"}


def test_folders_beyond_the_bound_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(6):
        writer.write(tmp_path / str(at), writer.version())
    found = discover.find_runs(tmp_path, most_folders=4)
    assert (len(found.runs), found.left_out) == (3, 3)
    monkeypatch.setattr(discover, "MOST_FOLDERS", 4)
    whole = discover.find_runs
    monkeypatch.setattr("runql.sources.tensorboard.service.find_runs", lambda root: whole(root, most_folders=4))
    assert codes(TensorboardService(tmp_path)) == ["RQL547"]


def test_names_that_are_no_text_stay_apart(tmp_path: Path) -> None:
    for raw in (b"\xff", b"\xfe"):
        writer.write(tmp_path / os.fsdecode(raw), writer.version(), point("loss", raw[0], 1))
    found = runs(TensorboardService(tmp_path))
    assert {name: summary_of(run)["loss"] for name, run in found.items()} == {"\ufffd": 254.0, "\ufffd~2": 255.0}


def test_a_run_of_many_tags(tmp_path: Path) -> None:
    values = [writer.simple(f"layer/{at}/norm", at) for at in range(20_000)]
    writer.write(tmp_path, writer.version(), writer.summary(values, 1), writer.summary(values[:1], 2))
    (run,) = runs(TensorboardService(tmp_path)).values()
    assert len(summary_of(run)) == 20_000
    assert history_keys_of(run)["lastStep"] == 2


def test_steps_that_go_back_and_tags_that_repeat_keep_every_point(tmp_path: Path) -> None:
    records = [point("loss", value, step) for value, step in ((1, 5), (2, 3), (3, 5), (4, 4), (5, 5))]
    writer.write(tmp_path, writer.version(), *records, point("acc", 9, 5))
    service = TensorboardService(tmp_path)
    rows = rows_read(service, ".")
    assert rows == rows_of(points_of(tmp_path))
    assert [(row["_step"], row["loss"], row.get("acc")) for row in rows] == [
        (3, 2, None),
        (4, 4, None),
        (5, 1, 9),
        (5, 3, None),
        (5, 5, None),
    ]
    (run,) = runs(service).values()
    assert summary_of(run) == {"loss": 5.0, "acc": 9.0}
    assert [(notice.code, notice.message[:21]) for notice in run.said] == [("RQL514", "4 points were logged ")]


def test_only_a_later_start_drops_what_came_before(tmp_path: Path) -> None:
    first = [writer.version(), point("loss", 1, 0), writer.start(0), point("loss", 2, 1), point("loss", 3, 2)]
    writer.write(tmp_path, *first, writer.start(2), point("loss", 4, 2), name="events.out.tfevents.1.h")
    service = TensorboardService(tmp_path)
    assert [(row["_step"], row["loss"]) for row in rows_read(service, ".")] == [(0, 1.0), (1, 2.0), (2, 4.0)]
    assert rows_read(service, ".") == rows_of(points_of(tmp_path))
    (run,) = runs(service).values()
    assert history_keys_of(run) == {"lastStep": 2, "keys": {"loss": {"typeCounts": [{"type": "number", "count": 3}]}}}
    assert codes(service) == ["RQL548"]


def test_a_file_that_grows_is_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = writer.write(tmp_path, writer.version(), *(point("loss", at, at) for at in range(3)))
    service = TensorboardService(tmp_path)
    begins: list[int] = []

    class Watched(Records):
        def __init__(self, file: BinaryIO, start: int, size: int) -> None:
            begins.append(start)
            super().__init__(file, start, size)

    monkeypatch.setattr("runql.sources.tensorboard.stream.Records", Watched)
    assert summary_of(runs(service)["."]) == {"loss": 2.0}
    assert begins == []
    size = path.stat().st_size
    more = point("loss", 9, 3)
    with path.open("ab") as file:
        file.write(more[:10])
    service.look()
    with path.open("ab") as file:
        file.write(more[10:])
    assert summary_of(runs(service)["."]) == {"loss": 9.0}
    assert begins == [size, size]
    assert len(rows_read(service, ".")) == 4
    assert rows_read(service, ".") == rows_of(points_of(tmp_path))


def test_a_start_that_comes_later_drops_what_was_read(tmp_path: Path) -> None:
    path = writer.write(tmp_path, writer.version(), writer.start(0), *(point("loss", at, at) for at in range(6)))
    service = TensorboardService(tmp_path)
    assert len(rows_read(service, ".")) == 6
    with path.open("ab") as file:
        file.write(writer.start(2) + point("loss", 7, 2))
    assert [(row["_step"], row["loss"]) for row in rows_read(service, ".")] == [(0, 0.0), (1, 1.0), (2, 7.0)]
    assert summary_of(runs(service)["."]) == {"loss": 7.0}
    writer.write(tmp_path, writer.version(), writer.start(1), point("loss", 8, 1), name="events.out.tfevents.18.h")
    assert rows_read(service, ".") == rows_of(points_of(tmp_path))
    assert [row["loss"] for row in rows_read(service, ".")] == [0.0, 8.0]


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    writer.write(tmp_path, writer.version(), *(point("loss", at, at) for at in range(9)))
    service = TensorboardService(tmp_path)
    other = writer.write(tmp_path / "new", writer.version(), point("acc", 1, 0))
    other.replace(tmp_path / other.name)
    (tmp_path / "new").rmdir()
    assert summary_of(runs(service)["."]) == {"acc": 1.0}
    (tmp_path / other.name).unlink()
    with pytest.raises(SourceError):
        service.look()


def test_a_file_that_is_gone_when_its_rows_are_read_is_told(tmp_path: Path) -> None:
    path = writer.write(tmp_path / "a", writer.version(), point("loss", 1, 1))
    service = TensorboardService(tmp_path)
    (record,) = service.look()
    path.unlink()
    columns, notices = service.columns(record, None, "default")
    assert (dict(columns), [notice.code for notice in notices]) == ({}, ["RQL503"])


def test_a_file_that_was_overwritten_since_is_checked_again(tmp_path: Path) -> None:
    path = writer.write(tmp_path, writer.version(), *(point("loss", at, at) for at in range(3)))
    service = TensorboardService(tmp_path)
    (record,) = service.look()
    data = bytearray(path.read_bytes())
    data[-6] ^= 0x40  # in the last value
    path.write_bytes(data)
    columns, _ = service.columns(record, None, "default")
    assert list(columns["loss"]) == [0.0, 1.0]


def test_a_pickle_reads_the_folder(tmp_path: Path) -> None:
    writer.write(tmp_path / "a", writer.version(), point("loss", 1, 1))
    service = TensorboardService(tmp_path, name="tb:./logs")
    copy = pickle.loads(pickle.dumps(service))
    assert (copy.name, set(runs(copy))) == ("tb:./logs", {"a"})


def test_threads_may_share_it(tmp_path: Path) -> None:
    path = writer.write(tmp_path, writer.version(), point("loss", 0, 0))
    service = TensorboardService(tmp_path)
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(15):
            rows = rows_read(service, ".")
            if [row["_step"] for row in rows] != list(range(len(rows))) or not rows:
                wrong.append(rows)

    threads = [Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for step in range(1, 30):
        with path.open("ab") as file:
            file.write(point("loss", step, step))
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(rows_read(service, ".")) == 30
