"""The bins of a histogram, value by value."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from runql.engine.compare import is_nan, is_null, is_number
from runql.engine.functions import to_float
from runql.engine.stages.shared.bins import LARGEST_WHOLE, Binned, edges_between
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.numbers import is_point
from runql.semantic.values import Value


def binned(cells: Sequence[Value], groups: Groups, bins: int) -> Binned:
    """How many values of each group lie in each bin; the bins are those of all groups together."""
    points = [cell for cell in cells if is_point(cell)]
    numbers = [cell for cell in cells if is_number(cell)]
    nan = sum(map(is_nan, numbers))
    missing = sum(map(is_null, cells))
    is_whole = bool(points) and all(map(_is_whole, points))
    edges = edges_between(min(points), max(points), bins, is_whole=is_whole) if points else []
    last = len(edges) - 2
    counts = []
    for rows in groups.rows():
        counted = [0] * (last + 1)
        for row in rows:
            if is_point(cells[row]):
                counted[max(0, min(bisect_right(edges, cells[row]) - 1, last))] += 1
        counts.append(counted)
    other = len(cells) - missing - len(numbers)
    return Binned(edges, counts, is_whole, missing, nan, len(numbers) - nan - len(points), other)


def _is_whole(value: Value) -> bool:
    return isinstance(value, int) or (to_float(value).is_integer() and abs(value) < LARGEST_WHOLE)
