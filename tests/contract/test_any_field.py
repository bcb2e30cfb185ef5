"""Tests of any field, and `search`, run by run: the same answer whoever holds the runs, and from one request a page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runql import config
from runql.session import Explanation, Result, Session
from runql.sources.open import SourcePlace
from tests.contract.backends import Source
from tests.contract.sample import IDS

_CASES = [
    ('where any_field ~ "vit"', "beta"),
    ('where any_field = "paper"', "alpha beta theta"),
    ('where any_field = "depth"', "alpha beta"),
    ('where any_field = "model.depth"', "alpha beta"),
    ('where any_field = "data.path"', "alpha"),
    ("where any_field = 64", "alpha eta"),
    ("where any_field = 1", "alpha zeta"),
    ("where any_field = true", "alpha delta eta"),
    ("where any_field = [64, 32]", "alpha eta"),
    ('where any_field ~ "ïc"', "epsilon"),
    ("where any_field between 3 and 20", "alpha gamma delta"),
    ('where not any_field ~ "warm"', "gamma delta epsilon theta"),
    ('where any_field !~ "warm"', "gamma delta epsilon theta"),
    ('where config.* = "resnet"', "alpha gamma"),
    ("where config.* = null", "epsilon"),
    ("where config.model.* > 20", "beta"),
    ("where config.l* > 100", "gamma"),
    ("where exists(config.model*)", "alpha beta gamma"),
    ("where missing(config.*)", "theta"),
    ("where summary.* > 8", "alpha epsilon"),
    ("where summary.* is nan", "delta"),
    ("where summary.val/* < 0", "alpha"),
    ('where any_field ~ "warm" and config.lr = 1', "zeta"),
    ('search "BASELINE resnet"', "alpha"),
    ('search "warm 0.01"', "beta"),
    ('search "g2" where config.seed > 3', "delta"),
    ('search "first alpha"', "alpha"),
    ('search "nobody"', ""),
]
_OF_LABELS = ("paper", "ïc", "warm", "BASELINE", "first")
CASES = [
    pytest.param(*case, marks=[pytest.mark.needs("labels")] if any(map(case[0].count, _OF_LABELS)) else [])
    for case in _CASES
]


def asked(source: Source, text: str) -> Result | Explanation:
    session = Session(source.service, config.Settings(), now=datetime(2026, 1, 1, tzinfo=UTC), zone=UTC)
    session._places = {"sample": SourcePlace("sample", source.service, source.entity, source.project)}
    (result,) = session.run(text)
    return result


def ids(source: Source, clauses: str) -> list[str]:
    result = asked(source, f"runs from sample {clauses} select name, id")
    assert isinstance(result, Result)
    return [row["id"] for row in result]


@pytest.mark.parametrize(("clauses", "expected"), CASES)
@pytest.mark.parametrize("page", ["", " page 3"])
def test_which_runs_pass(source: Source, clauses: str, expected: str, page: str) -> None:
    found = ids(source, clauses + page)
    assert found == [one for one in IDS if one in expected.split()]


@pytest.mark.parametrize(("clauses", "expected"), CASES)
def test_how_many_pass(source: Source, clauses: str, expected: str) -> None:
    result = asked(source, f"count runs from sample {clauses}")
    assert isinstance(result, Result)
    assert result.value == len(expected.split())


@pytest.mark.parametrize(("clauses", "expected"), CASES)
def test_a_limit_counts_those_that_pass(source: Source, clauses: str, expected: str) -> None:
    whole = [one for one in IDS if one in expected.split()]
    assert ids(source, f"{clauses} limit 2 page 1") == whole[:2]
    assert ids(source, f"{clauses} limit 2 offset 1") == whole[1:3]
    assert ids(source, f"{clauses} order -created limit 1") == whole[::-1][:1]


def test_it_is_said_what_is_read(source: Source) -> None:
    explained = asked(source, 'explain runs from sample where any_field ~ "vit" search "lr" select id')
    assert "the fields of the run, config.*" in str(explained)
    assert 'search "lr"' in str(explained)
