"""The text that is typed: what a completion and the history put there, and what may follow it."""

from __future__ import annotations

from typing import Final

from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document

from runql.frontends.repl.line.completer import WordCompletion
from runql.text.visible import one_for_one

_LONGEST_SUGGESTION: Final = 300
"""What is longer would fill the screen with grey and push the menu away."""


class QueryBuffer(Buffer):
    """A buffer whose completions may replace the rest of a word, and that goes through its history query by query."""

    _older: tuple[int, str] | None = None
    _closed: tuple[str, int] | None = None

    @property
    def has_closed(self) -> bool:
        """Whether a completion has just closed a text, so that the quote that is typed stands there already."""
        return self._closed == (self.text, self.cursor_position)

    @property
    def shows_older(self) -> bool:
        """Whether an older query stands here as it came, with the cursor at its end."""
        return self._older == (self.working_index, self.text) and self.document.is_cursor_at_the_end

    def history_backward(self, count: int = 1) -> None:
        """An older query that begins as this one did, its cursor at the end."""
        super().history_backward(count)
        self._arrive()

    def history_forward(self, count: int = 1) -> None:
        """The other way."""
        super().history_forward(count)
        self._arrive()

    def _arrive(self) -> None:
        self.cursor_position = len(self.text)
        self._older = (self.working_index, self.text)

    def go_to_completion(self, index: int | None) -> None:
        """Put a completion in place of the word, both sides of the cursor."""
        super().go_to_completion(index)
        state = self.complete_state
        chosen = state.current_completion if state is not None else None
        if isinstance(chosen, WordCompletion) and chosen.tail:
            place = self.cursor_position
            self.document = Document(self.text[:place] + self.text[place + chosen.tail :], place)
            self.complete_state = state
        ends_text = chosen is not None and chosen.text[-1:] in ("'", '"')
        self._closed = (self.text, self.cursor_position) if ends_text else None


class WholeQueries(AutoSuggest):
    """Suggests the rest of the newest query in the history that begins with all that is typed.

    `offer` comes before the history, and on an empty line too. Without `past` only it is suggested.
    """

    def __init__(self, *, past: bool) -> None:
        self._past = past
        self.offer = ""

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        """The rest, up to its next line."""
        text = document.text
        if self.offer and self.offer.startswith(text) and text != self.offer:
            return Suggestion(self.offer[len(text) :])
        if not text.strip() or not document.is_cursor_at_the_end or not self._past:
            return None
        for entry in reversed(buffer.history.get_strings()):
            if not entry.startswith(text):
                continue
            rest = entry[len(text) :].partition("\n")[0]
            if 0 < len(rest) <= _LONGEST_SUGGESTION and one_for_one(rest) == rest:
                return Suggestion(rest)
        return None
