"""A gallery of wrong queries over a project that is known: what exactly is said, where, and what the fixes make."""

from __future__ import annotations

from pathlib import Path

import pytest

from runql.syntax import parse
from tests.cases.floors import apply
from tests.semantic.markdown_cases import ACCEPT, Case, accept, cases
from tests.semantic.world import checked, shown

GALLERY = Path(__file__).with_name("mistakes.md")


def said(query: str) -> str:
    found = checked(query)
    assert found.diagnostics, query
    assert (found.query is None) is any(d.is_error for d in found.diagnostics)
    return "\n".join(shown(d, query) for d in found.diagnostics)


if ACCEPT:
    accept(GALLERY, said)


@pytest.mark.parametrize("case", cases(GALLERY), ids=str)
def test_what_is_said_of_a_mistake(case: Case) -> None:
    assert said(case.query) == case.expected


@pytest.mark.parametrize("case", cases(GALLERY), ids=str)
def test_every_fix_helps(case: Case) -> None:
    """Each fix gives a query that parses, and of which what it is offered for is not said again."""
    found = checked(case.query).diagnostics
    said_before = [one.message for one in found]
    for one in found:
        for fix in one.fixes:
            fixed = apply([fix.edits], case.query)
            assert parse(fixed).ok, fix.title
            left = [again.message for again in checked(fixed).diagnostics]
            assert left.count(one.message) < said_before.count(one.message), fix.title


@pytest.mark.parametrize("case", cases(GALLERY), ids=str)
def test_every_first_fix_together_leaves_what_had_none(case: Case) -> None:
    found = [one for one in checked(case.query).diagnostics if one.is_error]
    fixed = apply([one.fixes[0].edits for one in found if one.fixes], case.query)
    assert parse(fixed).ok, fixed
    left = [one for one in checked(fixed).diagnostics if one.is_error]
    assert len(left) <= sum(not one.fixes for one in found)
