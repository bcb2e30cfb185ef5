"""The first row of each combination: by arrays as row by row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.engine.stages.arrays import codes, groups
from runql.engine.stages.arrays.groups import first_rows
from runql.engine.stages.reference import groups as by_row
from runql.engine.values.column import Column, Repeats, column_of
from runql.semantic.values import MISSING

_DOUBLES = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 1.0, float("inf"), float("nan")]))
_CELLS = st.one_of(
    _DOUBLES,
    st.floats(allow_nan=False),
    st.integers(-3, 3),
    st.sampled_from(["a", "b", "A"]),
    st.one_of(st.none(), st.just(MISSING), st.booleans(), st.integers(), st.text(max_size=2), _DOUBLES),
)


@st.composite
def _tables(draw: st.DrawFn) -> list[Column]:
    """Columns of cells that are drawn from few, so that rows occur twice."""
    length = draw(st.integers(1, 30))
    columns: list[Column] = []
    for _ in range(draw(st.integers(1, 4))):
        of_kind = draw(st.sampled_from([_DOUBLES, st.floats(allow_nan=False), st.sampled_from(["a", "b"]), _CELLS]))
        few: list[Any] = draw(st.lists(of_kind, min_size=1, max_size=6))
        columns.append(column_of([few[draw(st.integers(0, len(few) - 1))] for _ in range(length)]))
    if draw(st.booleans()):
        columns.append(Repeats(["x", "y"], [length // 2, length - length // 2]))
    return columns


@pytest.mark.parametrize("odd", [groups._ODD, 0])
@given(columns=_tables())
def test_first_rows_are_those_of_the_reference(odd: int, columns: list[Column]) -> None:
    """Also where the number of each row is the same (`odd` 0), so that rows share it that are not alike."""
    length = len(columns[0])
    expected = by_row.first_rows(columns, length)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codes, "_FEW", 0)  # doubles of few values too are told by their bits
        patch.setattr(groups, "_ODD", odd)
        assert [*first_rows(columns, length)] == expected
    assert [*first_rows(columns, length)] == expected


def test_rows_that_differ_in_one_column_are_all_kept() -> None:
    ids = column_of([f"r{row}" for row in range(5_000)])
    same = column_of([0.5] * 5_000)
    assert first_rows([same, ids], 5_000) == range(5_000)
    apart = column_of([row / 7 for row in range(5_000)])
    assert first_rows([same, apart], 5_000) == range(5_000)
    twice = column_of([row // 2 / 7 for row in range(5_000)])
    assert first_rows([same, twice], 5_000) == [*range(0, 5_000, 2)]
