"""An order by a field that some runs hold as something else than a number: few requests, and exact all the same."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from runql.plan.selectors import wandb_selector
from runql.sources.memory import MemoryService
from runql.sources.protocol import PageRequest
from runql.sources.wandb.decode import finite_or_float
from tests.server import Knobs, Seen, Store
from tests.server.samples import wide
from tests.sources.wandb.conftest import Connect, Serve
from tests.sources.wandb.test_listing import codes, ids, in_memory, listed

LOSS = "summary_metrics.loss"
MISSING = object()


def holding(values: list[Any]) -> Store:
    store = Store()
    store.add_project("acme", "vision")
    for at, value in enumerate(values):
        summary = {} if value is MISSING else {"loss": value}
        store.add_run("acme", "vision", {"name": f"r{at:04}", "summary": summary, "config": dict(summary)})
    return store


def as_read(store: Store) -> MemoryService:
    """The same runs, with the texts by which JSON writes NaN and the infinities read as what they stand for."""
    plain = Store()
    for run in store.projects["acme", "vision"]:
        read = {
            part: {key: finite_or_float(value) for key, value in run[part].items()} for part in ("config", "summary")
        }
        plain.add_run("acme", "vision", {**run, **read})
    return in_memory(plain)


@pytest.mark.parametrize("diverged", ["NaN", math.nan, "text", None, True, {"a": 1}, ["x"]])
def test_one_diverged_run_costs_no_request_more(serve: Serve, connect: Connect, diverged: Any) -> None:
    store = wide(4000)
    for at, run in enumerate(store.projects["acme", "wide"]):
        run["summary"]["loss"] = float(at)
    store.projects["acme", "wide"][7]["summary"]["loss"] = diverged
    server = serve(store)
    for order, expected in ((f"-{LOSS}", range(3999, 3989, -1)), (f"+{LOSS}", [*range(7), *range(8, 11)])):
        server.forget()
        page = connect(server).runs_page(PageRequest("acme", "wide", wandb_selector(order=order), per_page=10))
        names = [run["name"] for run in store.projects["acme", "wide"]]
        assert [run.id for run in page.runs] == [names[at] for at in expected]
        assert page.total == 4000
        assert page.has_next
        assert page.notices == ()
        assert len(server.seen) == 1


@pytest.mark.parametrize("order", [f"-{LOSS}", f"+{LOSS}"])
def test_an_infinity_in_text_comes_first_or_last(serve: Serve, connect: Connect, order: str) -> None:
    values: list[Any] = [float(at) for at in range(40)]
    values[5:9] = ["Infinity", "-Infinity", "Infinity", "NaN"]
    server = serve(holding(values))
    page = connect(server).runs_page(PageRequest("acme", "vision", wandb_selector(order=order), per_page=10))
    assert [run.id for run in page.runs] == ids(listed(as_read(server.store), order=order))[:10]
    assert len(server.seen) == 2
    assert ids(listed(connect(server), order=order)) == ids(listed(as_read(server.store), order=order))


KINDS: list[Any] = [
    *(1, 2.5, -3, 0, 10, 9, 100.25, 1e300, -1e300, MISSING, MISSING, None, "NaN", math.nan),
    *("Infinity", "-Infinity", "9", "text", True, False, [1, 2], ["x"], {"a": 1}, "2026-01-01"),
]


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("name", [LOSS, "config.loss"])
def test_any_values_come_in_the_order_of_the_engine(serve: Serve, connect: Connect, seed: int, name: str) -> None:
    chance = random.Random(f"{seed}{name}")
    kinds = chance.sample(KINDS, chance.randint(2, len(KINDS)))
    store = holding([chance.choice(kinds) for _ in range(chance.randint(0, 60))])
    service, memory = connect(serve(store)), as_read(store)
    for order in (f"-{name}", f"+{name}"):
        for filters in ({}, {"config.loss": {"$exists": True}}, {"state": "running"}):
            runs = listed(service, filters, order, per_page=chance.choice([3, 7, 50]))
            assert ids(runs) == ids(listed(memory, filters, order))
            assert not set(codes(runs.notices)) - {"RQL406"}
            assert len(runs) == service.count("acme", "vision", wandb_selector(filters))


def test_the_others_are_asked_for_when_the_numbers_are_exhausted(serve: Serve, connect: Connect) -> None:
    server = serve(holding([*(float(at) for at in range(10)), "NaN", MISSING]))
    service = connect(server)
    first = service.runs_page(PageRequest("acme", "vision", wandb_selector(order=f"+{LOSS}"), per_page=10))
    assert (len(first.runs), first.has_next, len(server.seen)) == (10, True, 1)
    rest = service.runs_page(
        PageRequest("acme", "vision", wandb_selector(order=f"+{LOSS}"), per_page=10, cursor=first.cursor)
    )
    assert [run.id for run in rest.runs] == ["r0010", "r0011"]
    assert not rest.has_next
    assert len(server.seen) == 3


def test_a_server_that_orders_numbers_as_texts_is_not_believed(serve: Serve, connect: Connect) -> None:
    store = holding([float(at) for at in (9, 10, 100, 2, 30)])
    server = serve(store, Knobs(order_as_text=True))
    runs = listed(connect(server), order=f"+{LOSS}", per_page=2)
    assert ids(runs) == ids(listed(in_memory(store), order=f"+{LOSS}"))
    assert codes(runs.notices) == ["RQL406"]


def test_a_value_that_changes_while_pages_are_read_is_seen(serve: Serve, connect: Connect) -> None:
    store = holding([*(float(at) for at in range(30)), "NaN", MISSING])

    def diverge(seen: Seen) -> None:
        if seen.variables.get("after"):
            store.projects["acme", "vision"][20]["summary"]["loss"] = "NaN"
            store.version += 1

    runs = listed(connect(serve(store, Knobs(before=diverge))), order=f"+{LOSS}", per_page=10)
    assert sorted(ids(runs)) == [f"r{at:04}" for at in range(32)]
    assert ids(runs)[-1] == "r0031"
