"""Functions of texts and times, casts and tests of fields that no run has: the same answer, and the same said of it,
whoever holds the runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from runql import config
from runql.session import Result, Session
from runql.sources.open import SourcePlace
from tests.contract.backends import BACKENDS, Source
from tests.contract.sample import SAMPLE

QUERIES = [
    'runs where number(split(name, "-", -1)) > 1 select id, number(split(name, "-", -1))',
    "runs where config.lr > 0.001 and number(name) > 1 select id",
    "runs where exists(config.nope) or missing(config.no_such) select id",
    'runs where replace(name, re "[0-9]+$", "<\\0>") contains "<" select id, replace(name, re "[0-9]+$", "<\\0>")',
    'runs order -extract(name, "([a-z]+)"), id select id, extract(name, "([a-z]+)"), substr(name, -2)',
    'runs | group extract(name, "^[a-z]+") as kind : share(state = "finished"), good = count_if(config.lr > 0.001)',
    "runs select id, text(config.model.name), text(config.lr), bool(config.amp), concat(config.lr, '/', config.seed)",
    "runs | derive n = number(name) | group n : count()",
    "count runs where number(config.seed) >= 1",
    "runs select id, created + 1e12, created - 1e30 as b",
    "runs where created + 1e12 > today select id",
    "runs | group : max(created - 1e12), n = count()",
    "runs order id | derive a = lag(created) over all + 1e13, b = bool(lag(id) over all) | select id, a, b",
]
OF_TIMES = "runs where year(created) > 1990 and date(created) <= now select id, weekday(created) between 1 and 7 as day"


def _needed(text: str) -> list[pytest.MarkDecorator]:
    """Names that are no ids are not held by all sources."""
    return [pytest.mark.needs("labels")] if "name" in text.replace("model.name", "") else []


def asked(source: Source, text: str) -> tuple[list[Any], list[str]]:
    """The rows, and what was said of casts and of fields that are not there."""
    zone = ZoneInfo("Europe/Berlin")
    session = Session(source.service, config.Settings(), now=datetime(2030, 1, 1, tzinfo=UTC), zone=zone)
    session._places = {"sample": SourcePlace("sample", source.service, source.entity, source.project)}
    (result,) = session.run(text.replace("runs", "runs from sample", 1))
    assert isinstance(result, Result)
    rows = [tuple(map(repr, row.values())) for row in result]
    return rows, [one.message for one in result.notices if one.code in ("RQL345", "RQL346")]


def test_a_time_outside_of_the_calendar_is_counted(source: Source) -> None:
    _, said = asked(source, "runs select id, created + 1e12, created - 1e30 as b, created + 1d as c")
    count = len(SAMPLE.runs)
    of = f"is missing for {count} of {count} values: outside of the calendar, which has the years 1 to 9999"
    assert said == [f"`created + …` {of}", f"`created - …` {of}"]


@pytest.mark.parametrize("text", [pytest.param(one, marks=_needed(one)) for one in QUERIES])
def test_an_answer_does_not_depend_on_who_holds_the_runs(source: Source, text: str, tmp_path: Path) -> None:
    expected, said = asked(BACKENDS["memory"].make(SAMPLE, tmp_path), text)
    rows, notices = asked(source, text)
    assert rows == expected
    assert notices == said


def test_parts_of_times_are_there_in_every_source(source: Source) -> None:
    rows, _ = asked(source, OF_TIMES)
    assert [row[1] for row in rows] == ["True"] * len(SAMPLE.runs)
