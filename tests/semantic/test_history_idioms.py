"""Values of histories as other languages write them: what is offered can be run."""

from __future__ import annotations

import pytest

from runql.semantic.check_context import CheckContext
from runql.semantic.check_query import check
from runql.syntax import parse, tree
from runql.text.diagnostic import Diagnostic
from tests.semantic.world import COMPLETE, NOW

IDIOMS = {
    "loss[-1]": "last(logged.loss)",
    "loss[0]": "first(logged.loss)",
    "loss.iloc[-1]": "last(logged.loss)",
    "logged.loss[1000]": "at(logged.loss, 1000)",
    "loss@1000": "at(logged.loss, 1000)",
    "loss.at(1000)": "at(logged.loss, 1000)",
    "logged.loss.min()": "min(logged.loss)",
    "loss.idxmin()": "argmin(logged.loss)",
    "loss.tail(20)": "mean(logged.loss, last 20)",
    "loss.rolling(10).mean()": "mean(logged.loss, last 10)",
    "loss.rolling(window=10).std()": "std(logged.loss, last 10)",
    "loss.ewm(0.9).mean()": "mean(logged.loss, last 10)",
    "max(logged.loss[-100:])": "max(logged.loss, last 100)",
    "logged.loss[-100:]": "mean(logged.loss, last 100)",
    "value_at(loss, 1000)": "at(logged.loss, 1000)",
    "nth(logged.loss, 3)": "at(logged.loss, 3)",
    "first_time(logged.loss < 1)": "when(logged.loss < 1)",
    "time_to(loss < 1)": "when(logged.loss < 1)",
    "argfirst(summary.loss < 1)": "when(logged.loss < 1)",
    "when(loss < 1)": "when(logged.loss < 1)",
    "integral(logged.loss)": "auc(logged.loss)",
    "trapz(loss)": "auc(logged.loss)",
    "polyfit(logged.loss, 1)": "slope(logged.loss)",
    "trend(logged.loss, last 50)": "slope(logged.loss, last 50)",
    "outliers(logged.loss, 3)": "spikes(logged.loss, 3)",
    "ewm(logged.loss)": "mean(logged.loss, last 10)",
    "rolling(logged.loss, 20)": "mean(logged.loss, last 20)",
    "quantile(logged.loss, 0.9)": "p90(logged.loss)",
    "history('loss')": "last(logged.loss)",
    "last(loss, 10)": "mean(logged.loss, last 10)",
    "mean(logged.loss, 100)": "mean(logged.loss, last 100)",
    "slope(loss)": "slope(logged.loss)",
}


def _said(text: str) -> tuple[Diagnostic, ...]:
    parsed = parse(text)
    (statement,) = parsed.script.statements
    assert isinstance(statement, tree.QueryStatement)
    found = check(statement.query, COMPLETE, CheckContext(text=text, now=NOW))
    return tuple(one for one in (*parsed.diagnostics, *found.diagnostics) if one.is_error)


@pytest.mark.parametrize(("written", "meant"), IDIOMS.items())
def test_what_is_offered_for_an_idiom_can_be_run(written: str, meant: str) -> None:
    text = f"runs where {written} < 0.5"
    said = _said(text)
    fixed = text
    for edit in sorted(said[0].fixes[0].edits, key=lambda one: -one.span.start):
        fixed = fixed[: edit.span.start] + edit.text + fixed[edit.span.end :]
    assert fixed == f"runs where {meant} < 0.5"
    assert not _said(fixed)
