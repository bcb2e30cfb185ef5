"""Stores in object storage: that is here a memory of the same library. `tests/engines/test_objects.py` has a server."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runql.config import ServerSettings, Settings, load
from runql.errors import OutputError, SourceError, Unreachable
from runql.pull.targets import PullTarget
from runql.semantic.record import RunHistory, RunRecord
from runql.session.pull import refusals
from runql.sources.names import known_sources
from runql.sources.open import open_place
from runql.sources.protocol import FULL, HistoryRequest, PageRequest
from runql.sources.store import table
from runql.sources.store.compact import compact
from runql.sources.store.layout import Fact
from runql.sources.store.objects import bucket as door
from runql.sources.store.objects.bucket import Bucket
from runql.sources.store.places import drop, existing, place_of, stores
from runql.sources.store.remote import attach, remote_of
from runql.sources.store.service import StoreService
from runql.sources.store.snapshot import StoreSnapshot
from runql.sources.store.upkeep.check import damages, sweep
from runql.sources.store.upkeep.leftovers import delete_past, orphans
from runql.sources.store.writer import StoreWriter
from runql.text.source import NOWHERE

ADDRESS = "s3://lake/acme/vision"
Computer = Callable[[str], Settings]


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The one object store that there is, whatever bucket is asked for. `obstore` is in the extra `test`."""
    pytest.importorskip("obstore")
    from obstore.store import MemoryStore

    held: dict[str, Any] = {}
    monkeypatch.setattr(door, "opened", lambda address, _: held.setdefault(address.shown, MemoryStore()))
    return held


@pytest.fixture
def computer(memory: Any, tmp_path: Path) -> Computer:
    """The settings of a computer, by its name."""

    def settings(name: str) -> Settings:
        return Settings(folder=tmp_path, server=ServerSettings(cache_folder=tmp_path / name), stores=tmp_path / "none")

    return settings


def begin(settings: Settings) -> Path:
    folder = place_of(ADDRESS, settings).folder
    table.create(folder, "tests")
    return folder


def add(folder: Path, *ids: str, wait: bool = False) -> StoreWriter:
    """Add runs of three rows; `wait`: their files are written, and not committed."""
    writer = StoreWriter(folder, newest_pull=1)
    for run_id in ids:
        run = writer.begin(RunRecord(run_id, config={"lr": len(run_id)}), "")
        writer.add(run, "default", RunHistory(run_id, {"_step": [0, 1, 2], "loss": [0.5, 0.25, 0.125]}))
        writer.end(run)
    if not wait:
        writer.commit()
    return writer


def ids_of(service: StoreService) -> list[str]:
    """The runs; each must have its rows."""
    ids = sorted(run.id for run in service.runs_page(PageRequest("", "", wanted=FULL)).runs)
    asked = HistoryRequest("", "", tuple(ids), samples=None, keys=("loss",))
    assert [[*history.columns["loss"]] for history in service.histories(asked)] == [[0.5, 0.25, 0.125]] * len(ids)
    return ids


def ask(name: str, settings: Settings) -> list[str]:
    """The runs that a computer sees; all parts of them must be there."""
    place = existing(name, settings)
    snapshot = StoreSnapshot(place.folder, place.name, place.version)
    try:
        assert not snapshot.views.lost
        return sorted(stored.record.id for stored in snapshot.runs.values())
    finally:
        snapshot.close()


# ---------------------------------------------------------------- reading


