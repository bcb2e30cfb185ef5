"""The line that `describe` writes of a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from runql.engine.compare import ORDERED_KINDS, as_number
from runql.engine.order import RANKS
from runql.language.kinds import Kind
from runql.semantic.values import MISSING, Value

NOTHING = frozenset({Kind.NULL, Kind.MISSING})


class Described(NamedTuple):
    """What a column holds. `missing` counts null too; `top` is the most frequent value, the first of equals."""

    type: Value
    valid: int
    missing: int
    nan: int
    min: Value
    max: Value
    mean: Value
    distinct: int
    top: Value
    top_n: Value


def summary(there: Sequence[tuple[Value, Kind, int]], kinds: Mapping[Kind, int], mean: Value) -> Described:
    """The line of a column: its different values with their kinds and how often each occurs, in the order in which
    they first do, without null, missing and NaN; how many cells there are of each kind, in that order; the mean.
    """
    missing = sum(kinds.get(kind, 0) for kind in NOTHING)
    count = sum(often for _, _, often in there)
    nan = sum(kinds.values()) - missing - count
    top, _, top_count = max(there, key=itemgetter(2), default=(MISSING, None, MISSING))
    low, high = _extremes(there)
    return Described(type_of(kinds), count, missing, nan, low, high, mean, len(there), as_number(top), top_count)


def type_of(kinds: Mapping[Kind, int]) -> Value:
    """The kinds of the values, the most frequent first, those as frequent in the order given; missing without any."""
    held = sorted((kind for kind in kinds if kind not in NOTHING), key=lambda kind: -kinds[kind])
    return ", ".join(kind.value for kind in held) or MISSING


def _extremes(there: Sequence[tuple[Value, Kind, int]]) -> tuple[Value, Value]:
    """The smallest and the largest of the values of the first kind that has an order."""
    ordered = sorted(ORDERED_KINDS & {kind for _, kind, _ in there}, key=RANKS.__getitem__)
    if not ordered:
        return MISSING, MISSING
    comparable = [as_number(value) for value, kind, _ in there if kind is ordered[0]]
    return min(comparable), max(comparable)
