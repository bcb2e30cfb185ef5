"""Sums over arrays against `math.fsum`: the same to the last digit, whatever cancels."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine import statistics
from runql.engine.stages.arrays.sums import Summands, group_means, group_sums

FLOATS = st.one_of(
    st.floats(allow_nan=False),
    st.floats(-1, 1),
    st.sampled_from([1e16, 1.0, -1e16, 2.0**-53, 5e-324, 1e308, -1e308, math.inf, 0.1]),
)


def _sums(numbers: list[float], groups: list[int], count: int) -> list[float]:
    group = np.array(groups, np.int64)
    summands = Summands(np.array(numbers, np.float64), group, np.bincount(group, minlength=count))
    sums: list[float] = group_sums(summands).tolist()
    return sums


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(FLOATS, st.integers(0, 3)), min_size=1, max_size=40))
def test_sums_by_group(rows: list[tuple[float, int]]) -> None:
    parts = [[number for number, group in rows if group == wanted] for wanted in range(4)]
    found = _sums([number for number, _ in rows], [group for _, group in rows], 4)
    assert repr(found) == repr([statistics.exact_sum(part) for part in parts])


@settings(max_examples=150, deadline=None)
@given(st.lists(FLOATS, min_size=1, max_size=40))
def test_a_mean_and_a_sum_of_squares(numbers: list[float]) -> None:
    counts = np.array([len(numbers)])
    mean = float(group_means(Summands(np.array(numbers), None, counts))[0])
    assert repr(mean) == repr(statistics.mean_of_floats(numbers))
    squares = float(group_sums(Summands(np.array(numbers), None, counts, np.array([mean])))[0])
    assert repr(squares) == repr(statistics.squared_deviations(numbers, mean))


@pytest.mark.parametrize("scale", [1, 1e-300, 1e300, 1e-12])
def test_many_numbers_that_cancel(scale: float) -> None:
    draw = random.Random(3)
    numbers = [draw.gauss(0, scale) * 10 ** draw.randint(-8, 0) for _ in range(100_000)]
    groups = [draw.randrange(5) for _ in numbers]
    parts = [[number for number, group in zip(numbers, groups, strict=True) if group == one] for one in range(5)]
    assert _sums(numbers, groups, 5) == [math.fsum(part) for part in parts]


def test_a_half_is_rounded_to_even() -> None:
    """A sum that lies right between two floats: no bound tells which, so it is added up exactly."""
    assert _sums([1.0, 2.0**-53, 0.5**60, -(0.5**60)], [0, 0, 0, 0], 1) == [1.0]
    assert _sums([1.0, 2.0**-53, 2.0**-200], [0, 0, 0], 1) == [1 + 2.0**-52]
