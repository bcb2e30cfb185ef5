"""A server of ClickHouse, spoken to in its own protocol: `clickhouse-connect` over HTTP, answered by chdb."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import runql
from runql.config import Settings
from runql.errors import AuthError, ServerError, SourceError, Unreachable
from runql.plan.selectors import TypedSelector
from runql.semantic.record import RunRecord
from runql.sources.open import open_place
from tests.engines.served import served
from tests.sources.store.judged import store_of_records


@pytest.fixture(scope="module")
def connection() -> Any:
    import chdb

    return chdb.connect(":memory:")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Where a store `vision` is known."""
    runs = [RunRecord(id=f"r{at}", config={"lr": at / 10, "it's": "a\\b"}, summary={}) for at in range(5)]
    store_of_records(runs, tmp_path / "vision").close()
    return Settings(stores=tmp_path)


def test_a_server_is_asked_by_its_protocol(connection: Any, settings: Settings) -> None:
    with served(connection, "s3cret") as (host, server):
        place = open_place(f"lake+clickhouse://me:s3cret@{host}/vision", settings)
        result = runql.query(
            r"runs where config.lr > 0.15 and config.`it's` = 'a\\b' order -config.lr select id", place.service
        )
        assert [row["id"] for row in result] == ["r4", "r3", "r2"]
        assert place.name == f"lake+clickhouse://me@{host}/vision"
        assert any("fact=attr" in sql for sql in server.asked)
        place.service.close()


def test_what_a_server_refuses_is_said(connection: Any, settings: Settings) -> None:
    with served(connection, "s3cret") as (host, _):
        with pytest.raises(AuthError, match="does not take who asks"):
            open_place(f"lake+clickhouse://me:wrong@{host}/vision", settings)
        place = open_place(f"lake+clickhouse://me:s3cret@{host}/vision?files=/nowhere", settings)
        with pytest.raises((ServerError, SourceError)):
            place.service.count("", "", TypedSelector())
    with pytest.raises(Unreachable, match="cannot be reached") as raised:
        open_place("lake+clickhouse://127.0.0.1:1/vision", settings)
    assert "\n" not in raised.value.diagnostics[0].message
