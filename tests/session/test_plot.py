"""The stage `plot` from the outside: where it draws, where it writes its table, and what it refuses."""

from __future__ import annotations

import pytest

import runql
from runql.errors import QueryError


def refused(query: str) -> tuple[str, str]:
    with pytest.raises(QueryError) as raised:
        runql.query(query, source="demo")
    first = raised.value.diagnostics[0]
    return first.code, first.message


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("runs | plot hist summary.acc vs config.lr", "RQL570", "`vs` does not go with `plot hist`"),
        ("runs | plot box summary.acc by config.optimizer log x", "RQL570", "`log x` does not go with `plot box`"),
        ("runs keys loss scan | plot scatter loss band", "RQL570", "`band` does not go with `plot scatter`"),
        ("runs keys loss scan | plot | limit 3", "RQL571", "`limit` stands behind `plot`, which ends the line"),
        ("runs | plot config.optimizer, summary.acc", "RQL203", "`config.optimizer` holds no numbers"),
        ("runs keys loss scan | plot acc", "RQL208", "`acc` is not among the metrics that were asked for"),
        ("runs keys loss scan | plot loss vs acc", "RQL208", "`acc` is not among the metrics that were asked for"),
        ("runs | plot summary.nothing", "RQL201", "no summary field `nothing`"),
        ("runs | plot summary.acc title $t", "RQL207", "the parameter `$t` has no value"),
    ],
)
def test_what_is_refused(query: str, code: str, said: str) -> None:
    found = refused(query)
    assert found[0] == code
    assert found[1].startswith(said)


def test_a_shape_of_others_alone_is_offered_as_one_of_ours() -> None:
    with pytest.raises(QueryError) as raised:
        runql.query("runs | plot histogram", source="demo")
    (error,) = raised.value.diagnostics
    assert error.code == "RQL201"
    assert "the shape is `hist`; the shapes are `line`, " in error.hints[-1]
    assert [edit.text for fix in error.fixes for edit in fix.edits] == ["hist"]


def test_a_stage_behind_plot_is_put_before_it() -> None:
    text = "runs keys loss scan | plot loss | limit 3"
    with pytest.raises(QueryError) as raised:
        runql.query(text, source="demo")
    (fix,) = raised.value.diagnostics[0].fixes
    for edit in sorted(fix.edits, key=lambda one: -one.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert text == "runs keys loss scan | limit 3 | plot loss"
    assert runql.query(text, source="demo").chart.panels


def test_a_title_may_be_a_parameter() -> None:
    found = runql.query("runs | plot summary.acc title $t", source="demo", t="accuracy").chart
    assert found.title == "accuracy"


def test_an_explanation_says_what_is_drawn() -> None:
    query = "runs keys loss scan | plot line loss by config.optimizer log y band"
    assert "draws line of loss by config.optimizer log y as a band" in runql.query(query, source="demo").explain()
