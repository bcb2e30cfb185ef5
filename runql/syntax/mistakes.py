"""A mistake of a text, where it was found, and the edits that put it right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from runql.syntax.lexer import Attempt, Failure, Lexeme
from runql.text.diagnostic import Edit
from runql.text.source import Span


@dataclass(frozen=True, slots=True)
class Repair:
    """Edits that put a mistake right, and their name in a menu."""

    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, in the coordinates of the text that was parsed.

    The reader tries the first repair: if it takes the parser further, it is offered and the reading goes on with it.
    """

    code: str
    message: str
    span: Span
    hints: tuple[str, ...] = ()
    labels: tuple[tuple[Span, str], ...] = ()
    expected: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where the parser stopped: the text, what it had read of the broken piece, and what it found."""

    text: str
    attempt: Attempt
    whole: int
    failure: Failure

    @cached_property
    def piece(self) -> tuple[Lexeme, ...]:
        """The lexemes of the broken clause, or of the last good one if that could have ended here."""
        lexemes = self.attempt.lexemes
        return lexemes[self.whole :]

    @property
    def found(self) -> Lexeme:
        return self.failure.found

    @property
    def accepted(self) -> frozenset[str]:
        return self.failure.accepted

    @property
    def before(self) -> Lexeme | None:
        """The lexeme before the one that was found."""
        return self.attempt.lexemes[-1] if self.attempt.lexemes else None

    def back(self, count: int) -> Lexeme | None:
        """A lexeme before, counted from 1."""
        lexemes = self.attempt.lexemes
        return lexemes[-count] if count <= len(lexemes) else None

    @property
    def span(self) -> Span:
        return Span(self.found.start, self.found.end)
