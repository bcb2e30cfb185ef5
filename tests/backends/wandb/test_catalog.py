"""What a project holds: few requests, kept on disk, made anew when the project changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from runql.errors import NotFound
from runql.runs.service import HistoryRequest, PageRequest
from runql.semantic.catalog import Space
from runql.semantic.values import Kind
from tests.backends.wandb.conftest import Connect, Serve
from tests.server import Knobs
from tests.server.samples import vision, wide


def test_ten_thousand_runs_take_five_requests_at_most(serve: Serve, connect: Connect) -> None:
    server = serve(wide(10_000))
    catalog = connect(server).catalog("acme", "wide", metrics=True)
    assert len(server.seen) <= 5
    assert catalog.run_count == 10_000
    assert not catalog.complete
    (field,) = catalog.by_dotted[Space.CONFIG, "c1"]
    assert field.runs == 300
    assert field.kinds == {Kind.NUMBER: 300}


def test_a_small_project_is_read_whole(serve: Serve, connect: Connect) -> None:
    server = serve(vision(90, 20))
    catalog = connect(server).catalog("acme", "vision", metrics=True)
    assert catalog.complete
    assert catalog.source == "acme/vision"
    assert catalog.by_dotted[Space.CONFIG, "model.depth"][0].path == ("model", "depth")
    assert catalog.by_dotted[Space.CONFIG, "data.path"][0].path == ("data.path",)
    (metric,) = catalog.by_dotted[Space.LOGGED, "val/loss"]
    assert (metric.runs, metric.rows, metric.every) == (90, 180, 10.0)
    assert catalog.sweeps == {"sw1": 13}
    assert len(server.seen) == 2
    middling = connect(serve(vision(250, 2))).catalog("acme", "vision")
    assert (middling.run_count, middling.complete) == (250, True)


def test_it_is_kept_until_the_project_changes(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    store = vision(90, 20)
    server = serve(store)
    first = connect(server, cache_folder=tmp_path).catalog("acme", "vision", metrics=True)
    server.forget()
    assert connect(server, cache_folder=tmp_path).catalog("acme", "vision", metrics=True) == first
    assert len(server.seen) == 1
    assert connect(server, cache_folder=tmp_path).catalog("acme", "vision").by_dotted.keys() == first.by_dotted.keys()
    store.add_run("acme", "vision", {"name": "new", "config": {"novel": 1}})
    again = connect(server, cache_folder=tmp_path).catalog("acme", "vision")
    assert (Space.CONFIG, "novel") in again.by_dotted


def test_a_damaged_file_is_as_good_as_none(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    server = serve()
    first = connect(server, cache_folder=tmp_path).catalog("acme", "vision")
    for path in tmp_path.iterdir():
        path.write_text(path.read_text()[:100])
    again = connect(server, cache_folder=tmp_path).catalog("acme", "vision")
    assert again.fields == first.fields


def test_the_folder_cannot_be_written(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert connect(serve(), cache_folder=tmp_path / "file").catalog("acme", "vision").run_count == 60


def test_a_server_without_history_keys(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(lacks=frozenset({"Run.historyKeys"})))
    catalog = connect(server).catalog("acme", "vision", metrics=True)
    assert catalog.run_count == 60
    assert not catalog.complete


def test_sweeps_projects_and_who_is_signed_in(serve: Serve, connect: Connect) -> None:
    server = serve()
    service = connect(server)
    assert [(s.id, s.name, s.run_count) for s in service.sweeps("acme", "vision")] == [("sw1", "first sweep", 9)]
    assert service.sweep("acme", "vision", "nothing") is None
    assert [project.name for project in service.projects("")] == ["vision"]
    assert service.default_entity() == "acme"
    nobody = connect(server, key=None)
    with pytest.raises(NotFound, match="whose projects"):
        list(nobody.projects(""))
    with pytest.raises(NotFound):
        list(nobody.sweeps("acme", "visoin"))
    with pytest.raises(NotFound):
        nobody.runs_page(PageRequest("", ""))


def test_many_projects_come_page_by_page(serve: Serve, connect: Connect) -> None:
    store = vision(1, 1)
    for at in range(450):
        store.add_project("acme", f"p{at}")
    assert len(list(connect(serve(store)).projects("acme"))) == 451


def test_a_service_may_stand_for_one_project(serve: Serve, connect: Connect) -> None:
    service = connect(serve(), entity="acme", project="vision")
    assert service.name == "acme/vision"
    assert len(service.runs_page(PageRequest("", "")).runs) == 50
    assert service.count("", "", {}) == 60
    assert service.catalog("", "").source == "acme/vision"
    assert len(list(service.sweeps("", ""))) == 1
    assert len(list(service.histories(HistoryRequest("", "", ("run00001",))))) == 1


def test_a_catalog_is_held_for_a_while(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()
    service = connect(server)
    first = service.catalog("acme", "vision", metrics=True)
    server.forget()
    assert service.catalog("acme", "vision") is first
    assert server.seen == []
    monkeypatch.setattr("runql.backends.wandb.service._FRESH_SECONDS", 0.0)
    assert service.catalog("acme", "vision") is first
    assert len(server.seen) == 1
    server.store.add_run("acme", "vision", {"name": "new"})
    assert service.catalog("acme", "vision").run_count == 61
