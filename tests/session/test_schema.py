"""The schema of a source in so many words: never more, and what is left out is counted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runql
from runql.advice.schema import LEAST_BUDGET, Schema
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo

_TEXTS = st.text(max_size=80) | st.sampled_from(["a b c d e f g h", "x" * 300, "\x1b[31m", '"', "`"])
_SPACES = st.sampled_from([Space.CONFIG, Space.SUMMARY, Space.LOGGED, Space.SYSTEM])
_NUMBERS = st.none() | st.floats() | st.integers(-(10**20), 10**20)
_COUNTED = st.dictionaries(_TEXTS, st.integers(1, 10**7), max_size=40)


@st.composite
def fields(draw: st.DrawFn) -> FieldInfo:
    """A field of any name, kind and content."""
    return FieldInfo(
        draw(_SPACES),
        tuple(draw(st.lists(_TEXTS, min_size=1, max_size=3))),
        draw(st.integers(0, 10**7)),
        draw(st.dictionaries(st.sampled_from(list(Kind)), st.integers(0, 10**6), max_size=4)),
        draw(_NUMBERS),
        draw(_NUMBERS),
        draw(_NUMBERS),
        tuple(draw(st.lists(st.tuples(_TEXTS | st.booleans() | st.floats(), st.integers(1, 10**6)), max_size=20))),
        every=draw(st.none() | st.floats(0.1, 1e6)),
    )


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """A catalog of any size, the awkward names included."""
    return Catalog(
        draw(_TEXTS),
        draw(st.integers(0, 10**9)),
        draw(st.booleans()),
        fields=tuple(draw(st.lists(fields(), max_size=30))),
        tags=draw(_COUNTED),
        groups=draw(_COUNTED),
        sweeps=draw(_COUNTED),
    )


@given(catalogs(), st.integers(LEAST_BUDGET, 700))
@settings(max_examples=150, deadline=None)
def test_never_more_words_than_the_budget(catalog: Catalog, budget: int) -> None:
    schema = Schema(catalog, budget)
    assert len(str(schema).split()) <= budget
    assert len(schema.json().split()) <= budget
    assert all(line.isprintable() for line in str(schema).split("\n"))


@given(catalogs())
@settings(max_examples=50, deadline=None)
def test_what_is_left_out_is_counted(catalog: Catalog) -> None:
    data = json.loads(Schema(catalog, 150).json())
    names = ("config", "summary", "metrics", "machine metrics", "tags", "groups", "sweeps")
    said = sum(len(data.get(name, ())) + data["left out"].get(name, 0) for name in names)
    assert said == len(catalog.fields) + len(catalog.tags) + len(catalog.groups) + len(catalog.sweeps)


def wide(count: int) -> Catalog:
    """A source of many config fields, of each kind of thing some."""
    infos = [FieldInfo(Space.CONFIG, (f"f{n}",), 9, {Kind.NUMBER: 9}, 0.0, 1.0, 2.0, ((1.0, 5),)) for n in range(count)]
    infos += [FieldInfo(space, ("loss",), 9, {Kind.NUMBER: 9}) for space in (Space.SUMMARY, Space.LOGGED, Space.SYSTEM)]
    few = {"a": 1, "b": 2}
    source = "a b c d e f g h i j k l m"
    return Catalog(source, 9, False, fields=tuple(infos), tags=few, groups=few, sweeps=few)


def test_the_smallest_budget_holds_something_of_each() -> None:
    text = str(Schema(wide(10_000), 2 * LEAST_BUDGET))
    assert all(f"\n{name}:" in text for name in ("config", "summary", "metrics", "tags", "groups", "sweeps"))
    assert "1 machine metrics" in text  # what W&B adds by itself comes after all the rest
    assert "config fields" in text.rpartition("left out:")[2]


def test_short_before_long() -> None:
    shown = [json.loads(Schema(wide(12), budget).json()) for budget in range(LEAST_BUDGET, 400, 5)]
    names = [len(one.get("config", ())) for one in shown]
    valued = [sum("values" in field for field in one.get("config", ())) for one in shown]
    assert names == sorted(names)
    assert (names[0] < 12, names[-1], valued[-1]) == (True, 12, 12)
    assert all(count == 12 for count, with_values in zip(names, valued, strict=True) if with_values)


def test_a_budget_too_small_for_anything() -> None:
    with pytest.raises(ValueError, match="at least 100 words"):
        Schema(wide(1), 20)


def test_from_python() -> None:
    with runql.connect("demo") as demo:
        schema = demo.describe()
    assert "config.lr number 0.0003..3: 0.1 (20)" in str(schema)
    assert "logged.val/acc number 61/64 every 10 steps" in str(schema)
    assert "left out" not in str(schema)
    data = json.loads(schema.json())
    assert data["runs"] == 64
    assert data["tags"]["baseline"] == 9
    assert data["left out"] == {}
