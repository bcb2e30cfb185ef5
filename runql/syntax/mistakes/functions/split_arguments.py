"""The arguments of a call, as they are written."""

from __future__ import annotations

from collections.abc import Sequence

from runql.syntax.lexer import Lexeme
from runql.syntax.mistake import alone_from


def arguments_of(text: str) -> list[str]:
    """The parts between the commas that stand in no bracket and no quotes."""
    if not text.strip():
        return []
    depth, start, parts = 0, 0, []
    for lexeme in alone_from(text, 0):
        depth += (lexeme.text in "([{") - (lexeme.text in ")]}") if len(lexeme.text) == 1 else 0
        if lexeme.text == "," and depth == 0:
            parts.append(text[start : lexeme.start].strip())
            start = lexeme.end
    return [*parts, text[start:].strip()]


def outside_brackets(lexemes: Sequence[Lexeme], word: str) -> int | None:
    """Which lexeme is the first that is a word and stands in no bracket."""
    depth = 0
    for index, lexeme in enumerate(lexemes):
        depth += (lexeme.text == "(") - (lexeme.text == ")")
        if depth == 0 and lexeme.text.lower() == word:
            return index
    return None
