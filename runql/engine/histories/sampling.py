"""The deterministic sample of a history whose every row is at hand."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import compress, pairwise
from operator import eq
from typing import Any, Final

from runql.engine.compare import is_nan, is_number
from runql.engine.values.column import Column, Numbers, column_of

AXES = frozenset({"_step", "_timestamp", "_runtime"})
"""What W&B writes into every row. They are no reason to keep a row, unless nothing else is asked for."""

_NUMBERS: Final = frozenset({int, float})


def sample_rows(columns: Mapping[str, Sequence[Any]], samples: int) -> list[int]:
    """The rows to keep: about `samples` for each set of metrics that were logged together, ascending.

    `columns` are the metrics asked for, of equal length, `MISSING` where a row does not hold one; the x axis is
    left out of them. Of each set the first and last row and those with the smallest and largest number of each
    metric are kept, the rest is spread evenly. A set that is logged more rarely goes first, and a denser set keeps
    the rows that it shares with it. Rows that hold no metric are never kept. A set gives exactly `samples` rows if it
    has that many and the rows that must stay leave room. The same columns always give the same rows.
    """
    vectors = {name: column_of(cells) for name, cells in columns.items()}
    chosen: set[int] = set()
    for rows, metrics in _groups(vectors):
        if len(rows) <= samples:
            chosen.update(rows)
            continue
        kept = {0, len(rows) - 1}
        for name in metrics:
            column = vectors[name]
            kept.update(extremes(column if len(rows) == len(column) else column.take(rows)))
        if chosen:
            kept.update(place for place, row in enumerate(rows) if row in chosen)
        chosen |= {rows[place] for place in _spread(len(rows), sorted(kept), samples)}
    return sorted(chosen)


def _groups(columns: Mapping[str, Column]) -> list[tuple[Sequence[int], list[str]]]:
    """The sets of metrics that stand in the same rows, with these rows; the rarest first."""
    names = [name for name in columns if name not in AXES] or list(columns)
    rows_of: dict[bytes, Sequence[int]] = {}
    metrics_of: dict[bytes, list[str]] = {}
    for name in names:
        held = columns[name].held
        if held not in rows_of:
            full = 0 not in held
            rows_of[held] = range(len(held)) if full else list(compress(range(len(held)), held))
        metrics_of.setdefault(held, []).append(name)
    groups = [(rows_of[held], metrics) for held, metrics in metrics_of.items() if rows_of[held]]
    # Rows decide between sets of one size, so that the order in which metrics are asked for does not matter.
    return sorted(groups, key=lambda group: (len(group[0]), list(group[0])))


def extremes(cells: Sequence[Any]) -> tuple[int, ...]:
    """The places of the smallest and the largest number (the first of equal ones); none if there is no number."""
    column = column_of(cells)
    if isinstance(column, Numbers) and column.gaps is None and len(column) and "numpy" in sys.modules:
        import numpy as np

        values = np.asarray(column.values)
        least, most = int(values.argmin()), int(values.argmax())
        if not np.isnan(values[least]):  # the place of a NaN, if there is one
            return least, most
        numbers = np.flatnonzero(~np.isnan(values))
        if not len(numbers):
            return ()
        return int(numbers[values[numbers].argmin()]), int(numbers[values[numbers].argmax()])
    listed = [*column]  # a column looks for a value cell by cell
    if column.types <= _NUMBERS and all(map(eq, listed, listed)):  # NaN is not equal to itself
        return listed.index(min(listed)), listed.index(max(listed))
    places = [place for place, cell in enumerate(listed) if is_number(cell) and not is_nan(cell)]
    if not places:
        return ()
    return min(places, key=lambda place: listed[place]), max(places, key=lambda place: listed[place])


def _spread(length: int, kept: Sequence[int], count: int) -> set[int]:
    """`count` places below `length`, more if the kept ones need it: these, and the rest evenly between them.

    The places are cut into buckets of one size. A bucket gives its kept places or, if it has none, its first one.
    """
    buckets = count
    while True:
        taken = set(kept)
        occupied = {place * buckets // length for place in kept}
        taken.update(-(-bucket * length // buckets) for bucket in range(buckets) if bucket not in occupied)
        excess = len(taken) - count
        if excess <= 0 or buckets == max(1, count // 2):
            break
        buckets = max(1, count // 2, buckets - excess)
    return _fill(taken, count) if excess < 0 else taken


def _fill(taken: set[int], count: int) -> set[int]:
    """Halve the widest gaps until there are `count` places."""
    ordered = sorted(taken)
    gaps = [(low - high, low, high) for low, high in pairwise(ordered)]
    heapify(gaps)
    while len(taken) < count:
        _, low, high = heappop(gaps)
        middle = (low + high) // 2
        taken.add(middle)
        for one, other in ((low, middle), (middle, high)):
            heappush(gaps, (one - other, one, other))
    return taken
