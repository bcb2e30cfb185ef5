"""The tokens of a text as an editor colours them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from runql.ide.context import Text, parsed
from runql.language.fields import RUN_FIELD_SPELLINGS, Space
from runql.semantic.spelling import PREFIXES
from runql.syntax.keywords import keywords
from runql.syntax.tokens import Token, TokenKind
from runql.text.frozen import frozen
from runql.text.source import Span


class Shade(StrEnum):
    """What a piece of a text is, for its colour."""

    STATEMENT = "statement"
    KEYWORD = "keyword"
    STAGE = "stage"
    CONSTANT = "constant"
    FUNCTION = "function"
    NAMESPACE = "namespace"
    FIELD = "field"
    RUN_FIELD = "run_field"
    METRIC = "metric"
    SOURCE = "source"
    NUMBER = "number"
    STRING = "string"
    REGEX = "regex"
    TIME = "time"
    PARAMETER = "parameter"
    OPERATOR = "operator"
    PUNCTUATION = "punctuation"
    TEXT = "text"
    COMMENT = "comment"
    ERROR = "error"


@frozen
class SemanticToken:
    """A piece of one line."""

    span: Span
    shade: Shade


_TRIVIA: Final = frozenset({TokenKind.WHITESPACE, TokenKind.COMMENT})
_METRIC_CLAUSES: Final = frozenset({"KEYS", "X"})
_MATCHING: Final = frozenset({"REGEX", "REGEX_ANY_CASE", "NOT_REGEX", "NOT_REGEX_ANY_CASE"})


def semantic_tokens(text: Text) -> tuple[SemanticToken, ...]:
    """The pieces of a text that have a colour: all but its white space, in their order."""
    return tuple(_shaded(parsed(text).tokens))


def _shaded(tokens: tuple[Token, ...]) -> Iterator[SemanticToken]:
    heads = frozenset(keywords().heads)
    beginnings = {*keywords().clauses, *heads, "PIPE", "SEMI"}
    clause = before = last = ""
    for token in tokens:
        before, last = last, last if token.kind in _TRIVIA else token.terminal
        if token.terminal in beginnings:
            clause = token.terminal
        if token.kind is TokenKind.FIELD:
            yield from _name(token, clause)
        elif before == "PIPE" and token.terminal in keywords().stages:
            yield SemanticToken(token.span, Shade.STAGE)
        elif token.terminal in heads:
            yield SemanticToken(token.span, Shade.STATEMENT)
        elif token.kind is TokenKind.STRING and before in _MATCHING:
            yield SemanticToken(token.span, Shade.REGEX)
        elif token.kind is not TokenKind.WHITESPACE:
            yield SemanticToken(token.span, Shade(token.kind.value))


def _name(token: Token, clause: str) -> Iterator[SemanticToken]:
    """A name: its namespace, and what is in it."""
    head, dot, _ = token.text.partition(".")
    space = PREFIXES.get(head) if dot else None
    if space is None:
        shade = Shade.METRIC if clause in _METRIC_CLAUSES else Shade.FIELD
        is_run_field = shade is Shade.FIELD and token.text in RUN_FIELD_SPELLINGS
        yield SemanticToken(token.span, Shade.RUN_FIELD if is_run_field else shade)
        return
    border = token.span.start + len(head) + 1
    yield SemanticToken(Span(token.span.start, border), Shade.NAMESPACE)
    shade = Shade.METRIC if space in {Space.LOGGED, Space.SYSTEM} else Shade.FIELD
    yield SemanticToken(Span(border, token.span.end), shade)
