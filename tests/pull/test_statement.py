"""The statement `pull`: some of the runs of a source, from every front end; what the store then says of itself."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import runql as package
from runql.config import load
from runql.errors import QueryError
from runql.frontends.cli.commands import CommandCall
from runql.ide.context import Context
from runql.ide.hover import hover
from runql.session import Result, Session
from runql.sources.local import LocalService
from runql.sources.local.folder import Folder
from runql.sources.protocol import HistoryRequest
from tests.cli.conftest import Runql
from tests.ide.world import ask
from tests.server import LoopbackServer
from tests.server.store import stamp
from tests.sources.local import files


@pytest.fixture(autouse=True)
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUNQL_STORE", str(tmp_path / "stores"))
    return tmp_path / "stores"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder of ten runs, of which two failed and four have an accuracy above 0.5."""
    path = tmp_path_factory.mktemp("small") / "wandb"
    for at in range(10):
        body = [files.run(f"r{at:02}", "vision", config={("lr",): at / 100})]
        body += [files.row({"loss": at + step / 8, "acc": at / 10}, step) for step in range(4)]
        body += [files.summary({("acc",): at / 10}), files.exit_(at in (3, 8))]
        files.write(path, files.log(body), f"r{at:02}")
    return str(path)


def row(text: str, source: str = "demo", **params: Any) -> dict[str, Any]:
    (only,) = package.query(text, source=source, **params)
    return only


def said(text: str) -> list[str]:
    return [one.code for one in package.query(text, source="demo").notices]


def test_some_runs_then_what_changed_then_all(folder: str) -> None:
    first = row("pull runs where summary.acc > $least into good", folder, least=0.5)
    count = package.query("count runs where summary.acc > 0.5", source=folder).value
    assert count == 4
    assert (first["store"], first["runs"], first["new"], first["version"]) == ("store:good", count, count, 1)
    assert package.query("count runs", source="store:good").value == count
    (only,) = package.query("count runs", source="store:good").notices
    assert (only.code, only.names) == ("RQL584", ("runs where summary.acc > $least",))
    again = row("pull runs where summary.acc > 0.5 order -summary.acc limit 3 into good", folder)
    assert (again["runs"], again["same"], again["values"]) == (3, 3, 0)
    whole = row("pull into good", folder)
    assert (whole["new"], whole["same"], whole["gone"]) == (10 - count, count, 0)
    assert "RQL584" not in said("runs from store:good limit 1")
    assert row("pull runs where state = 'failed' into good", folder)["gone"] == 0
    assert "RQL585" in said("runs from store:good limit 1")
    assert row("pull runs into good", folder)["runs"] == 10
    assert "RQL585" not in said("runs from store:good limit 1")


def test_the_copy_answers_as_the_source_does(folder: str) -> None:
    row("pull runs where config.lr > 0.01 into copy", folder)
    question = "runs where config.lr > 0.01 order id keys loss, acc sample 3"
    assert package.query(question, source="store:copy").pandas().equals(package.query(question, source=folder).pandas())


@pytest.mark.parametrize(
    ("text", "code", "what"),
    [
        ("pull runs | limit 3 into x", "RQL213", "a stage has no place in it"),
        ("pull runs keys loss into x", "RQL213", "`keys` has no place in it"),
        ("pull count runs into x", "RQL213", "`count` has no place in it"),
        ("pull runs into 'a%b'", "RQL511", "names no store"),
        ("pull runs where config.nope = 1 into x", "RQL201", "nope"),
    ],
)
def test_what_cannot_be_pulled(text: str, code: str, what: str, stores: Path) -> None:
    with pytest.raises(QueryError) as error:
        package.query(text, source="demo")
    assert error.value.diagnostics[0].code == code
    assert what in error.value.diagnostics[0].message
    assert not stores.exists()


def test_two_sources_are_two_stores() -> None:
    row("pull runs limit 2 into one")
    with pytest.raises(QueryError, match="a store is a copy of one source, and these are 2"):
        package.query("pull runs from demo, store:one into x", source="demo")


