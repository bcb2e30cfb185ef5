"""Completion in the cells and lines of `%rql`: where the query stands in the cell, and what the language offers."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from runql.errors import RunQLError
from runql.frontends.jupyter.call import called
from runql.ide.completion.complete import complete
from runql.ide.completion.items import ItemKind
from runql.ide.context import Context
from runql.session import Session
from runql.session.language_context import context_of, learned
from runql.text.collector import keep_for_good
from runql.text.frozen import frozen

_FRESH_SECONDS: Final = 60.0
_CELL: Final = re.compile(r"%%(?:run|r)ql(?=\s|$)")
_LINE: Final = re.compile(r"\s*(?:[\w.,\s\[\]'\"]+=\s*)?%(?:run|r)ql\s")
_KINDS: Final[Mapping[ItemKind, str]] = {
    ItemKind.KEYWORD: "keyword",
    ItemKind.OPERATOR: "keyword",
    ItemKind.STAGE: "keyword",
    ItemKind.NAMESPACE: "module",
    ItemKind.FUNCTION: "function",
    ItemKind.PARAMETER: "param",
    ItemKind.VALUE: "statement",
    ItemKind.TIME: "statement",
}


@frozen
class Written:
    """The query in a cell: the source that its magic names, its text, and where the cursor stands in it."""

    source: str | None
    text: str
    offset: int


def written(cell: str, line: int, column: int) -> Written | None:
    """The query in which the cursor stands, if it stands in one; lines and columns from 0."""
    lines = cell.split("\n")
    try:
        if (head := _CELL.match(lines[0])) is not None:
            call = called(lines[0][head.end() :])
            before = sum(len(each) + 1 for each in lines[1:line])
            return Written(call.source, "\n".join(lines[1:]), before + column) if line else None
        if (head := _LINE.match(lines[line])) is None or column < head.end():
            return None
        call = called(lines[line][head.end() :])
    except RunQLError:
        return None  # the options are not finished
    start = head.end() + call.start
    return Written(call.source, lines[line][start:], column - start) if column >= start else None


class Notebook(Protocol):
    """What completion asks the magics: the sessions that they opened, and the variables of the notebook."""

    source: str | None

    def session(self, source: str | None = None) -> Session: ...

    def variables(self) -> dict[str, Any]: ...


class Matcher:
    """Offers what can stand at the cursor. What the sources hold is learned beside the cells; no key press waits."""

    def __init__(self, magics: Notebook) -> None:
        self._magics = magics
        self._contexts: dict[str | None, Context] = {}
        self._learning: set[str | None] = set()

        @context_matcher(identifier="RunQL")
        def matches(context: CompletionContext) -> SimpleMatcherResult:  # a method cannot hold what IPython adds to it
            return self._matches(context)

        self.matches = matches

    def learn(self, source: str | None) -> None:
        """Begin to learn what a source holds, unless it is known as it was a short while ago."""
        known = self._contexts.get(source)
        is_known = known is not None and (datetime.now(UTC) - known.now).total_seconds() < _FRESH_SECONDS
        if not is_known and source not in self._learning:
            self._learning.add(source)
            threading.Thread(target=self._learn, args=(source, self._magics.session(source)), daemon=True).start()

    def _learn(self, source: str | None, session: Session) -> None:
        try:
            self._contexts[source] = learned(session, context_of(session, {}, session.source_name))
            keep_for_good()
        except RunQLError:
            # Nobody asked a question here; whoever does hears of it. Names are missing from the list till then.
            self._contexts.pop(source, None)
        finally:
            self._learning.discard(source)

    def _matches(self, context: CompletionContext) -> SimpleMatcherResult:
        query = written(context.full_text, context.cursor_line, context.cursor_position)
        if query is None:
            return {"completions": []}
        found = complete(query.text, query.offset, self._context(query))
        return {
            "completions": [
                SimpleCompletion(item.insert_text, type=_KINDS.get(item.kind, "instance")) for item in found.items
            ],
            "matched_fragment": query.text[found.span.start : query.offset],
            "ordered": True,
            "suppress": True,
        }

    def _context(self, query: Written) -> Context:
        """What is known of the source by now, with the names of this moment."""
        source = self._magics.source if query.source is None else query.source
        known = self._contexts.get(source)
        session = self._magics.session(source)
        variables = self._magics.variables()
        now = context_of(session, variables, None)
        if known is None:
            return now
        return replace(known, parameters=now.parameters, values=now.values, lets=now.lets, now=now.now)
