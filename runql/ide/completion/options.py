"""The options that a call or a stage has already: each can be given once, so it is not offered again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from runql.ide.cursor import Cursor
from runql.language.words import GIVEN_ONCE

_AXES: Final = frozenset({"x", "y"})


def closed_options(cursor: Cursor) -> frozenset[str]:
    """The terminals that cannot come again, before or behind the cursor in the same brackets; an axis by its letter."""
    before = [(lexeme.terminal, lexeme.text) for lexeme in reversed(cursor.lexemes)]
    tokens = cursor.around.tokens
    behind = [(token.terminal, token.text) for token in tokens if token.span.start >= cursor.whole.end]
    given = _at_hand(before, "RPAR", "LPAR") + _at_hand(behind, "LPAR", "RPAR")
    found = {terminal for terminal, _ in given if terminal in GIVEN_ONCE}
    axes = {text.lower() for terminal, text in given if terminal == "AXIS"}
    return frozenset(found | axes | ({"LOG"} if axes >= _AXES else set()))


def _at_hand(pieces: Iterable[tuple[str, str]], opens: str, closes: str) -> list[tuple[str, str]]:
    """The pieces up to the end of the brackets, or of the stage, without those in brackets among them."""
    found, depth = [], 0
    for terminal, text in pieces:
        depth += (terminal == opens) - (terminal == closes)
        if depth < 0 or (not depth and terminal in {"PIPE", "SEMI"}):
            break
        if not depth:
            found.append((terminal, text))
    return found
