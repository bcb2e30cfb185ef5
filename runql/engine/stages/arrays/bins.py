"""The bins of a histogram of many values."""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.stages.arrays.groups import CodedGroups
from runql.engine.stages.arrays.vectors import LARGEST_WHOLE, NULL, NUMBER, Ints, encode
from runql.engine.stages.shared.bins import Binned, edges_between
from runql.engine.stages.shared.groups import Groups
from runql.semantic.values import Value


def binned(cells: Sequence[Value], groups: Groups, bins: int) -> Binned:
    """What the reference says. Raises `NotHeld`."""
    import numpy as np

    vector = encode(cells)
    is_number = vector.tags == NUMBER
    is_point = is_number & np.isfinite(vector.numbers)
    points = vector.numbers if is_point.all() else vector.numbers[is_point]
    missing, nan = int((vector.tags >= NULL).sum()), int((is_number & np.isnan(vector.numbers)).sum())
    numbers = int(is_number.sum())
    rest = (missing, nan, numbers - nan - len(points), len(cells) - missing - numbers)
    if not len(points):
        return Binned([], [[] for _ in range(len(groups))], False, *rest)
    low, high = float(points.min()), float(points.max())
    is_whole = bool((points == np.floor(points)).all()) and max(-low, high) < LARGEST_WHOLE
    edges = edges_between(low, high, bins, is_whole=is_whole)
    count = len(edges) - 1
    places = np.minimum(np.searchsorted(np.array(edges, np.float64), points, side="right") - 1, count - 1)
    if len(groups) > 1:
        places += count * _group_of_row(groups, len(cells))[is_point]
    counts = np.bincount(places, minlength=count * len(groups)).reshape(len(groups), count)
    return Binned(edges, counts.tolist(), is_whole, *rest)


def _group_of_row(groups: Groups, length: int) -> Ints:
    import numpy as np

    if isinstance(groups, CodedGroups):
        return groups.of_row
    of_row = np.zeros(length, np.int64)
    for number, rows in enumerate(groups.rows()):
        of_row[np.asarray(rows)] = number
    return of_row
