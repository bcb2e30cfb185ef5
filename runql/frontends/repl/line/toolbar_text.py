"""What there is to say about the text that is being typed, worked out beside the typing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from runql.errors import QueryError
from runql.frontends.repl.knowledge import Knowledge, PromptWorld
from runql.frontends.repl.parsed_text import query_start
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import Span

if TYPE_CHECKING:
    from runql.ide.counting import Counts
    from runql.ide.signature_help import Signature

_NOT_OVER: Final = frozenset({"RQL102", "RQL103", "RQL104", "RQL110"})
"""What is wrong with every text as long as its end is not written."""


@frozen
class Thought:
    """About one text and place: what is shown of what is wrong, the count of its runs, the form around the cursor.

    `read_as` is the query that a text from elsewhere means.
    """

    text: str
    offset: int
    shown: tuple[Diagnostic, ...] = ()
    counts: Counts | None = None
    signatures: tuple[Signature, ...] = ()
    read_as: str = ""


class Thinker:
    """Looks at the newest text in a thread of its own; older ones that were not looked at are let go.

    Args:
        knowledge: What is known of the language and the source.
        counts: Whether runs are counted.
        tell: Called in the thread, after each thought.
    """

    def __init__(self, knowledge: Knowledge, *, counts: bool, tell: Callable[[], None]) -> None:
        self._knowledge = knowledge
        self._counts = counts
        self._tell = tell
        self._wanted: tuple[str, int] | None = None
        self._woken = threading.Condition()
        self._thread: threading.Thread | None = None
        self.thought: Thought | None = None
        self.number = 0
        """How many thoughts there were: it changes with each of them."""
        self.fault: Exception | None = None

    def consider(self, text: str, offset: int) -> None:
        """Think about a text, soon."""
        with self._woken:
            self._wanted = (text, offset)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="runql-thinking")
                self._thread.start()
            self._woken.notify()

    def forget(self) -> None:
        """A new text begins."""
        with self._woken:
            self._wanted = None
            self.thought = None
            self.number += 1

    def _run(self) -> None:
        while True:
            with self._woken:
                while self._wanted is None or self._knowledge.language is None:
                    self._woken.wait(None if self._wanted is None else 0.05)
                text, offset = self._wanted
                self._wanted = None
            try:
                thought = self._think(text, offset, self._knowledge.world)
            except Exception as error:  # noqa: BLE001 - a fault of ours: said at the bottom, and typing goes on
                self.fault = error
                thought = Thought(text, offset)
            with self._woken:
                if self._wanted is None or self._wanted[0] == text:
                    self.thought = thought
                    self.number += 1
            self._tell()

    def _think(self, text: str, offset: int, world: PromptWorld) -> Thought:
        language = self._knowledge.language
        start = query_start(text)
        if language is None or start is None or not text.strip():
            return Thought(text, offset)
        if start == 0 and (foreign := _from_elsewhere(text, offset)) is not None:
            return foreign
        query, at = text[start:], max(0, offset - start)
        parsed = self._knowledge.texts.parsed(query)
        context = world.at_now()
        found = language.diagnostics(parsed, context)
        is_open = at >= len(query.rstrip())
        said = [one for one in found if one.severity != "notice" and not (is_open and _is_being_typed(one, query))]
        if is_open and said and language.is_unfinished(parsed):
            said = [one for one in said if one.code not in _NOT_OVER and not one.code.startswith("RQL1")]
        counts = None
        if self._counts and parsed.ok:
            from runql.ide.counting import counts as count

            counts = count(parsed, at, context, world.records)
        return Thought(
            text,
            offset,
            tuple(_moved(one, start) for one in said),
            counts,
            language.signature(parsed, at, context),
        )


def _from_elsewhere(text: str, offset: int) -> Thought | None:
    """What there is to say about a text of another language."""
    from runql.script.pasted import read

    try:
        found = read(text)
    except QueryError as error:
        return Thought(text, offset, tuple(error.diagnostics))
    return Thought(text, offset, read_as=found.query) if found is not None else None


def _is_being_typed(diagnostic: Diagnostic, text: str) -> bool:
    """Whether something is only wrong because the last word is not written to its end."""
    if diagnostic.code in _NOT_OVER:
        return True
    return not text[-1:].isspace() and diagnostic.span.end >= len(text)


def _moved(diagnostic: Diagnostic, by: int) -> Diagnostic:
    if not by:
        return diagnostic
    return replace(diagnostic, span=Span(diagnostic.span.start + by, diagnostic.span.end + by))


def nearest_to(offset: int, diagnostics: Sequence[Diagnostic]) -> Diagnostic | None:
    """The diagnostic under an offset, else the error or warning that is nearest to it."""

    def rank(one: Diagnostic) -> tuple[int, int]:
        away = max(0, one.span.start - offset, offset - one.span.end)
        return (away, not one.is_error)

    return min(diagnostics, key=rank, default=None)
