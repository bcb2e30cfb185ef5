"""Tests of any field against a judge of plain Python, written from `semantics.md` alone."""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runql
from runql.errors import QueryError
from runql.sources.memory import MemoryService

TEXTS = st.sampled_from(["vit", "ViT-b16", "adam", "lr", "0.1", "", "größe", "a.b", "true", "64"])
NUMBERS = st.sampled_from([0, 1, 0.1, 64, -3, 2**53 + 1, math.inf, -math.inf, math.nan])
LEAVES = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())
KEYS = st.sampled_from(["lr", "opt", "vit", "Model", "a.b", "_x", "_wandb", "val/loss", "größe"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(KEYS, inner, max_size=3),
        st.dictionaries(KEYS, inner, max_size=1).map(lambda one: {"_type": "image-file", **one}),
    ),
    max_leaves=6,
)
PARTS = st.dictionaries(KEYS, VALUES, max_size=4)
RUN_TEXTS = st.one_of(st.none(), TEXTS)


@st.composite
def runs(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "id": f"r{number}",
            "name": draw(TEXTS),
            "notes": draw(RUN_TEXTS),
            "group": draw(RUN_TEXTS),
            "tags": draw(st.lists(TEXTS, max_size=2)),
            "config": draw(PARTS),
            "summary": draw(PARTS),
            "createdAt": datetime(2026, 1, 1, tzinfo=UTC),
        }
        for number in range(draw(st.integers(1, 4)))
    ]


# ---------------------------------------------------------------- the judge


def inside(value: Any, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What a value holds, itself first, each with the keys above it."""
    yield names, value
    if isinstance(value, dict) and "_type" not in value:
        for key, inner in value.items():
            yield from inside(inner, (*names, key))
    elif isinstance(value, list):
        for inner in value:
            yield from inside(inner, names)


def everything(part: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in part.items():
        yield from inside(value, (key,))


def asked(run: dict[str, Any], scope: str) -> list[Any]:
    if scope == "any_field":
        found = [run["id"], run["name"], run["notes"], run["group"], *run["tags"]]
        found = [one for one in found if one is not None]
        for names, value in everything(run["config"]):
            if names[0] != "_wandb":
                found += [names[-1], ".".join(names), value]
        return found
    space, _, pattern = scope.partition(".")
    return [
        value
        for names, value in everything(run[space])
        if pattern.startswith("_") or not names[0].startswith("_" if space == "summary" else "_wandb")
        if any(fnmatch.fnmatchcase(".".join(names), one) for one in (pattern, f"{pattern}.*"))
    ]


def holds_lists(part: dict[str, Any]) -> bool:
    """What lies inside of lists is in no catalog."""
    return any(isinstance(value, list) for _, value in everything(part))


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def same(value: Any, other: Any) -> bool:
    if is_number(value) and is_number(other):
        return bool(value == other)
    return type(value) is type(other) and not isinstance(value, list | dict) and bool(value == other)


def texts(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


TESTS: list[tuple[str, bool, Callable[[Any], bool]]] = [
    # as written, whether it is negated, the test of one value
    ("{} = 0.1", False, lambda value: same(value, 0.1)),
    ("{} = 1", False, lambda value: same(value, 1)),
    ("{} = true", False, lambda value: same(value, True)),
    ('{} = "vit"', False, lambda value: same(value, "vit")),
    ('{} != "vit"', True, lambda value: same(value, "vit")),
    ("{} = 9007199254740993", False, lambda value: same(value, 2**53 + 1)),
    ("{} = null", False, lambda value: value is None),
    ("{} is nan", False, lambda value: is_number(value) and math.isnan(value)),
    ("{} is not nan", True, lambda value: is_number(value) and math.isnan(value)),
    ("{} is finite", False, lambda value: is_number(value) and math.isfinite(value)),
    ("{} > 0.5", False, lambda value: is_number(value) and value > 0.5),
    ("not {} > 0.5", True, lambda value: is_number(value) and value > 0.5),
    ("{} between 0 and 1", False, lambda value: is_number(value) and 0 <= value <= 1),
    ('{} not in ("adam", 64)', True, lambda value: same(value, "adam") or same(value, 64)),
    ('{} ~ "vi?t"', False, lambda value: any(re.search("vi?t", one) for one in texts(value))),
    ('{} !~* "VIT"', True, lambda value: any(re.search("(?i)VIT", one) for one in texts(value))),
    ('{} startswith "0."', False, lambda value: any(one.startswith("0.") for one in texts(value))),
    ('{} glob "a*"', False, lambda value: any(fnmatch.fnmatchcase(one, "a*") for one in texts(value))),
    ('{} has "adam"', False, lambda value: isinstance(value, list) and any(same(one, "adam") for one in value)),
    ('{} has none ("adam")', True, lambda value: isinstance(value, list) and any(same(one, "adam") for one in value)),
    ("exists({})", False, lambda value: True),
    ("missing({})", True, lambda value: True),
]
SCOPES = st.sampled_from(["any_field", "config.*", "summary.*", "config.o*", "summary.*t", "summary._*"])


def chosen(made: list[dict[str, Any]], where: str) -> list[str]:
    """The runs that pass."""
    return [row["id"] for row in runql.query(f"runs {where} select id", source=MemoryService(made))]


@settings(max_examples=150, deadline=None)
@given(made=runs(), test=st.sampled_from(TESTS), scope=SCOPES)
def test_what_passes(made: list[dict[str, Any]], test: tuple[str, bool, Callable[[Any], bool]], scope: str) -> None:
    written, negated, passes = test
    is_pattern = scope != "any_field" and not scope.endswith(".*")
    parts = [run[scope.partition(".")[0]] for run in made] if is_pattern else []
    if is_pattern and not any(asked(run, scope) for run in made) and not any(map(holds_lists, parts)):
        with pytest.raises(QueryError, match="RQL201"):  # every run was looked at, and none has such a field
            chosen(made, f"where {written.format(scope)}")
        return
    expected = [run["id"] for run in made if any(map(passes, asked(run, scope))) is not negated]
    assert chosen(made, f"where {written.format(scope)}") == expected


def mentions(run: dict[str, Any], word: str) -> bool:
    for value in asked(run, "any_field"):
        if any(word.casefold() in one.casefold() for one in texts(value)):
            return True
        if word == "true" and value is True:
            return True
        if re.fullmatch(r"[\d.]+", word) and is_number(value) and value == float(word):
            return True
    return False


@settings(max_examples=100, deadline=None)
@given(made=runs(), words=st.lists(st.sampled_from(["VIT", "lr", "0.1", "64", "true", "a.b", "b16", "r0"]), min_size=1))
def test_what_is_searched(made: list[dict[str, Any]], words: list[str]) -> None:
    expected = [run["id"] for run in made if all(mentions(run, word) for word in words)]
    assert chosen(made, f'search "{" ".join(words)}"') == expected


@pytest.mark.parametrize("words", ["vit lr", "lr vit", " LR  viT "])
def test_the_words_of_a_parameter(words: str) -> None:
    made = [{"id": "a", "config": {"lr": 1}, "tags": ["vit"]}, {"id": "b", "config": {"lr": 1}}]
    result = runql.query("runs search $words select id", source=MemoryService(made), words=words)
    assert [row["id"] for row in result] == ["a"]
