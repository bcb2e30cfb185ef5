"""Filters against mongomock, an evaluator that we did not write, on random runs and random filters.

Where mongomock leans on Python and the MongoDB manual says otherwise, values are sent to it in disguise:
in Python `True == 1` and NaN does not equal itself, so bools go as times and NaN goes as bytes, types of their own.
A path that steps into something that is no record (`a.b` where `a` is 1, `[]` or `[1]`) is where mongomock and
MongoDB's own tests part over `null`; such examples are left to `test_mongo.py`.
"""

from __future__ import annotations

import math
import warnings
from datetime import datetime
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from runql.engine.mongo.filters import compile_filter
from runql.language.fields import Space
from runql.semantic.record import RunRecord
from runql.syntax.mongo.nodes import fields_in
from runql.syntax.mongo.reader import read_filter

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from mongomock.filtering import filter_applies

KEYS = ("a", "b", "val/loss")

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([-1, 0, 1, 2, 1.0, 1.5, math.inf, -math.inf, math.nan]),
    st.sampled_from(["", "a", "b", "ab", "1", "é"]),
)
lists = st.lists(scalars, max_size=3)
small = st.dictionaries(st.sampled_from(KEYS), scalars, max_size=2)
values = st.one_of(scalars, scalars, lists, small, st.lists(small, max_size=2))
parts = st.dictionaries(st.sampled_from(KEYS), values, max_size=3)
nested = st.dictionaries(st.sampled_from(KEYS), st.one_of(values, parts), max_size=3)

paths = st.lists(st.sampled_from(KEYS), min_size=1, max_size=2).map(".".join)
fields = st.one_of(
    paths.map("config.{}".format),
    paths.map("summary_metrics.{}".format),
    st.sampled_from(["tags", "state", "group", "name"]),
)


def operators() -> st.SearchStrategy[dict[str, Any]]:
    ordered = st.one_of(st.booleans(), st.sampled_from([0, 1, 1.5, math.inf]), st.sampled_from(["", "a", "b"]))
    plain = st.fixed_dictionaries(
        {},
        optional={
            "$eq": st.one_of(scalars, lists),
            "$ne": st.one_of(scalars, lists),
            "$gt": ordered,
            "$gte": ordered,
            "$lt": ordered,
            "$lte": ordered,
            "$in": st.lists(scalars, max_size=3),
            "$nin": st.lists(scalars, max_size=3),
            "$exists": st.booleans(),
            "$regex": st.sampled_from(["a", "^b", "^$", "1|é"]),
        },
    ).filter(bool)
    return st.one_of(plain, plain.map(lambda condition: {"$not": condition}))


simple = st.dictionaries(fields, st.one_of(scalars, operators()), min_size=1, max_size=2)
filters = st.recursive(
    simple,
    lambda inner: st.dictionaries(
        st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=1
    ),
    max_leaves=4,
)
records = st.builds(
    RunRecord,
    id=st.sampled_from(["a", "b"]),
    state=st.sampled_from(["finished", "b"]),
    group=st.sampled_from([None, "a"]),
    # An untagged run answers to null and to an empty list alike, as MongoDB's documents cannot.
    tags=st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=2, unique=True).map(tuple),
    config=nested,
    summary=nested,
)


def disguised(value: Any) -> Any:
    if isinstance(value, bool):
        return datetime(2000, 1, 1 + value)
    if isinstance(value, float) and math.isnan(value):
        return b"NaN"
    if isinstance(value, list):
        return [disguised(item) for item in value]
    if isinstance(value, dict):
        return {key: item if key == "$exists" else disguised(item) for key, item in value.items()}
    return value


def document(record: RunRecord) -> dict[str, Any]:
    whole = {
        "name": record.id,
        "state": record.state,
        "tags": list(record.tags),
        "config": record.config,
        "summary_metrics": record.summary,
    }
    if record.group is not None:
        whole["group"] = record.group
    disguise: dict[str, Any] = disguised(whole)
    return disguise


def steps_into_scalar(query: dict[str, Any], record: RunRecord) -> bool:
    roots = {Space.CONFIG: record.config, Space.SUMMARY: record.summary}
    return any(
        not is_record(node)
        for field in fields_in(read_filter(query))
        if field.space in roots and len(field.segments) == 2
        for node in [(roots[field.space] or {}).get(field.segments[0], {})]
    )


def is_record(node: Any) -> bool:
    if isinstance(node, list):
        return bool(node) and all(isinstance(item, dict) for item in node)
    return isinstance(node, dict)


@settings(max_examples=400, deadline=None)
@given(filters, records)
def test_a_filter_holds_where_mongomock_says_so(query: dict[str, Any], record: RunRecord) -> None:
    assume(not steps_into_scalar(query, record))
    expected = filter_applies(disguised(query), document(record))  # type: ignore[no-untyped-call]
    assert compile_filter(read_filter(query))(record) is expected
