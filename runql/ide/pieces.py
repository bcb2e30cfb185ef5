"""A long text in pieces that can be read by themselves, so that a key press reads one of them again and not all."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

_PARTS: Final = re.compile(
    r"""
      " (?: [^"\\\n] | \\[^\n] )* (?: " | [^\n]* )    # a quote that is not closed holds the rest of its line
    | ' (?: [^'\\\n] | \\[^\n] )* (?: ' | [^\n]* )
    | ` (?: [^`\n] | `` )* (?: ` | [^\n]* )
    | \#[^\n]*
    | (?P<end>;)
    """,
    re.VERBOSE,
)


def piece_ends(text: str, start: int = 0) -> Iterator[int]:
    """Where each piece of a text ends, from one of these places on: behind a `;` that parts statements, and at the end.

    A piece holds one statement; several where a `;` between them is missing. What a piece says does not depend on what
    stands in the others, but for the names that they declare.
    """
    ended = start
    for part in _PARTS.finditer(text, start):
        if part.lastgroup is not None:
            ended = part.end()
            yield ended
    if ended < len(text) or not text:
        yield len(text)


def ends_after(text: str, before: Sequence[int], start: int, end: int, length: int) -> tuple[int, int, list[int]]:
    """The ends of pieces after an edit, of which only those near it are looked for.

    `text` is the new text, `before` are the ends of the old one; its characters from `start` to `end` became `length`
    others. Gives which of the old pieces (from, to) the new ones stand for, and where these end.
    """
    first = bisect_right(before, start)
    # The last piece has no `;` behind it: what is written at its end belongs to it.
    first = min(first, len(before) - 1)
    shift = length - (end - start)
    old = {at + shift: index for index, at in enumerate(before[first:-1], first) if at >= end}
    fresh: list[int] = []
    for at in piece_ends(text, before[first - 1] if first else 0):
        fresh.append(at)
        if at >= start + length and at in old:
            return first, old[at] + 1, fresh
    return first, len(before), fresh
