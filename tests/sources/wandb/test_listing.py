"""Listings over HTTP: which requests are sent, and that the answer is right whatever the server does."""

from __future__ import annotations

from typing import Any

import pytest

import runql
from runql.errors import ArgumentError, NotFound
from runql.plan.capabilities import Trust
from runql.plan.selectors import TypedSelector, wandb_selector
from runql.sources.memory import MemoryService
from runql.sources.protocol import FULL, PageRequest, ServiceApi, Wanted
from runql.sources.wandb import WandbService
from runql.sources.wandb.listing.questions import offset_in
from runql.text.diagnostic import Diagnostic
from runql.wandb_api.runs import Runs
from tests.server import Fault, Knobs, Seen, Store
from tests.server.samples import vision, wide
from tests.sources.wandb.conftest import Connect, Serve

LR: dict[str, Any] = {"config.lr": {"$gt": 0.03}}
COLUMNS = Wanted(config=("lr",), summary=("loss",))


def asked_for_filters(service: WandbService) -> bool:
    return service.capabilities.filters is not Trust.NONE


def listed(service: ServiceApi, filters: dict[str, Any] | None = None, order: str = "+created_at", **more: Any) -> Runs:
    runs = Runs(service, "acme", more.pop("project", "vision"), filters, order, **more)
    assert len(list(runs)) == len(runs.objects)
    return runs


def ids(runs: Runs) -> list[str]:
    return [run.id for run in runs]


def codes(notices: tuple[Diagnostic, ...]) -> list[str]:
    return [notice.code for notice in notices]


def in_memory(store: Store, project: str = "vision") -> MemoryService:
    """The same runs, with the answers of the engine."""
    runs = [
        {
            "id": run["name"],
            "name": run["displayName"],
            "state": run["state"],
            "entity": "acme",
            "project": project,
            "tags": run["tags"],
            "group": run.get("group"),
            "user": run.get("username"),
            "config": run["config"],
            "summary": run["summary"],
            "created": run["createdAt"],
        }
        for run in store.projects["acme", project]
    ]
    return MemoryService(runs)


@pytest.mark.parametrize("order", ["-config.lr", "+config.lr"])
def test_a_list_is_no_number_though_the_server_finds_one_in_it(serve: Serve, connect: Connect, order: str) -> None:
    server = serve()
    for run in server.store.projects["acme", "vision"][5:8]:
        run["config"]["lr"] = [0.0001, 0.9]
    ours = listed(connect(server), {"group": "g1"}, order, per_page=4)
    assert ids(ours) == ids(listed(in_memory(server.store), {"group": "g1"}, order))


def test_a_thousand_whole_runs_take_ten_requests_at_most(serve: Serve, connect: Connect) -> None:
    server = serve(wide(1000))
    service = connect(server)
    runs = listed(service, project="wide", per_page=100, wanted=FULL)
    assert len(runs) == 1000
    assert all(run.record.config and run.record.summary for run in runs)
    assert service.line.requests == len(server.seen) <= 10
    server.forget()
    assert len(listed(connect(server), project="wide", wanted=COLUMNS)) == 1000
    assert len(server.seen) <= 8


def test_a_page_of_ten_is_one_request_for_ten(serve: Serve, connect: Connect) -> None:
    server = serve()
    for order in ("+created_at", "-created_at", "-summary_metrics.loss", "+config.lr"):
        server.forget()
        page = connect(server).runs_page(PageRequest("acme", "vision", wandb_selector(order=order), per_page=10))
        assert len(page.runs) == 10
        assert page.has_next
        # One more shows whether the tenth ties with the eleventh.
        assert [seen.variables["first"] for seen in server.seen] == [11]


def test_a_count_is_one_request(serve: Serve, connect: Connect) -> None:
    server = serve()
    service = connect(server)
    expected = sum(run["config"]["lr"] > 0.03 for run in server.store.projects["acme", "vision"])
    assert service.count("acme", "vision", wandb_selector(LR)) == expected
    assert service.count("acme", "vision", TypedSelector()) == 60
    assert [seen.operation for seen in server.seen] == ["RunqlCount"] * 2


def test_only_the_columns_asked_for_travel(serve: Serve, connect: Connect) -> None:
    server = serve()
    runs = listed(connect(server), wanted=COLUMNS)
    assert {tuple(run.record.config or ()) for run in runs} == {("lr",)}
    assert {tuple(run.record.summary or ()) for run in runs} == {("loss",)}
    assert all("someConfig" in seen.body and "\\n      config\\n" not in seen.body for seen in server.seen)


