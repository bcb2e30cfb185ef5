"""Columns under each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runql.engine.values.column import Numbers, Repeats, column_of, constant
from runql.engine.values.concat import concat_columns
from runql.semantic.values import MISSING

CELLS = st.one_of(st.integers(-5, 5), st.floats(allow_nan=False), st.none(), st.just(MISSING), st.text(max_size=2))
PARTS = st.lists(st.one_of(st.lists(CELLS, max_size=4), st.lists(st.floats(0, 1), max_size=4)), max_size=5)


@given(PARTS)
def test_every_cell_comes_back(parts: list[list[object]]) -> None:
    whole = concat_columns([column_of(part) for part in parts])
    expected = [cell for part in parts for cell in part]
    assert [(type(cell), cell) for cell in whole] == [(type(cell), cell) for cell in expected]


def test_numbers_and_nothing_are_numbers_with_gaps() -> None:
    whole = concat_columns([column_of([1.5, 2.5]), constant(MISSING, 2), constant(None, 1), column_of([3.5])])
    assert isinstance(whole, Numbers)
    assert list(whole) == [1.5, 2.5, MISSING, MISSING, None, 3.5]


@given(st.lists(st.tuples(CELLS, st.integers(0, 3)), max_size=5), st.integers(-9, 9), st.integers(-9, 9))
def test_a_slice_of_repeats(pairs: list[tuple[object, int]], start: int, stop: int) -> None:
    column = Repeats([value for value, _ in pairs], [count for _, count in pairs])
    assert list(column[start:stop]) == list(column)[start:stop]
