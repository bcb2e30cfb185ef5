"""The engine that reads stores: opened ahead of a question, and asked for few runs as for many."""

from __future__ import annotations

from pathlib import Path

import pytest

from runql.sources.store import duck, snapshot
from runql.sources.store.duck import Duck, Unreadable, files_sql, open_ahead
from runql.sources.store.snapshot import StoreSnapshot
from tests.sources.store.sample import store_of
from tests.sources.store.test_store import project, write


def test_what_is_opened_ahead_is_taken_once() -> None:
    open_ahead()
    open_ahead()
    first, second = Duck(), Duck()
    first.do("CREATE TABLE own AS SELECT 1")
    assert first.rows("SELECT current_setting('TimeZone') FROM own") == [("Etc/UTC",)]
    with pytest.raises(Unreadable):
        second.rows("FROM own")
    first.close()
    second.close()


def test_what_kept_it_from_being_opened_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def engine() -> None:
        raise ImportError("no engine")

    with monkeypatch.context() as without:
        without.setattr(duck, "_engine", engine)
        open_ahead()
        with pytest.raises(ImportError, match="no engine"):
            Duck()
    Duck().close()


def test_of_some_hundred_runs_only_the_row_groups_that_may_hold_them_are_read(tmp_path: Path) -> None:
    engine, part = Duck(), tmp_path / "part.parquet"
    engine.copy("SELECT 'r' || lpad((i // 1000)::VARCHAR, 3, '0') AS run, i AS row FROM range(500000) t(i)", part)
    runs = [f"r{number:03}" for number in (*range(100), *range(450, 500))]
    asked = f"FROM {files_sql([part])} SEMI JOIN (SELECT unnest(?::VARCHAR[]) AS run) USING (run)"
    assert engine.rows(f"SELECT count(*) {asked}", [runs]) == [(150_000,)]
    ((_, plan),) = engine.rows(f"EXPLAIN ANALYZE SELECT count(*) {asked}", [runs])
    scanned, _, every = plan.partition("Row Groups Scanned: ")[2].partition("\n")[0].strip(" │").partition("/")
    assert (int(scanned), int(every.split()[0])) == (3, 5)
    engine.close()


def test_few_runs_are_read_as_many_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a run that was pulled again the newest row counts."""
    folder = tmp_path / "s"
    store_of(project(("a", 1.0), ("b", 2.0), ("c", 3.0)), folder).close()
    write(folder, ("b", 4.0))
    read = []
    for few in (50, 0):
        monkeypatch.setattr(snapshot, "_FEW", few)
        version = StoreSnapshot(folder, "s")
        numbers = version.views.column("SELECT nr FROM runs ORDER BY id")
        assert version.stored([*numbers, 99]) == version.stored(numbers)
        read.append(version.stored(numbers))
        version.close()
    assert read[0] == read[1]
    assert [stored.record.id for stored in read[0]] == ["a", "b", "c"]
    assert read[0][1].pull > read[0][0].pull
