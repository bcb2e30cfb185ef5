"""Sorting arrays against Python's `sorted`, which leaves equal numbers as they stand; sums that run against `fsum`."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.stages.arrays import sorting
from runql.engine.stages.arrays.running import so_far
from runql.engine.stages.arrays.running.so_far import running_best, running_integers, running_sums
from runql.engine.stages.arrays.sorting import OrderStatistics, order_within, stable_order
from tests.engine.stages.test_fast_sums import FLOATS

NEAR = st.integers(0, 60).map(lambda steps: 1 + steps * 2.0**-52)
"""Numbers that differ in their last bits alone."""
FAR = st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1e300, -1e300, math.inf, -math.inf])
NUMBERS = st.one_of(
    st.lists(st.tuples(st.floats(allow_nan=False), st.integers(0, 2)), min_size=1, max_size=40),
    st.lists(st.tuples(NEAR | FAR, st.integers(0, 2)), min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(-3, 3).map(float), st.integers(0, 2)), min_size=1, max_size=40),
)
SMALL = FLOATS.filter(lambda number: abs(number) < 1e140)
"""Far from overflow."""
INTEGERS = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3), min_size=1, max_size=40)


@settings(max_examples=150, deadline=None)
@given(NUMBERS)
def test_floats_in_order(rows: list[tuple[float, int]]) -> None:
    numbers, groups = (list(column) for column in zip(*rows, strict=True))
    places = range(len(rows))
    assert stable_order(np.array(numbers)).tolist() == sorted(places, key=numbers.__getitem__)
    within = order_within(np.array(groups), 3, np.array(numbers)).tolist()
    assert within == sorted(places, key=lambda place: (groups[place], numbers[place]))


@settings(max_examples=100, deadline=None)
@given(INTEGERS)
def test_integers_in_order(numbers: list[int]) -> None:
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    assert stable_order(np.array(numbers, np.int64)).tolist() == order


@pytest.mark.parametrize("step", [2.0**-52, 2.0**-30, 1e-3], ids=["last bits", "some bits", "many"])
def test_many_numbers_of_equal_first_bits(step: float) -> None:
    """More runs than are put right one by one, and fewer."""
    draw = random.Random(5)
    numbers = [1e300, *(draw.choice((1, 2, 3)) + draw.randrange(4_000) * step for _ in range(20_000))]
    groups = [draw.randrange(9) for _ in numbers]
    places = range(len(numbers))
    assert stable_order(np.array(numbers)).tolist() == sorted(places, key=numbers.__getitem__)
    within = order_within(np.array(groups), 9, np.array(numbers)).tolist()
    assert within == sorted(places, key=lambda place: (groups[place], numbers[place]))


def _pairs(numbers: list[float], groups: list[int], count: int) -> None:
    """A pair of neighbours of each group at its ends, its middle and between, against `sorted`."""
    found = OrderStatistics(np.array(numbers), np.array(groups), np.bincount(groups, minlength=count))
    inside = [sorted(n for n, one in zip(numbers, groups, strict=True) if one == group) for group in range(count)]
    inside = [part for part in inside if part]
    for share in (0.0, 0.3, 0.5, 0.99, 1.0):
        places = [int(share * (len(part) - 1)) for part in inside]
        below, above = found.pair_at(np.array(places))
        assert below.tolist() == [part[place] for part, place in zip(inside, places, strict=True)]
        assert above.tolist() == [
            part[min(place + 1, len(part) - 1)] for part, place in zip(inside, places, strict=True)
        ]


@settings(max_examples=150, deadline=None)
@given(NUMBERS, st.integers(1, 9), st.booleans())
def test_order_statistics(rows: list[tuple[float, int]], bins: int, has_empty_groups: bool) -> None:
    """By bins, however few, and by sorting everything."""
    numbers, groups = (list(column) for column in zip(*rows, strict=True))
    groups = [group * (1 + has_empty_groups) for group in groups]
    _pairs(numbers, groups, 6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "_FEWEST_BINS", 1)
        patch.setattr(sorting, "_MOST_BINS", bins)
        patch.setattr(sorting, "_BLOCK", bins)
        _pairs(numbers * 6, groups * 6, 6)


@pytest.mark.parametrize("count", [1, 7, 90])
@pytest.mark.parametrize("kind", ["even", "apart", "ties", "wide", "infinite"])
def test_order_statistics_of_many_numbers(kind: str, count: int) -> None:
    draw = random.Random(count)
    groups = [draw.randrange(count) for _ in range(20_000)]
    made: Callable[[int], float] = {
        "even": lambda _group: draw.random() - 0.5,
        "apart": lambda group: 1e3 * group + draw.random(),
        "ties": lambda group: float(draw.randrange(-1, 2) * (group % 3)),
        "wide": lambda _group: draw.choice((-1, 1)) * 10 ** draw.uniform(-300, 300),
        "infinite": lambda _group: draw.choice((-math.inf, math.inf, 0.0, -0.0, 1e308, draw.random())),
    }[kind]
    _pairs([made(group) for group in groups], groups, count)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(SMALL, max_size=12), min_size=1, max_size=5), st.integers(1, 5))
def test_sums_that_run_over_blocks(groups: list[list[float]], block: int) -> None:
    """Groups begin, end and go on anywhere in the blocks."""
    numbers = np.array([number for group in groups for number in group])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(so_far, "_BLOCK", block)
        found = running_sums(numbers, np.array(list(map(len, groups))))
    assert found.tolist() == [math.fsum(group[: end + 1]) for group in groups for end in range(len(group))]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=6), min_size=1, max_size=4))
def test_sums_of_integers_that_run(groups: list[list[int]]) -> None:
    numbers: Any = np.array([number for group in groups for number in group], np.int64)
    found = running_integers(numbers, np.array(list(map(len, groups))))
    exact = [sum(group[: end + 1]) for group in groups for end in range(len(group))]
    assert found is None or found.tolist() == exact
    assert found is not None or max(map(abs, map(int, numbers))) * len(numbers) >= 2**63


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.floats(allow_nan=False), min_size=1, max_size=9), min_size=1, max_size=4), st.booleans())
def test_the_best_so_far(groups: list[list[float]], largest: bool) -> None:
    """Long groups are gone through one by one, short ones together."""
    numbers = np.array([number for group in groups for number in group])
    counts, better = np.array(list(map(len, groups))), max if largest else min
    exact = [better(group[: end + 1]) for group in groups for end in range(len(group))]
    for few in (0, 10):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(so_far, "_FEW_GROUPS", few)
            assert running_best(numbers, counts, largest=largest).tolist() == exact
