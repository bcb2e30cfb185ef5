"""A metric defined with `summary="max"` is a record in the summary: every error about it says what it holds."""

from __future__ import annotations

import pytest

from runql.errors import QueryError
from runql.sources.memory import MemoryService
from tests.session.fixtures import ask

RUNS = [
    {
        "id": f"r{at}",
        "config": {"m": "ab"[at % 2], "s": at},
        "summary": {"val/acc": {"max": 0.9 + at / 100}, "loss": at},
    }
    for at in range(4)
]


@pytest.mark.parametrize(
    "text",
    [
        "runs where summary.val/acc > 0.9",
        "runs where val/acc > 0.9",
        "runs where summary.val/acc in (0.9, 0.91)",
        "runs where summary.val/acc between 0 and 1",
        "runs where summary.val/acc is finite",
        "runs where summary.val/acc * 2 > 1",
        "runs where -summary.val/acc > 1",
        "runs order -summary.val/acc",
        "runs select round(summary.val/acc, 2)",
        "runs | where summary.val/acc > 0.9",
        "runs | order -summary.val/acc",
        "runs | derive x = summary.val/acc * 2",
        "runs | group config.m : mean(summary.val/acc)",
        "runs | group config.m : max(summary.val/acc)",
        "runs | pivot mean(summary.val/acc) by config.m, config.s",
        "runs | corr summary.val/acc",
        "runs | pareto max summary.val/acc, min summary.loss",
        "runs | assert all(summary.val/acc > 0.5)",
    ],
)
def test_the_way_out_is_what_the_record_holds_and_it_runs(text: str) -> None:
    service = MemoryService(RUNS, {})
    with pytest.raises(QueryError) as caught:
        _ = ask(text, service).frame
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "RQL203"
    assert diagnostic.hints == ("it holds `summary.val/acc.max`",)
    (fix,) = diagnostic.fixes
    (edit,) = fix.edits
    mended = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert "summary.val/acc.max" in mended
    assert ask(mended, service).frame.length >= 0
