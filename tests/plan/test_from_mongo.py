"""Filters read back: what we send, and what others write, means the same as the query that it is read as."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runql
from runql.engine.evaluate import truth
from runql.engine.mongo.filters import compile_filter
from runql.errors import ArgumentError
from runql.language.fields import FILTER_NAMES
from runql.plan.capabilities import Capabilities
from runql.plan.lower import lower
from runql.plan.push import push
from runql.semantic.check_context import CheckContext
from runql.semantic.check_query import check
from runql.semantic.needed import walk
from runql.semantic.record import RunRecord
from runql.semantic.typed import TLogged, TypedExpr, TypedQuery
from runql.syntax import parse, to_text
from runql.syntax.mongo.names import AS_PASTED
from runql.syntax.mongo.reader import read_filter
from runql.syntax.tree import Target, query_of
from tests.plan.documents import asked, document, mongo_lets_through
from tests.plan.random_runs import (
    METRICS,
    MOMENTS,
    NOON,
    PATTERNS,
    RECORDS,
    TAGS,
    TEXTS,
    conditions,
    records,
)
from tests.plan.reference import holds

KEYS = ["x", "y", "m", "m.value.b", "a b", "val/loss", "$d", "été", "x.value"]
"""Names whose path can mean one thing only: a dot nests or is the wrapper's."""

VALUES: list[Any] = [None, True, False, 0, 1, -1, 0.5, 2**60, math.nan, math.inf, *TEXTS]


def _without_lists(record: RunRecord) -> bool:
    """No list, and no key with a dot: of the first a filter asks any element, of the second there are two readings."""
    held = [*(record.config or {}).items(), *(record.summary or {}).items()]
    return not any(
        "." in key or isinstance(value, list) or (isinstance(value, dict) and (value in _ODD)) for key, value in held
    )


_ODD = [record for record in RECORDS if "b.c" in record or "value" in record or record.get("b") == [1]]
plain_runs = st.lists(records.filter(_without_lists), min_size=1, max_size=6)


def condition_of(text: str) -> TypedExpr | None:
    """The condition of a query, checked where no field is known. It must be free of mistakes."""
    parsed = parse(text)
    assert parsed.ok, (text, parsed.diagnostics)
    query = query_of(parsed.script.statements[0])
    assert query is not None
    assert to_text(query) == text
    checked = check(query, None, CheckContext(params={}, now=NOON, zone=UTC, aliases={}, text=text))
    assert checked.query is not None, (text, checked.diagnostics)
    return checked.query.where


def lets_through(where: TypedExpr | None, run: RunRecord) -> bool:
    if where is None:
        return True
    logged = [node for node in walk(where) if isinstance(node, TLogged)]
    return truth(where, run, {node: holds(node, run) for node in logged}) is True


@settings(deadline=None, max_examples=150)
@given(plain_runs, conditions)
def test_what_we_send_is_read_back(runs: list[RunRecord], where: TypedExpr) -> None:
    filters = asked(push(lower(TypedQuery(Target.RUNS, where=where)), Capabilities(), None).source).filters
    read = condition_of(runql.from_mongo(filters))
    test = compile_filter(read_filter(filters))
    for run in runs:
        assert lets_through(read, run) is test(run), filters
        # W&B keeps no tags as null, or as an empty list. A field of the run that is null is missing to RunQL.
        held = {name: value for name, value in document(run).items() if value is not None}
        held["tags"] = list(run.tags) or None
        assert lets_through(read, run) is mongo_lets_through(filters, held), filters


def _orders(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Mapping[str, Any]]:
    return st.dictionaries(st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), values, min_size=1, max_size=2)


def _tests(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        values,
        st.dictionaries(st.sampled_from(["$eq", "$ne"]), values, min_size=1, max_size=1),
        st.dictionaries(st.sampled_from(["$in", "$nin"]), st.lists(values, max_size=3), min_size=1, max_size=1),
        st.booleans().map(lambda there: {"$exists": there}),
    )


