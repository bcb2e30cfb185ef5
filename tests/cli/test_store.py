"""`runql pull` and `runql store`, as a user calls them; the copy at every door."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import runql as package
from runql.config import load
from runql.extras import install_command
from runql.sources.names import known_sources
from tests.cli.conftest import Runql
from tests.contract.sample import SAMPLE
from tests.server import LoopbackServer, Store
from tests.sources.local.sample import folder_of

QUESTION = "runs where config.lr > 0.005 order -config.lr select id, config.lr, loss"


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, runql: Runql, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(SAMPLE, tmp_path / "vision" / "wandb").close()
    monkeypatch.setenv("RUNQL_STORE", str(tmp_path / "stores"))


def test_pull_and_ask(runql: Runql) -> None:
    said = runql("pull", "./vision")
    assert said.status == 0
    assert said.out.startswith("./vision: 8 runs (8 new), ")
    assert 'runql -s store:vision "runs"' in said.out
    own = runql("-s", "./vision", "-o", "json", QUESTION)
    copy = runql("-s", "store:vision", "-o", "json", QUESTION)
    assert copy.status == 0
    assert json.loads(copy.out)
    assert copy.out == own.out
    assert package.query("count runs", source="store:vision").value == 8
    assert "store:vision" in known_sources(load())


def test_the_stores(runql: Runql, tmp_path: Path) -> None:
    assert runql("store", "list").out.startswith("no stores in ")
    runql("pull", "./vision", "into", "mine", "-q")
    listed = runql("store").out
    assert "store:mine" in listed
    assert str(tmp_path / "vision") in listed
    (tmp_path / "stores" / "broken" / "_delta_log").mkdir(parents=True)
    assert "the store `broken` cannot be read" in runql("store").out
    assert "store:mine" in runql("store").out
    info = runql("store", "info", "mine").out
    assert "runs        8" in info
    assert "layout      1, version 1" in info
    offline = runql("store", "info", "mine", "--offline").out
    assert re.sub(r"\d+ s ago", "now", offline) == re.sub(r"\d+ s ago", "now", info)
    check = runql("store", "check", "mine")
    assert (check.status, check.out.endswith("all as they were written\n")) == (0, True)
    asked = runql("store", "drop", "mine")
    assert asked.status == 2
    assert "--yes" in asked.err
    assert runql("store", "drop", "mine", "--yes").out == "deleted: store:mine\n"
    assert not (tmp_path / "stores" / "mine").exists()
    assert runql("pull", "./vision", "--into", "sixty", "-q").status == 0
    assert "= nearest: `store:sixty`" in runql("-s", "store:six", "runs").err
    assert "= there are: `store:broken`, `store:sixty`" in runql("-s", "store:else", "runs").err
    gone = runql("-s", "store:mine", "runs")
    assert gone.status == 3
    assert "there is no store `mine`" in gone.err


@pytest.mark.parametrize("name", ["my project", "acme/ä ö", "q'uote", "./here#1?", "a{b}[c]"])
def test_odd_names_of_stores(runql: Runql, name: str) -> None:
    assert runql("pull", "./vision", "--into", name, "-q").status == 0
    assert runql("-s", f"store:{name}", "-o", "json", "count runs").out.strip() == "8"
    assert runql("store", "check", name).status == 0
    assert name.startswith(".") or f"store:{name} " in runql("store").out


@pytest.mark.parametrize(
    "name", ["a%b", "./a%20b", "a/b/c", "a//b", "../x/..%2e", "a/..", "ftp://host/a", "s3://KEY:word@bucket/a", "s3://"]
)
def test_names_that_no_store_can_have(runql: Runql, name: str) -> None:
    said = runql("pull", "./vision", "--into", name)
    assert said.status == 3
    assert "RQL511" in said.err


def test_damage_is_said(runql: Runql, tmp_path: Path) -> None:
    runql("pull", "./vision", "-q")
    (part,) = (tmp_path / "stores" / "vision" / "fact=points").glob("*.parquet")
    part.write_bytes(part.read_bytes()[:-7])
    answer = runql("-s", "store:vision", "runs scan keys loss")
    assert answer.status == 0
    assert "RQL501" in answer.err
    check = runql("store", "check", "vision")
    assert check.status == 3
    assert part.name in check.out


def test_mistakes(runql: Runql) -> None:
    assert "nearest: `check`" in runql("store", "chek", "x").err
    assert "takes the name of one store" in runql("store", "info").err
    assert "one word too many" in runql("pull", "./vision", "other").err
    runql("pull", "./vision", "-q")
    assert "nearest: `store:vision`" in runql("-s", "store:visoin", "runs").err
    assert "holds runs of" in runql("pull", "demo", "--into", "vision").err


@pytest.mark.parametrize("version", ["3", "7d", "2026-11-01"])
def test_no_version_is_written(runql: Runql, version: str) -> None:
    said = runql("pull", "demo", "--into", f"vision@{version}")
    assert said.status != 0
    assert "names a version of the store `vision`" in said.err
    assert "vision" not in runql("store", "list").out


def test_versions_that_hold_nothing_and_that_are_not_there(runql: Runql) -> None:
    runql("pull", "./vision", "-q")
    assert "version 0 of the store is from before the first pull" in runql("-s", "store:vision@0", "count runs").err
    for number in (99, 10**30):
        assert "its versions are 0 to " in runql("-s", f"store:vision@{number}", "count runs").err


def test_offline_asks_no_server(runql: Runql, monkeypatch: pytest.MonkeyPatch) -> None:
    said = runql("-s", "acme/vision", "--offline", "runs")
    assert said.status == 3
    assert "there is no store `acme/vision`" in said.err
    assert "`runql pull acme/vision` copies it" in said.err

    served = Store()
    runs = ({"name": f"r{at}", "config": {"lr": at}, "history": [{"_step": 0, "loss": at / 2}]} for at in range(3))
    served.add_project("acme", "vision", runs)
    with LoopbackServer(served) as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.base_url)
        monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
        assert runql("pull", "acme/vision").status == 0
        server.seen.clear()
        question = "runs where config.lr > 0 scan keys loss"
        offline = runql("-s", "acme/vision", "--offline", "-o", "json", question)
        assert server.seen == []
        assert offline.out == runql("-s", "acme/vision", "-o", "json", question).out
        assert server.seen
    assert json.loads(offline.out) == [{"run_id": f"r{at}", "_step": 0, "loss": at / 2} for at in (1, 2)]
    assert runql("-s", "acme/vision", "--offline", "-o", "json", question).out == offline.out


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        (("duckdb", "deltalake"), "a store needs `duckdb` and `deltalake`, which are not installed"),
        (("deltalake",), "a store needs `deltalake`, which is not installed"),
    ],
    ids=["both", "one"],
)
def test_without_the_extra(runql: Runql, monkeypatch: pytest.MonkeyPatch, lacking: tuple[str, ...], said: str) -> None:
    assert runql("pull", "./vision").status == 0
    monkeypatch.setattr("runql.sources.store.duck.find_spec", lambda name: None if name in lacking else object())
    for words in (("pull", "./vision"), ("-s", "store:vision", "runs")):
        answer = runql(*words)
        assert answer.status != 0
        assert f"error[RQL511]: {said}" in answer.err
        assert f"`{install_command('store')}`" in answer.err
