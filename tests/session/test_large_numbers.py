"""Numbers beyond the range of floats: an infinity where they are read, an error with a place where they are written."""

from __future__ import annotations

import math

import pytest

import runql
from runql.errors import QueryError
from runql.sources.memory import MemoryService

HUGE = 10**400
RUNS = MemoryService(
    [
        {"id": "a", "config": {"x": HUGE, "deep": {"list": [-HUGE, 2**53 + 1]}, "text": str(HUGE)}},
        {"id": "b", "config": {"x": 1.7e308, "deep": {"list": []}, "text": "1"}},
    ],
    {"a": [{"loss": HUGE}, {"loss": 1}], "b": [{"loss": 2}, {"loss": 3}]},
)


def test_what_a_list_of_runs_holds_is_an_infinity() -> None:
    columns = "config.x, config.deep.list[0] as low, config.deep.list[1] as whole, max(logged.loss)"
    (row,) = runql.query(f"runs where id = 'a' select {columns}", RUNS)
    assert list(row.values()) == [math.inf, -math.inf, 2**53 + 1, math.inf]


@pytest.mark.parametrize(
    "stage",
    [
        "derive y = round(config.x, -308), z = number(config.text), t = time(config.x)",
        "derive y = cumsum(config.x) over all order id, z = cummean(config.x) over all order id",
        "group : mean(config.x), wmean(config.x, config.x), percentile(config.x, 50), std(config.x)",
        "derive y = null | join (runs select name as other, null as k) on y = k",
        'derive y = substr(id, 9e15), z = split(id, "a", 9e15), w = clip(config.x, 0, 9e15)',
        "histogram config.x",
    ],
)
def test_a_stage_answers_or_says_what_it_lacks(stage: str) -> None:
    try:
        list(runql.query(f"runs | {stage}", RUNS))
    except QueryError as error:
        assert "null: they are never equal" in str(error)


@pytest.mark.parametrize(
    "query",
    [
        "runs limit {}",
        "runs where config.x > -{}",
        "runs | derive y = duration({})",
        "runs keys loss steps {}..",
        "runs select mean(logged.loss, last {})",
        "runs keys loss | resample 1e15",
        "runs keys loss | smooth mean 1e299",
        "runs | limit 1e299",
    ],
)
def test_an_amount_that_is_too_large_is_refused_where_it_stands(query: str) -> None:
    with pytest.raises(QueryError) as caught:
        runql.query(query.format(HUGE), RUNS)
    assert {one.code for one in caught.value.diagnostics} <= {"RQL107", "RQL209"}


@pytest.mark.parametrize("query", ["runs where config.x > $n", "runs limit $n", "param n: int; runs limit $n"])
def test_so_is_one_that_is_bound(query: str) -> None:
    for value in (HUGE, -HUGE):
        with pytest.raises(QueryError) as caught:
            runql.query(query, RUNS, n=value)
        assert {one.code for one in caught.value.diagnostics} == {"RQL203"}
