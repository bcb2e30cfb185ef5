"""What contradicts itself is not believed: filters that miss runs at hand, an order that is none, one id twice."""

from __future__ import annotations

import random
from typing import Any

import pytest

from runql.plan.selectors import wandb_selector
from runql.sources.protocol import PageRequest, Wanted
from tests.server import Knobs
from tests.server.samples import vision
from tests.sources.wandb.conftest import Connect, Serve
from tests.sources.wandb.test_listing import codes, ids, in_memory, listed

DEEP: dict[str, Any] = {"config.model.value.depth": 50}
WHOLE = Wanted(config=None, summary=None)


@pytest.mark.parametrize("asks_before", [True, False])
def test_a_count_that_contradicts_the_runs_at_hand(serve: Serve, connect: Connect, asks_before: bool) -> None:
    store = vision(60, 2)
    expected = sum(run["config"]["model"]["depth"] == 50 for run in store.projects["acme", "vision"])
    assert expected
    server = serve(store, Knobs(blind=frozenset({"config.model.value.depth"})))
    service = connect(server)
    if asks_before:
        service.catalog("acme", "vision")
    assert service.count("acme", "vision", wandb_selector(DEEP)) == (expected if asks_before else 0)
    if asks_before:
        server.forget()
        assert service.count("acme", "vision", wandb_selector(DEEP)) == expected
        assert {seen.variables.get("filters") for seen in server.seen} == {None}
        (said,) = service.lacking((), counts=True, narrows=True)
        assert "`config.model.value.depth`" in said.message


def test_a_listing_that_contradicts_the_runs_at_hand(serve: Serve, connect: Connect) -> None:
    store = vision(60, 2)
    expected = [run["name"] for run in store.projects["acme", "vision"] if run["config"]["model"]["depth"] == 50]
    service = connect(serve(store, Knobs(blind=frozenset({"config.model.value.depth"}))))
    service.runs_page(PageRequest("acme", "vision", per_page=100, wanted=WHOLE))
    assert ids(listed(service, DEEP)) == expected
    assert ids(listed(service, {**DEEP, "state": "finished"})) == [
        name for name in expected if (store.find(("acme", "vision"), name) or {})["state"] == "finished"
    ]


def test_a_run_that_is_gone_is_no_contradiction(serve: Serve, connect: Connect) -> None:
    store = vision(60, 2)
    service = connect(serve(store))
    service.runs_page(PageRequest("acme", "vision", per_page=100, wanted=WHOLE))
    gone = next(run["name"] for run in store.projects["acme", "vision"] if run["config"]["model"]["depth"] == 50)
    before = service.count("acme", "vision", wandb_selector(DEEP)) or 0
    store.remove_run("acme", "vision", gone)
    assert service.count("acme", "vision", wandb_selector(DEEP)) == before - 1
    runs = listed(service, DEEP)
    assert len(runs) == before - 1
    assert not set(codes(runs.notices)) - {"RQL407"}
    assert service.lacking((), counts=True, narrows=True) == ()


@pytest.mark.parametrize("per_page", [1, 2, 3])
@pytest.mark.parametrize("order", ["+created_at", "-created_at", "-summary_metrics.loss", "+config.lr"])
def test_a_short_page_shows_too_that_the_order_is_ignored(
    serve: Serve, connect: Connect, order: str, per_page: int
) -> None:
    server = serve(vision(40, 2), Knobs(ignores=frozenset({"order"})))
    runs = server.store.projects["acme", "vision"]
    for seed in range(8):
        random.Random(seed).shuffle(runs)
        server.store.version += 1
        page = connect(server).runs_page(PageRequest("acme", "vision", wandb_selector(order=order), per_page=per_page))
        assert [run.id for run in page.runs] == ids(listed(in_memory(server.store), {}, order))[:per_page]


def test_several_runs_of_one_id_are_said(serve: Serve, connect: Connect) -> None:
    store = vision(12, 2)
    store.projects["acme", "vision"][5]["name"] = "run00003"
    runs = listed(connect(serve(store)))
    assert len({run.id for run in runs}) == 11
    (said,) = runs.notices
    assert said.code == "RQL407"
    assert "several runs the id `run00003`" in said.message
