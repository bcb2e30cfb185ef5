"""Whether a text ends too early: what Enter means at a prompt."""

from __future__ import annotations

from runql.ide.context import Text, parsed
from runql.syntax.lexer import END, run

_TRIVIA = frozenset({"WHITESPACE", "COMMENT"})


def is_unfinished(text: Text) -> bool:
    """Whether a text is right so far and more must follow: an open bracket, a pipe, keyword or operator at its end.

    A text with a mistake before its end is none, nor is an empty one. Strings end with their line, so an open quote is
    a mistake.
    """
    whole = parsed(text)
    if whole.ok or all(token.terminal in _TRIVIA for token in whole.tokens):
        return False
    failure = run(whole.source.text).failure
    return failure is not None and failure.found.terminal == END
