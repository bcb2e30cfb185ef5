"""The deterministic sample of a whole history."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.histories.sampling import extremes, sample_rows
from runql.engine.values.column import Numbers, column_of
from runql.semantic.values import MISSING

examples = settings(max_examples=200, deadline=None)


def _every(step: int, length: int, offset: int = 0) -> list[Any]:
    return [float((i * 37) % 101) if i % step == offset else MISSING for i in range(length)]


def _held(column: Sequence[Any]) -> list[int]:
    return [row for row, cell in enumerate(column) if cell is not MISSING]


def _numbers(column: Sequence[Any]) -> list[float]:
    return [c for c in column if isinstance(c, int | float) and not isinstance(c, bool) and not math.isnan(c)]


CELLS = st.one_of(st.just(MISSING), st.integers(-5, 5), st.floats(width=16), st.none(), st.just("text"), st.booleans())
TABLES = st.integers(0, 40).flatmap(
    lambda length: st.dictionaries(
        st.sampled_from(["loss", "acc", "val"]), st.lists(CELLS, min_size=length, max_size=length), min_size=1
    )
)


@examples
@given(TABLES, st.integers(1, 20))
def test_the_rows_are_sorted_and_hold_ends_and_extremes_of_each_metric(columns: dict[str, list[Any]], n: int) -> None:
    rows = sample_rows(columns, n)
    assert rows == sorted(set(rows))
    assert rows == sample_rows(dict(reversed(columns.items())), n)
    for column in columns.values():
        held, kept = _held(column), [column[row] for row in rows]
        assert set(held[:1] + held[-1:]) <= set(rows)
        if numbers := _numbers(column):
            assert min(_numbers(kept)) == min(numbers)
            assert max(_numbers(kept)) == max(numbers)
    assert all(any(column[row] is not MISSING for column in columns.values()) for row in rows)


@examples
@given(TABLES, st.integers(1, 20))
def test_the_size_is_about_that_asked_for(columns: dict[str, list[Any]], n: int) -> None:
    sets: dict[tuple[int, ...], int] = {}
    for column in columns.values():
        held = tuple(_held(column))
        sets[held] = sets.get(held, 0) + 1
    most = 0
    for held, metrics in sets.items():
        most += min(len(held), n + 2 + 2 * metrics)
    rows = sample_rows(columns, n)
    assert len(rows) <= most
    assert len(rows) >= min(n, max(map(len, sets)))


def test_one_set_gives_exactly_as_many_rows_evenly() -> None:
    columns = {"loss": _every(1, 2_000), "acc": _every(1, 2_000)}
    rows = sample_rows(columns, 200)
    assert len(rows) == 200
    assert rows[0] == 0
    assert rows[-1] == 1_999
    assert max(high - low for low, high in pairwise(rows)) <= 21


def test_few_rows_are_all_kept() -> None:
    assert sample_rows({"loss": _every(1, 30), "val": _every(10, 30)}, 30) == list(range(30))
    assert sample_rows({"val": _every(10, 30)}, 3) == [0, 10, 20]
    assert sample_rows({"loss": []}, 3) == []
    assert sample_rows({}, 3) == []
    assert sample_rows({"never": [MISSING] * 5}, 3) == []


def test_a_denser_set_keeps_the_rows_that_it_shares_with_a_sparser_one() -> None:
    dense, sparse = _every(1, 2_000), _every(10, 2_000)
    rows = sample_rows({"loss": dense, "val/loss": sparse}, 200)
    assert set(_held(sparse)) <= set(rows)
    assert len(rows) <= 200 + 4


def test_a_sparse_end_does_not_starve_the_rest() -> None:
    late = [MISSING] * 1_800 + [1.0] * 200
    rows = sample_rows({"loss": _every(1, 2_000), "late": late}, 200)
    assert set(range(1_800, 2_000)) <= set(rows)
    assert sum(row < 1_800 for row in rows) >= 80
    assert max(high - low for low, high in pairwise(rows)) <= 40


def test_a_peak_between_the_even_rows_is_kept() -> None:
    loss = [1.0] * 1_000
    loss[503], loss[777] = 9.0, -9.0
    loss[11] = math.nan
    assert {503, 777} <= set(sample_rows({"loss": loss}, 10))
    assert len(sample_rows({"loss": loss}, 10)) == 10


def test_what_stands_in_every_row_is_no_set_of_its_own() -> None:
    columns = {"_timestamp": [float(i) for i in range(1_000)], "val": _every(100, 1_000)}
    assert sample_rows(columns, 50) == _held(columns["val"])
    assert len(sample_rows({"_timestamp": columns["_timestamp"]}, 50)) == 50


def test_numbers_beyond_floats_are_compared_as_they_are() -> None:
    assert 2 in sample_rows({"big": [0.5, 1, 10**400, 1.5, 2, 3, 4, 5]}, 3)


_NUMBERS_ALONE = st.one_of(
    st.lists(st.one_of(st.floats(width=16), st.sampled_from([0.0, -0.0, math.nan, math.inf])), min_size=1),
    st.lists(st.one_of(st.integers(-3, 3), st.integers(2**53 - 1, 2**53 + 2)), min_size=1),
    st.lists(st.one_of(st.integers(-3, 3), st.floats(width=16)), min_size=1),
)


@examples
@given(_NUMBERS_ALONE)
def test_arrays_find_the_same_extremes(cells: list[Any]) -> None:
    column = column_of(cells)
    assert isinstance(column, Numbers)
    assert extremes(column) == extremes(cells)
