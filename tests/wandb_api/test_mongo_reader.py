"""The one reader of filters: what it makes of odd dicts, in both of its dialects, and that the writer gives it back."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import runql
from runql.engine.mongo.filters import compile_filter
from runql.errors import ArgumentError
from runql.plan.to_mongo.wire import wire, wire_json, wire_order
from runql.semantic.record import RunRecord
from runql.syntax.mongo.names import AS_PASTED
from runql.syntax.mongo.nodes import EVERY_RUN, MongoFilter, field_tests, mongo_and
from runql.syntax.mongo.reader import read_filter, read_order
from runql.wandb_api.arguments import checked_filters
from tests.wandb_api.test_mongo_oracle import filters, records

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


@pytest.mark.parametrize(
    ("filters", "written"),
    [
        ({}, {}),
        ({"config.x": np.int64(3)}, {"config.x": 3}),
        ({"config.x": {"$lt": np.float64(0.5)}}, {"config.x": {"$lt": 0.5}}),
        ({"config.x": Size.LARGE}, {"config.x": 3}),
        ({"config.x": Colour.RED}, {"config.x": "red"}),
        ({"config.x": Fraction(1, 2)}, {"config.x": 0.5}),
        pytest.param({"config.x": {"$in": {"b", "a"}}}, {"config.x": {"$in": ["a", "b"]}}, id="a set"),
        ({"config.x": {"$exists": np.True_}}, {"config.x": {"$exists": True}}),
        ({"config.x": {"$exists": 0}}, {"config.x": {"$exists": False}}),
        ({"config.x": (1, {"a": 2})}, {"config.x": [1, {"a": 2}]}),
        ({"config.x": {"$eq": {"$a": 1}}}, {"config.x": {"$eq": {"$a": 1}}}),
        ({"createdAt": "2026-01-31"}, {"createdAt": "2026-01-31T00:00:00Z"}),
        ({"createdAt": date(2026, 1, 31)}, {"createdAt": "2026-01-31T00:00:00Z"}),
        ({"createdAt": {"$gt": datetime(2026, 1, 31, 12)}}, {"createdAt": {"$gt": "2026-01-31T12:00:00Z"}}),
        (
            {"createdAt": NOON.astimezone(timezone(timedelta(hours=2)))},
            {"createdAt": "2026-01-31T12:00:00Z"},
        ),
        ({"config.x": {"$gt": 1, "$lt": 5}}, {"config.x": {"$gt": 1, "$lt": 5}}),
        ({"$and": [{"state": "a"}, {"$and": [{"config.x": 1}]}]}, {"state": "a", "config.x": 1}),
        ({"$and": [{"tags": "a"}, {"tags": "b"}]}, {"$and": [{"tags": "a"}, {"tags": "b"}]}),
        ({"$or": [{"state": "a"}, {"$or": [{"state": "b"}]}]}, {"$or": [{"state": "a"}, {"state": "b"}]}),
        ({"config.x": {"$not": {"$gt": 1}}}, {"$nor": [{"config.x": {"$gt": 1}}]}),
        ({"state": {"$regex": "a", "$options": "si"}}, {"state": {"$regex": "(?is)a"}}),
    ],
    ids=str,
)
def test_what_is_read_is_written_in_one_form(filters: dict[str, Any], written: dict[str, Any]) -> None:
    found = wire(read_filter(filters))
    assert repr(found) == repr(written)
    assert wire(read_filter(found)) == found


@settings(max_examples=200, deadline=None)
@given(filters, records)
def test_what_is_written_means_what_was_read(query: dict[str, Any], record: RunRecord) -> None:
    read = read_filter(query)
    again = read_filter(wire(read))
    assert wire_json(again) == wire_json(read)
    assert compile_filter(again)(record) is compile_filter(read)(record)


def same_reading(filters: dict[str, Any]) -> tuple[str, str]:
    said = []
    for read in (read_filter, lambda given: read_filter(given, AS_PASTED)):
        with pytest.raises(ArgumentError) as raised:
            read(filters)
        said.append(str(raised.value).removeprefix("RQL216: "))
    return said[0], said[1]


@pytest.mark.parametrize(
    ("filters", "beginning"),
    [
        ({"$or": [{"state": "a"}, {"config.lr": {"$gtt": 1}}]}, "at $or[1].config.lr.$gtt: `$gtt` is not an operator"),
        ({"config.lr": {"": 1}}, "at config.lr: an operator has no name; a shell takes `$gt`"),
        ({"": 1}, "an operator has no name"),
        ({"tags.a": 1}, "at tags.a: tags have no parts"),
        ({"config.x": {"$in": [1, Decimal(2)]}}, "at config.x.$in[1]: a filter compares with"),
        ({"config.x": {"$exists": np.array([1, 2])}}, "at config.x.$exists: `$exists` takes true or false"),
        ({"config.x": b"a"}, "at config.x: a filter compares with"),
        ({"config.x": {1}}, "at config.x: a filter compares with"),
        ({"createdAt": {"$lt": "x" * 500}}, "at createdAt.$lt: `'xxx"),
        ({"config.x": {"$elemMatch": {"a": 1}}}, "at config.x.$elemMatch: `$elemMatch` is not an operator"),
        ({"$where": "1"}, "at $where: `$where` is not an operator at the top of a filter; a filter runs no code"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_mistake_is_said_alike_whoever_reads(filters: dict[str, Any], beginning: str) -> None:
    ours, pasted = same_reading(filters)
    assert ours.startswith(beginning)
    assert pasted.split("; ")[0] == ours.split("; ")[0]


def nested(depth: int, join: tuple[str, str] = ("$and", "$or")) -> dict[str, Any]:
    made: dict[str, Any] = {"config.x": 1}
    for level in range(depth):
        made = {join[level % 2]: [made, {"state": "a"}]}
    return made


def itself() -> dict[str, Any]:
    made: dict[str, Any] = {"$and": []}
    made["$and"].append(made)
    return made


def deep_list(depth: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


@pytest.mark.parametrize(
    "filters",
    [nested(5000), nested(101), itself(), {"config.x": deep_list(5000)}, {"config.x": {"$in": deep_list(5000)}}],
    ids=["deep", "one too deep", "itself", "list", "in"],
)
def test_deep_nesting_is_said_and_never_overflows(filters: dict[str, Any]) -> None:
    for read in (read_filter, checked_filters, runql.from_mongo):
        with pytest.raises(ArgumentError, match="nested too deeply"):
            read(filters)


@pytest.mark.parametrize("join", [("$or", "$or"), ("$and", "$or"), ("$nor", "$or")])
def test_what_is_not_too_deep_is_answered(join: tuple[str, str]) -> None:
    filters = nested(100, join)
    assert checked_filters(filters) == filters
    read = read_filter(copy.deepcopy(filters))
    assert isinstance(compile_filter(read)(RunRecord("r", config={"x": 1})), bool)
    assert wire_json(read)


def test_what_takes_every_run() -> None:
    assert read_filter(None) == read_filter({}) == read_filter({"$and": [{}, {}]}) == EVERY_RUN


@pytest.mark.parametrize(
    ("order", "written"),
    [
        ("created_at", "+created_at"),
        ("-config.lr.value, +name", "-config.lr.value,+name"),
        ("-createdAt", "-createdAt"),
    ],
)
def test_an_order_is_written_with_its_signs(order: str, written: str) -> None:
    assert wire_order(read_order(order)) == written


PASTED: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"tags": {"$all": ["a", "b"]}}, {"tags": ("a", "b", "c")}, True),
    ({"tags": {"$all": ["a", "b"]}}, {"tags": ("a",)}, False),
    ({"tags": {"$size": 2}}, {"tags": ("a", "b")}, True),
    ({"tags": {"$size": 1}}, {"tags": ("a", "b")}, False),
    ({"displayName": {"$contains": "b.d"}}, {"name": "ab.de"}, True),
    ({"displayName": {"$contains": "b.d"}}, {"name": "abxde"}, False),
    ({"$not": {"displayName": "x"}}, {"name": "y"}, True),
]


@pytest.mark.parametrize(("filters", "held", "expected"), PASTED, ids=str)
def test_what_people_paste_besides_has_a_meaning(filters: dict[str, Any], held: dict[str, Any], expected: bool) -> None:
    read = read_filter(filters, AS_PASTED)
    assert compile_filter(read)(RunRecord("r", **held)) is expected
    assert wire(read_filter(wire(read), AS_PASTED)) == wire(read)
    with pytest.raises(ArgumentError, match="is not an operator"):
        read_filter(filters)


def test_places_are_no_part_of_a_filter() -> None:
    one = read_filter({"$or": [{"config.x": {"$gt": 1}}, {"state": "a"}]})
    other = read_filter({"$and": [{"$or": [{"config.x": {"$gt": 1}}, {"state": "a"}]}]})
    assert one == other
    assert [test.place for test in field_tests(other)] == ["$and[0].$or[0].config.x.$gt", "$and[0].$or[1].state"]
    joined: MongoFilter = mongo_and((one, EVERY_RUN))
    assert joined == one
