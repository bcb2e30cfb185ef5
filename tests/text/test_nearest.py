"""Nearest names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.text.letters import distance
from runql.text.nearest import nearest

NAMES = ["learning_rate", "learning_rates", "lr", "optim.lr", "loss", "val/loss", "batch_size", "Loss"]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [("", "", 0), ("a", "", 1), ("wehre", "where", 1), ("ca", "abc", 3), ("kitten", "sitting", 3), ("same", "same", 0)],
)
def test_distance(a: str, b: str, expected: int) -> None:
    assert distance(a, b, 5) == expected


def test_a_distance_beyond_the_limit_is_not_measured() -> None:
    assert distance("abcdef", "uvwxyz", 2) == 3
    assert distance("a", "abcdefgh", 2) == 3


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("learning_rat", ("learning_rate", "learning_rates")),
        ("LOSS", ("Loss", "loss")),
        ("lsos", ("Loss", "loss")),
        ("lr", ("lr", "optim.lr")),
        ("size", ("batch_size",)),
        ("momentum", ()),
        ("zz", ()),
        ("", ()),
    ],
)
def test_only_what_is_near(name: str, expected: tuple[str, ...]) -> None:
    assert nearest(name, NAMES)[: len(expected)] == expected
    assert bool(nearest(name, NAMES)) == bool(expected)


def test_at_most_so_many() -> None:
    assert len(nearest("loss", ["loss1", "loss2", "loss3", "loss4"], most=2)) == 2


def test_many_names_are_searched() -> None:
    names = [f"metric_{number:05}/value" for number in range(5000)]
    assert nearest("metric_0420/value", names)[0] in {"metric_00420/value", "metric_04200/value", "metric_04201/value"}


@given(st.text(max_size=6), st.text(max_size=6))
def test_distance_is_symmetric_and_zero_only_between_equals(a: str, b: str) -> None:
    assert distance(a, b, 9) == distance(b, a, 9)
    assert (distance(a, b, 9) == 0) == (a == b)
