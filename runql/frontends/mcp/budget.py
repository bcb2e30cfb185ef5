"""Answers in at most so many words, and how to go on where one was cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from runql.results.formats.formats import FORMATS, said
from runql.results.terminal_table.options import View
from runql.session import Result
from runql.syntax import parse, parse_query, to_text, tree
from runql.text.diagnostic import Diagnostic
from runql.text.render import clean

LEAST_WORDS: Final = 50
MOST_WORDS: Final = 20_000
_LONGEST_CELL: Final = 400
"""Characters of a text beyond which it is cut: a log line of a megabyte is no answer."""


@dataclass(slots=True)
class Words:
    """How many words are left, as `wc -w` counts them."""

    left: int

    def take(self, text: str) -> bool:
        """Take the words of a text, if there are enough left."""
        count = len(text.split())
        if count > self.left:
            self.left = 0
            return False
        self.left -= count
        return True


@dataclass(slots=True)
class CutRows:
    """The rows of an answer that a budget has room for."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    is_cut: bool = False
    long_cells: int = 0
    lost: tuple[Diagnostic, ...] = ()


def cut_rows(result: Result, words: Words) -> CutRows:
    """Read an answer as far as there is room. A row is whole or not there."""
    found = CutRows()
    output = result.output(View())
    frames = output.frames
    try:
        for row in _json_rows(replace(output, frames=frames)):
            if not found.columns:
                found.columns = [clean(name) for name in row]
            cells = [_short(cell, found) for cell in row.values()]
            if not words.take(json.dumps(cells, ensure_ascii=False)):
                found.is_cut = True
                break
            found.rows.append(cells)
    finally:
        close = getattr(frames, "close", None)
        if close is not None:
            close()
    found.lost = tuple(said(output.lost))
    if not found.columns and output.names is not None:
        found.columns = [clean(name) for name in output.names]
    return found


def _json_rows(output: Any) -> Iterator[dict[str, Any]]:
    """The rows as a line of JSON each has them: numbers, texts, lists; what is missing is null."""
    rest = b""
    for piece in FORMATS["jsonl"].pieces(output):
        *lines, rest = (rest + piece).split(b"\n")
        yield from map(json.loads, lines)
    if rest:
        yield json.loads(rest)


def _short(cell: Any, found: CutRows) -> Any:
    text = (
        cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False) if isinstance(cell, list | dict) else ""
    )
    if len(text) <= _LONGEST_CELL:
        return clean(cell) if isinstance(cell, str) else cell
    found.long_cells += 1
    return f"{clean(text[:_LONGEST_CELL])}…"


def going_on(text: str, shown: int) -> str:
    """How to get what a budget had no room for: the query of the next rows where there is one, else how to ask less."""
    query = parse_query(text)[0] if len(parse(text).script.statements) == 1 else None
    less = "ask for less: `limit N`, fewer columns by `select`, or the aggregates of `| group … : …`"
    if query is None or query.stages or query.target is not tree.Target.RUNS or not shown:
        return less
    kinds = {type(clause) for clause in query.clauses}
    if kinds & {tree.KeysClause, tree.SampleClause, tree.ScanClause, tree.StepsClause}:
        return less
    offset, limit = query.clause(tree.OffsetClause), query.clause(tree.LimitClause)
    before = 0 if offset is None else offset.count
    most = None if limit is None else limit.count
    if not isinstance(before, int) or not isinstance(most, int | None):
        return less
    clauses = [one for one in query.clauses if one is not offset and one is not limit]
    if most is not None:
        clauses.append(tree.LimitClause(most - shown))
    clauses.append(tree.OffsetClause(before + shown))
    return to_text(replace(query, clauses=tuple(clauses)))
