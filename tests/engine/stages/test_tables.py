"""`histogram`, `unnest`, `pivot` of several keys and `diff` of many runs, held against NumPy and pandas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.stages import StageContext, run_stage
from runql.engine.table import Table
from runql.semantic.typed import Pivoted, TDiff, THistogram, TPivot, TUnnest
from runql.semantic.values import MISSING
from tests.engine.stages.build import cell, fold, from_rows, named

BOTH = pytest.mark.parametrize("rows", [0, 10**9], ids=["arrays", "reference"])
examples = settings(max_examples=60, deadline=None)

POINTS = st.floats(-1e6, 1e6) | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-50, 50)
ODD = st.sampled_from([None, MISSING, math.nan, math.inf, -math.inf, "a", "", True, False, [1], {"a": 1}])
KEYS = st.sampled_from(["a", "b", "", None, MISSING, 1, 1.0, True])


def counted(found: Table) -> tuple[list[Any], list[Any], list[Any]]:
    low, high, n = (list(found.columns[name]) for name in ("low", "high", "n"))
    return low, high, n


@BOTH
@examples
@given(cells=st.lists(POINTS | ODD, max_size=40), bins=st.integers(1, 12))
def test_a_histogram_counts_as_numpy_does(rows: int, cells: list[Any], bins: int) -> None:
    with from_rows(rows):
        result = run_stage(THistogram(named("x"), bins), Table({"x": cells}, len(cells)), StageContext())
    low, high, n = counted(result.table)
    numbers = [one for one in cells if isinstance(one, int | float) and not isinstance(one, bool)]
    points = [float(one) for one in numbers if math.isfinite(one)]
    assert sum(n) == len(points)
    if not points:
        assert n == []
        return
    if all(one.is_integer() and abs(one) < 2**53 for one in points):
        assert all(isinstance(one, int) for one in (*low, *high))
        assert {b - a for a, b in zip(low, high, strict=True)} == {high[0] - low[0]}
        edges = [*low, high[-1] + 1]
        assert n == np.histogram(points, bins=np.array(edges, float) - 0.5)[0].tolist()
    elif len(n) == bins and 1e-290 < max(points) - min(points) < 1e290:  # beyond, NumPy overflows by its own
        counts, edges_of_numpy = np.histogram(points, bins=bins)
        assert n == counts.tolist()
        assert [*low, high[-1]] == edges_of_numpy.tolist()
    else:
        assert n == np.histogram(points, bins=[*low, high[-1]])[0].tolist() or low == high
    left_out = len(cells) - len(points)
    said = [notice.message for notice in result.notices if notice.code == "RQL312"]
    assert bool(said) is bool(left_out)
    assert (
        sum(int(part.split()[0]) for part in said[0].split("`: ")[1].split(": in")[0].split(", ")) == left_out
        if said
        else True
    )


@BOTH
@examples
@given(rows_given=st.lists(st.tuples(KEYS, POINTS | ODD), min_size=1, max_size=30), bins=st.integers(1, 6))
def test_the_bins_of_groups_are_those_of_all(rows: int, rows_given: list[tuple[Any, Any]], bins: int) -> None:
    keys, cells = ([*column] for column in zip(*rows_given, strict=True))
    given_table = Table({"k": keys, "x": cells}, len(cells))
    with from_rows(rows):
        whole = run_stage(THistogram(named("x"), bins), given_table, StageContext()).table
        parts = run_stage(THistogram(named("x"), bins, (named("k"),)), given_table, StageContext()).table
    _, _, wanted = counted(whole)
    low, _, found = counted(parts)
    size = len(wanted)
    assert low == [*whole.columns["low"]] * (len(low) // size if size else 0)
    assert [sum(found[place::size]) for place in range(size)] == wanted


def test_bins_of_huge_whole_numbers_are_exact() -> None:
    cells = [2**53 + 1, 2**53 + 2, 2**60]
    result = run_stage(THistogram(named("x"), 2), Table({"x": cells}, 3), StageContext())
    assert counted(result.table)[2] == [2, 1]
    assert counted(result.table)[0][0] == 2**53 + 1


def test_fewer_bins_are_said() -> None:
    def said(*cells: Any) -> list[str]:
        result = run_stage(THistogram(named("x"), 10), Table({"x": list(cells)}, len(cells)), StageContext())
        return [notice.message for notice in result.notices]

    assert said(1, 2, 3) == ["3 bins, not 10: bins of whole numbers are of one width"]
    assert said(0.5, 0.5) == ["1 bins, not 10: all values are the same"]
    assert said(1.5, math.nextafter(1.5, 2)) == ["1 bins, not 10: no more numbers lie between"]


LISTS = st.lists(st.sampled_from(["a", "b", 1, None, math.nan, [2]]), max_size=3)


@examples
@given(
    cells=st.lists(LISTS | LISTS.map(tuple) | st.sampled_from(["x", 7, None, MISSING, True]), min_size=1, max_size=20)
)
def test_unnest_is_explode_without_the_empty(cells: list[Any]) -> None:
    given_table = Table({"id": list(range(len(cells))), "tags": cells, "s": ["z"] * len(cells)}, len(cells))
    result = run_stage(TUnnest("tags", "tag"), given_table, StageContext.of_runs())
    frame = pd.DataFrame({"id": range(len(cells)), "tags": pd.Series(cells, dtype=object)})
    empty = [one is None or one is MISSING or (isinstance(one, list | tuple) and not one) for one in cells]
    wanted = frame[~np.array(empty)].explode("tags")
    assert result.table.names == ("id", "tag", "s")
    assert list(result.table.columns["id"]) == wanted["id"].tolist()
    # pandas makes a None among texts a NaN.
    ours, theirs = (list(map(repr, cells)) for cells in (result.table.columns["tag"], wanted["tags"]))
    assert [one.replace("None", "nan") for one in ours] == [one.replace("None", "nan") for one in theirs]
    alone = sum(not isinstance(one, list | tuple) and not gone for one, gone in zip(cells, empty, strict=True))
    codes = {notice.code: notice.message.split()[0] for notice in result.notices}
    assert codes == {**({"RQL313": str(sum(empty))} if any(empty) else {}), **({"RQL563": str(alone)} if alone else {})}


ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from("pqr"), st.floats(-1e3, 1e3)), min_size=1,
    max_size=30,
)  # fmt: skip


@BOTH
@examples
@given(table=ROWS)
def test_a_pivot_of_several_is_pivot_table(rows: int, table: list[tuple[str, str, str, float]]) -> None:
    columns = {name: [*cells] for name, cells in zip(("a", "b", "c", "x"), zip(*table, strict=True), strict=True)}
    values = (Pivoted("mean", fold("mean", "x")), Pivoted("most", fold("max", "x"), True), Pivoted("n", fold("count")))
    stage = TPivot(values, (named("a"), named("b", cell("b"))), named("c"))
    with from_rows(rows):
        found = run_stage(stage, Table(columns, len(table)), StageContext())
    wanted = pd.DataFrame(columns).pivot_table(
        index=["a", "b"], columns="c", values="x", aggfunc=["mean", "max", "count"]
    )
    keys = list(zip(found.table.columns["a"], found.table.columns["b"], strict=True))
    assert keys == list(wanted.index)
    for name, theirs in (("mean", "mean"), ("most", "max"), ("n", "count")):
        for across in wanted["mean"].columns:
            _near(found.table.columns[f"{across} {name}"], wanted[theirs][across])
    layout = found.context.layout
    assert layout is not None and layout.rows == ("a", "b")
    assert all((one.count is None) for one in layout.cells if not one.value.endswith(" mean"))


def _near(ours: Sequence[Any], theirs: Any) -> None:
    for one, other in zip(ours, theirs, strict=True):
        is_empty = one is MISSING
        assert is_empty == bool(np.isnan(other))
        assert is_empty or one == pytest.approx(other, rel=1e-9, abs=1e-9)


@examples
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["a", "b", MISSING])), min_size=7, max_size=9))
def test_diff_of_many_runs_is_melt(runs: list[tuple[int, Any]]) -> None:
    names = [f"r{place}" for place in range(len(runs))]
    columns: dict[str, list[Any]] = {"id": names, "name": names, "x": [x for x, _ in runs], "y": [y for _, y in runs]}
    result = run_stage(TDiff(), Table(columns, len(runs)), StageContext.of_runs()).table
    fields = [name for name in ("x", "y") if len(set(map(repr, columns[name]))) > 1]
    wanted = pd.DataFrame(columns).astype(object).melt(id_vars="name", value_vars=fields) if fields else None
    assert result.names == ("field", "run", "value")
    found = [(*row,) for row in zip(*result.columns.values(), strict=True)]
    assert found == ([] if wanted is None else [*zip(wanted.variable, wanted.name, wanted.value, strict=True)])


def test_diff_of_many_runs_against_one() -> None:
    names = [f"r{place}" for place in range(8)]
    given_table = Table({"id": names, "name": names, "x": [*range(8)]}, 8)
    result = run_stage(TDiff("r3"), given_table, StageContext.of_runs()).table
    assert result.columns["run"][0] == "r3"
    assert list(result.columns["difference"]) == [0, -3, -2, -1, 1, 2, 3, 4]
