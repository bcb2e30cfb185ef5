"""Windows and rows of each group against DuckDB and pandas, on tables of all kinds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.table import Table
from runql.semantic.typed import Named, TCell, TDerive, TLimit, TWindow
from runql.semantic.values import MISSING
from tests.engine.stages.build import FAST, NUMBERS, SLOW, TIMES, ask, cell, from_rows, named, tables
from tests.judges import sql

CELLS = st.one_of(
    NUMBERS,
    NUMBERS,
    st.sampled_from([MISSING, None, math.nan, -math.inf, math.inf, 2**53 + 1]),
    st.sampled_from(["", "a", "Ä", "\U0001f600"]),
    st.booleans(),
    TIMES,
)
BOTH = pytest.mark.parametrize("rows", [SLOW, FAST], ids=["row by row", "arrays"])
examples = settings(max_examples=30, deadline=None)
GROUP = 'partition by "g#key"'
HELD = "\"x#kind\" not in ('null', 'missing', 'nan')"
ORDERED = "\"y#kind\" in ('number', 'bool', 'text', 'time')"


def ours(node: TWindow, given_table: Table, rows: int) -> list[Any]:
    with from_rows(rows):
        return list(ask(TDerive((Named("made", node),)), given_table).table.columns["made"])


def over(name: str, argument: str | None = None, amount: int | None = None, down: bool | None = None) -> TWindow:
    order = () if down is None else ((cell("y"), down),)
    return TWindow(name, None if argument is None else TCell(argument), None, amount, (cell("g"),), order)


@BOTH
@pytest.mark.parametrize("name", ["rank", "dense_rank"])
@examples
@given(drawn=tables("g", "y", cells=CELLS), down=st.booleans())
def test_ranks(name: str, rows: int, drawn: Table, down: bool) -> None:
    theirs = sql.ask(
        f"select case when {ORDERED} then {name}() over ({GROUP} order by {sql.in_order('y', descending=down)}) end "
        "from t order by row",
        t=drawn,
    )
    assert [MISSING if one is None else one for (one,) in theirs] == ours(over(name, down=down), drawn, rows)


@BOTH
@examples
@given(drawn=tables("g", "y", cells=CELLS), down=st.booleans(), parts=st.integers(1, 5))
def test_numbers_and_parts(rows: int, drawn: Table, down: bool, parts: int) -> None:
    along = f"over ({GROUP} order by {sql.in_order('y', descending=down)}, row)"
    of_valued = f"over ({GROUP}, {ORDERED} order by {sql.in_order('y', descending=down)}, row)"
    part = f"case when {ORDERED} then ntile({parts}) {of_valued} end"
    theirs = sql.ask(f"select row_number() {along}, {part} from t order by row", t=drawn)
    made = (ours(over("row_number", down=down), drawn, rows), ours(over("ntile", None, parts, down), drawn, rows))
    assert [(at, None if of is MISSING else of) for at, of in zip(*made, strict=True)] == theirs


@BOTH
@pytest.mark.parametrize("name", ["lag", "lead"])
@examples
@given(drawn=tables("g", "x", "y", cells=CELLS), amount=st.integers(1, 3))
def test_values_before_and_behind(name: str, rows: int, drawn: Table, amount: int) -> None:
    """DuckDB tells the row, of those that hold a value."""
    along = f"over ({GROUP} order by {sql.in_order('y')}, row)"
    held = f"case when {HELD} then row end"
    theirs = sql.ask(f"select {name}({held}, {amount} ignore nulls) {along} from t order by row", t=drawn)
    cells = list(drawn.columns["x"])
    wanted = [MISSING if at is None else cells[at] for (at,) in theirs]
    found = ours(over(name, "x", amount, down=False), drawn, rows)
    assert [sql.key_text(one) for one in found] == [sql.key_text(one) for one in wanted]


@BOTH
@examples
@given(drawn=tables("g", "x", cells=CELLS))
def test_values_up_to_a_row(rows: int, drawn: Table) -> None:
    """Counts and extremes are exact; sums agree where DuckDB's own rounding leaves them alone: of small integers."""
    of_number = "\"x#kind\" = 'number'"
    along = f"over ({GROUP} order by row rows unbounded preceding)"
    theirs = sql.ask(
        f"select case when {of_number} then min(x) filter ({of_number}) {along} end, "
        f"case when {of_number} then max(x) filter ({of_number}) {along} end from t order by row",
        t=drawn,
    )
    kinds = [sql.kind_text(one) for one in drawn.columns["x"]]
    for at, name in enumerate(("cummin", "cummax")):
        for found, pair, kind in zip(ours(over(name, "x"), drawn, rows), theirs, kinds, strict=True):
            if kind == "number":
                assert float(found) == pair[at] if abs(found) < 2**53 or math.isinf(found) else abs(found) >= 2**53


