"""A store on a server that speaks S3, on loopback: moto's."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import runql
from runql.config import Settings, load
from runql.errors import AuthError, NotFound, Unreachable
from runql.pull.pull import PullCounts, pull
from runql.semantic.record import RunRecord
from runql.sources.open import open_place
from runql.sources.store import table
from runql.sources.store.compact import compact
from runql.sources.store.layout import Fact
from runql.sources.store.places import drop, existing, place_of
from runql.sources.store.snapshot import StoreSnapshot
from runql.sources.store.upkeep.check import damages
from runql.sources.store.writer import StoreWriter

SECRET = "s3cret-of-the-tests"
QUESTION = "runs where config.lr > 0.01 order -summary.loss select id, config.lr, loss limit 7"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def settings(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    import boto3

    told = {"ENDPOINT_URL": server, "ALLOW_HTTP": "true", "ACCESS_KEY_ID": "AKIATESTS", "REGION": "us-east-1"}
    for name, value in {**told, "SECRET_ACCESS_KEY": SECRET}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    boto3.client("s3", endpoint_url=server, region_name="us-east-1").create_bucket(Bucket="lake")
    return of_computer("a", tmp_path)


def of_computer(name: str, tmp_path: Path) -> Settings:
    return load({"RUNQL_CACHE": str(tmp_path / name), "HOME": str(tmp_path)}, tmp_path)


def rows(settings: Settings, source: str) -> list[Any]:
    place = open_place(source, settings)
    found = runql.query(QUESTION, place.service).frame.rows()
    place.service.close()
    return [*found]


def test_a_store_there_gives_the_answers_of_its_source(settings: Settings, tmp_path: Path) -> None:
    place, store = open_place("demo", settings), place_of("s3://lake/ü/de mo", settings)
    pull(place, store.folder, store.name, "demo", PullCounts())
    expected = rows(settings, "demo")
    assert expected
    assert rows(settings, f"store:{store.name}") == expected
    elsewhere = of_computer("b", tmp_path)
    assert rows(elsewhere, f"store:{store.name}") == expected
    there = existing(store.name, elsewhere).folder
    assert compact(there, "s", 0.0).version == 2
    assert rows(settings, f"store:{store.name}") == expected
    assert not [*damages(store.folder, table.version(store.folder, "s"))]
    drop(existing(store.name, settings))


def test_other_engines_read_it(settings: Settings, server: str) -> None:
    import polars as pl
    from deltalake import DeltaTable

    store = place_of("s3://lake/others", settings)
    pull(open_place("demo", settings), store.folder, store.name, "demo", PullCounts())
    points = sum(part.rows for part in table.version(store.folder, "s").of(Fact.POINTS))
    frame = pl.scan_delta("s3://lake/others", storage_options={"AWS_ENDPOINT_URL": server, "AWS_ALLOW_HTTP": "true"})
    assert frame.filter(pl.col("fact") == "points").select(pl.len()).collect().item() == points
    assert DeltaTable("s3://lake/others").version() == 1


def test_of_writers_at_once_all_commit(settings: Settings, tmp_path: Path) -> None:
    table.create(place_of("s3://lake/many", settings).folder, "tests")

    def write(name: str) -> None:
        writer = StoreWriter(existing("s3://lake/many", of_computer(name, tmp_path)).folder, newest_pull=1)
        for at in range(8):
            writer.end(writer.begin(RunRecord(f"{name}{at}"), ""))
            writer.commit()
        writer.close()

    with ThreadPoolExecutor(3) as pool:
        [*pool.map(write, "bcd")]
    store = existing("s3://lake/many", settings)
    snapshot = StoreSnapshot(store.folder, "s")
    assert sorted(run.record.id for run in snapshot.runs.values()) == sorted(
        f"{n}{at}" for n in "bcd" for at in range(8)
    )
    assert snapshot.number == 24
    assert [*(store.folder / table.LOG).glob("*.checkpoint.parquet")], "the library writes one every twenty versions"
    snapshot.close()


def test_what_is_said_of_a_server(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no bucket `pond`"):
        existing("s3://pond/a", settings)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(Unreachable, match=r"at `http://127.0.0.1:1`: no connection") as raised:
        existing("s3://lake/a", settings)
    assert SECRET not in str(raised.value)


def test_keys_that_are_not_taken(settings: Settings) -> None:
    from moto.core import enable_iam_authentication

    with enable_iam_authentication(), pytest.raises(AuthError) as raised:
        existing("s3://lake/a", settings)
    assert "does not take the keys of the environment: InvalidAccessKeyId" in str(raised.value)
    assert SECRET not in str(raised.value)
    assert "AKIATESTS" not in str(raised.value)