def test_another_computer_sees_each_version_and_fetches_each_part_once(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = begin(computer("a")), computer("b")
    add(here, "r1", "r2")
    fetched: list[str] = []
    fetch = Bucket.fetch

    def told(self: Bucket, path: str, size: int, to: Path) -> bool:
        fetched.append(path)
        return fetch(self, path, size, to)

    monkeypatch.setattr(Bucket, "fetch", told)
    monkeypatch.setattr("runql.sources.store.service._OUTSIDE_SECONDS", 0.0)
    service = open_place(f"store:{ADDRESS}", there).service
    assert isinstance(service, StoreService)
    assert ids_of(service) == ["r1", "r2"]
    add(here, "r3")
    assert ids_of(service) == ["r1", "r2", "r3"]
    parts = table.version(here, "s").parts
    assert sorted(fetched) == sorted(part.path for part in parts)
    assert "s3://lake/acme/vision" in service.kept
    assert service.capabilities.before.startswith("2, ")
    assert ask(f"{ADDRESS}@1", there) == ["r1", "r2"]
    assert len(fetched) == len(parts)
    service.close()


def test_what_stands_beside_the_table_is_fetched_too(computer: Computer) -> None:
    here = begin(computer("a"))
    add(here, "r1")
    (here / "_points").mkdir()
    for name in ("1-0011223344556677.parquet", "2-0011223344556677.parquet"):
        (here / "_points" / name).write_bytes(b"facts")
    (here / "_looked.json").write_text("{}")
    remote = remote_of(here)
    assert remote is not None
    remote.keep_beside()
    folder = existing(ADDRESS, computer("b")).folder
    assert [path.name for path in (folder / "_points").iterdir()] == ["2-0011223344556677.parquet"]
    assert (folder / "_looked.json").read_text() == "{}"


def test_offline_the_copy_answers_and_says_of_when_it_is(computer: Computer) -> None:
    here, settings = begin(computer("a")), computer("b")
    add(here, "r1")
    offline = replace(settings, offline=True)
    with pytest.raises(SourceError, match="this computer has no copy of it"):
        existing(ADDRESS, offline)
    assert ask(ADDRESS, settings) == ["r1"]
    add(here, "r2")
    place = open_place(f"store:{ADDRESS}", offline)
    assert isinstance(place.service, StoreService)
    assert ids_of(place.service) == ["r1"]
    (said,) = place.said
    assert said.code == "RQL586"
    assert "was not asked: this is the copy on this computer, version 1, " in said.message
    with pytest.raises(OutputError, match="nothing is sent"):
        add(place.service.folder, "r3")
    for part in table.version(place.service.folder, "s").of(Fact.ATTR):
        (place.service.folder / part.path).unlink()
    with pytest.raises(SourceError, match=r"version 1 of .* is not whole on this computer: it lacks 1 of"):
        existing(f"{ADDRESS}@1", offline)


def test_a_part_that_is_not_as_it_was_written_is_said(computer: Computer, memory: Any) -> None:
    import obstore

    here = begin(computer("a"))
    add(here, "r1")
    store, version = memory[ADDRESS], table.version(here, "s")
    (points,) = version.of(Fact.POINTS)
    (attributes,) = version.of(Fact.ATTR)
    whole = bytes(obstore.get(store, points.path).bytes())
    obstore.put(store, points.path, whole[:-1] + b"?")
    obstore.delete(store, attributes.path)
    place = existing(ADDRESS, computer("b"))
    lost = StoreService(place.folder, name="s").snapshot().views.lost
    assert {part.path for part in lost} == {points.path, attributes.path}
    assert not (place.folder / points.path).exists(), "other bytes are not put into the copy"
    told = {damage.part.path: damage.trouble for damage in damages(here, version)}
    assert told == {attributes.path: "it is not in the object store"}, "the copy where it was written is whole"
    obstore.put(store, points.path, whole)
    (place.folder / points.path).write_bytes(b"damaged here alone")
    assert {damage.part.path for damage in damages(place.folder, version)} == {attributes.path}
    assert (place.folder / points.path).read_bytes() == whole


def test_a_log_that_another_process_has_just_put_there_stays(computer: Computer) -> None:
    here = begin(computer("a"))
    add(here, "r1")
    folder = existing(ADDRESS, computer("b")).folder
    entry = folder / ".log" / table.LOG / f"{1:020}.json"
    before = entry.stat().st_ino
    (folder / "_mirror.json").unlink()  # as who began at the same moment sees it
    assert ask(ADDRESS, computer("b")) == ["r1"]
    assert entry.stat().st_ino == before


def test_a_copy_that_cannot_be_written_is_said(computer: Computer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SourceError, match=r"the copy of `s3://.*` in .* cannot be written: Not a directory"):
        existing(ADDRESS, computer("file"))


# ---------------------------------------------------------------- writing


def test_of_two_writers_at_once_both_commit(computer: Computer) -> None:
    first = begin(computer("a"))
    second = existing(ADDRESS, computer("b")).folder
    late = add(second, "r2", wait=True)
    add(first, "r1")
    late.commit()
    assert late.version == 2
    assert ask(ADDRESS, computer("c")) == ["r1", "r2"]
    add(first, "r3")
    assert ask(ADDRESS, computer("b")) == ["r1", "r2", "r3"]
    assert [each.number for each in table.history(second, "s")] == [3, 2, 1, 0]


def test_a_compaction_begins_anew_behind_another_writer(computer: Computer) -> None:
    first = begin(computer("a"))
    add(first, "r1")
    second = existing(ADDRESS, computer("b")).folder
    base = table.version(second, "s")
    add(first, "r2")
    with pytest.raises(table.NotTheNewest):
        table.put_in_place(second, base, (), base.parts)
    third = existing(ADDRESS, computer("c")).folder
    old = [third / part.path for part in table.version(third, "s").parts]
    for path in old:
        os.utime(path, (time.time() - 8 * 86_400,) * 2)
    assert compact(second, "s").version == 3
    assert ask(ADDRESS, computer("c")) == ["r1", "r2"]
    assert not any(path.exists() for path in old), "what counts no more leaves a copy once it is old"
    assert ask(f"{ADDRESS}@1", computer("d")) == ["r1"]
    assert delete_past(second, 0.0) == 6
    with pytest.raises(SourceError, match=r"version 1 .* is not whole any more"):
        ask(f"{ADDRESS}@1", computer("e"))


def test_an_entry_that_was_sent_twice_is_ours(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    here = begin(computer("a"))
    write_new = Bucket.write_new

    def answer_lost(self: Bucket, path: str, content: bytes) -> str | None:
        write_new(self, path, content)
        return write_new(self, path, content)

    monkeypatch.setattr(Bucket, "write_new", answer_lost)
    assert add(here, "r1").version == 1
    assert add(here, "r2").version == 2
    assert ask(ADDRESS, computer("b")) == ["r1", "r2"]


def test_what_was_cut_off_is_in_no_version_and_is_swept(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    here = begin(computer("a"))
    add(here, "r1")
    with monkeypatch.context() as cut:
        cut.setattr(Bucket, "write_new", _cut)
        with pytest.raises(Unreachable):
            add(here, "r2")
    folder = existing(ADDRESS, computer("b")).folder
    version = table.version(folder, "s")
    assert ask(ADDRESS, computer("b")) == ["r1"]
    assert len(orphans(folder, version)) == 3
    assert sweep(folder, version) == 0, "they may be those of a writer at work"
    monkeypatch.setattr("runql.sources.store.upkeep.check.GRACE_SECONDS", -1.0)
    assert sweep(folder, version) == 3
    assert ask(ADDRESS, computer("c")) == ["r1"]


def _cut(self: Bucket, path: str, content: bytes) -> str | None:
    raise Unreachable.of("RQL404", "cut")


def test_a_store_that_was_dropped_and_made_anew_is_another_one(computer: Computer, memory: Any) -> None:
    import obstore

    settings = computer("b")
    add(begin(computer("a")), "r1", "r2")
    assert ask(ADDRESS, settings) == ["r1", "r2"]
    drop(existing(ADDRESS, computer("a")))
    assert not [*obstore.list(memory[ADDRESS])]
    with pytest.raises(SourceError, match="there is no store at `s3://lake/acme/vision` any more"):
        existing(ADDRESS, settings)
    assert ask(ADDRESS, replace(settings, offline=True)) == ["r1", "r2"]
    add(begin(computer("a")), "r7")
    assert ask(ADDRESS, settings) == ["r7"]


def test_a_copy_that_is_opened_by_its_path_is_not_written(computer: Computer) -> None:
    here = begin(computer("a"))
    add(here, "r1")
    remote = remote_of(here)
    assert remote is not None
    moved = here.rename(here.with_name("moved"))
    with pytest.raises(OutputError, match="is the copy of a store in an object store"):
        add(moved, "r2")
    attach(moved, remote)


def test_a_script_sends_runs_there_only_where_it_may(computer: Computer) -> None:
    settings = computer("a")
    target = PullTarget(place_of(ADDRESS, settings), "demo")
    for allowed in (), ("s3://lake/acme/visionary",), ("/",):
        (refused,) = refusals(target, NOWHERE, replace(settings, allow_write=tuple(map(Path, allowed))))
        assert refused.code == "RQL535"
        assert refused.hints == (f"`--allow-write {ADDRESS}` lets it",)
    assert not [*refusals(target, NOWHERE, replace(settings, allow_write=(Path("s3://lake/acme"),)))]


# ---------------------------------------------------------------- names


def test_the_stores_of_an_object_store(memory: Any, tmp_path: Path) -> None:
    environ = {"RUNQL_STORE": "s3://lake/home/", "RUNQL_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    settings = load(environ, tmp_path)
    home = memory.setdefault("s3://lake/home", None)
    assert home is None
    del memory["s3://lake/home"]
    from obstore.store import MemoryStore

    memory["s3://lake/home"] = MemoryStore()
    place = place_of("acme/vision", settings)
    table.create(place.folder, "tests")
    add(place.folder, "r1")
    _copied(memory, "s3://lake/home/acme/vision", "s3://lake/home", "acme/vision")
    (found,) = stores(settings)
    assert found.name == "acme/vision"
    assert table.about(found.folder, "s").origin == "tests"
    assert "store:acme/vision" in known_sources(settings)
    assert [each.name for each in stores(replace(settings, offline=True))] == ["acme/vision"]
    assert ask("acme/vision", settings) == ["r1"]


def _copied(memory: Any, address: str, to: str, below: str) -> None:
    """The memory of an address knows nothing of that above it, as a bucket does."""
    import obstore

    for chunk in obstore.list(memory[address]):
        for file in chunk:
            obstore.put(memory[to], f"{below}/{file['path']}", obstore.get(memory[address], file["path"]).bytes())