@BOTH
@examples
@given(drawn=tables("g", "x", cells=CELLS), count=st.integers(1, 3), last=st.booleans())
def test_rows_of_each_group(rows: int, drawn: Table, count: int, last: bool) -> None:
    keyed = Table.of({**drawn.columns, "at": list(range(drawn.length))})
    with from_rows(rows):
        found = ask(TLimit(count, (named("g"), named("x")), last), keyed).table.columns["at"]
    order = "row desc" if last else "row"
    inner = f'select row, row_number() over (partition by "g#key", "x#key" order by {order}) as n from t'
    assert list(found) == [
        at for (at,) in sql.ask(f"select row from ({inner}) where n <= {count} order by row", t=drawn)
    ]


# ---------------------------------------------------------------- against pandas

PLAIN = st.one_of(st.integers(-6, 6), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
MEASURES = st.one_of(
    PLAIN,
    PLAIN,
    st.sampled_from([MISSING, None, math.nan, -math.inf, math.inf, 2**53 + 1]),
    st.sampled_from(["", "a", "Ä"]),
    st.booleans(),
    TIMES,
)
WHOLE = st.one_of(st.integers(-6, 6), st.sampled_from([2**53 + 1, -(2**53) - 1, 2**70, MISSING, None]))
FEWER = settings(max_examples=15, deadline=None)
FOLDS = ("sum", "mean", "min", "max", "std", "var", "median", "sem", "count", "n_unique", "first", "last", "p90")
NEEDED = {"std": 2, "var": 2, "sem": 2}
"""How many values an aggregate is of at least, where one is not enough."""


def grouped(drawn: Table, cells: Any) -> Any:
    """A column of pandas by the groups of the table."""
    return pd.Series(cells).groupby([sql.key_text(one) for one in drawn.columns["g"]])


def numbers_of(drawn: Table, *, bools: bool = False) -> list[float]:
    """Numbers as doubles, NaN for all else; true is 1 for those to which it is."""
    kinds = ("number", "bool") if bools else ("number",)
    return [float(one) if sql.kind_text(one) in kinds else math.nan for one in drawn.columns["x"]]


def folded(name: str, drawn: Table) -> tuple[list[Any], list[int]]:
    """What pandas makes of each group beside its rows, and of how many values."""
    if name in ("count", "n_unique", "first", "last"):
        held = [sql.kind_text(one) not in ("null", "missing", "nan") for one in drawn.columns["x"]]
        pairs = zip(drawn.columns["x"], held, strict=True)
        cells = pd.Series([sql.key_text(one) if there else None for one, there in pairs], dtype=object)
    else:
        cells = pd.Series(numbers_of(drawn, bools=name in ("sum", "mean")), dtype=float)
    groups = grouped(drawn, cells)
    if name == "p90":
        # pandas' own is NaN beside infinities; NumPy's is asked where there are none.
        made = groups.transform(lambda one: np.percentile(one.dropna(), 90) if one.notna().any() else math.nan)
    else:
        made = groups.transform({"n_unique": "nunique"}.get(name, name))
    return list(made), list(groups.transform("count"))


def is_near(found: Any, wanted: float, scale: float) -> bool:
    """The same but for rounding, which pandas does at each step."""
    if math.isnan(wanted):
        return bool(found is not MISSING and math.isnan(found))
    return bool(found is not MISSING and (found == wanted or math.isclose(found, wanted, rel_tol=1e-9, abs_tol=scale)))


def overflows(drawn: Table) -> bool:
    """Whether a sum on the way to a mean is infinite, which rounding once is not."""
    return any(1e306 < abs(one) < math.inf for one in numbers_of(drawn))


def scale_of(drawn: Table) -> float:
    """What rounding may cost beside the largest numbers."""
    finite = [abs(one) for one in numbers_of(drawn) if math.isfinite(one)]
    return 1e-9 * max(finite, default=0.0) + 1e-12


@BOTH
@pytest.mark.parametrize("name", FOLDS)
@FEWER
@given(drawn=tables("g", "x", cells=MEASURES))
def test_aggregates_beside_their_rows(name: str, rows: int, drawn: Table) -> None:
    """Beside infinities, and numbers whose squares are, pandas has no spread and no percentile; its sums overflow."""
    found = ours(over(name, "x"), drawn, rows)
    if name in ("sum", "mean") and overflows(drawn):
        return
    if name in ("std", "var", "sem", "p90", "median") and any(abs(one) > 1e150 for one in numbers_of(drawn)):
        return
    with np.errstate(all="ignore"):
        made, counts = folded(name, drawn)
    scale = scale_of(drawn) ** (2 if name == "var" else 1) + (scale_of(drawn) if name in ("std", "sem", "var") else 0)
    for one, wanted, count in zip(found, made, counts, strict=True):
        if name in ("count", "n_unique"):
            assert one == wanted
        elif name in ("first", "last"):
            assert one is MISSING if count == 0 else sql.key_text(one) == wanted
        elif count < NEEDED.get(name, 1):
            # Of a group without a number `min` and `max` are of another kind.
            assert one is MISSING or name in ("min", "max")
        else:
            assert is_near(one, wanted, scale), name


@BOTH
@FEWER
@given(drawn=tables("g", "x", cells=st.sampled_from([1, 2.5, -3, math.inf, -math.inf, math.nan, None])))
def test_percentiles_beside_infinities(rows: int, drawn: Table) -> None:
    """DuckDB has a value where the place is one's, and between two the infinite one, or NaN between both."""
    parts = {"p0": 0.0, "p25": 0.25, "median": 0.5, "p90": 0.9, "p100": 1.0}
    of = f"filter (\"x#kind\" = 'number') over ({GROUP})"
    asked = ", ".join(f"quantile_cont(x, {part}) {of}" for part in parts.values())
    theirs = sql.ask(f"select {asked} from t order by row", t=drawn)
    for at, name in enumerate(parts):
        for one, row in zip(ours(over(name, "x"), drawn, rows), theirs, strict=True):
            assert one is MISSING if row[at] is None else is_near(one, row[at], 1e-9), name


@BOTH
@FEWER
@given(drawn=tables("g", "x", cells=MEASURES))
def test_values_that_run(rows: int, drawn: Table) -> None:
    cells = pd.Series(numbers_of(drawn), dtype=float)
    keys = [sql.key_text(one) for one in drawn.columns["g"]]
    held = cells.dropna()
    groups = held.groupby([keys[at] for at in held.index])
    with np.errstate(all="ignore"):
        sums = groups.transform(lambda one: np.cumsum(one.to_numpy()))  # pandas' own lose the infinities
    wanted = {
        "cumsum": sums,
        "cummean": sums / (groups.cumcount() + 1),
        "cummin": groups.cummin(),
        "cummax": groups.cummax(),
        "delta": held - groups.shift(),
        "ratio": held / groups.shift(),
    }
    scale = scale_of(drawn)
    is_first = groups.cumcount() == 0
    numbered = {key for at, key in enumerate(keys) if at in held.index}
    for name, series in wanted.items():
        if name in ("cumsum", "cummean", "delta") and overflows(drawn):
            continue
        for at, one in enumerate(ours(over(name, "x"), drawn, rows)):
            if at in held.index:
                is_none = name in ("delta", "ratio") and is_first[at]
                assert one is MISSING if is_none else is_near(one, series[at], scale), name
            else:
                assert one is MISSING or keys[at] not in numbered, name


@BOTH
@FEWER
@given(drawn=tables("g", "x", cells=WHOLE))
def test_whole_numbers_stay_exact(rows: int, drawn: Table) -> None:
    """Integers past 2^53, in DuckDB's own wide ones."""
    whole = Table.of({**drawn.columns, "x": [one if type(one) is int else MISSING for one in drawn.columns["x"]]})
    along = f"over ({GROUP} order by row rows unbounded preceding)"
    x = '"x#whole"'
    theirs = sql.ask(
        f"select sum({x}) over ({GROUP}), sum({x}) {along}, min({x}) {along}, max({x}) {along}, "
        f"{x} - lag({x} ignore nulls) over ({GROUP} order by row), {x} from t order by row",
        t=whole,
    )
    for at, name in enumerate(("sum", "cumsum", "cummin", "cummax", "delta")):
        for one, row in zip(ours(over(name, "x"), whole, rows), theirs, strict=True):
            nothing = row[at] is None or (name != "sum" and row[-1] is None)
            assert one is MISSING if nothing else (one == row[at] and not isinstance(one, bool)), name


@BOTH
@FEWER
@given(drawn=tables("g", "x", cells=st.one_of(TIMES, TIMES, st.sampled_from([MISSING, None, "a"]))))
def test_seconds_between_times(rows: int, drawn: Table) -> None:
    times = pd.Series([one if sql.kind_text(one) == "time" else None for one in drawn.columns["x"]], dtype=object)
    held = pd.to_datetime(times.dropna(), utc=True)
    keys = [sql.key_text(drawn.columns["g"][at]) for at in held.index]
    wanted: Any = held.groupby(keys).diff().map(lambda one: one.total_seconds()) if len(held) else held
    numbers = any(sql.kind_text(one) in ("number", "nan") for one in drawn.columns["x"])
    for at, one in enumerate(ours(over("delta", "x"), drawn, rows)):
        if at in held.index and not numbers:
            expected = wanted[at]
            assert one is MISSING if math.isnan(expected) else one == pytest.approx(expected, abs=1e-6)


@BOTH
@FEWER
@given(drawn=tables("g", "x", cells=MEASURES), count=st.integers(1, 6))
def test_the_last_values_up_to_a_row(rows: int, drawn: Table, count: int) -> None:
    """Beside infinities, and where sums overflow, pandas' own rolls lose what was before."""
    numbers = numbers_of(drawn)
    if any(math.isinf(one) or abs(one) > 1e150 for one in numbers):
        return
    cells = pd.Series(numbers, dtype=float).dropna()
    keys = [sql.key_text(one) for one in drawn.columns["g"]]
    rolled = cells.groupby([keys[at] for at in cells.index]).rolling(count, min_periods=1)
    has_bools = any(sql.kind_text(one) == "bool" for one in drawn.columns["x"])
    for name in ("mean", "sum", "min", "max", "median", "std", "var"):
        if name in ("mean", "sum") and has_bools:
            continue  # to them true is 1
        wanted = getattr(rolled, name)().droplevel(0) if len(cells) else cells
        spread = name in ("std", "var")
        scale = 10 * (scale_of(drawn) ** (2 if name == "var" else 1)) + (1e-3 * scale_of(drawn) ** 0.5 if spread else 0)
        for at, one in enumerate(ours(over(name, "x", count), drawn, rows)):
            if at not in cells.index:
                assert one is MISSING or (name in ("min", "max") and keys[at] not in {keys[row] for row in cells.index})
            elif math.isnan(wanted[at]):
                assert one is MISSING
            else:
                assert is_near(one, wanted[at], scale), name
