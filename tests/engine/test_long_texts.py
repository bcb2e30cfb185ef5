"""Texts that functions would make too long: an error with its place, row by row and on arrays alike."""

from __future__ import annotations

from typing import Any

import pytest

from runql.engine import text_functions
from runql.engine.stages.arrays.functions import joined_texts
from runql.errors import QueryError
from runql.session import Result, Session
from runql.sources.memory import MemoryService
from runql.text.source import Source
from tests.engine.stages.build import FAST, SLOW, from_rows

CALLS = ("concat(name, name)", 'replace(name, "a", "aaa")', 'replace(name, re "a", "aaa")')


def _made(text: str, name: str) -> list[Any]:
    """What a query makes of one run of that name."""
    with Session(MemoryService([{"id": "r", "name": name, "config": {"lr": 1}}])) as session:
        [found] = session.run(Source(text))
        assert isinstance(found, Result)
        return list(found.frame.columns["made"])


@pytest.mark.parametrize("rows", [SLOW, FAST], ids=["row by row", "arrays"])
@pytest.mark.parametrize("call", CALLS)
def test_a_text_that_grows_too_long(monkeypatch: pytest.MonkeyPatch, rows: int, call: str) -> None:
    for module in (text_functions, joined_texts):
        monkeypatch.setattr(module, "LONGEST", 10)
    text = f"runs | derive made = {call} | select made"
    with from_rows(rows):
        assert set(_made(text, "aaa")[0]) == {"a"}
        with pytest.raises(QueryError) as raised:
            _made(text, "aaaaaa")
    [said] = raised.value.diagnostics
    assert (said.code, text[said.span.start : said.span.end]) == ("RQL590", call)
