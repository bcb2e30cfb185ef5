"""Tables and stages in few words, and random tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from runql.engine.stages import StageContext, StageResult, dispatch, run_stage
from runql.engine.table import Table
from runql.engine.values.column import Column, Repeats, column_of
from runql.semantic.typed import Named, Pivoted, TCell, TFold, TPivot, TStage, TypedExpr
from runql.semantic.values import MISSING

RUNS = StageContext.of_runs()
HISTORIES = StageContext.of_histories("_step", None, ("name",))


def table(**columns: Sequence[Any]) -> Table:
    """Columns by name; `_` in front of a name of config is written `config__lr`."""
    return Table.of({name.replace("__", "."): cells for name, cells in columns.items()})


def cell(name: str) -> TCell:
    return TCell(name)


def named(name: str, value: TypedExpr | None = None) -> Named:
    return Named(name, value if value is not None else TCell(name))


def fold(name: str, argument: str | TypedExpr | None = None, of: str | None = None) -> TFold:
    inner = TCell(argument) if isinstance(argument, str) else argument
    return TFold(name, inner, TCell(of) if of is not None else None)


def pivot_of(value: TFold, rows: Named, columns: Named) -> TPivot:
    """A pivot of one aggregate by two keys."""
    return TPivot((Pivoted("value", value),), (rows,), columns)


def ask(stage: TStage, given: Table, context: StageContext = RUNS) -> StageResult:
    return run_stage(stage, given, context)


def lines(result: StageResult | Table) -> list[list[Any]]:
    """The rows as lists."""
    given = result.table if isinstance(result, StageResult) else result
    return [list(row.values()) for row in given.rows()]


def codes(result: StageResult) -> list[str]:
    return [notice.code for notice in result.notices]


@contextmanager
def from_rows(count: int) -> Iterator[None]:
    """Arrays do the work from so many rows on."""
    before = dispatch.FAST_ROWS
    dispatch.FAST_ROWS = count
    try:
        yield
    finally:
        dispatch.FAST_ROWS = before


FAST, SLOW = 1, 10**9


def alike(one: Any, other: Any, *, tolerance: float = 0.0) -> bool:  # noqa: PLR0911 - one line a type
    """The same value of the same type; NaN is like NaN."""
    if isinstance(one, StageResult) and isinstance(other, StageResult):
        return one.notices == other.notices and alike(one.table.columns, other.table.columns, tolerance=tolerance)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return list(one) == list(other) and all(alike(one[key], other[key], tolerance=tolerance) for key in one)
    if isinstance(one, list | tuple | Column) and isinstance(other, list | tuple | Column):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(alike(*pair, tolerance=tolerance) for pair in pairs)
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return one == other or math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
    return bool(one == other)


TIMES = st.datetimes(datetime(1999, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
NUMBERS = st.one_of(st.integers(-5, 5), st.floats(-100, 100), st.sampled_from([0.0, -0.0, 1.0, 1e300, math.inf]))
CELLS = st.one_of(
    NUMBERS,
    NUMBERS,
    st.sampled_from([MISSING, None, math.nan, -math.inf, 2**53 + 1, 10**400]),
    st.sampled_from(["", "a", "b", "Ä", "1"]),
    st.booleans(),
    TIMES,
    st.sampled_from([[], [1], [1.0], ["a"], {"a": 1}]),
)
TEXTS = st.sampled_from("abc")
PLAIN = st.one_of(NUMBERS, st.sampled_from([MISSING, None, math.nan]))


def _as_columns(cells: list[Any]) -> st.SearchStrategy[Any]:
    """The cells as a list, as a typed column, or a few of them side by side as those of runs are in histories."""
    length = len(cells)
    repeated = st.integers(0, length).map(lambda first: Repeats([cells[0], cells[-1]], [first, length - first]))
    return st.one_of(st.just(cells), st.just(column_of(cells)), repeated)


def tables(
    *names: str, cells: st.SearchStrategy[Any] = CELLS, least: int = 1, most: int = 25
) -> st.SearchStrategy[Table]:
    """Tables of these columns; each draws from all cells, or only from numbers, texts, bools or texts with gaps."""
    kinds = st.sampled_from(
        [cells, cells, PLAIN, st.floats(), st.integers(-3, 3), st.booleans(), TEXTS, st.sampled_from([*"abc", MISSING])]
    )

    def of_length(length: int) -> st.SearchStrategy[Table]:
        column = kinds.flatmap(lambda kind: st.lists(kind, min_size=length, max_size=length)).flatmap(_as_columns)
        return st.fixed_dictionaries(dict.fromkeys(names, column)).map(Table.of)

    return st.integers(least, most).flatmap(of_length)
