"""The token stream: every character of a text, each piece with what it is in its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.lexer import Lexeme, lexer
from runql.text.frozen import frozen
from runql.text.source import Span


class TokenKind(StrEnum):
    """What a token is."""

    KEYWORD = "keyword"
    CONSTANT = "constant"
    FUNCTION = "function"
    FIELD = "field"
    SOURCE = "source"
    NUMBER = "number"
    STRING = "string"
    TIME = "time"
    PARAMETER = "parameter"
    OPERATOR = "operator"
    PUNCTUATION = "punctuation"
    TEXT = "text"
    COMMENT = "comment"
    WHITESPACE = "whitespace"
    ERROR = "error"


@frozen
class Token:
    """A piece of a text; `terminal` is its name in the grammar, empty for what the grammar does not know."""

    kind: TokenKind
    text: str
    span: Span
    terminal: str = ""


_KINDS: Final = {
    "PATH": TokenKind.FIELD,
    "GLOB": TokenKind.FIELD,
    "FIELDS_OF": TokenKind.FIELD,
    "DEFINED": TokenKind.FIELD,
    "FUNCTION": TokenKind.FUNCTION,
    "EXISTS": TokenKind.FUNCTION,
    "MISSING": TokenKind.FUNCTION,
    "TRUE": TokenKind.CONSTANT,
    "FALSE": TokenKind.CONSTANT,
    "NULL": TokenKind.CONSTANT,
    "NAN": TokenKind.CONSTANT,
    "INF": TokenKind.CONSTANT,
    "SOURCE": TokenKind.SOURCE,
    "SAVED": TokenKind.SOURCE,
    "LAST_RESULT": TokenKind.SOURCE,
    "NUMBER": TokenKind.NUMBER,
    "STRING": TokenKind.STRING,
    "LONG_STRING": TokenKind.STRING,
    "TIME": TokenKind.TIME,
    "DURATION": TokenKind.TIME,
    "NOW": TokenKind.TIME,
    "TODAY": TokenKind.TIME,
    "YESTERDAY": TokenKind.TIME,
    "PARAM": TokenKind.PARAMETER,
    "COMMA": TokenKind.PUNCTUATION,
    "LPAR": TokenKind.PUNCTUATION,
    "RPAR": TokenKind.PUNCTUATION,
    "LSQB": TokenKind.PUNCTUATION,
    "RSQB": TokenKind.PUNCTUATION,
    "PIPE": TokenKind.PUNCTUATION,
    "SEMI": TokenKind.PUNCTUATION,
    "DOTDOT": TokenKind.PUNCTUATION,
    "PIECE": TokenKind.TEXT,
    "COMMENT": TokenKind.COMMENT,
    "WHITESPACE": TokenKind.WHITESPACE,
}


def kind_of(terminal: str) -> TokenKind:
    """What a terminal of the grammar is to a reader."""
    if terminal in _KINDS:
        return _KINDS[terminal]
    table = keywords()
    if terminal in table.words:
        return TokenKind.KEYWORD
    return TokenKind.OPERATOR if terminal in table.symbols else TokenKind.ERROR


def lossless(text: str, read: Iterable[Lexeme]) -> tuple[Token, ...]:
    """Tokens that cover a text: the lexemes that the parser read, and between them what stands there by itself."""
    tokens: list[Token] = []
    position = 0
    for lexeme in sorted(read, key=lambda item: item.start):
        if lexeme.start < position or not lexeme.text:
            continue
        tokens.extend(_token(item) for item in _alone(text, position, lexeme.start))
        tokens.append(_token(lexeme))
        position = lexeme.end
    tokens.extend(_token(item) for item in _alone(text, position, len(text)))
    return tuple(tokens)


def _alone(text: str, start: int, end: int) -> Iterator[Lexeme]:
    lex = lexer()
    while start < end:
        for lexeme in lex.skip(text, start):
            start = min(end, lexeme.end)
            yield Lexeme(lexeme.terminal, text[lexeme.start : start], lexeme.start, start)
            if start == end:
                return
        lexeme = lex.alone(text, start)
        stop = min(end, lexeme.end)
        yield Lexeme(lexeme.terminal, text[start:stop], start, stop)
        start = stop


def _token(lexeme: Lexeme) -> Token:
    return Token(kind_of(lexeme.terminal), lexeme.text, Span(lexeme.start, lexeme.end), lexeme.terminal)
