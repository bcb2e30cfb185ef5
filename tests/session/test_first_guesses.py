"""What newcomers wrote before they looked into a document: what is offered for it runs, and means the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import runql
from runql.errors import QueryError, SourceError
from tests.cases.floors import FLOORS, apply
from tests.cases.markdown import cases

FILE = Path(__file__).parent.parent / "cases" / "errors_first_guesses.md"
ENGLISH = FILE.with_name("errors_english.md")
WORDS = {
    "runs | derive x = power(config.lr + 1, 2)": "runs | derive x = (config.lr + 1) ** 2",
    "runs | derive x = nullif(config.seed, 0)": "runs | derive x = if(config.seed = 0, null, config.seed)",
    "runs | group config.optimizer : array_agg(name)": "runs | group config.optimizer : list(name)",
    "runs | group config.optimizer : string_agg(name, ',')": "runs | group config.optimizer : list(name)",
    "runs | where created < ago(7d)": "runs | where created < 7d ago",
    "runs | where isnotempty(config.optimizer)": "runs | where len(config.optimizer) > 0",
    "runs | group bin(summary.loss, 0.5) : count()": "runs | group floor(summary.loss / 0.5) * 0.5 : count()",
    "runs | group bin(created, 1h) : count()": "runs | group time(floor(number(created) / 3600) * 3600) : count()",
    "runs | group date_trunc('hour', created) : count()": (
        "runs | group time(floor(number(created) / 3600) * 3600) : count()"
    ),
    "runs | group bin(created, 15m) : count()": "runs | group time(floor(number(created) / 900) * 900) : count()",
    "runs | derive x = toint(summary.acc)": (
        "runs | derive x = if(summary.acc < 0, ceil(summary.acc), floor(summary.acc))"
    ),
    "runs | group to_date(created) : count()": "runs | group date(created) : count()",
    "runs | derive x = substring(name, 0, 3)": "runs | derive x = substr(name, 0, 3)",
    "runs | derive x = substring(name, 1, 3)": "runs | derive x = substr(name, 0, 3)",
    "runs | derive x = substring(name, -3, 3)": "runs | derive x = substr(name, -3, 3)",
    "runs | derive z = summary.acc - avg(summary.acc)": ("runs | derive z = summary.acc - mean(summary.acc) over all"),
    "runs | where summary.acc > avg(summary.acc)": "runs | where summary.acc > mean(summary.acc) over all",
    "runs | derive z = lag(summary.acc, 1, 0) over config.optimizer order created": (
        "runs | derive z = coalesce(lag(summary.acc) over config.optimizer order created, 0)"
    ),
    "runs | derive x = case(summary.acc > 0.9, 'a', summary.acc > 0.5, 'b', 'c')": (
        "runs | derive x = if(summary.acc > 0.9, 'a', if(summary.acc > 0.5, 'b', 'c'))"
    ),
    "runs | group config.optimizer : best(acc)": "runs | group config.optimizer : max(acc)",
    "runs | group config.optimizer : best(loss)": "runs | group config.optimizer : min(loss)",
    "runs select name, best(acc)": "runs select name, max(logged.acc)",
    "runs | group config.optimizer : iqr(loss)": "runs | group config.optimizer : (p75(loss) - p25(loss))",
    "runs | derive x = iqr(loss)": "runs | derive x = (p75(loss) over all - p25(loss) over all)",
    "runs | group config.optimizer : dcount(seed)": "runs | group config.optimizer : n_unique(seed)",
    "runs | group config.optimizer : stderr(acc)": "runs | group config.optimizer : (std(acc) / sqrt(count(acc)))",
    "runs | group config.optimizer : q90(loss)": "runs | group config.optimizer : p90(loss)",
    "runs select percentile95(logged.loss)": "runs select p95(logged.loss)",
    "runs | derive x = hours(runtime)": "runs | derive x = runtime / 3600",
    "runs | group config.optimizer : minutes(sum(runtime))": "runs | group config.optimizer : sum(runtime) / 60",
    "runs | derive x = lowest(loss)": "runs | derive x = min(loss) over all",
    "runs order descending acc": "runs order -acc",
    "runs | order desc acc": "runs | order -acc",
    "runs where stop_on_nan = 1": "runs where stop_on_nan = true",
    "runs where stop_on_nan != 0": "runs where stop_on_nan != false",
    "runs where has notes": "runs where exists(notes)",
    "runs with notes": "runs where exists(notes)",
    "runs with tags": "runs where not untagged",
    "runs on host demo": 'runs where host = "demo"',
    'runs "baseline sgd s0" vs "baseline adam s0"': (
        'runs where name in ("baseline sgd s0", "baseline adam s0") | diff'
    ),
    "show run lrvg3dsu": "run lrvg3dsu",
    "lrvg3dsu": "run lrvg3dsu",
    "runs sum(runtime)": "runs | group : sum(runtime)",
    "runs | group optimizer : m = mean(acc), n": "runs | group optimizer : m = mean(acc)",
    "runs | group optimizer : n": "runs | group optimizer",
    "runs | top 3 by acc per optimizer": "runs | order -acc | limit 3 by optimizer",
    "runs top 3 by acc for each optimizer": "runs | order -acc | limit 3 by optimizer",
    "runs | group optimizer : mean(acc) +- std(acc)": "runs | group optimizer : mean(acc), std(acc)",
    "runs | group optimizer : mean(acc) ± std(acc)": "runs | group optimizer : mean(acc), std(acc)",
    "runs where optimizer = `adam`": 'runs where optimizer = "adam"',
    "runs where CONFIG.LR > 0.01": "runs where config.lr > 0.01",
    "runs keys loss | group optimizer : mean(loss)": "runs keys loss scan | group optimizer : mean(loss)",
    "runs where 'baseline' = ANY(tags)": "runs where tags has 'baseline'",
    "SELECT step, loss FROM history WHERE run = 'lrvg3dsu'": "run lrvg3dsu keys loss",
    "runs where created > 13 Jan 2026": "runs where created > 2026-01-13",
    "runs where created > Jan 13, 2026": "runs where created > 2026-01-13",
    "runs | plot heat acc by optimizer, lr": "runs | plot heat acc vs lr by optimizer",
    "runs where runtime > 500ms": "runs where runtime > 0.5s",
    "runs where runtime > 20 us": "runs where runtime > 0.00002s",
    "runs where runtime < 5mins": "runs where runtime < 5m",
    "runs | group config.optimizer : highest(acc)": "runs | group config.optimizer : max(acc)",
}
"""Calls of functions that are not there."""

SEVERAL = {
    "runs | group day(created) : count()": ("date(created)", 'number(format(created, "%d"))'),
    "runs | group config.optimizer : final(loss)": ("mean(loss)", "last(loss)"),
    "runs | group config.optimizer : unique(seed)": ("n_unique(seed)", "list(seed)"),
    "runs keys loss steps 50": ("50..50", "50..", "..50"),
    "runs | where max(acc) > 0.9": ("max(acc) over all", "max(logged.acc)"),
    "runs | order -max(acc)": ("max(logged.acc)",),
    "runs where `summary.loss` < 0.1": ("summary.loss",),
    "runs | derive gap = val/loss-loss": ("val/loss - loss",),
    "runs | derive r = rank(acc)": ("rank() over all order -acc", "rank() over all order acc"),
    "runs | derive r = rank() over acc": ("rank() over all order -acc", "rank() over all order acc"),
    "runs | group config.optimizer : q1(loss)": ("p25(loss)", "p1(loss)"),
}
"""Calls that may mean several things: all are named, and none is chosen."""


OFFERED = [case.query.text for case in cases(FILE) if case.expected[-1].text.strip() != case.query.text.strip()]


SPOKEN = [
    case.query.text
    for case in cases(ENGLISH)
    if case.expected[-1].text != case.query.text and not re.search(r"csv|json|sweep", case.query.text)
]
"""Plain English that is offered a text; what it matches in the demo depends on the day."""


@pytest.mark.parametrize("text", SPOKEN)
def test_what_is_offered_for_plain_english_is_right_for_the_demo(text: str) -> None:
    fixed = FLOORS["fixed"](text)
    answers = runql.connect("demo").run(fixed)
    frames = [each.frame for each in answers if isinstance(each, runql.Result)]
    assert len(frames) == (";" in fixed or not fixed.startswith("let "))


def test_most_are_offered_a_text() -> None:
    assert len(OFFERED) > 25


@pytest.mark.parametrize("text", OFFERED)
def test_what_is_offered_for_a_stage_runs(text: str) -> None:
    fixed = FLOORS["fixed"](text)
    assert fixed.strip() != text.strip()
    assert runql.query(fixed, source="demo").frame.length


@pytest.mark.parametrize(("text", "offered"), WORDS.items())
def test_what_is_offered_for_a_call_runs(text: str, offered: str) -> None:
    with pytest.raises(QueryError) as caught:
        runql.query(text, source="demo")
    (found,) = caught.value.diagnostics
    assert apply([found.fixes[0].edits], text) == offered
    assert runql.query(offered, source="demo").frame.length


@pytest.mark.parametrize(("text", "meant"), SEVERAL.items())
def test_each_meaning_of_a_call_is_offered(text: str, meant: tuple[str, ...]) -> None:
    with pytest.raises(QueryError) as caught:
        runql.query(text, source="demo")
    (found,) = caught.value.diagnostics
    assert [fix.edits[0].text for fix in found.fixes] == [*meant]
    assert all(f"`{one}`" in "; ".join(found.hints) for one in meant)
    for fix in found.fixes:
        assert runql.query(apply([fix.edits], text), source="demo").frame.length


@pytest.mark.parametrize("text", ["runs | select name, acc = summary.acc", "runs select name, acc = summary.acc"])
def test_a_comparison_that_may_be_a_name_is_said(text: str) -> None:
    result = runql.query(text, source="demo")
    (said,) = (one for one in result.notices if one.code == "RQL598")
    offered = apply([said.fixes[0].edits], text)
    assert offered.endswith("select name, summary.acc as acc")
    assert not [one for one in runql.query(offered, source="demo").notices if one.code == "RQL598"]


@pytest.mark.parametrize("column", ["state = 'finished'", "config.lr = 0.1", "acc = 1", "acc = summary.acc as same"])
def test_a_comparison_that_is_one_is_not(column: str) -> None:
    result = runql.query(f"runs | select name, {column}", source="demo")
    assert not [one for one in result.notices if one.code == "RQL598"]


def test_the_runs_beside_themselves_are_a_query() -> None:
    with pytest.raises(SourceError) as caught:
        runql.query("runs | join runs on id", source="demo")
    (found,) = caught.value.diagnostics
    assert not found.fixes
    assert "(runs select id, summary.acc as other)" in found.hints[0]


def test_the_runs_beside_themselves_on_two_names_are_offered() -> None:
    text = "runs | join runs on config.optimizer = id"
    with pytest.raises(SourceError) as caught:
        runql.query(text, source="demo")
    (found,) = caught.value.diagnostics
    offered = apply([found.fixes[0].edits], text)
    assert offered == "runs | join (runs select id as other_id, name as other_name) on config.optimizer = other_id"
    assert {"other_id", "other_name"} <= set(runql.query(offered, source="demo").frame.names)


@pytest.mark.parametrize("test", ['contains "32"', '~ "32"', 'has "32"'])
def test_a_number_in_quotes_beside_lists_of_numbers_is_said(test: str) -> None:
    text = f"runs where config.model.sizes {test}"
    result = runql.query(text, source="demo")
    (said,) = (one for one in result.notices if one.code == "RQL212")
    offered = apply([said.fixes[0].edits], text)
    assert offered == "runs where config.model.sizes has 32"
    assert not result.frame.length
    assert runql.query(offered, source="demo").frame.length


def test_a_column_of_select_is_asked_right_of_a_pipe() -> None:
    text = "runs where loss is finite select loss as l where l > 1"
    with pytest.raises(QueryError) as caught:
        runql.query(text, source="demo")
    (found,) = caught.value.diagnostics
    assert [apply([fix.edits], text) for fix in found.fixes] == [
        "runs where loss is finite select loss as l | where l > 1"
    ]


def test_the_runs_behind_a_chart_of_last_values_have_curves() -> None:
    (said,) = (one for one in runql.query("runs | plot loss", source="demo").notices if one.code == "RQL211")
    assert "their curves: `runs keys loss | plot`" in said.hints[0]


def test_a_chain_of_dplyr_is_put_right_together() -> None:
    text = "runs %>% filter(lr > 0.01) %>% group_by(optimizer) %>% summarise(m = mean(acc)) %>% arrange(desc(m))"
    with pytest.raises(QueryError) as caught:
        runql.query(text, source="demo")
    fixed = apply([one.fixes[0].edits for one in caught.value.diagnostics], text)
    assert " ".join(fixed.split()) == "runs | where lr > 0.01 | group optimizer : m = mean(acc) | order -m"
    assert runql.query(fixed, source="demo").frame.length


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("let x = 3; runs where seed = $x", "`-p x=3`"),
        ("runs where loss is a number", "`loss is finite`"),
        ("runs where params > 100MB", "`100M` is without"),
        ("runs where created > Jan 13", "a date is `2026-01-31`"),
        ("runs where created > 1y ago", "so many days are `365d`"),
        ("history", "`show fields logged`"),
        ("compare adam and sgd", "group config.FIELD : mean(METRIC)"),
        ("which hyperparameters matter", "`runs | corr summary.loss`"),
        ("how do I win", "`show fields`"),
    ],
)
def test_what_is_not_known_enough_for_a_fix_has_a_way_out(text: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        runql.connect("demo").run(text)
    (found,) = caught.value.diagnostics
    assert not found.fixes
    assert hint in "; ".join(found.hints)


@pytest.mark.parametrize("call", ["ci99(acc)", "ci90(acc)"])
def test_another_number_is_no_slip_for_a_function(call: str) -> None:
    with pytest.raises(QueryError) as caught:
        runql.query(f"runs | group optimizer : {call}", source="demo")
    assert not caught.value.diagnostics[0].fixes


IN_QUOTES = {
    'runs where "optimizer" = "adam"': 'runs where optimizer = "adam"',
    "count runs where 'config.lr' > 0.01": "count runs where config.lr > 0.01",
    'runs where "name" contains "sgd"': 'runs where name contains "sgd"',
    'runs where "optimizer" in ("adam", "sgd")': 'runs where optimizer in ("adam", "sgd")',
    'runs where "loss" is nan': "runs where loss is nan",
    'runs | where "optimizer" = "adam"': 'runs | where optimizer = "adam"',
    'runs select "name", loss': "runs select name, loss",
    'runs | select "name"': "runs | select name",
    'runs order "loss"': "runs order loss",
    'runs | order "loss"': "runs | order loss",
    'runs | group "group" : count()': "runs | group group : count()",
    'runs | group optimizer : mean("loss")': "runs | group optimizer : mean(loss)",
    'runs | derive x = mean("loss") over all': "runs | derive x = mean(loss) over all",
    'runs | derive x = "loss" * 2': "runs | derive x = loss * 2",
    'runs | corr "loss"': "runs | corr loss",
}


@pytest.mark.parametrize(("text", "offered"), IN_QUOTES.items())
def test_the_name_of_a_field_in_quotes_is_said(text: str, offered: str) -> None:
    with pytest.raises(QueryError) as caught:
        runql.query(text, source="demo")
    (found,) = caught.value.diagnostics
    assert found.code == "RQL581"
    assert apply([found.fixes[0].edits], text) == offered
    assert runql.query(offered, source="demo").frame.length


@pytest.mark.parametrize(
    "text",
    [
        "runs where 'adam' = optimizer",
        "runs where config.optimizer = 'loss' or state = 'finished'",
        "runs | derive x = concat('name', 'loss')",
        'runs select "name" as which',
        'runs | group "group" as which : count()',
    ],
)
def test_a_text_that_is_no_field_is_a_text(text: str) -> None:
    assert runql.query(text, source="demo").frame.length


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("runs where loss < 100m", "`100m` is a length of time, 6,000 seconds, and `summary.loss` is a number"),
        ("runs | where config.lr < 1h", "`1h` is a length of time, 3,600 seconds, and `config.lr` is a number"),
        (
            "runs where min(logged.loss) < 1h",
            "`1h` is a length of time, 3,600 seconds, and `min(logged.loss)` is a number",
        ),
        ("runs where runtime < 1h", None),
        ("runs where summary._runtime < 1h", None),
        ("runs | derive age = now - created | where age > 2s", None),
    ],
)
def test_a_length_of_time_beside_another_number_is_said(text: str, said: str | None) -> None:
    result = runql.query(text, source="demo")
    assert result.frame.length
    assert [one.message for one in result.notices if one.code == "RQL591"] == ([] if said is None else [said])
