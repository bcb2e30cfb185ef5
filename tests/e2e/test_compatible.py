"""Servers that are none of W&B's: the right answer, or an error that names what the server lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from runql import config
from runql.errors import RunQLError
from runql.session import Result, Session
from runql.text.source import Source
from tests.e2e.conftest import Serve, started
from tests.e2e.test_same_answers import in_memory, odd
from tests.server import Knobs, LoopbackServer, Store
from tests.server.samples import vision

NOW = datetime(2026, 2, 1, tzinfo=UTC)
_NO_FIELDS = ("user", "host", "updatedAt", "computeSeconds", "readOnly", "systemMetrics", "parquetHistory")
_NO_ROWS = ("historyKeys", "sampledHistory", "history", "events")
_NO_MEMBERS = ("Query.models", "Project.sweeps", "Project.sweep", "Project.runCount(filters)", "Project.runs(after)")
_WHOLE = ("Run.config(keys)", "Run.summaryMetrics(keys)")

LEAST = frozenset({*(f"Run.{name}" for name in (*_NO_FIELDS, *_NO_ROWS)), *_NO_MEMBERS, *_WHOLE})
"""What openwandb lacks of W&B's schema."""


def least(**more: Any) -> Knobs:
    """A server that honours nothing but `runs(first)`, and calls its types otherwise."""
    given: dict[str, Any] = {
        "renames": True,
        "refusal_status": 200,
        "lacks": LEAST,
        "ignores": frozenset({"filters", "order"}),
        "denies_more": True,
        "cursors": "opaque",
        "line_count": 0,
    }
    return Knobs(**{**given, **more})


SERVERS: dict[str, Callable[[], Knobs]] = {
    "least": least,
    "least with bad requests": lambda: least(refusal_status=400),
    "ignores paging, denies more": lambda: Knobs(denies_more=True, ignores=frozenset({"paging"})),
    "denies more": lambda: Knobs(denies_more=True),
    "denies more, counts nothing": lambda: Knobs(denies_more=True, lacks=frozenset({"Project.runCount"})),
    "opaque cursors": lambda: Knobs(cursors="opaque"),
    "other cursors": lambda: Knobs(cursors="other", max_first=7),
    "no cursors": lambda: Knobs(cursors="none", renames=True),
    "counts nothing": lambda: Knobs(lacks=frozenset({"Project.runCount"}), shuffle_ties=True),
    "ignores order": lambda: Knobs(ignores=frozenset({"order"}), cursors="opaque"),
    "ignores filters, counts them not": lambda: Knobs(
        ignores=frozenset({"filters"}), lacks=frozenset({"Project.runCount(filters)"})
    ),
    "orders as text": lambda: Knobs(order_as_text=True),
    "bounds let all through": lambda: Knobs(mute=frozenset({"$gt", "$gte", "$lt", "$lte"})),
    "lists let all through": lambda: Knobs(mute=frozenset({"$in"})),
    "texts let all through": lambda: Knobs(mute=frozenset({"$regex", "$exists"})),
    "null where others refuse": lambda: Knobs(nulls=frozenset({"sampledHistory", "historyKeys"})),
    "no pages, caps nothing": lambda: Knobs(lacks=frozenset({"Project.runs(after)", "Project.runs(order)"})),
    "no keys, counts no rows": lambda: Knobs(lacks=frozenset({"Run.historyKeys"}), line_count=0),
    "ignores steps": lambda: Knobs(ignores=frozenset({"steps"}), lacks=frozenset({"Run.sampledHistory"})),
    "nodes": lambda: Knobs(other_schema=(("RunConnection { edges: [RunEdge!]!", "RunConnection { nodes: [Run!]!"),)),
    "other types": lambda: Knobs(
        other_schema=(("scalar JSONString\n", ""), ("scalar Int64\n", ""), ("JSONString", "String"), ("Int64", "Int"))
    ),
    "no steps": lambda: Knobs(
        lacks=frozenset({"Run.sampledHistory", "Run.history(minStep)", "Run.history(maxStep)", "Run.historyKeys"})
    ),
}

