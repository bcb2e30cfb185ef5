"""What to say where the parser stopped, most particular first."""

from __future__ import annotations

from collections.abc import Iterator

from runql.syntax.lexer import END
from runql.syntax.mistakes import Mistake, Place


def mistakes(place: Place) -> Iterator[Mistake]:
    """The mistakes that this could be, likeliest first. The last one has no repair and always holds."""
    yield _unexpected(place)


def _unexpected(place: Place) -> Mistake:
    if place.found.terminal == END:
        return Mistake("RQL102", "the text ends too early", place.span)
    return Mistake("RQL101", f"`{place.found.text}` cannot stand here", place.span)
