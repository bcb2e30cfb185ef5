"""Aggregates and correlations against SciPy and pandas, to 1e-9."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from runql.engine import statistics
from runql.engine.stages.reference.folds import fold
from runql.semantic.values import MISSING

examples = settings(max_examples=150, deadline=None)
NUMBERS = st.lists(st.floats(-1000, 1000).map(lambda x: round(x, 6)), min_size=2, max_size=60)
SKIPPED = st.lists(st.sampled_from([MISSING, None, math.nan, "text", True]), max_size=5)

THEIRS: dict[str, Callable[[Any], float]] = {
    "sum": lambda series: series.sum(),
    "mean": lambda series: series.mean(),
    "std": lambda series: series.std(),
    "sem": lambda series: series.sem(),
    "ci95": lambda series: float(stats.t.ppf(0.975, len(series) - 1)) * series.sem(),
    "iqm": lambda series: float(stats.trim_mean(series, 0.25)),
    "min": lambda series: series.min(),
    "max": lambda series: series.max(),
    "median": lambda series: series.median(),
    "p10": lambda series: series.quantile(0.1),
    "p90": lambda series: series.quantile(0.9),
    "p99": lambda series: series.quantile(0.99),
    "p0": lambda series: series.min(),
    "p100": lambda series: series.max(),
}


@pytest.mark.parametrize("name", THEIRS)
@examples
@given(numbers=NUMBERS, skipped=SKIPPED)
def test_an_aggregate_is_what_pandas_and_scipy_say(name: str, numbers: list[float], skipped: list[Any]) -> None:
    if name in ("sum", "mean"):  # true counts as 1 there
        skipped = [value for value in skipped if value is not True]
    mine, passed_over = fold(name, [*skipped, *numbers])
    assert mine == pytest.approx(THEIRS[name](pd.Series(numbers)), rel=1e-9, abs=1e-9)
    missing = sum(value is None or value is MISSING for value in skipped)
    other = sum(isinstance(value, str | bool) for value in skipped)
    assert (passed_over.missing, passed_over.other) == (missing, other)
    assert passed_over.nan == len(skipped) - missing - other


@pytest.mark.parametrize("freedom", [*range(1, 60), 99, 400, 401, 1000, 10**6])
def test_students_t(freedom: int) -> None:
    assert statistics.t_975(freedom) == pytest.approx(float(stats.t.ppf(0.975, freedom)), rel=1e-11)


PAIRS = st.lists(st.tuples(st.integers(-6, 6), st.floats(-50, 50).map(lambda x: round(x, 1))), min_size=3, max_size=50)


@examples
@given(PAIRS)
def test_rank_correlation(pairs: list[tuple[float, float]]) -> None:
    xs, ys = map(list, zip(*pairs, strict=True))
    mine = statistics.spearman(xs, ys)
    if len(set(xs)) == 1 or len(set(ys)) == 1:
        assert mine is None
    else:
        assert mine == pytest.approx(float(stats.spearmanr(xs, ys).statistic), abs=1e-9)


@examples
@given(PAIRS)
def test_correlation_ratio(pairs: list[tuple[float, float]]) -> None:
    """Its square is the explained part of the variance: that of an analysis of variance by pandas."""
    frame = pd.DataFrame(pairs, columns=["category", "value"])
    centre = frame["value"].mean()
    whole = ((frame["value"] - centre) ** 2).sum()
    apart = ((frame.groupby("category")["value"].transform("mean") - centre) ** 2).sum()
    mine = statistics.correlation_ratio(list(frame["category"]), list(frame["value"]))
    if mine is None:
        assert frame["value"].nunique() == 1
    elif whole > 1e-12:
        assert mine**2 == pytest.approx(apart / whole, abs=1e-9)


@pytest.mark.parametrize("name", ["std", "sem", "ci95"])
def test_one_value_has_no_spread(name: str) -> None:
    assert fold(name, [0.5])[0] is MISSING


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mean", MISSING),
        ("sum", MISSING),
        ("min", MISSING),
        ("any", MISSING),
        ("count", 0),
        ("n_unique", 0),
        ("list", []),
    ],
)
def test_over_no_values(name: str, expected: Any) -> None:
    assert fold(name, [MISSING, None, math.nan])[0] == expected


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("sum", [2**60, 1], 2**60 + 1),
        ("sum", [0.1] * 10, 1.0),
        ("sum", [math.inf, -math.inf], math.nan),
        ("mean", [1e308, 1e308], 1e308),
        ("min", ["b", "a"], "a"),
        ("min", ["b", 3, True], 3),
        ("max", [False, True, "x"], True),
        ("first", [MISSING, "x", "y"], "x"),
        ("last", ["x", math.nan], "x"),
        ("any", [False, MISSING, True], True),
        ("all", [True, MISSING], True),
        ("n_unique", [1, 1.0, True, "1", None], 3),
        ("list", [1, None, "a"], [1, "a"]),
        ("median", [1, 2], 1.5),
        ("iqm", [0.0, 1.0, 2.0, 100.0], 1.5),
    ],
)
def test_examples(name: str, values: list[Any], expected: Any) -> None:
    result = fold(name, values)[0]
    assert result == expected or (math.isnan(expected) and math.isnan(result))
    assert isinstance(result, type(expected))


def test_percentiles_of_whole_numbers_beyond_two_to_the_53_are_exact() -> None:
    big = 2**53 + 1
    assert statistics.percentile([big], 50) == big
    assert statistics.percentile([1, big, big + 2], 50) == big
    assert statistics.percentile([big, big + 2], 50) == big + 1
    assert statistics.percentile([big, 2**2000], 100) == 2**2000
    assert statistics.percentile([1, 2], 50) == 1.5
    assert statistics.percentile([1, 2, math.inf], 50) == 2
    assert isinstance(statistics.percentile([1, 3], 50), float)
