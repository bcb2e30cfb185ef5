"""The names nearest to one that does not exist: the one door of every `nearest:` that is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runql.text.letters import distance
from runql.text.opposite import are_opposite

_MANY = 400
"""From so many names on RapidFuzz is sooner, its import counted in."""


def allowance(name: str) -> int:
    """How far a name may be from what was meant: one in three letters, at most three; none in a name of two."""
    return min(3, len(name) // 3)


def nearest(name: str, candidates: Iterable[str], most: int = 3, allowed: int | None = None) -> tuple[str, ...]:
    """At most `most` candidates that are near to a name, nearest first; none is better than one that is far.

    Case does not count as a difference, except between equals. A candidate whose last segment is the name, or that ends
    with it after a separator (`lr` and `optim.lr`), is near too. One that says the opposite (`finite` for `infinite`)
    is none, nor is anything farther away than it.
    """
    limit = allowance(name) if allowed is None else allowed
    folded = name.casefold()
    by_fold: dict[str, list[str]] = {}
    for candidate in candidates:
        by_fold.setdefault(candidate.casefold(), []).append(candidate)
    apart = dict(within(folded, list(by_fold), limit))
    if len(folded) > 1:
        ends = tuple(f"{separator}{folded}" for separator in "./_")
        apart |= {other: limit for other in by_fold if other not in apart and other.endswith(ends)}
    ranked = ((rank, one) for other, rank in apart.items() for one in by_fold[other])
    return best(name, ranked, most)


def within(folded: str, names: Sequence[str], limit: int) -> list[tuple[str, int]]:
    """The names, in small letters, that are at most so many letters from another one, each with how many."""
    if len(names) >= _MANY and limit:
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extract

        found = extract(folded, names, scorer=OSA.distance, score_cutoff=limit, limit=None)
        return [(other, int(apart)) for other, apart, _ in found]
    letters = _letters(folded)
    found_here: list[tuple[str, int]] = []
    for other in names:
        if abs(len(other) - len(folded)) <= limit and (letters ^ _letters(other)).bit_count() <= 2 * limit:
            apart_here = distance(folded, other, limit)
            if apart_here <= limit:
                found_here.append((other, apart_here))
    return found_here


def best(name: str, ranked: Iterable[tuple[int, str]], most: int) -> tuple[str, ...]:
    """The best of names that are so many letters away, without what says the opposite and what is farther than that."""
    ordered = sorted((apart, abs(len(one) - len(name)), one) for apart, one in ranked)
    found: list[str] = []
    farthest = max((apart for apart, _, _ in ordered), default=0)
    for apart, _, one in ordered:
        if len(found) == most or apart > farthest:
            break
        if are_opposite(name, one):
            farthest = apart
        else:
            found.append(one)
    return tuple(found)


def _letters(name: str) -> int:
    """Which characters a name has, as bits: two names that are near have nearly the same."""
    bits = 0
    for char in name:
        bits |= 1 << (ord(char) & 63)
    return bits
