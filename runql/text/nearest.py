"""The names nearest to one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable


def distance(a: str, b: str, most: int) -> int:
    """How many letters to change, drop, add or swap with a neighbour (optimal string alignment); `most + 1` if more."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    a, b = _without_common_ends(a, b)
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        row = [i] + [0] * len(b)
        for j, right in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, before[j - 2] + 1)
            row[j] = cost
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


def _without_common_ends(a: str, b: str) -> tuple[str, str]:
    """Both without what they begin and end with alike, which no shortest way touches."""
    start = _alike(a, b)
    a, b = a[start:], b[start:]
    end = _alike(a[::-1], b[::-1])
    return a[: len(a) - end], b[: len(b) - end]


def _alike(a: str, b: str) -> int:
    """With how many characters alike two texts begin."""
    return next((i for i, (left, right) in enumerate(zip(a, b, strict=False)) if left != right), min(len(a), len(b)))


def allowance(name: str) -> int:
    """How far a name may be from what was meant: one in three letters, at most three; none in a name of two."""
    return min(3, len(name) // 3)


def nearest(name: str, candidates: Iterable[str], most: int = 3, allowed: int | None = None) -> tuple[str, ...]:
    """At most `most` candidates that are near to a name, nearest first; none is better than one that is far.

    Case does not count as a difference, except between equals. A candidate whose last segment is the name, or that ends
    with it after a separator (`lr` and `optim.lr`), is near too.
    """
    limit = allowance(name) if allowed is None else allowed
    folded = name.casefold()
    letters = _letters(folded)
    ranked: list[tuple[float, int, str]] = []
    for candidate in candidates:
        other = candidate.casefold()
        if other == folded:
            rank: float = 0
        elif abs(len(other) - len(folded)) <= limit and _apart(letters, _letters(other)) <= 2 * limit:
            rank = distance(folded, other, limit)
        else:
            rank = limit + 1
        if rank > limit and len(folded) > 1 and other.endswith((f".{folded}", f"/{folded}", f"_{folded}")):
            rank = limit
        if rank <= limit:
            ranked.append((rank, abs(len(other) - len(folded)), candidate))
    return tuple(candidate for _, _, candidate in sorted(ranked)[:most])


def _letters(name: str) -> int:
    """Which characters a name has, as bits: two names that are near have nearly the same."""
    bits = 0
    for char in name:
        bits |= 1 << (ord(char) & 63)
    return bits


def _apart(a: int, b: int) -> int:
    return (a ^ b).bit_count()