_values = st.sampled_from(VALUES)
_ordered = st.sampled_from([v for v in VALUES if v is not None and str(v) != "nan"])
_texts = st.sampled_from([None, *TEXTS])
_times = st.sampled_from([moment.isoformat() for moment in MOMENTS])
_regexes = st.builds(
    lambda pattern, options: {"$regex": pattern, **options},
    st.sampled_from(PATTERNS),
    st.sampled_from([{}, {"$options": "i"}, {"$options": "is"}]),
)
_of_key = st.one_of(_tests(_values), _orders(_ordered), _regexes)
_of_text = st.one_of(_tests(_texts), _regexes)
_negatable = st.one_of(_orders(_ordered), _regexes, st.just({"$eq": 1})).map(lambda test: {"$not": test})
_paths = st.builds(
    lambda space, key: f"{space}.{key}", st.sampled_from(["config", "summary_metrics"]), st.sampled_from(KEYS)
)
_leaves = st.one_of(
    st.tuples(_paths.filter(lambda p: not p.startswith("summary") or "value" not in p), st.one_of(_of_key, _negatable)),
    st.tuples(st.sampled_from(["name", "displayName", "group", "jobType", "username"]), _of_text),
    st.tuples(st.sampled_from(["createdAt", "heartbeatAt"]), st.one_of(_tests(_times), _orders(_times))),
    st.tuples(
        st.just("duration"), st.one_of(_tests(st.sampled_from([0, 1.0, 7200])), _orders(st.sampled_from([0, 60])))
    ),
    st.tuples(
        st.just("tags"),
        st.one_of(
            st.sampled_from([*TAGS, {"$ne": "a"}, {"$in": ["a", "b"]}, {"$nin": ["a", "b"]}, {"$in": ["a"]}]),
            st.sampled_from([{"$regex": "a"}, {"$not": {"$regex": "^a$"}}, {"$regex": "^B", "$options": "i"}]),
            st.sampled_from([["a"], ["a", "b"], {"$ne": ["a", "b"]}, {"$all": ["a", "b"]}, {"$size": 2}]),
        ),
    ),
    st.tuples(
        st.sampled_from([f"keys_info.keys.{m}" for m in METRICS if "." not in m]),
        st.booleans().map(lambda e: {"$exists": e}),
    ),
).map(lambda pair: {pair[0]: pair[1]})
filters_drawn: st.SearchStrategy[dict[str, Any]] = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds(
            lambda name, parts: {name: parts},
            st.sampled_from(["$and", "$or", "$nor"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.lists(inner, min_size=2, max_size=2).map(lambda parts: {**parts[0], **parts[1]}),
    ),
    max_leaves=5,
)


@settings(deadline=None, max_examples=200)
@given(plain_runs, filters_drawn)
def test_what_others_write_is_read(runs: list[RunRecord], filters: dict[str, Any]) -> None:
    read = condition_of(runql.from_mongo(filters))
    test = compile_filter(read_filter(filters, AS_PASTED))
    for run in runs:
        assert lets_through(read, run) is test(run), filters


def test_the_names_are_those_of_filters() -> None:
    """Besides two that the server does not document and people write."""
    known = {spelling: field.name for spelling, field in FILTER_NAMES.items()}
    names = {spelling: entry.name for spelling, entry in AS_PASTED.names.items()}
    assert names == {**known, "user": "user", "job_type": "job_type"}


@pytest.mark.parametrize(
    ("filters", "order", "query"),
    [
        ({}, None, "runs"),
        (None, "-created_at", "runs order -created"),
        ({"config.lr": {"$gt": 0.01}}, "-summary_metrics.loss", "runs where config.lr > 0.01 order -summary.loss"),
        ({"config.lr.value": 1}, "+config.lr.value,-name", "runs where config.lr = 1 order config.lr, -id"),
        ({"config.pbt.value.workspace": "a"}, None, 'runs where config.pbt.workspace = "a"'),
        ({"config.top-1 acc": {"$exists": True}}, None, "runs where exists(config.`top-1 acc`)"),
        ({"name": {"$in": ["a", "b"]}}, None, 'runs where id in ("a", "b")'),
        ({"displayName": {"$regex": "^a", "$options": "i"}}, None, 'runs where name ~* "^a"'),
        ({"tags": {"$nin": ["a", "b"]}}, None, 'runs where tags not has any ("a", "b")'),
        ({"tags": {"$all": ["a", "b"]}}, None, 'runs where tags has all ("a", "b")'),
        ({"tags": {"$size": 2}}, None, "runs where len(tags) = 2"),
        ({"tags": None}, None, "runs where untagged"),
        ({"tags": {"$regex": "^a"}}, None, 'runs where tags ~ "^a"'),
        ({"tags": {"$not": {"$regex": "^a", "$options": "i"}}}, None, 'runs where tags !~* "^a"'),
        ({"tags": ["a", "b"]}, None, 'runs where tags = ["a", "b"]'),
        ({"config.layers": {"$ne": [64, 32.5]}}, None, "runs where config.layers != [64, 32.5]"),
        ({"createdAt": {"$gt": "2026-01-31"}}, None, "runs where created > 2026-01-31T00:00Z"),
        ({"config.x": {"$in": [1, None]}}, None, "runs where config.x = 1 or config.x is null"),
        ({"config.x": {"$in": []}}, None, "runs where false"),
        ({"$not": {"state": "failed"}}, None, 'runs where state != "failed"'),
        ({"config.x": {"$not": {"$gt": 1}}}, None, "runs where not if(config.x > 1, true, false)"),
        ({"keys_info.keys.val/acc": {"$exists": False}}, None, "runs where missing(logged.val/acc)"),
        ({"$or": [{"state": "failed", "group": "a"}, {"config.flag": True}]}, None,
         'runs where state = "failed" and group = "a" or config.flag = true'),
    ],
)  # fmt: skip
def test_filters_as_queries(filters: dict[str, Any] | None, order: str | None, query: str) -> None:
    assert runql.from_mongo(filters, order) == query
    assert parse(query).ok


@pytest.mark.parametrize(
    ("filters", "order", "place"),
    [
        ({"$or": [{"state": "a"}, {"config.x": {"$elemMatch": 1}}]}, None, "at $or[1].config.x.$elemMatch: "),
        ({"$and": []}, None, "at $and: "),
        ({"config.lr": {"": 1}}, None, "at config.lr: an operator has no name"),
        ({"$where": "x"}, None, "at $where: "),
        ({"lr": 1}, None, "at lr: no field `lr`"),
        ({"config": 1}, None, "at config: "),
        ({"config.x": {"a": 1}}, None, "at config.x: "),
        ({"config.x": {"$in": [1, [2]]}}, None, "at config.x.$in[1]: "),
        ({"config.x": {"$size": 1}}, None, "at config.x.$size: "),
        ({"config.x": {"$regex": "a", "$options": "x"}}, None, "at config.x.$regex: "),
        ({"config.x": {"$options": "i"}}, None, "at config.x.$options: "),
        ({"createdAt": {"$lt": "soon"}}, None, "at createdAt.$lt: `soon` is not a time"),
        ({"createdAt": 5}, None, "at createdAt: "),
        ({"config.x": [1, [2]]}, None, "at config.x[1]: "),
        ({"config.x": [math.nan]}, None, "at config.x[0]: "),
        ({"tags.a": True}, None, "at tags.a: "),
        ({"keys_info.keys.loss": 1}, None, "at keys_info.keys.loss: "),
        ({1: 2}, None, "a filter names its fields by text"),
        ([], None, "a filter is a dict"),
        ({}, "-", "at order `-`: "),
        ({}, "-tags", "at order `-tags`: "),
        ({}, "+nothing", "at order `+nothing`: "),
    ],
)
def test_what_cannot_be_said_names_its_place(filters: Any, order: str | None, place: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        runql.from_mongo(filters, order)
    assert raised.value.diagnostics[0].message.startswith(place)