OF_RUNS = """
count runs
count runs where state = "finished"
count runs where config.lr > 0.03
count runs where config.optimizer in ("adam", "sgd") and config.lr < 0.05
count runs where tags has "good"
count runs where missing(summary.loss)
count runs where exists(config.seed)
count runs where name ~ "river-1"
runs where config.lr > 0.03 order -summary.loss limit 7 select id, summary.loss
runs order summary.loss select id, summary.loss
runs order config.optimizer, -created limit 20 select id, config.optimizer
runs order -created limit 55 select id, created
runs where config.model.depth = 50 select id, config.model.*
runs where state = "failed" select id
runs where id in ("run00003", "run00050", "run00051", "run00052", "nobody") select id, config.lr
runs where created > 2026-01-01T00:30:00Z limit 20 select id, created
run run00044 select id, config.seed
runs where config.lr > 0.01 | group config.optimizer: n = count(), m = mean(summary.loss)
"""

OF_ROWS = """
runs limit 12 keys loss, acc scan
runs limit 3 keys val/loss scan
runs limit 3 keys loss steps 5..25 scan
runs where max(logged.loss) > 1.05 limit 8 select id, max(logged.loss), last(logged.acc)
runs where config.lr > 0.03 limit 25 keys loss sample 1000
count runs where exists(logged.loss)
"""


def store_of(count: int) -> Store:
    """Runs of which none has what the least of the servers lacks."""
    made = odd(count)
    for run in made.projects["acme", "vision"]:
        run |= {"duration": None, "host": None, "username": None}
    return made


@pytest.fixture
def store() -> Store:
    return store_of(120)


@cache
def right(text: str) -> str:
    """The table of the runs that every server here holds."""
    (memory,) = here(store_of(120))
    return answer(memory, text)[1]


def answer(session: Session, text: str) -> tuple[tuple[str, ...], str]:
    """The codes that were said, and the table."""
    (result,) = session.run(Source(text))
    assert isinstance(result, Result)
    table = repr({name: list(column) for name, column in result.frame.columns.items()})  # NaN is not equal to itself
    return tuple(one.code for one in result.notices), table


def asking(server: LoopbackServer, folder: Path) -> Session:
    env = {"WANDB_BASE_URL": server.base_url, "WANDB_API_KEY": "b" * 40}
    settings = config.Settings(server=config.ServerSettings(env, folder), folder=folder)
    return Session("acme/vision", settings, now=NOW, zone=UTC)


def here(store: Store) -> Iterator[Session]:
    with Session(in_memory(store), config.Settings(), now=NOW, zone=UTC) as session:
        yield session


@pytest.mark.parametrize("name", SERVERS)
def test_every_question_about_runs_has_the_right_answer(serve: Serve, tmp_path: Path, store: Store, name: str) -> None:
    server = serve(store, SERVERS[name]())
    for text in OF_RUNS.strip().splitlines():
        with asking(server, tmp_path) as session:
            codes, rows = answer(session, text)
        assert rows == right(text), text
        assert "RQL407" not in codes, text


@pytest.mark.parametrize("name", [name for name in SERVERS if not name.startswith("least")])
def test_every_question_about_rows_has_the_right_answer(serve: Serve, tmp_path: Path, store: Store, name: str) -> None:
    server = serve(store, SERVERS[name]())
    for text in OF_ROWS.strip().splitlines():
        with asking(server, tmp_path) as session:
            codes, rows = answer(session, text)
        is_told = "RQL406" in codes and "logged" in text
        assert rows == right(text) or is_told, text


