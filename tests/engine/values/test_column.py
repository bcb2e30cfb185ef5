"""Typed columns: whatever cells go in come back, cell by cell, and every operation is that of a list."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import chain, compress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.engine.values.column import (
    Column,
    Numbers,
    Objects,
    Repeats,
    column_of,
    constant,
)
from runql.engine.values.concat import concat_columns
from runql.engine.values.rows import columns_of_rows
from runql.semantic.values import MISSING

WHOLE = st.integers(-(2**66), 2**66) | st.sampled_from([0, 2**53, 2**53 + 1, -(2**63), 2**63 - 1, 2**63])
FLOATS = st.floats() | st.sampled_from([-0.0, math.nan, math.inf, -math.inf, 2.0**53, 1e300])
GAPS = st.sampled_from([None, MISSING])
OTHERS = st.sampled_from(["a", "", True, False, [1], {"a": 1}, datetime(2026, 1, 1, tzinfo=UTC)])
CELLS = st.one_of(
    st.lists(FLOATS),
    st.lists(WHOLE),
    st.lists(st.integers(-5, 5) | FLOATS),
    st.lists(st.integers(-5, 5) | GAPS),
    st.lists(WHOLE | FLOATS | GAPS),
    st.lists(WHOLE | FLOATS | GAPS | OTHERS),
)


def shown(cells: Any) -> list[tuple[type, str]]:
    """The cells so that NaN is NaN, 1 is not 1.0, and a zero keeps its sign."""
    return [(type(cell), repr(cell)) for cell in cells]


@given(CELLS)
def test_cells_come_back_as_they_went_in(cells: list[Any]) -> None:
    column = column_of(cells)
    assert shown(column) == shown(cells)
    assert shown(column[at] for at in range(-len(cells), len(cells))) == shown(cells + cells)
    assert len(column) == len(cells)
    assert column.types == set(map(type, cells))
    assert column.held == bytes(cell is not MISSING for cell in cells)
    assert column.has_gaps == any(cell is None or cell is MISSING for cell in cells)
    assert column.nan_count() == sum(isinstance(cell, float) and math.isnan(cell) for cell in cells)
    assert column_of(column) is column


@given(CELLS, st.data())
def test_a_choice_of_rows_is_that_of_a_list(cells: list[Any], data: st.DataObject) -> None:
    column = column_of(cells)
    flags = bytes(data.draw(st.lists(st.integers(0, 1), min_size=len(cells), max_size=len(cells))))
    kept = column.compress(flags)
    assert shown(kept) == shown(compress(cells, flags))
    assert kept.types == set(map(type, compress(cells, flags)))
    rows = data.draw(st.lists(st.integers(0, len(cells) - 1))) if cells else []
    assert shown(column.take(rows)) == shown(cells[row] for row in rows)
    cut = slice(*data.draw(st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.sampled_from([1, 2, -1]))))
    assert shown(column[cut]) == shown(cells[cut])


@given(st.lists(CELLS | st.tuples(FLOATS | WHOLE | GAPS | OTHERS, st.integers(0, 3)), max_size=4))
def test_columns_under_each_other_are_lists_under_each_other(parts: list[Any]) -> None:
    columns = [constant(*part) if isinstance(part, tuple) else column_of(part) for part in parts]
    lists = [[part[0]] * part[1] if isinstance(part, tuple) else part for part in parts]
    joined = concat_columns(columns)
    assert shown(joined) == shown(chain.from_iterable(lists))
    assert joined.types == set(map(type, chain.from_iterable(lists)))
    assert joined.held == bytes(cell is not MISSING for cell in chain.from_iterable(lists))
    assert shown(concat_columns(lists)) == shown(joined)


@given(FLOATS | WHOLE | GAPS | OTHERS, st.integers(0, 5), st.data())
def test_a_value_repeated_is_a_list_of_it(value: Any, length: int, data: st.DataObject) -> None:
    column, cells = constant(value, length), [value] * length
    assert shown(column) == shown(cells)
    assert shown(column[at] for at in range(-length, length)) == shown(cells + cells)
    flags = bytes(data.draw(st.lists(st.integers(0, 1), min_size=length, max_size=length)))
    assert shown(column.compress(flags)) == shown(compress(cells, flags))
    with pytest.raises(IndexError):
        column[length]


def test_runs_of_values_are_counted_off() -> None:
    column = concat_columns([constant("a", 2), constant("b", 0), constant("c", 1)])
    assert isinstance(column, Repeats)
    assert list(column) == ["a", "a", "c"]
    assert [column[at] for at in range(-3, 3)] == ["a", "a", "c", "a", "a", "c"]
    assert column[1:] == ["a", "c"]
    assert column.take([2, 0]) == ["c", "a"]
    assert column.compress(b"\x00\x01\x01") == ["a", "c"]


@pytest.mark.parametrize(
    ("cells", "kind", "typecode"),
    [
        ([1.5, math.nan], Numbers, "d"),
        ([1, None, MISSING], Numbers, "q"),
        ([1, 0.5], Numbers, "d"),
        ([2**63 - 1], Numbers, "q"),
        ([2**63], Objects, ""),
        ([2**53 + 1, 0.5], Objects, ""),
        ([True, 1], Objects, ""),
        ([MISSING, None], Objects, ""),
        (["a"], Objects, ""),
        ([], Objects, ""),
    ],
)
def test_what_an_array_holds_exactly_is_an_array(cells: list[Any], kind: type, typecode: str) -> None:
    column = column_of(cells)
    assert type(column) is kind
    assert not isinstance(column, Numbers) or column.values.typecode == typecode


ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 9) | FLOATS | st.none(), max_size=3), max_size=6)


@given(ROWS, st.none() | st.lists(st.sampled_from("abcd"), max_size=3))
def test_columns_of_rows_hold_what_the_rows_hold(rows: list[dict[str, Any]], names: list[str] | None) -> None:
    columns = columns_of_rows(rows, names)
    present = list(dict.fromkeys(chain.from_iterable(rows)))
    wanted = present if names is None else [name for name in dict.fromkeys(names) if name in present]
    assert list(columns) == wanted
    for name, column in columns.items():
        assert isinstance(column, Column)
        assert shown(column) == shown(row.get(name, MISSING) for row in rows)
