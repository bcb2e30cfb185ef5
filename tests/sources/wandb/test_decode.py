"""Nodes and rows as servers send them, odd ones included."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.mongo.history_keys import history_keys_of
from runql.engine.table import Table
from runql.semantic.values import MISSING
from runql.sources.protocol import HistoryRequest
from runql.sources.wandb.decode import (
    ProjectPlace,
    read_project,
    read_summary,
    read_sweep,
    read_time,
    read_times,
    unwrap_config,
)
from runql.sources.wandb.histories.batches import (
    counts_of,
    holding,
    last_step,
    merge,
    metrics_of,
    read_nodes,
    read_sampled,
    table_of_lines,
    within,
)
from runql.sources.wandb.listing.chunks import RunEdges, edges_of
from runql.sources.wandb.run_nodes import read_run

PLACE = ProjectPlace("acme", "my project", "https://w.test")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def test_a_run() -> None:
    node = {
        "id": "UnVuOjE=",
        "name": "abc/1",
        "displayName": "warm-1",
        "state": "finished",
        "tags": ["a", None, 3],
        "createdAt": "2026-01-02T03:04:05",
        "heartbeatAt": "2026-01-02T05:04:05.5+02:00",
        "user": {"name": "Ada L", "username": None},
        "historyLineCount": "12",
        "computeSeconds": 90,
        "config": '{"lr": {"value": 0.1, "desc": null}, "_wandb": {"value": {}}, "raw": 3, "d": {"value": {"v": 1}}}',
        "someSummary": '{"loss": NaN, "acc": "Infinity", "note": "x\ny", "_wandb": {}}',
    }
    run = read_run(node, PLACE)
    assert run is not None
    assert (run.id, run.name, run.storage_id, run.user) == ("abc/1", "warm-1", "UnVuOjE=", "Ada L")
    assert run.url == "https://w.test/acme/my%20project/runs/abc%2F1"
    assert run.tags == ("a",)
    assert run.created == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert run.heartbeat == datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)
    assert (run.runtime, run.history_line_count) == (90.0, 12)
    assert run.config == {"lr": 0.1, "raw": 3, "d": {"v": 1}}
    assert run.summary is not None
    assert math.isnan(run.summary["loss"])
    assert run.summary["acc"] == math.inf
    assert run.summary["note"] == "x\ny"
    assert (run.system_metrics, run.logged) == (None, None)


def test_what_was_asked_for_and_is_null_is_empty() -> None:
    run = read_run(
        {"name": "a", "config": None, "summaryMetrics": None, "systemMetrics": None, "historyKeys": None}, PLACE
    )
    assert run is not None
    assert (run.config, run.summary, run.system_metrics, history_keys_of(run)) == ({}, {}, {}, {})


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "name",
                "id",
                "tags",
                "user",
                "createdAt",
                "config",
                "summaryMetrics",
                "state",
                "historyKeys",
                "computeSeconds",
                "historyLineCount",
                "readOnly",
            ]
        ),
        JSON,
    )
)
@settings(deadline=None, max_examples=80)
def test_no_node_is_too_odd(node: dict[str, Any]) -> None:
    run = read_run(node, PLACE)
    assert (run is None) == (not isinstance(node.get("name"), str))
    read_sweep(node, PLACE)
    read_project(node, "acme", "https://wandb.test")
    metrics_of(node)
    last_step(node)


@given(st.dictionaries(st.text().filter(lambda key: key not in ("_wandb", "wandb_version")), JSON, max_size=5))
@settings(deadline=None, max_examples=80)
def test_wrapping_and_unwrapping(config: dict[str, Any]) -> None:
    spelled = {key: value for key, value in config.items() if value not in ("NaN", "Infinity", "-Infinity")}
    wrapped = {key: {"value": value, "desc": None} for key, value in spelled.items()}
    assert repr(unwrap_config(json.dumps(wrapped))) == repr(spelled)


def test_times_that_are_none() -> None:
    assert [read_time(value) for value in (None, 3, "", "yesterday", "2026-13-01")] == [None] * 5


def test_summaries_that_are_none() -> None:
    assert [read_summary(value) for value in (None, "", "[1]", 3, "{")] == [{}] * 5


def test_rows_of_a_spec() -> None:
    rows = [{"_step": 0, "loss": "NaN", "note": "NaN"}, {"_step": 1, "loss": 2}]
    data = {"project": {"runs": {"edges": [{"node": {"name": "a", "sampledHistory": [rows, []]}}]}}}
    (node,) = read_nodes(data)
    request = HistoryRequest("", "", ())
    table = read_sampled(node["sampledHistory"][0], request, ["note"])
    assert table.length == 2
    assert table.columns["_step"] == [0, 1]
    assert math.isnan(table.columns["loss"][0])
    assert table.columns["note"] == ["NaN", MISSING]
    assert read_sampled(node["sampledHistory"][1], request) == Table({}, 0)


def test_rows_within_steps() -> None:
    table = table_of_lines([{"_step": 0, "a": 1}, {"b": 2}, {"_step": 5, "c": 3}, {"_step": 9, "a": 4}])
    assert within(table, HistoryRequest("", "", ())) is table
    cut = within(table, HistoryRequest("", "", (), min_step=1, max_step=9))
    assert [*cut.rows()] == [{"_step": 5, "a": MISSING, "c": 3}, {"_step": 9, "a": 4, "c": MISSING}]


def test_rows_that_hold_all() -> None:
    table = table_of_lines([{"_step": 0, "a": 1}, {"_step": 5, "a": None, "b": 3}, {"_step": 6, "b": 1}])
    assert [*holding(table, ("a", "b")).rows()] == [{"_step": 5, "a": None, "b": 3}]
    assert holding(table, ("a", "z")).length == 0
    assert counts_of(table) == {"_step": 3, "a": 2, "b": 2}


def test_metrics_and_the_last_step() -> None:
    counts = {"a": 10, "b": 10, "c": 2}
    keys = {name: {"typeCounts": [{"type": "number", "count": count}]} for name, count in counts.items()}
    keys["t"] = {"typeCounts": [{"type": "string", "count": 3}, {"type": "nil", "count": 1}]}
    metrics = metrics_of({"lastStep": 9, "keys": keys})
    assert (metrics["t"].rows, metrics["t"].is_text, metrics["a"].is_text) == (4, True, False)
    assert [last_step(each) for each in ({"lastStep": 9}, {"lastStep": -1}, {}, None, {"lastStep": 3.0})] == [
        *(9, None, None, None, 3),
    ]


ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(), max_size=3), max_size=12)


@given(ROWS)
@settings(deadline=None)
def test_specs_join_on_the_step(drawn: list[dict[str, int]]) -> None:
    rows = [{"_step": step, **row} for step, row in enumerate(drawn) if row]
    parts = [[{"_step": row["_step"], key: row[key]} for row in rows if key in row] for key in "abc"]
    joined = merge([table_of_lines(part) for part in parts])
    assert [{name: cell for name, cell in row.items() if cell is not MISSING} for row in joined.rows()] == rows


def test_the_config_of_a_sweep_is_yaml() -> None:
    written = (
        "method: bayes\nname: search\nmetric:\n  name: val/loss\n  goal: minimize\nparameters:\n  lr: {min: 0.1}\n"
    )
    sweep = read_sweep({"name": "s1", "config": written, "runCountExpected": 12}, PLACE)
    assert sweep is not None
    assert sweep.config == {
        "method": "bayes",
        "name": "search",
        "metric": {"name": "val/loss", "goal": "minimize"},
        "parameters": {"lr": {"min": 0.1}},
    }
    assert (sweep.name, sweep.expected_run_count) == ("search", 12)
    assert sweep.url is not None
    assert sweep.url.endswith("/sweeps/s1")


@pytest.mark.parametrize(
    "text", ["a: [", "- 1", "", "!!python/object:os.system {}", "x: 2020-13-45", "{" * 3000, "{a: }: 1"]
)
def test_a_config_that_is_no_config_is_none(text: str) -> None:
    sweep = read_sweep({"name": "s1", "config": text}, PLACE)
    assert sweep is not None
    assert (sweep.config, sweep.name) == (None, "s1")


def test_what_cannot_be_read_of_a_run_is_said() -> None:
    deep = "[" * 2000 + "]" * 2000
    run = read_run(
        {
            "name": "abc",
            "config": "{nope",
            "summaryMetrics": f'{{"fine": 1, "huge": {2**1024}, "digits": {"7" * 5000}, "deep": {deep}}}',
            "systemMetrics": "[1]",
            "createdAt": "yesterday",
            "heartbeatAt": "0001-01-01T00:00:00+14:00",
            "updatedAt": "99999-01-01T00:00:00Z",
        },
        PLACE,
    )
    assert run is not None
    assert (run.config, run.system_metrics, run.created, run.heartbeat, run.updated) == ({}, {}, None, None, None)
    assert run.summary is not None
    assert (run.summary["fine"], run.summary["huge"], run.summary["digits"]) == (1, str(2**1024), "7" * 5000)
    said = [(notice.code, notice.message) for notice in run.said]
    assert [code for code, _ in said] == ["RQL411"] * 5 + ["RQL540"]
    assert said[0][1] == "the config of run `abc` cannot be read, and is left out: it is no JSON"
    assert said[5][1].startswith("`summary.huge`, `summary.digits`, `summary.deep` of run `abc` are shown as text")


def test_a_wrapper_may_hold_more_than_the_value() -> None:
    assert unwrap_config({"lr": {"value": 0.3, "desc": None, "extra": 1}, "raw": {"desc": None}}) == {
        "lr": 0.3,
        "raw": {"desc": None},
    }


def test_the_runs_of_an_answer_are_read_and_their_nodes_dropped() -> None:
    node = {"name": "a", "someConfig": '{"lr": {"value": 0.1, "desc": null}}', "createdAt": "2026-01-02T14:21:00Z"}
    place = ProjectPlace("acme", "vision", "http://x")
    edges = [{"cursor": "one", "node": node}, None, {"cursor": "two", "node": {**node, "name": "b c"}}]
    for runs, cursor in (
        ({"edges": edges, "pageInfo": {"hasNextPage": False}}, "two"),
        ({"nodes": [edge["node"] for edge in edges if edge], "pageInfo": {}}, None),
        ([edge["node"] for edge in edges if edge], None),
    ):
        data: dict[str, Any] = {"project": {"runs": runs}}
        made = RunEdges.made(data, place=place)
        assert ([run.id for run in made.runs], made.cursor) == (["a", "b c"], cursor)
        assert [run.config for run in made.runs] == [{"lr": 0.1}] * 2
        assert made.runs[1].url == "http://x/acme/vision/runs/b%20c"
        assert made.runs[0].created == datetime(2026, 1, 2, 14, 21, tzinfo=UTC)
        assert edges_of(data) == []
    assert RunEdges.made({"project": None}, place=place) == RunEdges((), None)


def test_times_of_a_page_are_read_as_each_is() -> None:
    texts = ["2026-01-02T14:21:00Z", "2026-01-02T14:21:00.5Z", "2026-01-02T14:21:00", "2026-01-02T16:21:00+02:00", "Z"]
    for values in (texts[:2], texts, [*texts, None, 3], ["yesterdayZ"], ["0001-01-01T00:00:00+14:00"], []):
        assert read_times(values) == [read_time(value) for value in values]
