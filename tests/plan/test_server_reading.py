"""What of a filter W&B's server is left: only what it is known to read as RunQL does."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from runql.plan.to_mongo.server_reading import is_read_alike, with_infinities
from runql.plan.to_mongo.wire import wire
from runql.sources.wandb.listing.questions import doubted_in, narrow
from runql.syntax.mongo.reader import read_filter

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("filters", "alike"),
    [
        ({"config.lr": {"$gt": 0.1}}, True),
        ({"config.lr": None}, False),
        ({"config.lr": {"$in": [1, None]}}, False),
        ({"config.lr": {"$ne": 1}}, False),
        ({"config.lr.value": 1}, True),
        ({"config.model.depth": 1}, False),
        ({"config.model.value.depth": 1}, True),
        ({"config.layers.0": 1}, False),
        ({"config.layers": [1]}, False),
        ({"config.x": {"$lt": math.inf}}, False),
        ({"config.x": 2**53}, False),
        ({"config.x": "a\0"}, False),
        ({"config.x": "\ud800"}, False),
        ({"config.x": {"$gt": NOON}}, False),
        ({"createdAt": {"$gt": NOON}}, True),
        ({"duration": {"$gt": 1}}, False),
        ({"state": {"$ne": "failed"}}, True),
        ({"group": {"$ne": "a"}}, False),
        ({"group": {"$ne": None}}, True),
        ({"$or": [{"group": {"$nin": ["a"]}}, {"group": None}]}, True),
        ({"$or": [{"group": {"$ne": "a"}}, {"group": {"$eq": None}}]}, True),
        # null is let through there only beside a state
        ({"$or": [{"group": {"$ne": "a"}}, {"group": None, "state": "failed"}]}, False),
        ({"$or": [{"displayName": {"$ne": "a"}}, {"display_name": None}]}, True),
        ({"$nor": [{"state": "failed"}]}, False),
        ({"state": {"$not": {"$eq": "failed"}}}, False),
    ],
    ids=str,
)
def test_what_is_read_alike(filters: dict[str, Any], alike: bool) -> None:
    read = read_filter(filters)
    assert is_read_alike(read) is alike
    assert narrow(read).is_whole is alike


@pytest.mark.parametrize(
    ("filters", "sent"),
    [
        ({"summary_metrics.x": {"$gt": 1}}, [{"summary_metrics.x": {"$gt": 1}}, {"summary_metrics.x": "Infinity"}]),
        ({"summary_metrics.x": {"$lte": 1}}, [{"summary_metrics.x": {"$lte": 1}}, {"summary_metrics.x": "-Infinity"}]),
    ],
)
def test_a_bound_lets_an_infinite_value_through(filters: dict[str, Any], sent: list[dict[str, Any]]) -> None:
    assert wire(with_infinities(read_filter(filters))) == {"$or": sent}
    beside = read_filter({**filters, "state": "finished"})
    assert wire(with_infinities(beside)) == {"$or": sent, "state": "finished"}
    also = {"summary_metrics.x": {**filters["summary_metrics.x"], "$exists": True}}
    assert wire(with_infinities(read_filter(also))) == {"$or": sent, "summary_metrics.x": {"$exists": True}}


@pytest.mark.parametrize(
    "filters",
    [
        {"summary_metrics.x": {"$gt": 1, "$lt": 5}},
        {"summary_metrics.x": {"$gt": "a"}},
        {"summary_metrics.x": {"$gt": True}},
        {"config.x": {"$gt": 1}},
    ],
    ids=str,
)
def test_what_no_infinite_value_passes_stays(filters: dict[str, Any]) -> None:
    assert wire(with_infinities(read_filter(filters))) == filters


def test_what_is_sent_is_the_part_that_is_known() -> None:
    read = read_filter({"config.lr": {"$gt": 0.1}, "group": {"$ne": "a"}, "state": "finished"})
    assert wire(narrow(read).sent) == {"config.lr": {"$gt": 0.1}, "state": "finished"}
    assert wire(narrow(read, frozenset({"config.lr"})).sent) == {"state": "finished"}
    assert doubted_in(read) == {"config.lr"}
    assert doubted_in(read_filter({"state": "a"})) == {"state"}
