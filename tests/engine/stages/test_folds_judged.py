"""Aggregates of conditions, weights, variance and mode against pandas, over random groups."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.stages.reference.folds import fold, fold_weighted
from runql.semantic.values import MISSING

examples = settings(max_examples=100, deadline=None)

NUMBERS = st.lists(st.one_of(st.floats(-1e6, 1e6), st.integers(-9, 9)), min_size=1, max_size=20)
WEIGHTS = st.one_of(st.floats(0.1, 9), st.just(math.nan), st.none())
TRUTHS = st.lists(st.sampled_from([True, False, None, MISSING]), max_size=20)


@examples
@given(TRUTHS)
def test_conditions_are_counted_as_pandas_counts_them(cells: list[Any]) -> None:
    series = pd.Series([cell if isinstance(cell, bool) else pd.NA for cell in cells], dtype="boolean").dropna()
    assert fold("count_if", cells)[0] == int(series.sum())
    for name in ("share", "mean"):
        expected = MISSING if series.empty else pytest.approx(float(series.astype(float).mean()))
        assert fold(name, cells)[0] == expected
    assert fold("sum", cells)[0] == (MISSING if series.empty else int(series.sum()))
    assert fold("share", cells)[1].missing == len(cells) - len(series)


@examples
@given(NUMBERS)
def test_var_and_mode_are_those_of_pandas(cells: list[Any]) -> None:
    series = pd.Series(cells, dtype=float)
    made = fold("var", cells)[0]
    assert made is MISSING if len(cells) == 1 else made == pytest.approx(series.var(), rel=1e-9, abs=1e-9)
    assert fold("mode", cells)[0] == series.mode()[0]


@examples
@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3), st.one_of(st.floats(0.1, 9), st.just(math.nan), st.none())), max_size=15)
)
def test_a_weighted_mean_is_that_of_numpy(pairs: list[Any]) -> None:
    there = [(x, w) for x, w in pairs if w is not None and not math.isnan(w)]
    made, skipped = fold_weighted([x for x, _ in pairs], [w for _, w in pairs])
    assert skipped.missing + skipped.nan == len(pairs) - len(there)
    expected = np.average([x for x, _ in there], weights=[w for _, w in there]) if there else MISSING
    assert made == (pytest.approx(expected, rel=1e-9, abs=1e-9) if there else MISSING)


@examples
@given(NUMBERS, st.floats(0, 100))
def test_any_percentile_is_that_of_numpy(cells: list[Any], percent: float) -> None:
    expected = np.percentile(np.array(cells, float), percent)
    assert fold(f"p{percent!r}", cells)[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_percentile_that_falls_on_a_value_is_that_value_beside_an_infinity() -> None:
    """14 % of 50 is 7, which 0.14 * 50 is not."""
    assert fold("p14", [*range(8), *[math.inf] * 43])[0] == 7
