"""Cases in Markdown: a query in a `rql` block, then in a `text` block what is made of it.

`RUNQL_ACCEPT=1` writes the `text` blocks anew; the difference is then read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ACCEPT = bool(os.environ.get("RUNQL_ACCEPT"))
_CASE = re.compile(r"```rql\n(?P<query>.*?)```\n\n```text\n(?P<expected>.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Case:
    """One query with what it is expected to give, both without the last line end."""

    query: str
    expected: str

    def __str__(self) -> str:
        return self.query


def cases(path: Path) -> list[Case]:
    found = [Case(m["query"].rstrip("\n"), m["expected"].rstrip("\n")) for m in _CASE.finditer(path.read_text("utf-8"))]
    assert found, f"no case in {path}"
    return found


def accept(path: Path, shown: Callable[[str], str]) -> None:
    """Write what each query gives now."""

    def block(match: re.Match[str]) -> str:
        query = match["query"]
        text = shown(query.rstrip("\n"))
        return f"```rql\n{query}```\n\n```text\n{text}\n```"

    path.write_text(_CASE.sub(block, path.read_text("utf-8")), encoding="utf-8")
