"""Stores that another engine reads, as far as no engine is needed: names, what is not installed, how SQL is spelled.

`tests/engines` asks the engines themselves.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runql import config
from runql.errors import SourceError
from runql.extras import install_command
from runql.semantic.record import RunRecord
from runql.session import Session
from runql.sources.open import open_place
from runql.sources.store.lake import open as opener
from runql.sources.store.lake.names import lake_name, server_of
from runql.sources.store.lake.open import open_engine
from runql.sources.store.lake.service import LakeService
from runql.sources.store.lake.spelling import CLICKHOUSE, SPARK, spelled
from tests.sources.store.judged import store_of_records


@pytest.mark.parametrize(
    ("name", "store", "authority", "files"),
    [
        ("lake+clickhouse://ch.example:8443/acme/vision", "acme/vision", "ch.example:8443", ""),
        ("lake+clickhouse:///vision@17", "vision@17", "", ""),
        ("lake+spark:////data/stores/vision", "/data/stores/vision", "", ""),
        ("lake+spark://local[2]/./s?files=/mnt/s", "./s", "local[2]", "/mnt/s"),
    ],
)
def test_a_name_says_who_reads_which_store(name: str, store: str, authority: str, files: str) -> None:
    found = lake_name(name)
    assert (found.store, found.authority, found.files) == (store, authority, files)


def test_a_password_is_shown_nowhere_and_travels_in_no_open_line() -> None:
    secret = lake_name("lake+clickhouse://me:s3cret@ch.example:8443/vision")
    assert "s3cret" not in secret.shown
    server = server_of(secret)
    assert (server.user, server.password, server.is_secure) == ("me", "s3cret", True)
    with pytest.raises(SourceError, match="in the open") as raised:
        server_of(lake_name("lake+clickhouse://me:s3cret@ch.example:8123/vision"))
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("name", ["lake+clickhose://h/s", "lake+trino://h/s", "lake+spark://", "lake+clickhouse:x"])
def test_what_names_no_engine_says_how_one_is_written(name: str) -> None:
    with pytest.raises(SourceError, match="names no engine") as raised:
        open_place(name, config.load())
    (said,) = raised.value.diagnostics
    assert said.hints[-1].startswith("it is written `lake+clickhouse://")
    assert ("nearest: `lake+clickhouse://`" in said.hints) == ("clickhose" in name)


@pytest.mark.parametrize(
    ("name", "lacking", "install"),
    [
        ("lake+clickhouse://h/s", {"sqlglot", "clickhouse_connect"}, install_command("remote")),
        ("lake+clickhouse:///s", {"chdb"}, 'pip install "chdb"'),
        ("lake+spark:///s", {"pyspark"}, 'pip install "pyspark"'),
    ],
)
def test_what_is_not_installed_is_named(
    name: str, lacking: set[str], install: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opener, "find_spec", lambda module: None if module in lacking else object())
    with pytest.raises(SourceError, match="not installed") as raised:
        open_engine(lake_name(name))
    (said,) = raised.value.diagnostics
    assert said.code == "RQL511"
    assert said.hints == (f"install with `{install}`",)


@pytest.mark.parametrize(
    ("sql", "clickhouse", "spark"),
    [
        ("SELECT r.nr FROM runs AS r WHERE r.name = 'a\\''${x}'", r"'a\\\'${x}'", r"'a\\\'\u0024{x}'"),
        ("SELECT nr FROM runs WHERE (a = 1 OR b = 'x') IS NOT TRUE", "NOT COALESCE(", "NOT COALESCE("),
        ("SELECT nr FROM runs WHERE isinf(x)", "ABS(x) > 1.7976931348623157e308", "ABS(x) > 1.7976931348623157e308"),
        ("SELECT nr FROM runs WHERE len(r.tags) = 0", "length(r.tags) = 0", "SIZE(r.tags) = 0"),
        (
            "SELECT nr FROM runs WHERE created > TIMESTAMPTZ '2026-01-01 00:00:00+00:00'",
            "fromUnixTimestamp64Micro(1767225600000000, 'UTC')",
            "timestamp_micros(1767225600000000)",
        ),
        (
            r"SELECT nr FROM runs WHERE regexp_matches(x, '(?s)\Aa.*\z')",
            r"match(x, '(?s)\\Aa.*\\z')",
            r"RLIKE '(?s)\\A",
        ),
        (r"SELECT nr FROM runs WHERE regexp_matches(x, '(?-s)a\d')", r"match(x, '(?-s)a\\d')", None),
        ("SELECT nr FROM runs WHERE created > TIMESTAMPTZ '9000-01-01 00:00:00+00:00'", None, None),
        ("SELECT runql_size(x) AS b FROM s", "floor(log2(abs(x)) / 8)", "CAST(floor(log2(abs(x)) / 8D) AS DOUBLE)"),
        ("SELECT runql_total(runql_units(x, b)) FROM s", "toInt128(accurateCastOrNull(x * pow(", "AS DECIMAL(20, 0))"),
        ("SELECT sum(x) FROM s", None, None),
        ("SELECT CAST(x AS BIGINT) FROM s", None, None),
        ("SELECT nr FROM runs WHERE CAST(x AS BIGINT) = 1", None, None),
        ("SELECT quantile_disc(num, 0.5) FROM attr", None, None),
        ("SELECT len(name) FROM runs", None, None),
    ],
)
def test_a_statement_is_spelled_or_not_asked(sql: str, clickhouse: str | None, spark: str | None) -> None:
    for dialect, expected in ((CLICKHOUSE, clickhouse), (SPARK, spark)):
        found = spelled(sql, dialect)
        assert found is None if expected is None else found is not None and expected in found, found


@pytest.mark.parametrize(
    ("folder", "files", "mark"),
    [
        ("/data/a*b", "", "`*`"),
        ("/data/{x,y}", "", "`{` `,` `}`"),
        ("/data/s", "/mnt/v[1]?", "`[` `]` `?`"),
    ],
)
def test_a_path_that_an_engine_reads_as_a_pattern_is_refused(folder: str, files: str, mark: str) -> None:
    name = lake_name(f"lake+spark:///{folder}" + (f"?files={files}" if files else ""))
    engine: Any = SimpleNamespace(dialect=SPARK)
    with pytest.raises(SourceError, match="as a pattern") as raised:
        LakeService(Path(folder), name=name, number=None, engine=engine)
    (said,) = raised.value.diagnostics
    assert mark in said.message
    assert "?files=" in said.hints[0]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("runs | group config.x : mean(summary.y), count()", "what each group comes to comes back, and no run"),
        ("runs select name | limit 1 by name", "the first runs of each group come back, and how many there are"),
        ("runs | where rank() over config.x order -summary.y <= 2", "the first runs of each group come back"),
        (
            "runs select name | derive r = row_number() over all order name | where r < 3",
            "the first runs of each group come back",
        ),
        ("runs keys loss sample 5", "of a long history of numbers the rows of the sample come back"),
        ("runs | group config.x : first(summary.y)", None),
        ("runs | where rank() over config.x order -summary.y >= 2", None),
        ("runs keys loss scan", None),
        ("runs where summary.y > value(runs | group : mean(summary.y))", "f1.num > ANSWER)"),
        ("runs where summary.y in (runs select summary.y) and name in (runs select name)", "f1.num IN (ANSWERS))"),
        ("runs where name in (runs select name)", 'r."name" IN (ANSWERS)'),
    ],
)
def test_explain_says_what_comes_back(question: str, expected: str | None, tmp_path: Path) -> None:
    """Of an engine, which is asked nothing, and what it is not told yet has a name in the statement."""
    runs = [RunRecord(id=f"r{at}", config={"x": at}, summary={"y": at / 2}) for at in range(2)]
    store_of_records(runs, tmp_path / "s").close()
    engine: Any = SimpleNamespace(dialect=CLICKHOUSE, close=lambda: None)
    service = LakeService(tmp_path / "s", name=lake_name("lake+clickhouse:///s"), number=None, engine=engine)
    (said,) = Session(service).explain(question)
    told = " ".join(said.split())
    if expected is None:
        assert not re.search("come back|comes back", told)
    else:
        assert expected in told
