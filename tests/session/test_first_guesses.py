"""What newcomers wrote before they looked into a document: what is offered for it runs, and means the same."""

from __future__ import annotations

from pathlib import Path

import pytest

import runql
from runql.errors import QueryError
from tests.cases.floors import FLOORS, apply
from tests.cases.markdown import cases

FILE = Path(__file__).parent.parent / "cases" / "errors_first_guesses.md"
WORDS = {
    "runs | derive x = power(config.lr + 1, 2)": "runs | derive x = (config.lr + 1) ** 2",
    "runs | derive x = nullif(config.seed, 0)": "runs | derive x = if(config.seed = 0, null, config.seed)",
    "runs | group config.optimizer : array_agg(name)": "runs | group config.optimizer : list(name)",
    "runs | group config.optimizer : string_agg(name, ',')": "runs | group config.optimizer : list(name)",
    "runs | where created < ago(7d)": "runs | where created < 7d ago",
    "runs | where isnotempty(config.optimizer)": "runs | where len(config.optimizer) > 0",
    "runs | group bin(summary.loss, 0.5) : count()": "runs | group floor(summary.loss / 0.5) * 0.5 : count()",
    "runs | derive x = case(summary.acc > 0.9, 'a', summary.acc > 0.5, 'b', 'c')": (
        "runs | derive x = if(summary.acc > 0.9, 'a', if(summary.acc > 0.5, 'b', 'c'))"
    ),
}
"""Calls of functions that are not there."""


OFFERED = [case.query.text for case in cases(FILE) if case.expected[-1].text.strip() != case.query.text.strip()]


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
