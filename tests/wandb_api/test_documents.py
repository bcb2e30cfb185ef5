"""The Python in the pages about these classes runs, and what it asserts holds."""

from __future__ import annotations

import re

import pytest

import runql
from tests.house.documents import blocks, text_of

PAGES = ("docs/guide/from-wandb.md", "docs/guide/python.md", "docs/reference/runs.md")
_ROW = re.compile(r"^\| `(?P<call>[^`]*\b(?:api|run)\.[^`]*)` \| `(?P<query>[^`]+)` \|$", re.MULTILINE)
GUIDE = [(found["call"], found["query"].replace("\\|", "|")) for found in _ROW.finditer(text_of(PAGES[0]))]


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_runs(page: str) -> None:
    found = [block for block in blocks("python") if block.document == page]
    assert any("assert" in block.text for block in found)
    # One page is one session: a block uses what those before it made. Line numbers are those of the page.
    names: dict[str, object] = {}
    for block in found:
        code = compile("\n" * block.line + block.text, page, "exec")
        exec(code, names)


@pytest.mark.parametrize(("call", "query"), GUIDE)
def test_each_call_of_the_guide_gives_what_the_query_beside_it_gives(call: str, query: str) -> None:
    api = runql.Api("demo")
    given = eval(call, {"api": api, "run": api.run("ujehh0om")})
    rows = [tuple(row.values()) for row in runql.query(query, source="demo")]
    if isinstance(given, list):
        columns = [list(column) for column in zip(*rows, strict=True)] or [[]]
        assert given in (rows, *columns)
    else:
        assert given in (len(rows), *rows[0])
    assert given != [] or "sweeps" in query


def test_the_guide_has_its_calls() -> None:
    assert len(GUIDE) == 16
