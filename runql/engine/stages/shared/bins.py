"""Bins of equal width over numbers, and what lies in none of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

from runql.engine.functions import to_float
from runql.semantic.values import Value
from runql.text.frozen import frozen

LARGEST_WHOLE = 2**53


@frozen
class Binned:
    """Values in bins. `edges`: one more than bins, rising; a bin holds its lower edge and not its upper one.

    Only the last one of numbers that are not whole holds both. `counts`: for each group how many values each bin holds.

    In no bin are `missing` cells (null ones too), `nan`, `infinite` ones, and `other` kinds of value.
    """

    edges: Sequence[Value]
    counts: Sequence[Sequence[int]]
    is_whole: bool = False
    missing: int = 0
    nan: int = 0
    infinite: int = 0
    other: int = 0


def edges_between(low: int | float, high: int | float, bins: int, *, is_whole: bool) -> list[Value]:
    """At most `bins` bins from the smallest number to the largest.

    Those of whole numbers begin at whole numbers, and as many of these lie in each; others are those of
    `numpy.histogram`, but where it finds no room between two floats.
    """
    if is_whole:
        first, last = int(low), int(high)
        width = max(1, -(-(last - first + 1) // bins))
        return list(range(first, last + width + 1, width))
    low, high = to_float(low), to_float(high)
    if low == high:
        return [low, high]
    step = (high - low) / bins
    if not isfinite(step):
        step = high / bins - low / bins
    edges = [low, *(low + place * step for place in range(1, bins)), high]
    rising = [edge for before, edge in pairwise(edges) if before < edge <= high]
    return [low, *rising]
