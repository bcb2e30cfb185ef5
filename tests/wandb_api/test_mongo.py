"""Filters: what MongoDB does that mongomock does not, the names that W&B uses, and what is refused."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from runql.engine.mongo.filters import compile_filter
from runql.errors import ArgumentError
from runql.semantic.record import RunRecord
from runql.sources.paging import needed
from runql.sources.protocol import LIGHT, Wanted
from runql.syntax.mongo.reader import read_filter, read_order

RUN = RunRecord(
    "a1",
    name="bee",
    state="finished",
    created=datetime(2026, 1, 31, 12, tzinfo=UTC),
    runtime=90.0,
    user="ada",
    config={
        "odd": {"value": 1},
        "b.value": 2,
        "both": {"x": 1},
        "both.x": 2,
        "deep": {"a.b": {"c": 3}},
        "list": [{"x": 1}, {"x": 2, "y": None}],
        "record": {"x": 1, "y": [1, 2]},
        "nan": math.nan,
    },
)


def holds(filters: dict[str, Any], record: RunRecord = RUN) -> bool:
    return compile_filter(read_filter(filters))(record)


@pytest.mark.parametrize(
    ("a", "equal_null", "exists"),
    [
        # what MongoDB's own tests of `{"a.b": null}` say, case by case
        ({}, True, False),
        (None, True, False),
        (4, True, False),
        ({"b": None}, True, True),
        ({"b": "hi"}, False, True),
        ([], False, False),
        ([[]], False, False),
        ([1, "text", None], False, False),
        ([{"b": 1}, {"b": 3}], False, True),
        ([{"b": 3}, {}], True, True),
        ([{"b": None}, {"b": 3}], True, True),
    ],
)
def test_null_below_a_record(a: object, equal_null: bool, exists: bool) -> None:
    run = RunRecord("r", config={"a": a})
    assert holds({"config.a.b": None}, run) is equal_null
    assert holds({"config.a.b": {"$ne": None}}, run) is not equal_null
    assert holds({"config.a.b": {"$in": [None, 75]}}, run) is equal_null
    assert holds({"config.a.b": {"$gte": None}}, run) is equal_null
    assert holds({"config.a.b": {"$not": {"$gte": None}}}, run) is not equal_null
    assert not holds({"config.a.b": {"$gt": None}}, run)
    assert holds({"config.a.b": {"$exists": True}}, run) is exists


@pytest.mark.parametrize(
    ("operator", "found"), [("$gte", True), ("$lte", True), ("$eq", True), ("$gt", False), ("$lt", False)]
)
def test_nan_is_like_nan_only(operator: str, found: bool) -> None:
    assert holds({"config.nan": {operator: math.nan}}) is found
    assert not holds({"config.nan": {operator: 1.0}})
    assert not holds({"config.record.x": {operator: math.nan}})


@pytest.mark.parametrize(
    "filters",
    [
        {"config.odd": {"value": 1}},
        {"config.odd.value": {"value": 1}},
        {"config.odd.value.value": 1},
        {"config.b.value": 2},
        {"config.both.x": 1},
        {"config.both.value.x": 1},
        {"config.deep.a.b.c": 3},
        {"config.deep.value.a.b.c": 3},
        {"config.list.x": 2},
        {"config.list.1.x": 2},
        {"config.list.7.x": None},
        {"config.record": {"y": [1, 2], "x": 1}},
        {"config.record": {"$eq": {"x": 1.0, "y": [1, 2]}}},
        {"config.record.y": (1, 2)},
        {"duration": {"$gt": 60, "$lt": 100}},
        {"username": "ada"},
        {"createdAt": "2026-01-31T13:00:00+01:00"},
        {"created_at": {"$gte": "2026-01-31", "$lt": datetime(2026, 2, 1)}},
        {"group": None, "heartbeatAt": None, "tags": None},
        {"tags": []},
        {"tags": {"$nin": ["x"]}},
        {"displayName": {"$regex": "E$", "$options": "im"}},
        {"config.record.x": np.int64(1)},
        {"config.record.x": {"$lt": np.float32(1.5)}},
        {},
    ],
    ids=str,
)
def test_a_filter_that_holds(filters: dict[str, Any]) -> None:
    assert holds(filters)


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"summary.loss": 1}, "write `summary_metrics.loss`"),
        ({"summaryMetrics.loss": 1}, "write `summary_metrics.loss`"),
        ({"logged.loss": 1}, "write `keys_info.keys.loss`"),
        ({"created": "2026-01-01"}, "write `createdAt`"),
        ({"runtime": 1}, "write `duration`"),
        ({"notes": "x"}, "do not take `notes`"),
        ({"stat": "finished"}, "nearest: `state`"),
        ({"loss": 1}, "`summary_metrics.loss`"),
        ({"config": 1}, "write `config.KEY`"),
        ({"config.": 1}, "names no field"),
        ({5: 1}, "not by `5`"),
        ({"config.x": {"$gtt": 1}}, "nearest: `$gte`, `$gt`"),
        ({"config.x": {"$gt": 1, "lt": 2}}, "`lt` is not an operator"),
        ({"config.x": {"$all": [1]}}, "write `$and`"),
        ({"$not": {"config.x": 1}}, "write `$nor`"),
        ({"$an": []}, "nearest: `$and`"),
        ({"$and": []}, "one or more filters"),
        ({"$or": {"config.x": 1}}, "one or more filters"),
        ({"$or": [1]}, "a filter is a dict"),
        ({"config.x": {"$in": "abc"}}, "take a list"),
        ({"config.x": {"$exists": "yes"}}, "true or false"),
        ({"config.x": {"$not": 1}}, "`$ne`"),
        ({"config.x": {"$gt": [1]}}, "compares numbers"),
        ({"config.x": {1, 2}}, "compares with numbers"),
        ({"config.x": {"$regex": "(?=a)"}}, "look-around"),
        ({"config.x": {"$regex": "("}}, "not a regular expression"),
        ({"config.x": {"$regex": 1}}, "pattern as text"),
        ({"config.x": {"$regex": "a", "$options": "x"}}, "letters"),
        ({"config.x": {"$options": "i"}}, "beside a `$regex`"),
        ({"createdAt": {"$regex": "2026"}}, "holds a time"),
        ({"createdAt": {"$gt": 1.7e9}}, "compares with times"),
        ({"createdAt": {"$gt": "yesterday"}}, "is not a time"),
    ],
    ids=str,
)
def test_a_filter_that_is_refused(filters: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        compile_filter(read_filter(filters))
    assert said in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("filters", "order", "wanted"),
    [
        ({}, "+created_at", LIGHT),
        ({"state": "finished"}, "-displayName", LIGHT),
        ({"config.lr": 1}, "created_at", Wanted(config=("lr",))),
        ({"config.a.b": 1}, "created_at", Wanted(config=("a", "a.b"))),
        ({"config.lr.value": 1}, "created_at", Wanted(config=("lr", "lr.value"))),
        ({"$or": [{"config.lr": 1}, {"$nor": [{"config.x": 1}]}]}, "name", Wanted(config=("lr", "x"))),
        ({}, "-summary_metrics.val/loss", Wanted(summary=("val/loss",))),
        ({"keys_info.keys.a": {"$exists": True}}, "", Wanted(history_keys=True)),
    ],
    ids=str,
)
def test_what_must_be_loaded_to_answer(filters: dict[str, Any], order: str, wanted: Wanted) -> None:
    assert needed(read_filter(filters), read_order(order or "+created_at")) == wanted


@pytest.mark.parametrize("order", ["", "-", "summary.loss", "a,b", "keys_info.keys.a", "tags", "+created_at,"])
def test_an_order_that_is_refused(order: str) -> None:
    with pytest.raises(ArgumentError):
        read_order(order)
