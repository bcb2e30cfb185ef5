"""Metrics along the x of one run, cell by cell."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice
from math import inf
from operator import le

from runql.engine import statistics
from runql.engine.functions import to_float
from runql.engine.stages.shared.numbers import LeftOut, count_nan, is_point
from runql.engine.values.column import Column
from runql.semantic.values import Missing, Value


def rising(xs: Sequence[Value], lengths: Sequence[int]) -> list[bool]:
    """For each stretch of so many cells, whether it holds numbers that never fall."""
    cells = iter(xs)
    return [_rises(list(islice(cells, length))) for length in lengths]


def _rises(xs: list[Value]) -> bool:
    return set(map(type, xs)) <= {int, float} and all(map(le, xs, islice(xs, 1, None)))


def smoothed(cells: Sequence[Value], method: str, amount: float) -> list[Value]:
    """One metric of one run smoothed: its finite numbers; other cells stay as they are."""
    return _exponential(cells, amount) if method == "ema" else _trailing(cells, int(amount))


def _exponential(cells: Sequence[Value], weight: float) -> list[Value]:
    """The mean of the values so far, each `weight` times as heavy as the next: debiased from the start."""
    result: list[Value] = []
    average, heavy = 0.0, 0.0
    for cell in cells:
        if is_point(cell):
            heavy *= weight
            average = (heavy * average + to_float(cell)) / (heavy + 1)
            heavy += 1
            result.append(average)
        else:
            result.append(cell)
    return result


def _trailing(cells: Sequence[Value], count: int) -> list[Value]:
    """The mean of the last values; of fewer at the start."""
    result: list[Value] = []
    window: deque[float] = deque(maxlen=count)
    for cell in cells:
        if is_point(cell):
            window.append(to_float(cell))
            result.append(statistics.exact_sum(list(window)) / len(window))
        else:
            result.append(cell)
    return result


def left_out(cells: Sequence[Value]) -> LeftOut:
    """How many cells hold NaN, an infinity, and a value that is no number; null and missing are no values."""
    types = cells.types if isinstance(cells, Column) else frozenset(map(type, cells))
    others = types - {int, float, type(None), Missing}
    infinite = sum(cell in (inf, -inf) for cell in cells if type(cell) is float) if float in types else 0
    return LeftOut(count_nan(cells), infinite, sum(type(cell) in others for cell in cells) if others else 0)


def points(xs: Sequence[Value], cells: Sequence[Value]) -> tuple[list[Value], list[Value], int]:
    """The x and the value of the rows where both are finite numbers; of rows of equal x the last, and how many not."""
    pairs = [(x, cell) for x, cell in zip(xs, cells, strict=True) if is_point(x) and is_point(cell)]
    found = dict(pairs)
    return list(found), list(found.values()), len(pairs) - len(found)