def test_the_columns_that_a_filter_reads_are_not_given(serve: Serve, connect: Connect) -> None:
    page = connect(serve()).runs_page(PageRequest("acme", "vision", wandb_selector(LR, "-summary_metrics.loss")))
    assert {(run.config, run.summary) for run in page.runs} == {(None, None)}


@pytest.mark.parametrize(
    "filters", [{}, LR, {"state": "running"}, {"config.model.depth": 18}, {"tags": {"$ne": "good"}}]
)
@pytest.mark.parametrize("order", ["+created_at", "-created_at", "-summary_metrics.loss", "+config.seed", "group"])
@pytest.mark.parametrize("ignores", [(), ("filters",), ("order",), ("paging",), ("filters", "order", "paging")])
def test_answers_are_those_of_the_engine(
    serve: Serve, connect: Connect, filters: dict[str, Any], order: str, ignores: tuple[str, ...]
) -> None:
    server = serve(vision(60, 2), Knobs(ignores=frozenset(ignores), shuffle_ties="order" not in ignores))
    service = connect(server)
    assert ids(listed(service, filters, order, per_page=7)) == ids(listed(in_memory(server.store), filters, order))
    assert service.count("acme", "vision", wandb_selector(filters)) == len(
        listed(in_memory(server.store), filters, order)
    )


LACKING_QUIETLY: list[set[str]] = [{"Run.host", "Run.updatedAt", "Run.computeSeconds"}]
"""The fields are missing in the runs, which shows."""

LACKING = [
    {"Run.config(keys)"},
    {"Run.summaryMetrics(keys)"},
    {"Run.host", "Run.updatedAt", "Run.computeSeconds"},
    {"Project.runCount(filters)"},
    {"Project.runCount"},
    {"Project.runs(after)"},
    {"Project.runs(order)"},
    {"Project.runs(filters)", "Project.runCount(filters)"},
    {"Project.runs(filters)", "Project.runs(after)", "Project.runs(order)", "Project.runCount", "Run.user", "Run.id"},
]


@pytest.mark.parametrize("lacks", LACKING, ids=lambda parts: " ".join(sorted(parts)))
def test_older_servers_give_the_same(serve: Serve, connect: Connect, lacks: set[str]) -> None:
    server = serve(vision(60, 2), Knobs(lacks=frozenset(lacks)))
    service = connect(server)
    memory = in_memory(server.store)
    for filters, order in (({}, "+created_at"), (LR, "-summary_metrics.loss"), ({"state": "finished"}, "-config.lr")):
        runs = listed(service, filters, order, wanted=COLUMNS, per_page=7)
        same = listed(memory, filters, order, wanted=COLUMNS)
        assert ids(runs) == ids(same)
        assert [run.record.config for run in runs] == [run.record.config for run in same]
        assert service.count("acme", "vision", wandb_selector(filters)) == len(same)
    refused = [seen for seen in server.seen if seen.status == 400]
    server.forget()
    assert 0 < len(refused) <= 3
    said = codes(listed(connect(server), LR, "-summary_metrics.loss", wanted=COLUMNS).notices)
    assert bool(said) == (lacks not in LACKING_QUIETLY)
    assert set(said) <= {"RQL406"}
    server.forget()
    listed(service, LR, "-summary_metrics.loss", wanted=COLUMNS)
    assert [seen for seen in server.seen if seen.status == 400] == []


def test_what_a_server_ignores_is_found_once_and_remembered(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(ignores=frozenset({"filters"})))
    service = connect(server)
    assert asked_for_filters(service)
    runs = listed(service, LR)
    assert codes(runs.notices) == ["RQL406"]
    assert "ignores filters" in runs.notices[0].message
    assert not asked_for_filters(service)
    server.forget()
    assert ids(listed(service, LR)) == ids(runs)
    assert len(server.seen) == 1


def test_a_server_in_order_is_asked_nothing_more(serve: Serve, connect: Connect) -> None:
    server = serve(vision(60, 2))
    runs = listed(connect(server), LR, "-summary_metrics.loss", per_page=100)
    assert runs.notices == ()
    assert len(server.seen) <= 2  # those with a number, and those without


def test_runs_that_come_in_between_are_told(serve: Serve, connect: Connect) -> None:
    store = vision(60, 2)
    added: list[str] = []

    def insert(seen: Seen) -> None:
        if seen.variables.get("after") and len(added) < 5:
            added.append(f"new{len(added)}")
            store.add_run("acme", "vision", {"name": added[-1], "createdAt": "2025-01-01T00:00:00Z"}, at=0)

    server = serve(store, Knobs(before=insert))
    runs = listed(connect(server), per_page=10)
    found = ids(runs)
    assert len(set(found)) == len(found) == 60 + len(set(found) & set(added))
    assert set(found) >= {f"run{at:05d}" for at in range(60)}


