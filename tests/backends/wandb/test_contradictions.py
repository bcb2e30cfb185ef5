"""A filter that misses runs which are at hand is not believed."""

from __future__ import annotations

from typing import Any

import pytest

from runql.runs.service import PageRequest, Wanted
from tests.backends.wandb.conftest import Connect, Serve
from tests.backends.wandb.test_listing import codes, ids, listed
from tests.server import Knobs
from tests.server.samples import vision

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
    assert service.count("acme", "vision", DEEP) == (expected if asks_before else 0)
    if asks_before:
        server.forget()
        assert service.count("acme", "vision", DEEP) == expected
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
    before = service.count("acme", "vision", DEEP) or 0
    store.remove_run("acme", "vision", gone)
    assert service.count("acme", "vision", DEEP) == before - 1
    runs = listed(service, DEEP)
    assert len(runs) == before - 1
    assert not set(codes(runs.notices)) - {"RQL407"}
    assert service.lacking((), counts=True, narrows=True) == ()
