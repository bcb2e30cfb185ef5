"""What a query on a server costs before it is answered: no catalog where the runs themselves bear its names out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runql import config
from runql.errors import AuthError, QueryError
from runql.session import Result, Session
from tests.server import Knobs, LoopbackServer, Store
from tests.server.faults import Fault, Seen
from tests.server.samples import vision, wide

KEY = "k" * 40
Ask = Callable[..., Result]


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(vision(60, 20)) as server:
        yield server


@pytest.fixture
def ask(server: LoopbackServer, tmp_path: Path) -> Iterator[Ask]:
    """Answers a text from a session of its own, with the cache of those before; `seen` then has its requests."""
    sessions = []

    def answered(text: str, source: str = "acme/vision") -> Result:
        session = opened(server, tmp_path, source)
        sessions.append(session)
        server.forget()
        (result,) = session.run(text)
        assert isinstance(result, Result)
        _ = result.frame
        _ = result.footer()
        return result

    yield answered
    for session in sessions:
        session.close()


def opened(server: LoopbackServer, cache: Path, source: str = "acme/vision") -> Session:
    settings = config.ServerSettings({"WANDB_API_KEY": KEY}, cache / "home", cache, base_url=server.base_url)
    return Session(source, config.Settings(server=settings, folder=cache))


@pytest.mark.parametrize(
    "text",
    [
        "count runs",
        "count runs where state = 'finished'",
        "count runs where config.lr > 0.03",
        "count runs where config.lr != 0.03 and summary.loss < 5",
        "runs limit 10",
        "runs where config.lr > 0.01 limit 10",
        "runs where config.lr > 0.01 order -summary.loss limit 10",
        "runs where config.lr > 0.01 select id, summary.loss",
        "runs where exists(config.optimizer) | group config.optimizer : m = mean(summary.loss)",
    ],
)
def test_one_request_answers(server: LoopbackServer, ask: Ask, text: str) -> None:
    ask(text)
    assert len(server.seen) == 1


def test_histories_of_one_batch_are_two_requests(server: LoopbackServer, ask: Ask) -> None:
    assert len(ask("runs limit 5 keys loss, acc sample 5")) == 25
    assert len(server.seen) == 2


def test_the_footer_knows_how_many_runs_there_are(ask: Ask) -> None:
    assert "the first 5 that match of 60 runs" in ask("runs where config.lr > 0.01 limit 5").footer()[0]


@pytest.mark.parametrize(
    "text",
    [
        "count runs where config.lrr > 0.03",
        "runs where config.lrr > 0.03",
        "runs select id, config.lrr limit 3",
        "runs order -config.lrr limit 3",
        "runs limit 3 keys losss",
        "runs where at(logged.loss, 1.5, x losss) < 1",
        "runs | derive best = argmin(logged.loss, x losss)",
        "runs select when(logged.loss < 1, x losss) limit 3",
        "runs where lrr > 0.03",
        "runs | group config.lrr : n = count()",
        "runs where config.optimizer > 3",
    ],
)
def test_a_name_or_a_type_that_is_wrong_is_still_an_error(ask: Ask, text: str) -> None:
    with pytest.raises(QueryError) as error:
        ask(text)
    assert error.value.diagnostics[0].code in {"RQL201", "RQL208", "RQL212", "RQL203", "RQL204"}


def test_a_rare_field_is_no_mistake(server: LoopbackServer, ask: Ask) -> None:
    server.store.projects["acme", "vision"][55]["config"]["rare"] = 1
    assert ask("runs limit 3 select id, config.rare").warnings == ()
    assert 1 < len(server.seen) <= 3


def test_names_with_dots_are_told_apart_by_the_catalog(server: LoopbackServer, ask: Ask) -> None:
    assert [row["id"] for row in ask("runs where config.model.depth > 1 limit 1 select id")] == ["run00000"]
    assert [row["id"] for row in ask("runs where config.data.path = '/data' limit 1 select id")] == ["run00000"]
    server.store.add_run("acme", "vision", {"name": "both", "config": {"model.depth": 3}})
    with pytest.raises(QueryError, match="both a nested field and a key with a dot"):
        ask("runs where config.model.depth > 1")
    assert ask("count runs where config.`model.depth` = 3").value == 1


def test_what_was_learned_serves_the_next_command(server: LoopbackServer, ask: Ask) -> None:
    ask("show fields")
    assert len(server.seen) == 2
    ask("runs where lr > 0.01 limit 5")
    assert len(server.seen) == 1
    server.store.add_run("acme", "vision", {"name": "new", "config": {"novel": 1}})
    assert len(ask("runs where novel = 1")) == 1


def test_a_catalog_that_is_not_true_any_more_excuses_no_mistake(server: LoopbackServer, ask: Ask) -> None:
    server.store.add_run("acme", "vision", {"name": "odd", "config": {"gone": 1}})
    ask("show fields")
    server.store.remove_run("acme", "vision", "odd")
    with pytest.raises(QueryError, match="no config field `gone`"):
        ask("runs where config.gone = 1")


def test_a_count_that_rests_on_the_server_says_so(tmp_path: Path) -> None:
    with LoopbackServer(wide(1200)) as server, opened(server, tmp_path, "acme/wide") as session:
        (result,) = session.run("count runs where config.c1 >= 0")
        assert isinstance(result, Result)
        assert result.value == 1200
        assert len(server.seen) == 1
        (notice,) = result.notices
        assert notice.code == "RQL326"
        assert "`runs where … select id`" in notice.hints[0]
        (listed,) = session.run("runs where config.c1 >= 0 select id")
        assert isinstance(listed, Result)
        assert len(listed) == 1200
        server.store.projects["acme", "wide"][3]["config"]["c1"] = [0.5]
        server.forget()
        (result,) = session.run("count runs where config.c1 > 0.00000001")
        assert isinstance(result, Result)
        assert result.value == 1199
        assert result.notices == ()


def test_a_list_among_the_numbers_is_not_counted(server: LoopbackServer, ask: Ask) -> None:
    server.store.projects["acme", "vision"][3]["config"]["lr"] = [0.5, 0.6]
    judged = sum(1 for run in server.store.projects["acme", "vision"][:] if run["config"]["lr"] != [0.5, 0.6])
    assert ask("count runs where config.lr > 0").value == judged == 59
    assert len(server.seen) == 1


def test_counts_of_projects_add_up_a_request_each(tmp_path: Path) -> None:
    store = Store()
    for name, count in (("vit-a", 3), ("vit-b", 4), ("other", 5)):
        store.add_project("acme", name, [{"name": f"r{at}", "config": {"lr": at}} for at in range(count)])
    with LoopbackServer(store) as server, opened(server, tmp_path, "acme/vit-*") as session:
        (result,) = session.run("count runs where config.lr > 0")
        assert int(result.value) == 5  # type: ignore[union-attr]
        assert len(server.seen) == 3
        (result,) = session.run("count runs")
        assert int(result.value) == 7  # type: ignore[union-attr]
        assert len(server.seen) == 5


def test_an_answer_stands_though_the_catalog_cannot_be_had(tmp_path: Path) -> None:
    def no_catalog(seen: Seen) -> Fault | None:
        return Fault("status", 403, "no") if seen.variables.get("order") == "-created_at" else None

    with LoopbackServer(vision(60, 5), Knobs(fault_for=no_catalog)) as server, opened(server, tmp_path) as session:
        (result,) = session.run("runs where config.lr > 0.01 and config.lr * 2 < 0")
        assert isinstance(result, Result)
        assert len(result) == 0
        assert [notice.code for notice in result.notices if notice.code == "RQL307"] == ["RQL307"]
        with pytest.raises(AuthError):
            session.catalog()


def test_what_is_known_is_told_without_a_request(server: LoopbackServer, ask: Ask, tmp_path: Path) -> None:
    with opened(server, tmp_path) as session:
        server.forget()
        assert session.known_catalog() == (None, None)
        assert session.known_catalog("acme/vis*") == (None, None)
        assert session.known_catalog("./nowhere") == (None, None)
        assert server.seen == []
        learned = session.learn_catalog(metrics=True)
        assert learned.complete
        count = len(server.seen)
        assert session.known_catalog()[0] == learned
        assert session.learn_catalog(metrics=True) == learned
        assert len(server.seen) == count
        assert session.learn_catalog(force=True).as_of != learned.as_of
        session.learn_catalog("acme/vis*")
        assert session.known_catalog("acme/vis*")[0] is not None
    with opened(server, tmp_path) as session:
        server.forget()
        catalog, age = session.known_catalog("acme/vision")
        assert catalog is not None
        assert catalog.run_count == 60
        assert age is not None
        assert 0 <= age < 60
        assert server.seen == []


def test_a_folder_is_known_once_it_was_read(tmp_path: Path) -> None:
    with Session("demo", config.Settings(folder=tmp_path)) as session:
        assert session.known_catalog() == (None, None)
        catalog = session.learn_catalog()
        assert session.known_catalog()[0] is catalog
        assert session.known_catalog(metrics=True) == (None, None)
