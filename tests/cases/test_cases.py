"""Every case of every Markdown file here. `RUNQL_ACCEPT=1` writes what is, to be read as a diff."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cases.floors import FLOORS, apply, errors_of
from tests.cases.markdown import Case, cases, rewrite

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.md"))
ACCEPT = os.environ.get("RUNQL_ACCEPT") == "1"
ALL = [
    pytest.param(path, index, case, id=f"{path.stem}-{index}-{case.title}")
    for path in FILES
    for index, case in enumerate(cases(path))
]


def test_there_are_cases() -> None:
    found = [case for path in FILES for case in cases(path)]
    assert len(found) >= 120
    assert sum(any(block.name == "error" for block in case.expected) for case in found) >= 60


@pytest.mark.parametrize(("path", "index", "case"), ALL)
def test_case(path: Path, index: int, case: Case) -> None:
    assert case.expected, "a case without an expectation tests nothing"
    for number, expected in enumerate(case.expected):
        assert expected.name in FLOORS, f"no floor is called `{expected.name}`"
        actual = FLOORS[expected.name](case.query.text)
        if ACCEPT:
            # Blocks above may have grown: the lines are those of the file as it is now.
            rewrite(path, cases(path)[index].expected[number], actual)
        else:
            assert actual == expected.text


@pytest.mark.parametrize(("path", "index", "case"), ALL)
def test_every_fix_helps(path: Path, index: int, case: Case) -> None:
    """Each fix by itself takes away what it is offered for; all first fixes together leave only what had none."""
    text = case.query.text
    diagnostics = errors_of(text)
    for diagnostic in diagnostics:
        for fix in diagnostic.fixes:
            left = [d.message for d in errors_of(apply([fix.edits], text))]
            said = [d.message for d in diagnostics]
            assert left.count(diagnostic.message) < said.count(diagnostic.message), fix.title
    fixed = apply([d.fixes[0].edits for d in diagnostics if d.fixes], text)
    assert len(errors_of(fixed)) <= sum(not d.fixes for d in diagnostics)