def test_where_nothing_may_be_written_nothing_is_pulled(stores: Path) -> None:
    with pytest.raises(QueryError, match="here no text writes anything"):
        Session("demo", replace(load(), read_only=True)).run("pull runs limit 2 into x")
    assert not stores.exists()


def test_a_script_asks_for_permission(
    runql: Runql, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = tmp_path_factory.mktemp("elsewhere") / "stores"
    monkeypatch.setenv("RUNQL_STORE", str(stores))
    (tmp_path / "a.rql").write_text("pull runs limit 2 into mine; count runs")
    refused = runql("-s", "demo", "a.rql")
    assert (refused.status, "RQL535" in refused.err) == (2, True)
    assert f"`--allow-write {stores / 'mine'}` lets it" in refused.err
    assert not stores.exists()
    assert runql("-s", "demo", "--allow-write", str(stores / "mine"), "a.rql").status == 0


def test_a_script_writes_where_it_may(runql: Runql, tmp_path: Path) -> None:
    (tmp_path / "a.rql").write_text("pull runs limit 2 into './mine'")
    assert runql("-s", "demo", "a.rql").status == 0
    assert runql("-s", "store:./mine", "count runs").out.split() == ["count", "2"]


@pytest.mark.parametrize("marked", ["pull runs into ‸", "pull runs where state = 'failed' into m‸", "pull into ‸"])
def test_stores_are_offered_behind_into(marked: str) -> None:
    context = Context(sources={"demo": "", "store:mine": "a copy on this computer", "store:acme/mvp": ""})
    assert set(ask(marked, context).inserts) == {"mine", "acme/mvp"}


def test_hover_says_what_a_pull_does() -> None:
    found = hover("pull runs into mine", 1, Context())
    assert found is not None
    assert "Copies runs" in str(found)


def test_explain_asks_nothing(stores: Path) -> None:
    (told,) = Session("demo").explain("pull runs where state = 'failed' into x")
    assert told.startswith('pull runs where state = "failed" into x\n')
    assert "pull         into `store:x`" in told
    assert not stores.exists()


def test_while_a_source_is_opened_that_is_said(runql: Runql, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, look = [], Folder.snapshot

    class Looking(nullcontext[None]):
        def __enter__(self) -> None:
            seen.append("begun")

        def __exit__(self, *_: object) -> None:
            seen.append("done")

    def looked(self: Folder) -> Any:
        seen.append("look")
        return look(self)

    monkeypatch.setattr(CommandCall, "looking", lambda _: Looking())
    monkeypatch.setattr(Folder, "snapshot", looked)
    assert runql("pull", folder, "--into", "said").status == 0
    assert seen[:3] == ["begun", "look", "done"]


def test_an_interrupt_keeps_what_was_whole(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    histories = LocalService.histories

    def interrupted(self: LocalService, request: HistoryRequest) -> Any:
        asked.append(len(request.run_ids))
        if len(asked) == 5:  # two streams of four runs were read, twice
            raise KeyboardInterrupt
        return histories(self, request)

    with monkeypatch.context() as patch, Session(folder) as session:
        patch.setattr(LocalService, "histories", interrupted)
        (result,) = session.run("pull into cut")
        assert isinstance(result, Result)
        with pytest.raises(KeyboardInterrupt):
            _ = result.frame
        assert result.kept_by_stopping() == "8 of 10 runs were read: the next pull goes on from there"
        assert (result.going().done, result.going().total) == (8, 10)
    rest = row("pull into cut", folder)
    assert (rest["same"], rest["new"]) == (8, 2)


def test_of_a_server_only_the_runs_that_match_are_read(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", server.base_url)
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    text = "pull runs where config.lr >= 2.5 into recent"
    with package.connect("acme/vision") as source:
        (first,) = source.query(text)
        assert (first["runs"], first["new"]) == (5, 5)
        (again,) = source.query(text)
        assert (again["same"], again["values"]) == (5, 0)
        run = server.store.find(("acme", "vision"), "r09")
        assert run is not None
        run["heartbeatAt"] = stamp(300)
        server.store.version += 1
        (changed,) = source.query(text)
        assert (changed["changed"], changed["same"]) == (1, 4)