def test_runs_that_vanish_in_between_are_told_and_none_is_lost(serve: Serve, connect: Connect) -> None:
    store = vision(60, 2)
    gone = [f"run{at:05d}" for at in range(5)]

    def remove(seen: Seen) -> None:
        if seen.variables.get("after") and store.find(("acme", "vision"), gone[0]):
            for name in gone:
                store.remove_run("acme", "vision", name)

    server = serve(store, Knobs(before=remove))
    runs = listed(connect(server), per_page=10)
    assert ids(runs)[:60] == [f"run{at:05d}" for at in range(60)] or set(ids(runs)) >= {
        f"run{at:05d}" for at in range(5, 60)
    }
    assert len(set(ids(runs))) == len(ids(runs))


def test_a_project_that_grows_with_every_page_comes_to_an_end(serve: Serve, connect: Connect) -> None:
    store = wide(120)
    added: list[str] = []

    def add(seen: Seen) -> None:
        if seen.variables.get("after") and len(added) < 60:  # else a listing that runs after them has no end
            added.append(f"new{len(added)}")
            store.add_run("acme", "wide", {"name": added[-1], "createdAt": "2020-01-01T00:00:00Z"}, at=0)

    runs = listed(connect(serve(store, Knobs(before=add))), project="wide", per_page=25)
    assert len(set(ids(runs))) == len(ids(runs))
    assert set(ids(runs)) >= set(ids(listed(connect(serve(wide(120))), project="wide")))
    assert len(added) < 30
    says_all = any("none is missing" in notice.message for notice in runs.notices)
    assert says_all != ("RQL407" in codes(runs.notices))


def test_ties_that_the_server_shuffles_lose_and_double_nothing(serve: Serve, connect: Connect) -> None:
    store = Store()
    store.add_project(
        "acme", "vision", ({"name": f"r{at:03}", "createdAt": "2026-01-01T00:00:00Z"} for at in range(90))
    )
    server = serve(store, Knobs(shuffle_ties=True))
    assert ids(listed(connect(server), per_page=10)) == [f"r{at:03}" for at in range(90)]


@pytest.mark.parametrize("off", [1, -1])
@pytest.mark.parametrize("order", ["+created_at", "group"])
def test_a_count_that_differs_is_told(serve: Serve, connect: Connect, off: int, order: str) -> None:
    runs = listed(connect(serve(knobs=Knobs(count_off=off))), order=order)
    assert len(set(ids(runs))) == len(ids(runs)) == 60
    (said,) = [notice for notice in runs.notices if notice.code == "RQL407"]
    assert "60 runs came" in said.message
    assert f"counts {60 + off}" in said.message


def test_a_page_that_is_too_much_is_halved(serve: Serve, connect: Connect) -> None:
    server = serve(wide(300), Knobs(max_body=60_000))
    runs = listed(connect(server), project="wide", wanted=FULL, per_page=100)
    assert len(runs) == 300
    assert runs.notices == ()
    assert {seen.status for seen in server.seen} == {200, 504}


def test_a_server_that_caps_pages_loses_nothing(serve: Serve, connect: Connect) -> None:
    server = serve(wide(120), Knobs(max_first=17))
    assert len(set(ids(listed(connect(server), project="wide", per_page=50)))) == 120


def test_a_forgotten_listing_goes_on(serve: Serve, connect: Connect) -> None:
    server = serve()
    first = connect(server).runs_page(PageRequest("acme", "vision", per_page=25))
    second = connect(server).runs_page(PageRequest("acme", "vision", per_page=25, cursor=first.cursor))
    assert [run.id for run in second.runs] == [f"run{at:05d}" for at in range(25, 50)]


def test_two_loops_over_one_question_do_not_disturb_each_other(serve: Serve, connect: Connect) -> None:
    service = connect(serve())
    one, other = (iter(Runs(service, "acme", "vision", per_page=10)) for _ in range(2))
    pairs = [(a.id, b.id) for a, b in zip(one, other, strict=True)]
    assert len(pairs) == 60
    assert all(a == b for a, b in pairs)


def test_bad_arguments_ask_nothing(serve: Serve, connect: Connect) -> None:
    server = serve()
    service = connect(server)
    for request in (
        PageRequest("acme", "vision", cursor="nonsense"),
        PageRequest("acme", "vision", per_page=0),
        PageRequest("acme", "vision", wandb_selector({"config.x": {"$regex": "("}})),
    ):
        with pytest.raises(ArgumentError):
            service.runs_page(request)
    assert server.seen == []


