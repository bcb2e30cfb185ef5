"""Beginnings of texts that differ in what stands at their end: for what must hold of any beginning of any text."""

from __future__ import annotations

from collections.abc import Iterable

from runql.syntax.lr_parser import run
from runql.syntax.tokens import Token, TokenKind, lossless


def beginnings(texts: Iterable[str]) -> list[str]:
    """The beginnings of some texts, but for those at whose end an earlier one has all alike.

    What is made of a beginning rests on its last word, how much of it is there, and the word before it; between words,
    on the two words before: which terminals these are, and the names of namespaces and functions.
    """
    seen: set[tuple[object, ...]] = set()
    found: dict[str, None] = {}
    for text in texts:
        before: tuple[str, ...] = ("", "")
        for token in lossless(text, run(text).lexemes):
            sign = _sign(token)
            is_between = token.kind in (TokenKind.WHITESPACE, TokenKind.COMMENT)
            words = before if is_between else before[1:]
            for part, length in enumerate(_lengths(token.text)):
                end = (*words, sign, part)
                if end not in seen:
                    seen.add(end)
                    found[text[: token.span.start + length]] = None
            if not is_between:
                before = (before[1], sign)
    return list(found)


def _sign(token: Token) -> str:
    """What of a token tells places in it and behind it from others."""
    match token.kind:
        case TokenKind.FUNCTION:
            return token.text
        case TokenKind.FIELD:
            return f"{token.terminal} {token.text.rpartition('.')[0]}"
        case _:
            return token.terminal


def _lengths(word: str) -> tuple[int, ...]:
    """How much of a word is there: half, all of it, and up to its last dot; nothing, where it has none."""
    return len(word) // 2, len(word), word.rfind(".") + 1
