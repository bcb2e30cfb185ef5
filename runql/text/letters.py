"""How far two words are apart, by their letters."""

from __future__ import annotations


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
