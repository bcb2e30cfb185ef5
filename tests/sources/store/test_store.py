"""A store among others: versions, writers beside each other and beside readers, other engines, damage."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import polars as pl
import pytest

from runql.errors import SourceError
from runql.semantic.record import RunHistory, RunRecord
from runql.sources.memory import MemoryService
from runql.sources.protocol import FULL, HistoryRequest, PageRequest, ServiceApi
from runql.sources.store import table
from runql.sources.store.delta.entries import damaged_entries
from runql.sources.store.layout import Fact
from runql.sources.store.service import StoreService
from runql.sources.store.snapshot import StoreSnapshot
from runql.sources.store.upkeep.check import damages, sweep
from runql.sources.store.upkeep.leftovers import orphans
from runql.sources.store.writer import StoreWriter
from tests.sources.store.sample import pulled, store_of


def project(*runs: tuple[str, float], rows: int = 3) -> MemoryService:
    """Runs with a config of one value, and some rows."""
    histories = {run_id: [{"loss": value / (step + 1)} for step in range(rows)] for run_id, value in runs}
    return MemoryService([{"id": run_id, "config": {"lr": value}} for run_id, value in runs], histories)


def configs(service: ServiceApi) -> dict[str, object]:
    page = service.runs_page(PageRequest("", "", wanted=FULL, per_page=1000))
    return {run.id: (run.config or {}).get("lr") for run in page.runs}


def losses(service: ServiceApi, run_id: str) -> list[object]:
    (history,) = service.histories(HistoryRequest("", "", (run_id,), keys=("loss",), samples=None))
    return list(history.columns.get("loss", ()))


def write(folder: Path, *runs: tuple[str, float]) -> int:
    """Add runs past every pull, and give the number of this one."""
    snapshot = StoreSnapshot(folder, folder.name)
    writer = StoreWriter(folder, newest_pull=snapshot.newest_pull)
    for run_id, value in runs:
        run = writer.begin(RunRecord(run_id, config={"lr": value}), f"{value}")
        writer.add(run, "default", RunHistory(run_id, {"_step": [0], "loss": [value]}))
        writer.end(run)
    writer.commit()
    writer.close()
    return writer.pull


def test_a_changed_run_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    store = store_of(project(("a", 1.0), ("b", 2.0)), tmp_path / "s")
    write(tmp_path / "s", ("a", 5.0))
    assert configs(store) == {"a": 5.0, "b": 2.0}
    assert losses(store, "a") == [5.0]
    assert losses(store, "b") == [2.0, 1.0, 2.0 / 3]


def test_an_older_version_answers_as_it_was(tmp_path: Path) -> None:
    store = store_of(project(("a", 1.0)), tmp_path / "s")
    before = store.snapshot().number
    write(tmp_path / "s", ("a", 5.0), ("b", 6.0))
    then = StoreService(tmp_path / "s", name="then", number=before)
    assert configs(then) == {"a": 1.0}
    assert losses(then, "a") == [1.0, 0.5, 1.0 / 3]
    assert configs(store) == {"a": 5.0, "b": 6.0}
    with pytest.raises(SourceError, match="`never` is not there; its versions are 0 to"):
        StoreService(tmp_path / "s", name="never", number=99)


def test_the_pages_of_a_listing_are_of_one_version(tmp_path: Path) -> None:
    store = store_of(project(("a", 1.0), ("b", 2.0)), tmp_path / "s")
    first = store.runs_page(PageRequest("", "", wanted=FULL, per_page=1))
    write(tmp_path / "s", ("b", 7.0))
    second = store.runs_page(PageRequest("", "", wanted=FULL, per_page=1, cursor=first.cursor))
    assert [run.config for run in (*first.runs, *second.runs)] == [{"lr": 1.0}, {"lr": 2.0}]


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    table.create(folder, "tests")
    with ThreadPoolExecutor(4) as pool:
        wrote = [pool.submit(write, folder, (f"r{at}", float(at)), ("both", float(at))) for at in range(8)]
        pulls = [each.result() for each in wrote]
    found = configs(StoreService(folder, name="s"))
    both = found.pop("both")
    assert found == {f"r{at}": float(at) for at in range(8)}
    assert both == float(pulls.index(max(pulls)))
    assert len(set(pulls)) == 8


def test_what_was_not_committed_is_not_there_and_swept(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    store = store_of(project(("a", 1.0)), folder)
    writer = StoreWriter(folder)
    run = writer.begin(RunRecord("b"), "")
    writer.add(run, "default", RunHistory("b", {"_step": [0], "loss": [1.0]}))
    with writer._all_or_nothing():
        writer._write_points()
    writer.close()
    assert configs(store) == {"a": 1.0}
    version = table.version(folder, "s")
    (left,) = orphans(folder, version)
    assert sweep(folder, version) == 0, "it may be that of a writer at work"
    os.utime(left, (0, 0))
    assert sweep(folder, version) == 1
    assert configs(store) == {"a": 1.0}


def test_a_write_that_was_broken_off_commits_nothing_more(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    store = store_of(project(("a", 1.0)), folder)
    writer = StoreWriter(folder)
    run = writer.begin(RunRecord("b"), "")
    writer.add(run, "default", RunHistory("b", {"_step": [0], "loss": [1.0]}))
    writer.end(run)
    with pytest.raises(KeyboardInterrupt), writer._all_or_nothing():
        raise KeyboardInterrupt
    writer.commit()
    assert configs(store) == {"a": 1.0}


def test_other_engines_read_the_same_rows(tmp_path: Path) -> None:
    store_of(project(("a", 1.0), ("b", 2.0)), tmp_path / "s")
    frame = pl.scan_delta(str(tmp_path / "s")).filter(pl.col("fact") == "points").collect()
    own = frame.filter(pl.col("key") == "loss").sort("run", "row")
    assert own["val"].to_list() == [1.0, 0.5, 1.0 / 3, 2.0, 1.0, 2.0 / 3]
    files = [str(tmp_path / "s" / part.path) for part in table.version(tmp_path / "s", "s").of(Fact.ATTR)]
    rows = duckdb.connect().execute(
        f"SELECT num FROM read_parquet({files}) WHERE space = 'config' AND path = 'lr' ORDER BY run"
    )
    assert rows.fetchall() == [(1.0,), (2.0,)]


# ---------------------------------------------------------------- damage


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3] ^= 0xFF
    path.write_bytes(raw)


@pytest.mark.parametrize("break_it", [_cut, Path.unlink], ids=["cut", "gone"])
def test_a_damaged_part_is_said_and_the_rest_answers(tmp_path: Path, break_it: Callable[[Path], None]) -> None:
    folder = tmp_path / "s"
    store_of(project(("a", 1.0)), folder)
    write(folder, ("b", 2.0))
    newest = max(table.version(folder, "s").of(Fact.POINTS), key=lambda part: int(part.path.split("-")[1]))
    break_it(folder / newest.path)
    store = StoreService(folder, name="s")
    page = store.runs_page(PageRequest("", "", wanted=FULL))
    assert [run.config for run in page.runs] == [{"lr": 1.0}, {"lr": 2.0}]
    damage, unfinished = page.notices
    assert (damage.code, "2 rows of `points`" in damage.message) == ("RQL501", True)
    assert unfinished.code == "RQL587"  # the second writer did not say that it came to its end
    assert losses(store, "a") == [1.0, 0.5, 1.0 / 3]
    assert losses(store, "b") == []
    assert [one.part.path for one in damages(folder, table.version(folder, "s"))] == [newest.path]


def test_the_next_pull_mends_what_was_lost(tmp_path: Path) -> None:
    folder, source = tmp_path / "s", project(("a", 1.0), ("b", 2.0))
    store_of(source, folder)
    (part,) = table.version(folder, "s").of(Fact.POINTS)
    (folder / part.path).unlink()
    assert losses(StoreService(folder, name="s"), "a") == []
    assert pulled(source, folder).counts.changed == 2
    store = StoreService(folder, name="s")
    assert losses(store, "a") == [1.0, 0.5, 1.0 / 3]
    assert store.runs_page(PageRequest("", "")).notices == ()
    assert pulled(source, folder).counts.same == 2


def test_a_part_with_another_byte_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    store_of(project(("a", 1.0), rows=2000), folder)
    (part,) = table.version(folder, "s").of(Fact.POINTS)
    assert not [*damages(folder, table.version(folder, "s"))]
    _flip(folder / part.path)
    assert [one.part.path for one in damages(folder, table.version(folder, "s"))] == [part.path]


def test_a_torn_log_leaves_the_version_before(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    store_of(project(("a", 1.0)), folder)
    before = table.version(folder, "s").number
    write(folder, ("b", 2.0))
    newest = max((folder / table.LOG).glob("*.json"))
    newest.write_bytes(newest.read_bytes()[:40])
    store = StoreService(folder, name="s")
    page = store.runs_page(PageRequest("", ""))
    assert [run.id for run in page.runs] == ["a"]
    assert f"version {before} of {before + 1}" in page.notices[0].message


_NO_ENTRY = [b"", b"no json", b'{"add": {"path": "fact']


@pytest.mark.parametrize("content", _NO_ENTRY)
def test_the_only_pull_in_a_damaged_log_is_said_and_nothing_is_swept(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "s"
    store_of(project(("a", 1.0)), folder).close()
    entry = folder / table.LOG / f"{1:020}.json"
    entry.write_bytes(content)
    page = StoreService(folder, name="store:s").runs_page(PageRequest("", ""))
    assert (page.runs, [one.message for one in page.notices]) == (
        (),
        ["the newest version of the store `store:s` is damaged: this is version 0 of 1"],
    )
    (found,) = damaged_entries(folder / table.LOG)
    assert not [*damaged_entries(tmp_path / "nothing" / table.LOG)]
    assert (found.name, found.number) == (entry.name, 1)
    version = table.version(folder, "s")
    assert (version.number, version.parts, sweep(folder, version)) == (0, (), 0)
    with pytest.raises(SourceError, match="nothing can be added: the newest version of the store") as refused:
        pulled(project(("a", 1.0)), folder)
    assert any(entry.name in hint for one in refused.value.diagnostics for hint in one.hints)


@pytest.mark.parametrize("content", _NO_ENTRY)
def test_a_log_without_its_first_entry_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "s"
    store_of(project(("a", 1.0)), folder).close()
    entry = folder / table.LOG / f"{0:020}.json"
    entry.write_bytes(content)
    with pytest.raises(SourceError, match="the store `store:s` is damaged") as refused:
        StoreService(folder, name="store:s")
    ((first, second),) = [one.hints for one in refused.value.diagnostics]
    assert entry.name in first
    assert "`runql store drop s`" in first
    assert second == "`runql store check s` says more"


def test_a_newer_layout_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    store_of(project(("a", 1.0)), folder)
    first = folder / table.LOG / f"{0:020}.json"
    about = json.dumps(json.dumps({"runql_layout": 1, "origin": "memory"}))
    assert about in first.read_text()
    first.write_text(first.read_text().replace(about, about.replace("1", "2")))
    with pytest.raises(SourceError, match="has layout 2, and this version of RunQL reads layouts up to 1"):
        StoreService(folder, name="s")


def test_a_table_of_somebody_else_is_no_store(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_delta(str(tmp_path / "other"))
    with pytest.raises(SourceError, match="no store of RunQL"):
        StoreService(tmp_path / "other", name="other")


def test_a_pull_goes_into_the_store_of_its_own_source(tmp_path: Path) -> None:
    store_of(MemoryService([], name="one"), tmp_path / "s")
    with pytest.raises(SourceError, match="holds runs of `one`, not of `two`"):
        pulled(MemoryService([], name="two"), tmp_path / "s")
