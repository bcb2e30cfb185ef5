"""`as of`, `fresh` and `cached`: which copy of a source answers, and what is asked for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import runql as package
from runql.config import load
from runql.errors import QueryError, SourceError
from runql.session import Result, Session
from runql.sources.store import age
from tests.server import LoopbackServer
from tests.server.store import stamp


@pytest.fixture(autouse=True)
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUNQL_STORE", str(tmp_path / "stores"))
    return tmp_path / "stores"


@pytest.fixture
def vision(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """The server, with a copy of some of its runs' project."""
    monkeypatch.setenv("WANDB_BASE_URL", server.base_url)
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    pull("acme/vision")
    yield server


def pull(source: str, text: str = "pull") -> None:
    with package.connect(source) as opened:
        assert len([*opened.query(text)]) == 1


def change(server: LoopbackServer, name: str = "r09") -> None:
    """A run goes on: its summary and its heartbeat are others."""
    run = server.store.find(("acme", "vision"), name)
    assert run is not None
    run["summary"], run["heartbeatAt"] = {"loss": 1000}, stamp(300)
    server.store.version += 1


def loss(text: str, source: str, **options: Any) -> tuple[list[object], list[str]]:
    """The losses of an answer, and what was said of copies."""
    with Session(source, replace(load(), **options)) as session:
        (result,) = session.run(text)
        assert isinstance(result, Result)
        values = [row["summary.loss"] for row in result]
        return values, [one.message for one in result.notices if one.code == "RQL589"]


def older(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """From here on it is so much later for whoever asks how old a copy is."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + by

    monkeypatch.setattr("runql.pull.copies.datetime", Later)


RUN = "where id = 'r09' select summary.loss"


def test_fresh_asks_for_what_changed_and_a_copy_does_not(vision: LoopbackServer) -> None:
    change(vision)
    assert loss(f"runs {RUN}", "store:acme/vision") == ([9], [])
    before = len(vision.seen)
    assert loss(f"runs fresh {RUN}", "store:acme/vision") == (
        [1000],
        ["`acme/vision` was asked for what changed: 1 changed of 10 runs"],
    )
    assert len(vision.seen) > before
    assert loss(f"runs fresh {RUN}", "store:acme/vision")[1] == [
        "`acme/vision` was asked for what changed: nothing of 10 runs"
    ]


def test_cached_takes_a_young_copy_and_asks_where_it_is_older(
    vision: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(vision)
    before = len(vision.seen)
    for source in ("store:acme/vision", "acme/vision"):
        assert loss(f"runs cached 10m {RUN}", source) == ([9], [])
    assert len(vision.seen) == before, "a copy that is young enough sends nothing"
    older(monkeypatch, timedelta(minutes=11))
    assert loss(f"runs cached 10m {RUN}", "acme/vision")[0] == [1000]


def test_that_nothing_had_changed_makes_a_copy_young(vision: LoopbackServer, stores: Path) -> None:
    assert not (stores / "acme" / "vision" / age.LOOKED).exists()
    loss(f"runs fresh {RUN}", "store:acme/vision")
    with Session("store:acme/vision") as session:
        service = session.place().service
        assert service.as_of is not None
        young = service.as_of
        (stores / "acme" / "vision" / age.LOOKED).write_text("{")
        assert service.as_of is not None
        assert service.as_of < young


def test_offline_nothing_is_sent(vision: LoopbackServer) -> None:
    before = len(vision.seen)
    assert loss(f"runs cached 1h {RUN}", "acme/vision", offline=True) == ([9], [])
    with pytest.raises(SourceError, match="with `--offline` nothing is asked of a server"):
        loss(f"runs fresh {RUN}", "acme/vision", offline=True)
    assert len(vision.seen) == before


def test_where_nothing_may_be_written_nothing_is_brought_up_to_date(vision: LoopbackServer) -> None:
    with pytest.raises(SourceError, match="here no text writes anything") as error:
        loss(f"runs fresh {RUN}", "store:acme/vision", read_only=True)
    assert error.value.diagnostics[0].code == "RQL535"


def test_a_server_without_a_copy_answers_itself(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", server.base_url)
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    assert loss(f"runs cached 10m {RUN}", "acme/vision") == (
        [9],
        ["there is no copy of `acme/vision`: it was asked itself"],
    )
    assert loss(f"runs fresh {RUN}", "acme/vision") == ([9], [])
    with pytest.raises(SourceError, match="there is no copy of `acme/vision`") as error:
        loss(f"runs as of 7d ago {RUN}", "acme/vision")
    assert "`runql pull acme/vision` makes one" in error.value.diagnostics[0].hints[0]


def test_what_changed_since_then_is_a_join_of_two_times(vision: LoopbackServer) -> None:
    then = datetime.now(UTC)
    change(vision)
    pull("acme/vision")
    text = (
        "runs select id, summary.loss | join (runs as of $then select id, summary.loss as was) on id "
        "| where was != summary.loss"
    )
    before = len(vision.seen)
    for source in ("store:acme/vision", "acme/vision"):
        with package.connect(source) as opened:
            (row,) = opened.query(text, then=then)
        assert (row["id"], row["summary.loss"], row["was"]) == ("r09", 1000, 9)
        before = before or len(vision.seen)
    with pytest.raises(SourceError, match="held nothing at"):
        loss("runs as of 7d ago select summary.loss", "store:acme/vision")


def test_a_part_is_not_made_whole(vision: LoopbackServer) -> None:
    pull("acme/vision", "pull runs where config.lr >= 2.5 into recent")
    with pytest.raises(SourceError, match="holds a part of `acme/vision`") as error:
        loss(f"runs fresh {RUN}", "store:recent")
    assert error.value.diagnostics[0].hints == (
        "`pull runs where config.lr >= 2.5 into recent` copies what changed of it",
    )


@pytest.mark.parametrize(
    ("text", "code", "what"),
    [
        ("runs as of 2099-01-01", "RQL209", "is still to come"),
        ("runs fresh cached 10m", "RQL213", "`fresh` and `cached` contradict each other"),
        ("runs as of $n", "RQL209", "`as of` takes a time"),
        ("runs cached $n", "RQL209", "`cached` takes an age such as `10m`"),
        ("runs as of $gone", "RQL207", "`$gone` has no value"),
        ("runs as of 'monday'", "RQL107", "`monday` is no time"),
        ("pull runs fresh into x", "RQL213", "`fresh` has no place in it"),
    ],
)
def test_what_is_wrong_with_them(text: str, code: str, what: str) -> None:
    params = {"n": True} if "$n" in text else {}
    with pytest.raises(QueryError) as error:
        package.query(text, source="demo", **params)
    assert error.value.diagnostics[0].code == code
    assert what in error.value.diagnostics[0].message


@pytest.mark.parametrize("text", ["runs as of now", "runs cached 1h", "runs fresh", "runs cached $age"])
def test_a_source_at_hand_is_of_now(text: str) -> None:
    params = {"age": timedelta(hours=1)} if "$age" in text else {}
    assert len([*package.query(text, source="demo", **params)]) == 64


def test_explain_asks_nothing(vision: LoopbackServer) -> None:
    before = len(vision.seen)
    with Session("store:acme/vision") as session:
        (told,) = session.explain("runs fresh")
    assert "is asked for what changed before" in told
    assert len(vision.seen) == before
