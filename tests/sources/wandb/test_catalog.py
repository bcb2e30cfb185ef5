"""What a project holds: few requests, kept on disk, made anew when the project changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runql.errors import NotFound
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.selectors import TypedSelector, wandb_selector
from runql.sources.protocol import HistoryRequest, PageRequest, Wanted
from tests.server import Knobs
from tests.server.samples import vision, wide
from tests.sources.wandb.conftest import KEY, Connect, Serve


def test_ten_thousand_runs_take_five_requests_at_most(serve: Serve, connect: Connect) -> None:
    server = serve(wide(10_000))
    catalog = connect(server).catalog("acme", "wide", metrics=True)
    assert len(server.seen) <= 5
    assert catalog.run_count == 10_000
    assert not catalog.complete
    (field,) = catalog.index.by_dotted[Space.CONFIG, "c1"]
    assert field.runs == 300
    assert field.kinds == {Kind.NUMBER: 300}
    assert (catalog.looked_at(Space.CONFIG), catalog.looked_at(Space.LOGGED)) == (300, 100)


def test_a_small_project_is_read_whole(serve: Serve, connect: Connect) -> None:
    server = serve(vision(90, 20))
    catalog = connect(server).catalog("acme", "vision", metrics=True)
    assert catalog.complete
    assert catalog.source == "acme/vision"
    assert catalog.index.by_dotted[Space.CONFIG, "model.depth"][0].path == ("model", "depth")
    assert catalog.index.by_dotted[Space.CONFIG, "data.path"][0].path == ("data.path",)
    (metric,) = catalog.index.by_dotted[Space.LOGGED, "val/loss"]
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
    without = connect(server, cache_folder=tmp_path).catalog("acme", "vision")
    assert without.index.by_dotted.keys() == first.index.by_dotted.keys()
    store.add_run("acme", "vision", {"name": "new", "config": {"novel": 1}})
    again = connect(server, cache_folder=tmp_path).catalog("acme", "vision")
    assert (Space.CONFIG, "novel") in again.index.by_dotted


def test_it_is_known_without_a_request(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    server = serve(vision(90, 20))
    assert connect(server, cache_folder=tmp_path).known_catalog("acme", "vision") is None
    learned = connect(server, cache_folder=tmp_path).catalog("acme", "vision")
    server.forget()
    service = connect(server, cache_folder=tmp_path)
    known = service.known_catalog("acme", "vision")
    assert known is not None
    assert known.catalog == learned
    assert known.age_seconds < 60
    assert not known.is_true
    assert service.known_catalog("acme", "vision", metrics=True) is None
    assert server.seen == []
    service.runs_page(PageRequest("acme", "vision", wandb_selector({"config.lr": {"$gt": 0}})))
    known = service.known_catalog("acme", "vision")
    assert known is not None
    assert known.is_true
    assert service.known_total("acme", "vision") == 90
    assert len(server.seen) == 1


def test_pages_of_queries_widen_it_and_their_counts_stay_out(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    server = serve(wide(1_000))
    rare = server.store.projects["acme", "wide"][150]
    rare["config"] |= {"rare": "x", "c1": 7.5}
    service = connect(server, cache_folder=tmp_path)
    before = service.catalog("acme", "wide")
    assert (Space.CONFIG, ("rare",)) not in before.index.by_path
    wanted = Wanted(config=("rare", "c1"))
    service.runs_page(PageRequest("acme", "wide", wandb_selector({"config.rare": {"$exists": True}}), wanted=wanted))
    after = service.catalog("acme", "wide")
    assert after.index.by_path[Space.CONFIG, ("rare",)].runs == 0
    assert after.index.by_path[Space.CONFIG, ("c1",)].maximum == 7.5
    assert after.index.by_path[Space.CONFIG, ("c1",)].runs == before.index.by_path[Space.CONFIG, ("c1",)].runs == 300
    assert after.sample == 300
    service.close()
    known = connect(server, cache_folder=tmp_path).known_catalog("acme", "wide")
    assert known is not None
    assert known.catalog == after


def test_runs_that_came_whole_are_not_asked_for_again(serve: Serve, connect: Connect) -> None:
    server = serve(vision(90, 20))
    service = connect(server)
    service.runs_page(PageRequest("acme", "vision", per_page=100, wanted=Wanted(config=None, summary=None)))
    catalog = service.catalog("acme", "vision")
    assert len(server.seen) == 1
    assert catalog.complete
    assert catalog.index.by_dotted[Space.CONFIG, "lr"][0].runs == 90


def test_metrics_are_one_request_more(serve: Serve, connect: Connect) -> None:
    server = serve(vision(90, 20))
    service = connect(server)
    service.catalog("acme", "vision")
    server.forget()
    assert (Space.LOGGED, "loss") in service.catalog("acme", "vision", metrics=True).index.by_dotted
    assert len(server.seen) == 1
    service.catalog_anew("acme", "vision")
    assert len(server.seen) == 2


def test_threads_may_ask_at_once(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    service = connect(serve(), cache_folder=tmp_path)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(service.catalog, "acme", "vision", metrics=bool(at % 2)) for at in range(8)]
        asked_of = [pool.submit(service.known_catalog, "acme", "vision") for _ in range(8)]
        assert {each.result().run_count for each in asked} == {60}
        assert {known.catalog.run_count for each in asked_of if (known := each.result()) is not None} <= {60}


def test_the_file_is_for_its_owner_alone_and_holds_no_key(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    connect(serve(), cache_folder=tmp_path / "new").catalog("acme", "vision")
    (path,) = (tmp_path / "new").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert KEY not in path.read_text()


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


def test_a_sweep_that_comes_twice_in_a_page_is_one(serve: Serve, connect: Connect) -> None:
    store = vision(4, 2)
    store.sweeps["acme", "vision"] *= 2
    assert [sweep.id for sweep in connect(serve(store)).sweeps("acme", "vision")] == ["sw1"]


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
    assert service.count("", "", TypedSelector()) == 60
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
    monkeypatch.setattr("runql.sources.wandb.observed_fields._FRESH_SECONDS", 0.0)
    assert service.catalog("acme", "vision") is first
    assert len(server.seen) == 1
    server.store.add_run("acme", "vision", {"name": "new"})
    assert service.catalog("acme", "vision").run_count == 61
