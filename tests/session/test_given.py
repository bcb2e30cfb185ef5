"""Values of parameters as they are given to the command: typed as the language reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runql.script.given_values import value_of, values_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-0.5", -0.5),
        ("1_000", 1000),
        ("10k", 10_000),
        ("1.5M", 1_500_000),
        ("-2k", -2000),
        ("7d", timedelta(days=7)),
        ("1h30m", timedelta(minutes=90)),
        ("-24h", timedelta(days=-1)),
        ("true", True),
        ("null", None),
        ("adam", "adam"),
        ("7days", "7days"),
        ("k", "k"),
        ("2026-01-31", "2026-01-31"),
        ('"7d"', "7d"),
        ("[1, 2]", [1, 2]),
    ],
)
def test_a_value_is_typed_as_the_language_reads_it(text: str, value: Any) -> None:
    found = value_of("x", text)
    assert found == value
    assert isinstance(found, type(value))


def test_numbers_and_lengths_remember_their_spelling() -> None:
    given = values_of(["a=10k", "b=7d", "c=0.10"])
    assert [value.text for value in given.values()] == ["10k", "7d", "0.10"]


def test_so_long_ago_is_a_moment() -> None:
    found = value_of("x", "2d ago")
    assert timedelta(days=2) <= datetime.now(UTC) - found < timedelta(days=2, minutes=5)
