"""`runql sql`, `session.sql` and `result.sql`: the tables of a store, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import runql as package
from runql.errors import QueryError
from runql.session import Session
from runql.sources.memory import MemoryService
from tests.cli.conftest import Runql
from tests.sources.store.sample import pulled

CONFIG: Mapping[str, Any] = {"lr": 0.5, "opt": {"name": "adam"}, "sizes": [1, 2], "amp": True, "none": None}


@pytest.fixture(autouse=True)
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Mapping[str, Any]] = [
        {"id": "a", "state": "finished", "config": CONFIG, "summary": {"loss": float("nan")}},
        {"id": "b"},
    ]
    service = MemoryService(runs, {"a": [{"_step": 0, "loss": 2.0}, {"_step": 1, "loss": 1.0}]})
    pulled(service, tmp_path / "stores" / "trial")
    pulled(service, tmp_path / "stores" / "trial")
    monkeypatch.setenv("RUNQL_STORE", str(tmp_path / "stores"))


def asked(runql: Runql, question: str, *options: str) -> list[dict[str, Any]]:
    said = runql("sql", "-s", "store:trial", "-o", "json", *options, question)
    assert said.status == 0, said.err
    found = json.loads(said.out)
    assert isinstance(found, list)
    return found


def test_the_tables(runql: Runql) -> None:
    assert asked(runql, "select id, state from runs order by id") == [
        {"id": "a", "state": "finished"},
        {"id": "b", "state": None},
    ]
    assert asked(runql, "select key, kind, number, text from config order by key") == [
        {"key": "amp", "kind": "bool", "number": None, "text": "true"},
        {"key": "lr", "kind": "number", "number": 0.5, "text": None},
        {"key": "none", "kind": "null", "number": None, "text": None},
        {"key": "opt", "kind": "record", "number": None, "text": None},
        {"key": "opt.name", "kind": "text", "number": None, "text": "adam"},
        {"key": "sizes", "kind": "list", "number": None, "text": "[1,2]"},
    ]
    question = "select count(*) as n, count(*) filter (isnan(number)) as nan from summary"
    assert asked(runql, question) == [{"n": 1, "nan": 1}]
    assert asked(runql, "select step, value from points where key = $key order by row", "-p", "key=loss") == [
        {"step": 0, "value": 2.0},
        {"step": 1, "value": 1.0},
    ]
    assert asked(runql, "select count(*) as n from system") == [{"n": 0}]


def test_files_and_formats(runql: Runql, tmp_path: Path) -> None:
    said = runql("sql", "-s", "store:trial", "-o", str(tmp_path / "x.csv"), "select id from runs order by 1")
    assert said.status == 0
    assert (tmp_path / "x.csv").read_text() == "id\na\nb\n"
    assert "x.csv" in said.err


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("select stat from runs", "`stat`"),
        ("select * from run", "the tables of a store: `runs`"),
        ("select * from read_csv('/etc/hostname')", "reaches no file"),
        ("select * from glob('/*')", "reaches no file"),
        ("drop table runs", "only asks"),
        ("select 1; select 2", "one question"),
        ("attach 'x.db'", "only asks"),
        ("copy runs to 'x.csv'", "only asks"),
        ("set enable_external_access = true", "only asks"),
    ],
)
def test_what_is_refused(runql: Runql, question: str, message: str) -> None:
    said = runql("sql", "-s", "store:trial", question)
    assert said.status == 2
    assert message in said.err
    assert "─" in said.err  # a place


def test_what_is_no_store(runql: Runql) -> None:
    said = runql("sql", "-s", "demo", "select 1")
    assert said.status == 2
    assert "`demo` is no store" in said.err
    assert "`runql pull SOURCE` makes a store of it" in said.err


def test_of_what_is_no_store_its_copy_is_named(runql: Runql) -> None:
    assert runql("pull", "demo").status == 0
    said = runql("sql", "-s", "demo", "select 1")
    assert "its copy answers: `-s store:demo`" in said.err
    assert runql("sql", "-s", "store:demo", "select 1").status == 0


def test_in_python_of_a_connection() -> None:
    with package.connect("store:trial") as connection:
        answer = connection.sql("select count(*) as n from runs where id <> $other", other="a")
    assert list(answer.frame.columns["n"]) == [1]


def test_in_python() -> None:
    with Session("store:trial") as session:
        answer = session.sql("select id, $x as x from runs order by id", {"x": 3})
        assert list(answer.frame.columns["x"]) == [3, 3]
        with pytest.raises(QueryError, match="`nope`"):
            session.sql("select nope from runs")
    result = package.query("runs order id select id, config.lr", source="store:trial")
    assert list(result.sql('select max("config.lr") as best from _').frame.columns["best"]) == [0.5]
    assert list(result.sql("select id from _ where id = $id", id="b").frame.columns["id"]) == ["b"]
