"""Numbers beyond the range of floats: read as text that holds their digits, written an error with a place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import runql
from runql.errors import QueryError
from runql.sources.memory import MemoryService
from tests.sources.local import files

HUGE = 10**400
RUNS = MemoryService(
    [
        {"id": "a", "config": {"x": HUGE, "deep": {"list": [-HUGE, 2**53 + 1]}, "text": str(HUGE)}},
        {"id": "b", "config": {"x": 1.7e308, "deep": {"list": []}, "text": "1"}},
    ],
    {"a": [{"loss": HUGE}, {"loss": 1}], "b": [{"loss": 2}, {"loss": 3}]},
)


def test_what_a_list_of_runs_holds_is_text_and_said() -> None:
    columns = "config.x, config.deep.list[0] as low, config.deep.list[1] as whole, first(logged.loss)"
    result = runql.query(f"runs where id = 'a' select {columns}", RUNS)
    assert [list(row.values()) for row in result] == [[str(HUGE), str(-HUGE), 2**53 + 1, str(HUGE)]]
    names = [one.message.partition(" of run `a`")[0] for one in result.notices if one.code == "RQL540"]
    assert set(names) == {"`config.x`, `config.deep`", "`loss`"}


@pytest.mark.parametrize("query", ["runs keys loss", "runs scan keys loss"])
def test_so_is_what_a_row_holds(query: str) -> None:
    result = runql.query(query, RUNS)
    assert result.frame.columns["loss"] == [str(HUGE), 1, 2, 3]
    assert "RQL540" in [one.code for one in result.notices]
    assert "RQL540" not in [one.code for one in runql.query("runs where id = 'b' keys loss", RUNS).notices]


def test_the_answer_is_that_of_a_folder(tmp_path: Path) -> None:
    config = {("x",): HUGE, ("list",): [1, HUGE], ("many",): 10**4000, ("deep", "list"): [HUGE]}
    logged = {"loss": HUGE, "pair": [1, HUGE], "net": {"a": [HUGE]}}
    rows = [files.row({(name,): value for name, value in logged.items()}, 0)]
    files.write(tmp_path, files.log([files.run("a", config=config), *rows, files.exit_()]), "a")
    nested = {"x": HUGE, "list": [1, HUGE], "many": 10**4000, "deep": {"list": [HUGE]}}
    here = MemoryService([{"id": "a", "config": nested}], {"a": [logged]})
    for query in (
        "runs select id, config.x, config.list, config.many",
        "runs keys loss",
        "runs keys loss, pair, net.a",
        "count runs where config.x > 1",
    ):
        expected, found = ask(str(tmp_path), query), ask(here, query)
        assert found == expected
        assert "shown as text" in str(found) or "RQL2" in str(found)


def ask(source: str | MemoryService, query: str) -> tuple[list[Any], list[str]]:
    """The rows, and what is said of large numbers, by name; or the errors."""
    try:
        result = runql.query(query, source)
        rows = [list(row.values()) for row in result]
        large = [one.message for one in result.notices if one.code == "RQL540"]
        told = [one for one in large if not one.startswith("`summary.")]  # this log has no summary
        return rows, sorted(told)
    except QueryError as error:
        return [], [one.code for one in error.diagnostics]


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