REFUSED = {
    "runs limit 2 keys loss": "`history`",
    "runs limit 2 scan keys loss": "`history`",
    "runs keys loss, acc": "`history`",
    "runs limit 2 keys system.gpu.0.gpu": "`events`",
    "runs where max(logged.loss) > 1 select id": "`history`",
    "show sweeps": "sweeps",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_answered_is_an_error_that_names_what_is_lacked(
    serve: Serve, tmp_path: Path, store: Store, text: str
) -> None:
    server = serve(store, least())
    process = started(tmp_path, server, "-s", "acme/vision", text)
    out, err = process.communicate()
    assert process.returncode == 3
    assert out == b""
    assert b"RQL415" in err
    assert REFUSED[text] in err.decode()
    assert len(server.seen) <= 20


LACKED = {
    "count runs where user = 'ada'": "user",
    "runs where user = 'ada' select id": "user",
    "runs select id, user limit 2": "user",
    "runs order -updated limit 2 select id": "updatedAt",
    "runs where runtime > 5 select id": "computeSeconds",
    "runs | group host: n = count()": "host",
    "count runs where exists(logged.loss)": "historyKeys",
}


@pytest.mark.parametrize("text", LACKED)
def test_a_field_that_the_server_lacks_is_said_wherever_it_is_named(
    serve: Serve, tmp_path: Path, store: Store, text: str
) -> None:
    server = serve(store, least())
    with asking(server, tmp_path) as session:
        (result,) = session.run(Source(text))
        assert isinstance(result, Result)
        assert result.frame.length >= 0
        said = [one.message for one in result.notices if one.code == "RQL406"]
    assert any(f"`{LACKED[text]}` of a run" in message for message in said), said
    assert len(server.seen) <= 7


def test_what_there_is_to_show(serve: Serve, tmp_path: Path, store: Store) -> None:
    for at in range(450):
        store.add_project("acme", f"p{at}")
    server = serve(store, least(lacks=LEAST | {"Entity.projects(after)"}))
    with asking(server, tmp_path) as session:
        shown = session.run(Source("show projects"))[0]
        assert isinstance(shown, Result)
        assert shown.frame.length == 451
        fields = session.run(Source("show fields"))[0]
        assert isinstance(fields, Result)
        assert "config.lr" in fields.frame.columns["field"]
    process = started(tmp_path, server, "-s", "acme/vision", "show fields")
    _, err = process.communicate()
    assert b"are of 0 of" not in err
    assert b"does not say which metrics were logged" in err


def test_pages_that_are_capped_where_nothing_pages_are_an_error(serve: Serve, tmp_path: Path, store: Store) -> None:
    server = serve(store, least(max_first=50))
    with asking(server, tmp_path) as session, pytest.raises(RunQLError, match=r"RQL415.*50 of 120 runs"):
        answer(session, "runs where state = 'failed' select id")


def test_arguments_of_other_names_are_lacked(serve: Serve, tmp_path: Path) -> None:
    ours, theirs = (
        "runs(filters: JSONString, after: String, first: Int, order:",
        "runs(where: JSON, page: Int, limit: Int, sort:",
    )
    text = "runs where config.lr > 0.03 order -summary.loss limit 7 select id, summary.loss"
    for count in (50, 120):
        store = vision(count, 5)
        server = serve(store, Knobs(other_schema=((ours, theirs),), cursors="opaque"))
        (memory,) = here(store)
        with asking(server, tmp_path) as session:
            if count == 50:
                assert answer(session, text)[1] == answer(memory, text)[1]
            else:
                with pytest.raises(RunQLError, match=r"RQL415.*50 of 120 runs.*`runs\(first\)` and no `runs\(after\)`"):
                    answer(session, text)


def test_a_catalog_makes_up_no_cursor(serve: Serve, tmp_path: Path) -> None:
    server = serve(vision(700, 1), Knobs(cursors="opaque"))
    with asking(server, tmp_path) as session:
        fields = session.run(Source("show fields"))[0]
        assert isinstance(fields, Result)
        assert "config.lr" in fields.frame.columns["field"]
        assert answer(session, "count runs where missing(config.seed)")[1] == "{'count': [64]}"
    assert {seen.status for seen in server.seen} == {200}
    offered = [seen.variables.get("after") for seen in server.seen]
    assert all(after is None or after.startswith("c") for after in offered)


def test_a_scan_reads_on_while_rows_come(serve: Serve, tmp_path: Path) -> None:
    store = Store()
    steps = [*range(2500), *range(9000, 9300), *range(1_000_000, 1_000_010)]
    rows = [{"_step": step, "loss": float(step)} for step in steps]
    store.add_run("acme", "vision", {"name": "a", "summary": {"loss": 1.0}, "history": rows})
    store.add_run("acme", "vision", {"name": "b", "summary": {"loss": 1.0}, "history": rows[5000:] or rows[-10:]})
    knobs = Knobs(lacks=frozenset({"Run.historyKeys"}), line_count=0)
    for more in (frozenset(), frozenset({"Run.sampledHistory"})):
        server = serve(store, Knobs(lacks=knobs.lacks | more, line_count=0))
        with asking(server, tmp_path) as session:
            found = session.run(Source("runs scan keys loss"))[0]
            assert isinstance(found, Result)
            assert list(found.frame.columns["_step"]) == [*steps, *range(1_000_000, 1_000_010)]
