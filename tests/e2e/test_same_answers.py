"""The same data in memory and on a server, the same question to both: one answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runql import config
from runql.results.formats.formats import FORMATS
from runql.results.terminal_table.options import View
from runql.session import Result, Session
from runql.sources.memory import MemoryService
from runql.text.source import Source
from tests.e2e.conftest import Serve, started
from tests.server import Knobs, LoopbackServer, Store
from tests.server.samples import vision

NOW = datetime(2026, 2, 1, tzinfo=UTC)
QUERIES = """
runs
runs limit 5
count runs
count runs where state = "finished"
count runs where config.lr > 0.03
count runs where config.lr != 0.03
count runs where tags has "good"
count runs where missing(summary.loss)
count runs where summary.loss is nan
count runs where exists(config.seed)
runs where config.lr > 0.03 order -summary.loss limit 7
runs where config.lr > 0.03 order summary.loss, id limit 7 select id, summary.loss
runs order config.optimizer, -created limit 20 select id, config.optimizer
runs order -state, created limit 9 select id, state
runs where config.model.depth = 50 select id, config.model.*
runs where config.`data.path` = "/data" limit 3 select id
runs where config.optimizer = null select id
runs where config.optimizer in ("adam", "sgd") and not config.seed = 2 select id, config.seed
runs where name ~ "river-1" select id, name
runs where tags has "paper" or state = "crashed" select id, tags, state
runs where created > 2026-01-01T01:00:00Z select id, created
runs where group = "g1" order -config.lr limit 4
runs where config.lr between 0.01 and 0.02 select id, config.lr
runs where not config.lr > 0.02 select id, config.lr
runs where config.lr = true select id
runs where summary.loss >= 0.5 or config.seed = 1 order -created limit 6 select id
runs where max(logged.loss) > 1.05 select id, max(logged.loss), last(logged.acc)
runs limit 3 keys loss, acc scan
runs limit 3 keys val/loss scan
runs limit 3 keys loss, val/loss steps 5..25 align ffill scan
runs where config.lr > 0.05 scan keys loss x _timestamp limit 2
sweep sw1
runs limit 4 page 2
runs where config.lr > 0.01 | group config.optimizer: n = count(), m = mean(summary.loss)
"""


def odd(count: int = 60) -> Store:
    """Runs whose values are of every kind, also of none."""
    store = vision(count, 30)
    runs = store.projects["acme", "vision"]
    for at, value in enumerate(["a text", [0.02, 0.5], None, True], start=3):
        runs[at]["config"]["lr"] = value
    runs[8]["summary"]["loss"] = float("nan")
    del runs[9]["summary"]["loss"]
    return store


def in_memory(store: Store) -> MemoryService:
    names = {"name": "id", "displayName": "name", "createdAt": "created", "duration": "runtime"}
    kept = ("state", "tags", "group", "sweep", "config", "summary")
    runs = store.projects["acme", "vision"]
    records: list[dict[str, Any]] = [
        {**{to: run.get(name) for name, to in names.items()}, **{name: run.get(name) for name in kept}} for run in runs
    ]
    return MemoryService(records, histories={run["name"]: run.get("history", ()) for run in runs})


def sessions(store: Store, server: LoopbackServer, folder: Path) -> Iterator[Session]:
    env = {"WANDB_BASE_URL": server.base_url, "WANDB_API_KEY": "b" * 40}
    settings = config.Settings(server=config.ServerSettings(env, folder), folder=folder)
    for source in (in_memory(store), "acme/vision"):
        yield Session(source, settings, now=NOW, zone=UTC)


def written(session: Session, text: str, form: str) -> bytes:
    """The answer as the command writes it."""
    with session:
        (result,) = session.run(Source(text))
        assert isinstance(result, Result)
        return b"".join(FORMATS[form].pieces(result.output(View(zone=UTC))))


@pytest.mark.parametrize("lacks", [set(), {"Run.config(keys)", "Run.sampledHistory", "Project.runCount(filters)"}])
@pytest.mark.parametrize("form", ["table", "json"])
def test_the_server_answers_as_the_engine_does(serve: Serve, tmp_path: Path, form: str, lacks: set[str]) -> None:
    store = odd()
    server = serve(store, Knobs(lacks=frozenset(lacks)))
    for text in QUERIES.strip().splitlines():
        here, there = (written(session, text, form) for session in sessions(store, server, tmp_path))
        assert there.decode() == here.decode(), text


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("config.`m`.b desc", ["r2", "r0"]),
        ("config.`m`.b", ["r0", "r2"]),
        ("config.`m`.b.c", ["r4", "r0"]),
        ("summary.`m`.b desc", ["r2", "r0"]),
        ("summary.`m`.b.c", ["r4", "r0"]),
        ("config.`lr` desc", ["r3", "r0"]),
        ("config.`m.b` desc", ["r1", "r3"]),
    ],
)
def test_an_order_by_an_exact_path_reads_no_key_with_dots(
    serve: Serve, tmp_path: Path, order: str, expected: list[str]
) -> None:
    parts: list[dict[str, Any]] = [
        {"m": {"b": 1}, "lr": 1},
        {"m.b": 9, "lr.value": 9},
        {"m": {"b": 3}},
        {"m.b": 2, "m": {"c": 1}, "lr": 2},
        {"m": {"b": {"c": 4}}},
        {"m": {"b.c": 5}},
    ]
    store = Store()
    store.add_project("acme", "vision", [{"name": f"r{at}", "config": p, "summary": p} for at, p in enumerate(parts)])
    for session in sessions(store, serve(store, Knobs()), tmp_path):
        with session:
            (result,) = session.run(Source(f"runs order {order} limit 2 select id"))
            assert isinstance(result, Result)
            assert [row["id"] for row in result] == expected, session


def test_projects_that_a_star_matches_are_one_list(serve: Serve, tmp_path: Path) -> None:
    store = Store()
    for project in ("vit-b", "other", "vit-a"):
        store.add_project("acme", project, [{"name": f"{project}{n}"} for n in range(2)])
    server = serve(store, Knobs())
    process = started(tmp_path, server, "-o", "json", "runs from acme/vit-* order -id limit 3 select id, project")
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert json.loads(out) == [
        {"id": "vit-b1", "project": "vit-b"},
        {"id": "vit-b0", "project": "vit-b"},
        {"id": "vit-a1", "project": "vit-a"},
    ]
    server.forget()
    nothing = started(tmp_path, server, "runs from acme/vot-*")
    _, err = nothing.communicate()
    assert nothing.returncode == 3
    assert b"no project of `acme` is like `vot-*`" in err


@pytest.mark.parametrize("text", ["count runs", 'count runs where state = "finished" and tags has "good"'])
def test_a_count_by_what_every_run_has_is_one_request(serve: Serve, tmp_path: Path, text: str) -> None:
    server = serve(vision(12, 5), Knobs())
    process = started(tmp_path, server, "-s", "acme/vision", text)
    _, err = process.communicate()
    assert len(server.seen) == 1
    assert b"1 request," in err