@pytest.mark.parametrize("key", ["k" * 40, None])
def test_a_project_that_is_not_there(serve: Serve, connect: Connect, key: str | None) -> None:
    service = connect(serve(), key=key)
    with pytest.raises(NotFound) as caught:
        service.runs_page(PageRequest("acme", "visoin"))
    assert "acme/visoin" in str(caught.value)
    hints = " ".join(caught.value.diagnostics[0].hints)
    assert ("WANDB_API_KEY" in hints) == (key is None)


def test_runs_by_their_ids(serve: Serve, connect: Connect) -> None:
    server = serve()
    service = connect(server)
    found = service.upgrade("acme", "vision", ("run00003", "nobody", "run00001"), FULL)
    assert list(found) == ["run00003", "run00001"]
    assert found["run00003"].config
    assert len(server.seen) == 1
    assert service.run("acme", "vision", "nobody", FULL) is None


def test_runs_by_their_ids_where_filters_are_ignored(serve: Serve, connect: Connect) -> None:
    service: WandbService = connect(serve(knobs=Knobs(ignores=frozenset({"filters"}))))
    assert list(service.upgrade("acme", "vision", ("run00003", "nobody"), FULL)) == ["run00003"]


def test_a_fault_leaves_the_listing_where_it_was(serve: Serve, connect: Connect) -> None:
    server = serve()
    service = connect(server)
    runs = Runs(service, "acme", "vision", per_page=10)
    assert runs[9].id == "run00009"
    server.knobs.fault_for = lambda seen: Fault(status=403, body="{}")
    with pytest.raises(Exception, match="RQL401"):
        list(runs)
    server.knobs.fault_for = None
    assert ids(runs) == [f"run{at:05d}" for at in range(60)]


def test_cursors_of_another_make(serve: Serve) -> None:
    assert offset_in("YXJyYXljb25uZWN0aW9uOjE5OQ==") == 200
    assert [offset_in(each) for each in (None, "", "x", "b3RoZXI6MQ==", "YXJyYXljb25uZWN0aW9uOng=")] == [None] * 5


@pytest.mark.parametrize(("limit", "requests"), [(10, 1), (1000, 3), (2000, 5)])
def test_no_page_is_asked_for_beyond_a_limit(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, limit: int, requests: int
) -> None:
    server = serve(wide(4000))
    monkeypatch.setenv("WANDB_BASE_URL", server.base_url)
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    with runql.connect("acme/wide") as session:
        assert len(session.query(f"runs limit {limit} select id, config.c1")) == limit
    assert len(server.seen) == requests


@pytest.mark.parametrize("per_page", [50, 1000])
def test_configs_of_lazy_runs_take_few_requests(serve: Serve, connect: Connect, per_page: int) -> None:
    server = serve(vision(1000, 1))
    runs = Runs(connect(server), "acme", "vision", per_page=per_page)
    found = {run.id: (run.config["lr"], run.summary["acc"]) for run in runs}
    expected = {
        run["name"]: (run["config"]["lr"], run["summary"]["acc"]) for run in server.store.projects["acme", "vision"]
    }
    assert found == expected
    assert len(server.seen) <= 6


def test_late_configs_do_not_begin_a_long_listing_anew(serve: Serve, connect: Connect) -> None:
    server = serve(vision(1000, 1))
    runs = Runs(connect(server), "acme", "vision", per_page=100)
    assert [bool(run.config) for run in list(runs)[700:900]] == [True] * 200
    assert server.operations["RunqlRuns"] <= 8
    assert sum(seen.variables.get("after") is None and "filters" not in seen.variables for seen in server.seen) == 1


@pytest.mark.parametrize(("operator", "expected"), [("$gt", "b c"), ("$gte", "b c"), ("$lt", "a d"), ("$lte", "a d")])
def test_an_infinity_that_stands_as_a_text_is_found(
    serve: Serve, connect: Connect, operator: str, expected: str
) -> None:
    store = Store()
    losses = {"a": 0.5, "b": 2, "c": "Infinity", "d": "-Infinity", "e": "NaN", "f": "text"}
    for name, loss in losses.items():
        store.add_run("acme", "vision", {"name": name, "summary": {"loss": loss}})
    bound = {"summary_metrics.loss": {operator: 1}}
    service = connect(serve(store))
    assert " ".join(ids(listed(service, bound))) == expected
    assert service.count("acme", "vision", wandb_selector(bound)) == 2
    both = {"$or": [{"state": "x"}, {**bound, "state": "finished"}], "summary_metrics.loss": {operator: 1}}
    assert " ".join(ids(listed(service, both))) == expected
    neither = ids(listed(service, {"$nor": [bound]}))
    assert " ".join(neither) == " ".join(name for name in losses if name not in expected.split())
