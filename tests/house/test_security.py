"""The promises of security name their tests, and the tests are there."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.house.sources import ROOT

PAGES = ("SECURITY.md", "docs/design/threat-model.md")
_NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::([\w*]+))?`")


@cache
def names_of_tests(file: str) -> frozenset[str]:
    """The tests that a file has."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, functions))
    return frozenset(node.name for node in found if node.name.startswith("test_"))


def named_in(text: str) -> list[tuple[str, str]]:
    return [(file, test or "*") for file, test in _NAMED.findall(text)]


def promises() -> list[str]:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    part = text.partition("## Promises")[2].partition("\n## ")[0]
    return [" ".join(item.split()) for item in re.split(r"^- ", part, flags=re.MULTILINE)[1:]]


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_is_named_is_there(page: str) -> None:
    named = named_in((ROOT / page).read_text(encoding="utf-8"))
    gone = [
        f"{file}::{test}"
        for file, test in named
        if not (names_of_tests(file) if test == "*" else {test} & names_of_tests(file))
    ]
    assert gone == []


@pytest.mark.parametrize("promise", promises())
def test_every_promise_names_a_test(promise: str) -> None:
    assert named_in(promise), promise


def test_there_are_promises_of_each_kind() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    for kind in ("Keys", "Folders that are not trusted", "Files", "Servers", "Data shown"):
        assert f"**{kind}**" in text
    assert len(promises()) > 15
    assert "## Reporting" in text and "## Not promised" in text
