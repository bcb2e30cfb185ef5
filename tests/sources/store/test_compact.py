"""Compaction: the same answers from few files, whatever else goes on; earlier versions, by number and by time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runql.config import load
from runql.errors import SourceError
from runql.sources.store import table
from runql.sources.store.age import said_of_age
from runql.sources.store.compact import compact
from runql.sources.store.layout import Fact
from runql.sources.store.places import place_of
from runql.sources.store.service import StoreService
from runql.sources.store.snapshot import FinishedPull
from runql.sources.store.upkeep.check import damages, sweep
from runql.sources.store.upkeep.leftovers import orphans
from tests.contract.sample import SAMPLE, SampleProject
from tests.pull.test_pull import whole
from tests.sources.local import files
from tests.sources.local.sample import folder_of
from tests.sources.store.sample import pulled

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of three pulls, of which the second read a run anew."""
    small = SampleProject("acme", "vision", SAMPLE.runs[:4])
    folder = folder_of(small, tmp_path / "wandb")
    pulled(folder, tmp_path / "s")
    for at in range(2):
        body = [files.run("beta", "vision", entity="acme", started=1.77e9 + at), files.row({"loss": 9.0 + at}, 0)]
        files.write(tmp_path / "wandb", files.log([*body, files.exit_()]), "beta", stamp=f"2026010{at + 2}_120000")
        pulled(folder, tmp_path / "s")
    return tmp_path / "s"


def all_of(store: Path, number: int | None = None) -> str:
    return repr(whole(StoreService(store, name="s", number=number), "", ""))


def test_the_same_from_few_files(store: Path) -> None:
    before, version = all_of(store), table.version(store, "s")
    done = compact(store, "s")
    after = table.version(store, "s")
    assert all_of(store) == before
    assert (done.before, done.after, done.version) == (len(version.parts), len(after.parts), after.number)
    assert {len(after.of(fact)) for fact in Fact} <= {0, 1}
    assert done.dropped > 0
    assert not [*damages(store, after)]
    assert not orphans(store, after)
    assert sum(part.rows for part in after.of(Fact.RUNS)) == 4
    again = compact(store, "s")
    assert (again.dropped, again.before, again.after) == (0, done.after, done.after)


def test_readers_keep_what_they_read_and_earlier_versions_stay(store: Path) -> None:
    before, newest = all_of(store), table.version(store, "s").number
    reader = StoreService(store, name="s", number=newest)
    compact(store, "s")
    assert repr(whole(reader, "", "")) == before
    assert all_of(store, newest) == before
    assert all_of(store, 1) != before
    assert sweep(store, table.version(store, "s")) == 0


def test_files_of_earlier_versions_go_after_their_time(store: Path) -> None:
    before = all_of(store)
    compact(store, "s")
    assert compact(store, "s", grace_seconds=0.0).deleted > 0
    assert all_of(store) == before
    with pytest.raises(SourceError, match="version 1 of the store `s` is not whole any more"):
        all_of(store, 1)


def test_a_pull_at_the_same_time_is_not_lost(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put, tries = table.put_in_place, 0

    def late(*given: Any) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            body = [files.run("late", "vision", entity="acme"), files.row({"loss": 1.0}, 0), files.exit_()]
            files.write(tmp_path / "wandb", files.log(body), "late", stamp="20260109_120000")
            pulled(folder_of(SampleProject("acme", "vision", ()), tmp_path / "wandb"), store)
        return put(*given)

    monkeypatch.setattr(table, "put_in_place", late)
    compact(store, "s")
    assert tries == 2
    assert "late" in all_of(store)
    assert not orphans(store, table.version(store, "s"))


def test_two_compactions_double_nothing(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, put = all_of(store), table.put_in_place
    inner: list[bool] = []

    def twice(*given: Any) -> int:
        if not inner:
            inner.append(True)
            compact(store, "s")
        return put(*given)

    monkeypatch.setattr(table, "put_in_place", twice)
    compact(store, "s")
    assert all_of(store) == before
    assert {len(table.version(store, "s").of(fact)) for fact in Fact} <= {0, 1}


def test_a_damaged_store_is_not_compacted(store: Path) -> None:
    part = store / table.version(store, "s").of(Fact.POINTS)[0].path
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    number = table.newest_number(store)
    with pytest.raises(SourceError, match="a part of it is damaged"):
        compact(store, "s")
    assert table.newest_number(store) == number


def test_a_lost_part_of_a_compaction_is_said_and_read_again(store: Path, tmp_path: Path) -> None:
    before = all_of(store)
    compact(store, "s")
    (store / table.version(store, "s").of(Fact.POINTS)[0].path).unlink()
    assert [one.code for one in StoreService(store, name="s").said() if one.code != "RQL580"] == ["RQL501"]
    again = pulled(folder_of(SampleProject("acme", "vision", ()), tmp_path / "wandb"), store)
    assert again.counts.changed == 4
    assert all_of(store) == before


def test_versions_by_number_and_by_time(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = table.history(store, "s")
    assert [one.what for one in versions] == ["pull", "pull", "pull", "made"]
    settings = load({"HOME": str(store.parent)}, store.parent)
    second = versions[1]
    moment = second.when.astimezone() + timedelta(milliseconds=1)
    for name in (f"./s@{moment.isoformat()}", f"./s@{second.number}"):
        place = place_of(name, settings)
        assert (place.folder, place.version) == (store, second.number)
    assert place_of("./s@1w@0d", settings).version is None
    with pytest.raises(SourceError, match="held nothing at 20"):
        place_of("./s@2020-01-02", settings)
    assert place_of("./s@0m", settings).version == versions[0].number
    assert place_of("acme/a@b.c", settings).version is None


@pytest.mark.parametrize(
    ("age", "newest", "number", "told"),
    [
        (timedelta(minutes=59), 5, None, []),
        (timedelta(hours=3, minutes=20), 5, None, ["RQL586 pulled 3 h ago, at 2026-11-29 08:40 UTC"]),
        (timedelta(days=9), 5, None, ["RQL586 pulled 9 d ago, at 2026-11-20 12:00 UTC"]),
        (timedelta(), 5, 17, ["RQL586 version 17 of the store: pulled at 2026-11-29 12:00 UTC"]),
        (
            timedelta(),
            6,
            None,
            ["RQL587 the last pull into `s` did not come to its end: some runs are newer than others"],
        ),
    ],
)
def test_what_is_said_of_an_age(age: timedelta, newest: int, number: int | None, told: list[str]) -> None:
    listing = FinishedPull(5, NOW - age, 10)
    said = [*said_of_age("s", "acme/s on https://x", listing, newest, number=number, now=NOW)]
    assert [f"{one.code} {one.message}" for one in said] == told
    assert all("`runql pull acme/s into s`" in hint for one in said for hint in one.hints)


def test_a_first_pull_that_was_cut_off_says_so(store: Path) -> None:
    (one,) = said_of_age("acme/s", "acme/s on x", FinishedPull(), 3, number=None, now=NOW)
    assert one.message == "the first pull into `acme/s` did not come to its end: runs are missing"
    assert one.hints == ("`runql pull acme/s` goes on where it ended",)
