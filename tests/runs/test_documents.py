"""The Python in the pages about these classes runs, and what it asserts holds."""

from __future__ import annotations

import pytest

from tests.house.documents import blocks

PAGES = ("docs/guide/python.md", "docs/reference/runs.md")


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_runs(page: str) -> None:
    found = [block for block in blocks("python") if block.document == page]
    assert any("assert" in block.text for block in found)
    # One page is one session: a block uses what those before it made. Line numbers are those of the page.
    names: dict[str, object] = {}
    for block in found:
        code = compile("\n" * block.line + block.text, page, "exec")
        exec(code, names)
