"""Columns that are called like something else, and the elements of lists in columns."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

import runql


def rows(query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in runql.query(query, source="demo").frame.rows()]


@pytest.mark.parametrize("name", ["now", "today", "yesterday"])
def test_a_column_that_is_called_as_a_moment_is_meant_by_its_name(name: str) -> None:
    momenta = f"runs where exists(config.momentum) limit 3 select config.momentum as {name}"
    assert [twice == 2 * momentum for momentum, twice in rows(f"{momenta} | derive twice = 2 * {name}")] == [True] * 3
    assert len(rows(f"{momenta} | where {name} > 0")) == 3
    assert rows(f"runs limit 1 select created | derive is_past = created < {name} | drop created") == [(True,)]


def test_an_element_of_a_list_in_a_column() -> None:
    query = 'runs limit 1 select name | derive p = split(name, " ")'
    query += " | derive a = p[0], b = element(p, -1), c = p[9] | drop p"
    assert [row[:3] for row in rows(query)] == [("baseline sgd s0", "baseline", "s0")]
    assert rows("runs limit 1 select element(tags, 0) as tag") == rows(
        "runs limit 1 | derive tag = tags[0] | select tag"
    )


def test_a_mean_of_the_last_values_stands_beside_each() -> None:
    found = rows("runs limit 1 keys loss scan steps ..3 | derive m = mean(loss, last 2) | select loss, m")
    values = [loss for loss, _ in found]
    assert [m for _, m in found] == pytest.approx([values[0], *((a + b) / 2 for a, b in pairwise(values))])
