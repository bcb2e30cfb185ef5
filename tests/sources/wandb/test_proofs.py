"""Probes: filters that no run passes, in the shape of one that is asked."""

from __future__ import annotations

from typing import Any

import pytest

from runql.engine.mongo.filters import compile_filter
from runql.language.fields import Space
from runql.plan.capabilities import Trust
from runql.plan.selectors import WandbSelector, wandb_selector
from runql.sources.protocol import FULL, PageRequest
from runql.sources.wandb.schema.abilities import probe_of
from runql.syntax.mongo.reader import read_filter
from tests.server import Knobs, Store
from tests.server.samples import vision
from tests.sources.wandb.conftest import Connect, Serve
from tests.sources.wandb.test_listing import ids, in_memory, listed

FILTERS: list[dict[str, Any]] = [
    {"config.lr": {"$gt": 0.03}},
    {"config.lr": 0.03},
    {"config.lr": {"$gte": 0.01, "$lt": 0.05}},
    {"config.optimizer": {"$in": ["adam", "sgd"]}},
    {"config.optimizer": {"$regex": "^a"}},
    {"summary_metrics.loss": {"$exists": True}},
    {"keys_info.keys.loss": {"$exists": True}},
    {"state": "finished"},
    {"state": {"$ne": "running"}},
    {"displayName": {"$regex": "river"}},
    {"createdAt": {"$gt": "2026-01-01T00:10:00Z"}},
    {"tags": "good"},
    {"$or": [{"config.lr": {"$lt": 0.02}}, {"$and": [{"group": "g1"}, {"config.seed": {"$lte": 2}}]}]},
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_no_run_passes_a_probe(serve: Serve, connect: Connect, filters: dict[str, Any]) -> None:
    probe = probe_of(read_filter(filters))
    assert probe is not None
    store = vision(60, 20)
    test = compile_filter(probe.filters)
    page = in_memory(store).runs_page(PageRequest("acme", "vision", per_page=60, wanted=FULL))
    assert not any(map(test, page.runs))
    assert connect(serve(store)).count("acme", "vision", WandbSelector(probe.filters)) == 0
    assert probe.shapes


def test_what_is_proven_is_not_asked_again() -> None:
    filters = {"config.lr": {"$gt": 0.03}, "state": "finished"}
    first = probe_of(read_filter(filters))
    assert first is not None
    assert {(shape[0], shape[2]) for shape in first.shapes} == {(Space.CONFIG, "$gt"), (Space.RUN, "$eq")}
    second = probe_of(read_filter({**filters, "config.seed": {"$lt": 2}}), first.shapes)
    assert second is not None
    assert [shape[2] for shape in second.shapes] == ["$lt"]
    assert probe_of(read_filter(filters), first.shapes) is None


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_server_that_passes_over_an_operator_counts_and_lists_right(
    serve: Serve, connect: Connect, filters: dict[str, Any]
) -> None:
    store = vision(60, 20)
    every = frozenset({"$gt", "$gte", "$lt", "$lte", "$in", "$regex", "$exists"})
    for mute in (every, frozenset({"$gt"}), frozenset({"$lte", "$in"})):
        service, memory = connect(serve(store, Knobs(mute=mute))), in_memory(store)
        if any(name.startswith("keys_info") for name in filters):
            assert service.count("acme", "vision", wandb_selector(filters)) == 60
            continue
        expected = ids(listed(memory, filters))
        assert service.count("acme", "vision", wandb_selector(filters)) == len(expected)
        assert ids(listed(service, filters, per_page=7)) == expected


def test_names_that_differ_in_case_alone_are_other_runs(serve: Serve, connect: Connect) -> None:
    store = Store()
    for name in ("abc", "ABC", "other"):
        store.add_run("acme", "vision", {"name": name, "config": {"at": name}, "history": [{"_step": 0, "loss": 1.0}]})
    server = serve(store, Knobs(folds_case=True))
    service = connect(server)
    found = service.upgrade("acme", "vision", ("ABC",), FULL)
    assert {run_id: dict(run.config or {}) for run_id, run in found.items()} == {"ABC": {"at": "ABC"}}
    assert service.capabilities.filters is not Trust.NONE
    assert ids(listed(service, {"name": "ABC"})) == ["ABC"]
    run = service.run("acme", "vision", "OTHER", FULL)
    assert run is None
    assert service.count("acme", "vision", wandb_selector({"name": "ABC"})) == 1
    assert service.count("acme", "vision", wandb_selector({"createdAt": {"$gt": "2020-01-01T00:00:00Z"}})) == 3
