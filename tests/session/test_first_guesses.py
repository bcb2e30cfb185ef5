"""What newcomers wrote before they looked into a document: what is offered for it runs, and means the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import runql
from runql.errors import QueryError, SourceError
from tests.cases.floors import FLOORS, apply
from tests.cases.markdown import cases

FILE = Path(__file__).parent.parent / "cases" / "errors_first_guesses.md"
ENGLISH = FILE.with_name("errors_english.md")
WORDS = {
    "runs | derive x = power(config.lr + 1, 2)": "runs | derive x = (config.lr + 1) ** 2",
    "runs | derive x = nullif(config.seed, 0)": "runs | derive x = if(config.seed = 0, null, config.seed)",
    "runs | group config.optimizer : array_agg(name)": "runs | group config.optimizer : list(name)",
    "runs | group config.optimizer : string_agg(name, ',')": "runs | group config.optimizer : list(name)",
    "runs | where created < ago(7d)": "runs | where created < 7d ago",
    "runs | where isnotempty(config.optimizer)": "runs | where len(config.optimizer) > 0",
    "runs | group bin(summary.loss, 0.5) : count()": "runs | group floor(summary.loss / 0.5) * 0.5 : count()",
    "runs | group bin(created, 1h) : count()": "runs | group time(floor(number(created) / 3600) * 3600) : count()",
    "runs | group date_trunc('hour', created) : count()": (
        "runs | group time(floor(number(created) / 3600) * 3600) : count()"
    ),
    "runs | group bin(created, 15m) : count()": "runs | group time(floor(number(created) / 900) * 900) : count()",
    "runs | derive x = toint(summary.acc)": (
        "runs | derive x = if(summary.acc < 0, ceil(summary.acc), floor(summary.acc))"
    ),
    "runs | group to_date(created) : count()": "runs | group date(created) : count()",
    "runs | derive x = substring(name, 0, 3)": "runs | derive x = substr(name, 0, 3)",
    "runs | derive x = substring(name, 1, 3)": "runs | derive x = substr(name, 0, 3)",
    "runs | derive x = substring(name, -3, 3)": "runs | derive x = substr(name, -3, 3)",
    "runs | derive z = summary.acc - avg(summary.acc)": ("runs | derive z = summary.acc - mean(summary.acc) over all"),
    "runs | where summary.acc > avg(summary.acc)": "runs | where summary.acc > mean(summary.acc) over all",
    "runs | derive z = lag(summary.acc, 1, 0) over config.optimizer order created": (
        "runs | derive z = coalesce(lag(summary.acc) over config.optimizer order created, 0)"
    ),
    "runs | derive x = case(summary.acc > 0.9, 'a', summary.acc > 0.5, 'b', 'c')": (
        "runs | derive x = if(summary.acc > 0.9, 'a', if(summary.acc > 0.5, 'b', 'c'))"
    ),
}
"""Calls of functions that are not there."""


OFFERED = [case.query.text for case in cases(FILE) if case.expected[-1].text.strip() != case.query.text.strip()]


SPOKEN = [
    case.query.text
    for case in cases(ENGLISH)
    if case.expected[-1].text != case.query.text and not re.search(r"csv|json|sweep", case.query.text)
]
"""Plain English that is offered a text; what it matches in the demo depends on the day."""


@pytest.mark.parametrize("text", SPOKEN)
def test_what_is_offered_for_plain_english_is_right_for_the_demo(text: str) -> None:
    fixed = FLOORS["fixed"](text)
    answers = runql.connect("demo").run(fixed)
    frames = [each.frame for each in answers if isinstance(each, runql.Result)]
    assert len(frames) == (";" in fixed or not fixed.startswith("let "))


def test_most_are_offered_a_text() -> None:
    assert len(OFFERED) > 25


@pytest.mark.parametrize("text", OFFERED)
def test_what_is_offered_for_a_stage_runs(text: str) -> None:
    fixed = FLOORS["fixed"](text)
    assert fixed.strip() != text.strip()
    assert runql.query(fixed, source="demo").frame.length


@pytest.mark.parametrize(("text", "offered"), WORDS.items())
def test_what_is_offered_for_a_call_runs(text: str, offered: str) -> None:
    with pytest.raises(QueryError) as caught:
        runql.query(text, source="demo")
    (found,) = caught.value.diagnostics
    assert apply([found.fixes[0].edits], text) == offered
    assert runql.query(offered, source="demo").frame.length


@pytest.mark.parametrize("text", ["runs | select name, acc = summary.acc", "runs select name, acc = summary.acc"])
def test_a_comparison_that_may_be_a_name_is_said(text: str) -> None:
    result = runql.query(text, source="demo")
    (said,) = (one for one in result.notices if one.code == "RQL598")
    offered = apply([said.fixes[0].edits], text)
    assert offered.endswith("select name, summary.acc as acc")
    assert not [one for one in runql.query(offered, source="demo").notices if one.code == "RQL598"]


@pytest.mark.parametrize("column", ["state = 'finished'", "config.lr = 0.1", "acc = 1", "acc = summary.acc as same"])
def test_a_comparison_that_is_one_is_not(column: str) -> None:
    result = runql.query(f"runs | select name, {column}", source="demo")
    assert not [one for one in result.notices if one.code == "RQL598"]


def test_the_runs_beside_themselves_are_a_query() -> None:
    with pytest.raises(SourceError) as caught:
        runql.query("runs | join runs on id", source="demo")
    (found,) = caught.value.diagnostics
    assert not found.fixes
    assert "(runs select id, summary.acc as other)" in found.hints[0]


def test_the_runs_beside_themselves_on_two_names_are_offered() -> None:
    text = "runs | join runs on config.optimizer = id"
    with pytest.raises(SourceError) as caught:
        runql.query(text, source="demo")
    (found,) = caught.value.diagnostics
    offered = apply([found.fixes[0].edits], text)
    assert offered == "runs | join (runs select id as other_id, name as other_name) on config.optimizer = other_id"
    assert {"other_id", "other_name"} <= set(runql.query(offered, source="demo").frame.names)
