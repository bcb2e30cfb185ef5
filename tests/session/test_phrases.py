"""Every text that is offered for a phrase of another language is asked of the demo."""

from __future__ import annotations

from pathlib import Path

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
