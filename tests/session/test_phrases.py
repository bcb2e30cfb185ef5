"""Every text that is offered for a phrase of another language is asked of the demo."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

import runql
from runql.errors import QueryError
from tests.cases.floors import FLOORS, apply
from tests.cases.markdown import cases

CASES = Path(__file__).parent.parent / "cases"
TEXTS = [case.query.text for name in ("phrases", "windows") for case in cases(CASES / f"errors_{name}.md")]
TEXTS += [
    case.query.text
    for name in ("tables", "other_tools")
    for case in cases(CASES / f"errors_{name}.md")
    if case.expected[-1].text != case.query.text and "| to " not in case.expected[-1].text
]
NO_WORDS = (
    "runs order summary.acc nulls first",
    "df.plot()",
    "| cross join base",
    "| natural join base",
    'rank().over("config.optimizer")',
)
"""How the texts end for which RunQL has no words: an error says so, and offers nothing."""

CALLS = {
    "runs | derive d = prev(summary.acc)": "lag(summary.acc) over all",
    "runs | derive d = next(summary.acc, 2)": "lead(summary.acc, 2) over all",
    "runs | derive s = row_cumsum(runtime)": "cumsum(runtime) over all",
    "runs | derive s = running_sum(runtime)": "cumsum(runtime) over all",
    "runs | derive r = min_rank(-summary.acc)": "rank() over all order -summary.acc",
    "runs | derive r = rank(-summary.acc)": "rank() over all order -summary.acc",
    "runs | derive r = row_rank_dense(summary.acc)": "dense_rank() over all order summary.acc",
    "runs | derive q = ntile(summary.acc, 4)": "ntile(4) over all order summary.acc",
    "runs | derive p = percent_rank(summary.acc)": "(rank() over all order summary.acc - 1)",
    "runs | derive p = percent_rank() over config.optimizer order summary.acc": "over config.optimizer order",
    "runs | derive d = diff(summary.acc)": "delta(summary.acc) over all",
    "runs | derive d = pct_change(summary.acc)": "ratio(summary.acc) over all - 1",
    "runs | derive f = first_value(summary.acc) over config.optimizer order created": "first(summary.acc) over config",
    "runs | derive d = lag(summary.acc, 1, 0)": "coalesce(lag(summary.acc) over all, 0)",
    "runs | derive r = rank() over config.optimizer": "rank() over config.optimizer order summary.loss",
    "runs | derive r = rank()": "rank() over all order summary.loss",
    "runs select name, rank() over config.optimizer": "| select name, rank() over config.optimizer order summary.loss",
    "runs select name, rank()": "| select name, rank() over all order summary.loss",
    "runs where rank() <= 2 order created": "| where rank() over all order summary.loss <= 2",
    "runs where row_number() over config.optimizer = 1": "| where row_number() over config.optimizer = 1",
    "runs | order rank() over config.optimizer order -summary.acc, created": "order (-summary.acc, created)",
    "runs | derive m = mean(summary.acc) over config.*": "over (config.",
    "runs | derive m = mean(summary.acc) over (config.*)": "over (config.",
    "runs keys loss scan | derive d = diff(loss)": "delta(loss)",
    "runs keys loss scan | derive d = prev(loss, 2)": "lag(loss, 2)",
}
"""Functions of other rows under the names of others, and windows that lack something; a part of what is offered."""


def test_there_are_many() -> None:
    assert len(TEXTS) > 60


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_offered_runs(text: str) -> None:
    fixed = FLOORS["fixed"](text)
    if text.strip().endswith(NO_WORDS):
        assert fixed.strip() == text.strip()
        return
    assert fixed.strip() != text.strip()
    assert runql.query(fixed, source="demo").frame.length


@pytest.mark.parametrize(("text", "part"), CALLS.items())
def test_what_is_offered_for_a_window_runs(text: str, part: str) -> None:
    with pytest.raises(QueryError) as caught:
        runql.query(text, source="demo")
    fixes = [fix for one in caught.value.diagnostics if one.is_error for fix in one.fixes]
    fixed = [apply([fix.edits], text) for fix in fixes]
    assert part in fixed[0]
    for one in fixed:
        assert runql.query(one, source="demo").frame.length


SENTENCES = (
    "SELECT name, RANK() OVER (ORDER BY loss) FROM runs WHERE loss IS NOT NULL ORDER BY name LIMIT 3",
    "SELECT name, ROW_NUMBER() OVER (ORDER BY loss) - 1 AS r FROM runs WHERE loss > 0 ORDER BY r LIMIT 3 OFFSET 4",
    "SELECT name, LAG(loss) OVER (ORDER BY created) AS l FROM runs WHERE loss > 0 ORDER BY name DESC LIMIT 5",
    "SELECT name, SUM(loss) OVER (ORDER BY created) FROM runs WHERE loss > 0 ORDER BY created LIMIT 4 OFFSET 2",
    "SELECT DISTINCT optimizer, COUNT(*) OVER (PARTITION BY optimizer) AS n FROM runs ORDER BY optimizer LIMIT 2",
    "SELECT DISTINCT optimizer, seed FROM runs WHERE seed >= 0 ORDER BY seed, optimizer LIMIT 3",
    "SELECT DISTINCT r.optimizer AS o, r.seed FROM runs r ORDER BY r.seed DESC, 1 LIMIT 2 OFFSET 1",
    "SELECT r.name FROM runs AS r WHERE r.acc > 0.9 AND r.optimizer = 'sgd' AND r.name != 'r.x'",
    "SELECT r.seed, COUNT(*) AS n FROM runs r WHERE r.seed > 0 GROUP BY r.seed ORDER BY r.seed LIMIT 2 OFFSET 1",
    "SELECT name FROM runs WHERE acc > 0.9 OR seed = 1 EXCEPT SELECT name FROM runs WHERE seed = 2 ORDER BY name",
    "SELECT name FROM runs WHERE acc > 0.5 INTERSECT SELECT name FROM runs WHERE optimizer = 'sgd'",
    "SELECT name FROM runs WHERE acc > 0.9 UNION SELECT name FROM runs WHERE acc > 0.5 ORDER BY name DESC LIMIT 30",
    "SELECT seed FROM runs WHERE seed = 1 UNION ALL SELECT seed FROM runs WHERE seed = 2",
    """SELECT "name", "acc" FROM runs WHERE "optimizer" = 'sgd' AND "seed" IN (1, 2) ORDER BY "acc" DESC""",
    """SELECT "group", COUNT(*) FROM runs WHERE "group" IS NOT NULL GROUP BY "group" LIMIT 99""",
)
"""Sentences whose rows SQL says for certain: no ties, and no nulls in an order."""

COLUMNS = ("name", "created", "optimizer", "seed", "acc", "loss", "group")


@pytest.fixture(scope="module")
def database() -> sqlite3.Connection:
    frame = runql.query(f"runs select {', '.join(COLUMNS)}", source="demo").pandas()
    db = sqlite3.connect(":memory:")
    db.execute(f"create table runs ({', '.join(map('[{}]'.format, COLUMNS))})")
    rows = [
        [str(one) if COLUMNS[index] == "created" else one for index, one in enumerate(row)] for row in values(frame)
    ]
    db.executemany(f"insert into runs values ({', '.join('?' * len(COLUMNS))})", rows)
    return db


def values(frame: Any) -> list[list[Any]]:
    """The rows of a pandas table, in which nothing is `None`."""
    return [
        [None if one is None or one != one else one for one in row]  # noqa: PLR0124 - NaN is not itself
        for row in frame.astype(object).itertuples(index=False)
    ]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_is_offered_answers_as_sql_does(sentence: str, database: sqlite3.Connection) -> None:
    expected = [list(row) for row in database.execute(sentence)]
    actual = values(runql.query(FLOORS["fixed"](sentence), source="demo").pandas())
    assert len(expected) > 1
    if "ORDER BY" not in sentence.rpartition(")")[2]:
        expected, actual = sorted(expected), sorted(actual)
    assert [[pytest.approx(one) if isinstance(one, float) else one for one in row] for row in expected] == actual
