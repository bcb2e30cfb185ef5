"""Every text that is offered for a phrase of another language is asked of the demo."""

from __future__ import annotations

from pathlib import Path

import pytest

import runql
from tests.cases.floors import FLOORS
from tests.cases.markdown import cases

FILE = Path(__file__).parent.parent / "cases" / "errors_phrases.md"
TEXTS = [case.query.text for case in cases(FILE)]
NO_WORDS = ("runs order summary.acc nulls first", "df.plot()", "| cross join base", "| natural join base")
"""How the texts end for which RunQL has no words: an error says so, and offers nothing."""


def test_there_are_many() -> None:
    assert len(TEXTS) > 60


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_offered_runs(text: str) -> None:
    fixed = FLOORS["fixed"](text)
    if text.strip().endswith(NO_WORDS):
        assert fixed.strip() == text.strip()
        return
    assert fixed.strip() != text.strip()
    assert runql.query(fixed, source="demo").frame.length
