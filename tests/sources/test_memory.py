"""Runs in a list of dicts: what goes in, what is told of it, what is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest

from runql.engine.mongo.history_keys import history_keys_of
from runql.errors import ArgumentError, NotFound
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.selectors import TypedSelector
from runql.semantic.record import LoggedMetrics, RunRecord
from runql.semantic.values import MISSING
from runql.sources.memory import MemoryService
from runql.sources.protocol import FULL, LIGHT, HistoryRequest, PageRequest, ServiceApi, Wanted


def whole(service: MemoryService, run_id: str) -> RunRecord:
    record = service.run("", "", run_id, FULL)
    assert record is not None
    return record


def test_it_is_a_service() -> None:
    service = MemoryService([], name="mine")
    assert isinstance(service, ServiceApi)
    assert service.name == "mine"
    assert service.count("", "", TypedSelector()) == 0


def test_what_is_not_said_is_taken_from_the_history() -> None:
    rows: list[dict[str, Any]] = [{"loss": 2.0, "net": {"a": 1}}, {"net": {"b": 2}, "_step": 7}, {"loss": math.nan}]
    system: list[dict[str, Any]] = [{"system.cpu": 1.0, "_timestamp": 5.0}, {"system.cpu": 2.0, "_timestamp": 6.0}]
    run = whole(MemoryService([{"id": "a"}], {"a": rows}, system={"a": system}), "a")
    assert run.config == {}
    assert run.summary is not None
    assert math.isnan(run.summary["loss"])
    assert (run.summary["net"], run.summary["_step"]) == ({"a": 1, "b": 2}, 8)
    assert run.system_metrics == {"system.cpu": 2.0}
    assert run.history_line_count == 3
    assert run.logged is not None
    assert history_keys_of(run)["lastStep"] == 8
    assert history_keys_of(run)["keys"]["net.b"] == {"typeCounts": [{"type": "number", "count": 1}]}


def test_what_is_said_stays() -> None:
    given: dict[str, Any] = {
        "config": {"lr": 1},
        "summary": {"loss": 9},
        "history_line_count": 5,
        "history_keys": {"lastStep": 3, "keys": {}},
    }
    run = whole(MemoryService([{"id": "a", **given}], {"a": [{"loss": 1}]}), "a")
    told = given.pop("history_keys")
    assert {name: getattr(run, name) for name in given} == given
    assert (history_keys_of(run), run.logged) == (told, LoggedMetrics({}, 3, told))


def test_runs_may_be_records_and_have_wandbs_spellings() -> None:
    service = MemoryService([RunRecord("a", name="x"), {"id": "b", "displayName": "y", "summaryMetrics": {"z": 1}}])
    assert [run.name for run in service.runs_page(PageRequest("", "")).runs] == ["x", "y"]
    assert whole(service, "b").summary == {"z": 1}


def test_nothing_more_is_given_than_was_asked_for() -> None:
    service = MemoryService([{"id": "a", "config": {"x": 1, "y": 2}, "summary": {"z": 3}}])
    light, some = service.run("", "", "a", LIGHT), service.run("", "", "a", Wanted(config=("y", "no"), summary=None))
    assert light is not None
    assert (light.config, light.summary, light.system_metrics, light.logged) == (None, None, None, None)
    assert some is not None
    assert (some.config, some.summary, some.logged) == ({"y": 2}, {"z": 3}, None)
    assert dict(service.upgrade("", "", ("a", "gone"), LIGHT)) == {"a": light}


def test_projects_are_apart() -> None:
    runs = [
        {"id": "a", "entity": "acme", "project": "vision", "created": "2026-01-02"},
        {"id": "b", "entity": "acme", "project": "audio"},
        {"id": "a", "entity": "other", "project": "vision"},
    ]
    service = MemoryService(runs)
    assert service.count("acme", "vision", TypedSelector()) == 1
    assert service.count("", "vision", TypedSelector()) == 2
    assert service.count("", "", TypedSelector()) == 3
    assert [(each.entity, each.name, each.run_count) for each in service.projects("acme")] == [
        ("acme", "audio", 1),
        ("acme", "vision", 1),
    ]
    with pytest.raises(NotFound, match="no project `acme/visoin`; nearest: `acme/vision`"):
        service.runs_page(PageRequest("acme", "visoin"))
    (history,) = service.histories(HistoryRequest("acme", "audio", ("a",)))
    assert history.length == 0


@pytest.mark.parametrize(
    ("runs", "histories", "said"),
    [
        ([{"name": "x"}], {}, "no `id`"),
        ([{"id": ""}], {}, "no `id`"),
        ([5], {}, "a run is a dict"),
        ([{"id": "a", "stat": "x"}], {}, "nearest: `state`"),
        ([{"id": "a", "learning_rate_of_mine": 1}], {}, "`config`"),
        ([{"id": "a", "created": "soon"}], {}, "not a time"),
        ([{"id": "a"}, {"id": "a"}], {}, "2 runs have the id `a`"),
        ([{"id": "a"}], {"b": [{}]}, "no run of that id"),
        ([{"id": "a", "project": "x"}, {"id": "a", "project": "y"}], {"a": [{}]}, "several projects"),
    ],
)
def test_what_is_no_list_of_runs(runs: list[Any], histories: Any, said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        MemoryService(runs, histories)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "request_",
    [PageRequest("", "", cursor="x"), PageRequest("", "", cursor="YWJj"), PageRequest("", "", per_page=0)],
)
def test_a_page_that_cannot_be_asked_for(request_: PageRequest) -> None:
    with pytest.raises(ArgumentError):
        MemoryService([{"id": "a"}]).runs_page(request_)


def test_rows_get_steps_where_they_have_none() -> None:
    service = MemoryService([{"id": "a"}], {"a": [{"x": 1}, {"_step": 5, "x": 2}, {"x": 3}, {}]})
    (history,) = service.histories(HistoryRequest("", "", ("a",), ("x",)))
    assert history.columns == {"_step": [0, 5, 6], "x": [1, 2, 3]}


def test_the_catalog_counts() -> None:
    runs = [
        {
            "id": "a",
            "tags": ["x"],
            "group": "g",
            "config": {"n": 1, "b": True, "m": {"d": 2}},
            "summary": {"s": math.nan},
        },
        {"id": "b", "tags": ["x", "y"], "sweep": "w", "config": {"n": 3, "b": 1, "img": {"_type": "image"}, "e": {}}},
        {"id": "c", "config": {"n": "text", "l": [1], "none": None}, "summary": {"s": 2.0}},
    ]
    rows: list[dict[str, Any]] = [{"loss": 1, "note": "a"}, {"loss": 2}, {"loss": 3}, {"loss": None}]
    catalog = MemoryService(runs, {"a": rows}, system={"b": [{"system.gpu.0.gpu": 1.0}]}).catalog("", "", metrics=True)
    fields = {(each.space, each.path): each for each in catalog.fields}
    number = fields[Space.CONFIG, ("n",)]
    assert (number.runs, dict(number.kinds)) == (3, {Kind.NUMBER: 2, Kind.TEXT: 1})
    assert (number.minimum, number.median, number.maximum) == (1, 2, 3)
    assert dict(number.top) == {1: 1, 3: 1, "text": 1}
    flag = fields[Space.CONFIG, ("b",)]
    assert [(value, type(value), count) for value, count in flag.top] == [(True, bool, 1), (1, int, 1)]
    assert dict(fields[Space.SUMMARY, ("s",)].kinds) == {Kind.NUMBER: 2}
    assert (fields[Space.SUMMARY, ("s",)].minimum, fields[Space.SUMMARY, ("s",)].top) == (2.0, ((2.0, 1),))
    assert fields[Space.CONFIG, ("m", "d")].runs == 1
    for path in (("img",), ("e",)):
        assert dict(fields[Space.CONFIG, path].kinds) == {Kind.RECORD: 1}
    assert dict(fields[Space.CONFIG, ("none",)].kinds) == {Kind.NULL: 1}
    loss = fields[Space.LOGGED, ("loss",)]
    assert (loss.runs, loss.rows, loss.every, dict(loss.kinds)) == (1, 4, 1.0, {Kind.NUMBER: 1, Kind.NULL: 1})
    assert fields[Space.LOGGED, ("note",)].every is None  # logged once: nothing lies between
    assert fields[Space.SYSTEM, ("gpu.0.gpu",)].runs == 1
    assert fields[Space.RUN, ("group",)].top == (("g", 1),)
    assert (dict(catalog.tags), dict(catalog.sweeps), dict(catalog.groups)) == ({"x": 2, "y": 1}, {"w": 1}, {"g": 1})
    assert catalog.run_count == 3
    assert catalog.complete
    assert not any(each.space is Space.LOGGED for each in MemoryService(runs, {"a": rows}).catalog("", "").fields)


def test_nothing_that_is_put_in_is_changed() -> None:
    config: dict[str, Any] = {"lr": 1}
    row: dict[str, Any] = {"loss": 1}
    service = MemoryService([{"id": "a", "config": config}], {"a": [row]})
    (history,) = service.histories(HistoryRequest("", "", ("a",)))
    assert history.columns == {"loss": [1], "_step": [0]}
    assert (config, row) == ({"lr": 1}, {"loss": 1})
    assert MISSING not in (whole(service, "a").summary or {}).values()
