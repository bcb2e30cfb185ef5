"""A gallery of wrong queries over a project that is known: what exactly is said, where, and what the fixes make."""

from __future__ import annotations

from pathlib import Path

import pytest

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
