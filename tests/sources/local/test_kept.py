"""What is kept of large folders: the same answers, whatever happened to the logs and to what is kept."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runql.config import load
from runql.plan.selectors import wandb_selector
from runql.sources.local import LocalService, head_reader
from runql.sources.local import folder as folders
from runql.sources.local.kept import heads
from runql.sources.open import open_place
from runql.sources.protocol import FULL, HistoryRequest, PageRequest
from tests.sources.local import files

RUNS = 6


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of five logs is a large one here, and what changed just now has settled."""
    monkeypatch.setattr(heads, "MANY_FILES", 5)
    monkeypatch.setattr(heads, "_SETTLED_NS", -(10**15))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The logs that were read, by the ids in their names."""
    seen: list[str] = []
    read = head_reader.read_run

    def noted(file: Any) -> Any:
        seen.append(file.run_id)
        return read(file)

    monkeypatch.setattr(folders, "read_run", noted)
    monkeypatch.setattr(heads, "read_run", noted)
    return seen


def body(at: int, *, last: float = 0.5) -> list[bytes]:
    config = {("lr",): at / 10, ("deep",): {"a": [1, None, {"b": "\ud83d"}]}, ("big",): 2**70, ("nan",): float("nan")}
    rows = [files.row({("_step",): step, ("loss",): last + step}, step) for step in range(3)]
    user = [files.message(26, files.message(13, "kim"))] if at % 2 == 0 else []  # then nothing else is asked for
    return [
        files.run(f"r{at}", "p", entity="e", config=config, tags=["x"]),
        *user,
        *rows,
        files.summary({("loss",): last + 2}),
    ]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for at in range(RUNS):
        files.write(tmp_path, files.log([*body(at), files.exit_(at % 2)]), f"r{at}", f"20260101_00000{at}")
    files.write(tmp_path, files.log(body(7)), "r7", "20260101_000007")  # one that was killed
    files.write(tmp_path, files.log(body(8))[:-9], "r8", "20260101_000008")  # one that ends mid-record
    return tmp_path / "wandb"


def log_of(root: Path, run_id: str) -> Path:
    return next(root.glob(f"*-{run_id}/*.wandb"))


def everything(service: LocalService) -> str:
    """All that a folder says. NaN is like itself in text."""
    page = service.runs_page(PageRequest("", "", wandb_selector({}, "+name"), wanted=FULL, per_page=100))
    rows = [
        (each.run_id, {name: [*cells] for name, cells in each.columns.items()}, each.notices)
        for each in service.histories(HistoryRequest("", "", tuple(run.id for run in page.runs), samples=None))
    ]
    catalogs = [service.catalog("", "", metrics=metrics) for metrics in (False, True)]
    facts = [(each.fields, each.tags, each.run_count, each.blank, each.complete) for each in catalogs]
    unordered = [run.id for run in service.runs_page(PageRequest("", "", per_page=100)).runs]
    return repr((page, [run.said for run in page.runs], rows, facts, unordered))


def ask(root: Path, cache: Path | None) -> str:
    return everything(LocalService(root, name="w", cache=cache))


def test_the_second_look_reads_no_log(root: Path, tmp_path: Path, reads: list[str]) -> None:
    plain = ask(root, None)
    reads.clear()
    assert ask(root, tmp_path / "c") == plain
    assert len(reads) == RUNS + 2
    reads.clear()
    assert ask(root, tmp_path / "c") == plain
    assert reads == []


def test_a_run_that_holds_nothing_yet_changes_no_answer(root: Path, tmp_path: Path) -> None:
    files.write(tmp_path, files.log([]), "r9", "20260101_000009")
    new = ask(root, None)
    assert [ask(root, tmp_path / "cache") for _ in range(2)] == [new, new]


def number(path: Path) -> int:
    return int(path.stem[-1])


def appended(path: Path) -> None:
    path.write_bytes(files.log([*body(number(path)), files.summary({("loss",): 9}), files.exit_()]))


def replaced_with_same_size(path: Path) -> None:
    was = path.stat()
    path.write_bytes(path.read_bytes().replace(b"0.5", b"0.7"))
    path.write_bytes(files.log([*body(number(path), last=0.7), files.exit_(number(path) % 2)]))
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def deleted(path: Path) -> None:
    shutil.rmtree(path.parent)


def renamed(path: Path) -> None:
    path.parent.rename(path.parent.with_name(f"offline-run-20260102_000000-r{number(path)}"))


def filled(path: Path) -> None:
    (path.parent / "files").mkdir()
    (path.parent / "files" / "wandb-metadata.json").write_text('{"username": "kim", "host": "h"}')


@pytest.mark.parametrize("run_id", ["r2", "r3"])
@pytest.mark.parametrize("change", [appended, replaced_with_same_size, damaged, deleted, renamed, filled])
def test_what_changed_is_read_again(
    change: Callable[[Path], None], run_id: str, root: Path, tmp_path: Path, reads: list[str]
) -> None:
    ask(root, tmp_path / "c")
    same = LocalService(root, name="w", cache=tmp_path / "c")
    change(log_of(root, run_id))
    plain = ask(root, None)
    reads.clear()
    assert ask(root, tmp_path / "c") == plain
    is_told = change is filled and run_id == "r2"  # its log says who began it, so nothing beside it counts
    assert reads == ([] if change is deleted or is_told else [run_id])
    assert everything(same) == plain


def resumed(path: Path) -> None:
    text = files.log([*body(2, last=7.5), files.exit_()])
    files.write(path.parents[2], text, "r2", "20260101_000003")


def copied(path: Path) -> None:
    shutil.copytree(path.parent, path.parent.with_name("offline-run-20260101_000009-r2"))


def joined_between(path: Path) -> None:
    files.write(path.parents[2], files.log([*body(6), files.exit_()]), "r6", "20260101_000001")


def linked_elsewhere(path: Path) -> None:
    link = path.parents[1] / "latest-run"
    link.unlink()
    other = path.parents[3] / "other"
    files.write(other, files.log([*body(4), files.exit_()]), "r14", "20260101_000014")
    link.symlink_to(other)


@pytest.mark.parametrize("change", [resumed, copied, joined_between, linked_elsewhere])
def test_runs_that_are_kept_stand_among_new_ones(change: Callable[[Path], None], root: Path, tmp_path: Path) -> None:
    (root / "latest-run").symlink_to(log_of(root, "r5").parent)
    ask(root, tmp_path / "c")
    same = LocalService(root, name="w", cache=tmp_path / "c")
    change(log_of(root, "r2"))
    plain = ask(root, None)
    assert [ask(root, tmp_path / "c") for _ in range(2)] == [plain] * 2
    assert everything(same) == plain


def test_where_nothing_changed_no_folder_is_listed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: list[str]
) -> None:
    plain = ask(root, None)
    ask(root, tmp_path / "c")
    log = log_of(root, "r7")
    log.write_bytes(files.log([*body(7), files.summary({("loss",): 9})]))  # one goes on
    changed = ask(root, None)
    assert changed != plain
    reads.clear()
    monkeypatch.setattr(folders, "find_run_files", None)
    assert [ask(root, tmp_path / "c") for _ in range(2)] == [changed] * 2
    assert reads == ["r7"]


def test_a_first_step_beside_the_log_counts(root: Path, tmp_path: Path) -> None:
    ask(root, tmp_path / "c")
    log_of(root, "r2").with_name("run-r2.wandb.syncstate").write_text('{"starting_step": 40}')
    assert ask(root, tmp_path / "c") == ask(root, None)


def test_the_files_beside_a_log_that_was_cut_off_count(root: Path, tmp_path: Path, reads: list[str]) -> None:
    ask(root, tmp_path / "c")
    beside = log_of(root, "r7").parent / "files"
    beside.mkdir()
    (beside / "wandb-summary.json").write_text('{"acc": 0.25}')
    plain = ask(root, None)
    reads.clear()
    assert "0.25" in plain
    assert ask(root, tmp_path / "c") == plain
    assert reads == ["r7"]


def test_what_was_written_just_now_is_not_kept(
    root: Path, tmp_path: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "_SETTLED_NS", 10**12)
    old = time.time() - 100
    ask(root, tmp_path / "c")
    assert not kept_files(tmp_path)
    # Only `ctime` tells then, which no program can set.
    for path in root.glob("*/*.wandb"):
        os.utime(path, (old, old))
    ask(root, tmp_path / "c")
    assert not kept_files(tmp_path)


def kept_files(tmp_path: Path) -> list[Path]:
    return [*(tmp_path / "c").rglob("*.kept")]


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(len(path.read_bytes())))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def of_others(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("drop table heads")
        connection.execute("create table heads (name, stamp, body, digest)")
        connection.execute("insert into heads values (1, 'x', null, 'y')")


def lying(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update heads set body = (select body from heads limit 1)")
        connection.execute("update logged set body = (select body from logged limit 1)")
        connection.execute("update catalogs set body = (select body from catalogs order by length(body) limit 1)")


@pytest.mark.parametrize("harm", [zeroed, cut, of_others, lying])
def test_damage_to_what_is_kept_changes_no_answer(harm: Callable[[Path], None], root: Path, tmp_path: Path) -> None:
    plain = ask(root, None)
    ask(root, tmp_path / "c")
    harm(kept_files(tmp_path)[0])
    assert ask(root, tmp_path / "c") == plain
    assert ask(root, tmp_path / "c") == plain


def test_every_changed_byte_of_it_is_noticed_or_harmless(root: Path, tmp_path: Path) -> None:
    plain = ask(root, None)
    ask(root, tmp_path / "c")
    path = kept_files(tmp_path)[0]
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 16)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        assert ask(root, tmp_path / "c") == plain


def test_it_is_for_the_user_alone(root: Path, tmp_path: Path) -> None:
    ask(root, tmp_path / "c")
    path = kept_files(tmp_path)[0]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not [*root.rglob("*.kept")]


def test_a_file_that_others_may_write_is_not_read(root: Path, tmp_path: Path, reads: list[str]) -> None:
    ask(root, tmp_path / "c")
    kept_files(tmp_path)[0].chmod(0o666)
    reads.clear()
    ask(root, tmp_path / "c")
    assert len(reads) == RUNS + 2


def test_a_folder_that_cannot_be_written_changes_nothing(root: Path, tmp_path: Path) -> None:
    (tmp_path / "c").write_text("a file, where a folder should be")
    assert ask(root, tmp_path / "c") == ask(root, None)


def test_another_process_that_writes_is_not_waited_for_long(root: Path, tmp_path: Path) -> None:
    plain = ask(root, tmp_path / "c")
    with closing(sqlite3.connect(kept_files(tmp_path)[0], isolation_level="EXCLUSIVE")) as other, other:
        other.execute("begin exclusive")
        assert ask(root, tmp_path / "c") == plain


_ASKS = """
import sys
from pathlib import Path
from runql.sources.local.kept import heads
heads.MANY_FILES, heads._SETTLED_NS = 5, -(10**15)
from tests.sources.local.test_kept import ask
sys.stdout.buffer.write(ask(Path(sys.argv[1]), Path(sys.argv[2])).encode("utf-8", "surrogatepass"))
"""


def test_two_processes_at_once(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _ASKS, str(root), str(tmp_path / "c")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    told = [process.communicate()[0].decode("utf-8", "surrogatepass") for process in both]
    assert [*map(str, told)] == [ask(root, None)] * 2
    assert ask(root, tmp_path / "c") == told[0]


@pytest.mark.parametrize(
    ("environ", "setting", "keeps"),
    [({}, "", True), ({"RUNQL_KEEP": "0"}, "", False), ({}, "keep = false\n", False), ({}, "keep = true\n", True)],
)
def test_settings_say_whether_anything_is_kept(
    environ: dict[str, str], setting: str, keeps: bool, root: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(setting)
    around = {**environ, "HOME": str(tmp_path), "RUNQL_CACHE": str(tmp_path / "c"), "RUNQL_CONFIG": str(config)}
    settings = load(around, tmp_path)
    for _ in range(2):
        service = open_place(str(root), settings).service
    assert bool(kept_files(tmp_path)) is keeps
    told = f"{RUNS + 2} of {RUNS + 2} logs were not read again: they are as they were; in {tmp_path / 'c' / 'folders'}"
    assert service.kept == (told if keeps else "")


def test_a_small_folder_is_not_kept(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "MANY_FILES", 50)
    ask(root, tmp_path / "c")
    assert not kept_files(tmp_path)
