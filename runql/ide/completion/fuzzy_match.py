"""Fuzzy matching of one name: how well it matches what was typed, and where.

The order of goodness: equal, beginning, beginning of a word inside, then the letters in their order.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

from runql.text.frozen import frozen

_WORD_START: Final = re.compile(r"(?<=[^\w]|_)[^\W_]|(?<=[a-z0-9])[A-Z]|(?<![^\W_])[^\W_]")


class Tier(IntEnum):
    """How a name matches; less is better."""

    EXACT = 0
    PREFIX = 1
    WORD = 2
    LETTERS = 3


@frozen
class Match:
    """`score` orders the matches of one tier, less is better; `positions` are the characters that match."""

    tier: Tier
    score: int = 0
    positions: tuple[int, ...] = ()


def word_starts(name: str) -> tuple[int, ...]:
    """Where words begin in a name: after `/ . _ -` and the like, and at a capital after a small letter."""
    return tuple(found.start() for found in _WORD_START.finditer(name))


def match(typed: str, name: str) -> Match | None:
    """How `name` matches `typed`, any case; none if a letter is missing. Nothing typed matches all names alike."""
    if not typed:
        return Match(Tier.PREFIX)
    folded, wanted = _folded(name), _folded(typed)
    if folded.startswith(wanted):
        return Match(Tier.EXACT if folded == wanted else Tier.PREFIX, 0, tuple(range(len(wanted))))
    starts = word_starts(name)
    for start in starts:
        if folded.startswith(wanted, start):
            return Match(Tier.WORD, 0, tuple(range(start, start + len(wanted))))
    found = folded.find(wanted)
    positions = tuple(range(found, found + len(wanted))) if found >= 0 else _letters(wanted, folded, starts)
    return Match(Tier.LETTERS, _score(positions, starts), positions) if positions else None


def _folded(text: str) -> str:
    """A text in small letters, of the same length: each character for itself."""
    return text.lower() if text.isascii() else "".join(low if len(low := c.lower()) == 1 else c for c in text)


def _letters(wanted: str, name: str, starts: tuple[int, ...]) -> tuple[int, ...]:
    """Where the letters of `wanted` stand in their order, next to each other or at starts of words where they can."""
    latest = _latest(wanted, name)
    if latest is None:
        return ()
    positions: list[int] = []
    following = 0
    for letter, last in zip(wanted, latest, strict=True):
        if positions and name.startswith(letter, following):
            at = following
        else:
            begins = [start for start in starts if following <= start <= last and name[start] == letter]
            at = begins[0] if begins else name.find(letter, following)
        positions.append(at)
        following = at + 1
    return tuple(positions)


def _latest(wanted: str, name: str) -> list[int] | None:
    """The last place for each letter that leaves room for those behind it; none if there is no room."""
    places = []
    end = len(name)
    for letter in reversed(wanted):
        end = name.rfind(letter, 0, end)
        if end < 0:
            return None
        places.append(end)
    return places[::-1]


def _score(positions: tuple[int, ...], starts: tuple[int, ...]) -> int:
    """How scattered a match is: each stretch counts, more if it begins inside a word."""
    score = 0
    for before, at in zip((-2, *positions), positions, strict=False):
        if at != before + 1:
            score += 1 if at in starts else 3
    return score
