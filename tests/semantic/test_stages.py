"""Stages: what they may name, what they stand on, and what is said of those that are wrong."""

from __future__ import annotations

import pytest

from runql.language.entry import StageEntry
from runql.language.kinds import TableKind
from runql.language.stages import STAGES
from runql.semantic import typed as t
from runql.semantic.typed.stages import entry_of
from runql.syntax import parse_query, tree
from tests.semantic.world import PARTIAL, checked, shown

CURVES = "runs keys loss, acc scan"


def codes(text: str) -> list[str]:
    return [d.code for d in checked(text).diagnostics if d.is_error]


def fetched(text: str) -> list[str]:
    """The columns that the query itself is to give."""
    found = checked(text)
    assert found.query is not None, found.diagnostics
    return [column.name for column in found.query.columns or ()]


def columns(text: str) -> list[str]:
    found = checked(text)
    assert found.query is not None, found.diagnostics
    return list(found.scope().columns)


def test_what_stages_name_is_fetched() -> None:
    text = "runs | group config.* except config.optimizer : acc = mean(summary.acc)"
    assert fetched(text) == ["id", "name", "state", "created", "config.*", "summary.acc"]
    found = checked(text)
    (stage,) = found.stages
    assert isinstance(stage, t.TGroup)
    assert stage.keys == (t.ColumnPick("config.*", True, ("config.optimizer",)),)
    assert stage.folds == (t.Named("acc", t.TFold("mean", t.TCell("summary.acc"))),)
    assert "config.lr" in found.scope().columns
    assert "config.optimizer" not in found.scope().columns


def test_the_fields_of_the_query_stand_before_those_of_its_stages() -> None:
    text = "runs where config.lr > 0 order -max(logged.loss) | where summary.acc > 0.5"
    assert fetched(text)[4:] == ["config.lr", "max(logged.loss)", "summary.acc"]


def test_a_query_of_too_many_stages_is_refused_at_its_place() -> None:
    assert codes("runs" + " | limit 3" * 100) == []
    (wrong,) = checked("runs" + " | limit 3" * 400).diagnostics
    assert wrong.code == "RQL111"
    assert wrong.span.start == len("runs") + 100 * len(" | limit 3") + len(" | ")


def test_with_nothing_named_the_query_keeps_its_own_columns() -> None:
    found = checked("runs | limit 3")
    assert found.query is not None
    assert found.query.columns is None


def test_a_history_gets_the_fields_of_its_runs() -> None:
    assert fetched(f"{CURVES} | where config.lr > 0.1 | last") == ["config.lr"]
    assert columns(f"{CURVES} | best min loss | select id, config.lr, gap") == ["run_id", "config.lr", "gap"]


def test_a_value_of_each_history_is_a_column() -> None:
    assert fetched("runs | group config.lr : best = max(max(logged.acc))")[4:] == ["config.lr", "max(logged.acc)"]
    assert fetched("runs | where exists(logged.loss)")[4:] == ["exists(logged.loss)"]


def test_after_select_there_are_only_its_columns() -> None:
    assert codes("runs select name | where config.lr > 1") == ["RQL218"]
    assert codes("runs | select name, config.lr | where summary.acc > 1") == ["RQL218"]
    assert codes("runs select name, summary.acc | order -acc") == []
    assert codes("runs | drop config.lr | where config.lr > 1") == ["RQL218"]
    assert codes("runs | rename summary.acc as acc | where acc > 0.9 | derive x = acc * 2 | order x") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("runs | select config.lr as rate, name", ["rate", "name"]),
        ("runs | group config.lr : mean(summary.acc)", ["config.lr", "mean(summary.acc)", "n"]),
        ("runs | holes over config.lr, config.optimizer", ["config.lr", "config.optimizer"]),
        ("runs | duplicates by config.lr", ["config.lr", "n", "ids"]),
        ("runs | corr summary.acc", ["field", "measure", "strength", "n"]),
        ("count runs", ["count"]),
        (CURVES, ["run_id", "_step", "loss", "acc"]),
        (f"{CURVES} | bin x 10", ["run_id", "_step", "loss", "acc", "n"]),
        (f"{CURVES} | best min loss", ["run_id", "_step", "loss", "last", "gap", "acc"]),
        ("runs keys `val/loss` scan select name | last", ["run_id", "_step", "val/loss", "name"]),
    ],
)
def test_columns_after_stages(text: str, expected: list[str]) -> None:
    assert columns(text) == expected


@pytest.mark.parametrize("entry", [one for one in STAGES.values() if not one.is_later], ids=lambda one: one.name)
def test_every_stage_is_checked_as_its_example_has_it(entry: StageEntry) -> None:
    found = checked(entry.example, None)
    assert not [d for d in found.diagnostics if d.is_error], found.diagnostics
    assert entry_of(found.stages[-1]) is entry
    before = checked(entry.example[: found.stages[-1].span.start].rstrip("| "), None).scope()
    assert before.kind in entry.takes
    assert found.scope().kind is (before.kind if entry.gives is None else entry.gives)


@pytest.mark.parametrize("name", [name for name, info in STAGES.items() if TableKind.RUNS not in info.takes])
def test_a_stage_of_histories_on_runs(name: str) -> None:
    stage = STAGES[name].example.rpartition("| ")[2]
    found = checked(f"runs | {stage}")
    (error,) = (d for d in found.diagnostics if d.is_error)
    assert error.code == "RQL314"
    assert "`keys METRIC`" in error.hints[0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("runs | where mean(summary.acc) > 1", "RQL219"),
        ("runs | group config.lr : summary.acc", "RQL219"),
        ("runs | group config.lr : mean(max(summary.acc))", "RQL219"),
        ("runs | assert count() > summary.acc", "RQL219"),
        ("runs | pivot summary.acc by config.lr, config.optimizer", "RQL219"),
        ("runs keys loss | best min loss", "RQL310"),
        ("runs keys loss | group _step : mean(loss)", "RQL310"),
        ("runs keys loss scan | best min acc", "RQL208"),
        ("runs keys loss scan | best min losss", "RQL208"),
        (f"{CURVES} | smooth ema 1.9", "RQL209"),
        (f"{CURVES} | bin x 0", "RQL209"),
        (f"{CURVES} | corr loss", "RQL314"),
        (f"{CURVES} | last | smooth ema 0.9", "RQL314"),
        (f"{CURVES} | drop _step | smooth ema 0.9", "RQL316"),
        ("runs | select name, config.lr as name", "RQL318"),
        ("runs | group config.lr : n = count(), n = mean(summary.acc)", "RQL318"),
        ("runs | corr config.optimizer", "RQL203"),
        ("runs | order config.layers", "RQL203"),
        ("runs | limit 0", "RQL209"),
        ("runs | plot hist summary.acc vs config.lr", "RQL570"),
        ("runs | plot summary.acc | limit 3", "RQL571"),
        ("runs | where config.lrr > 1", "RQL201"),
        ("runs | group config.* except config.optimzer : n = count()", "RQL218"),
        ("runs | select config.nothing*", "RQL218"),
        ("runs | group config.lr : meen(summary.acc)", "RQL206"),
        ("runs | group config.lr : mean(config.optimizer)", "RQL203"),
    ],
)
def test_mistakes(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_a_sample_may_be_aggregated_if_that_is_said() -> None:
    assert codes("runs keys loss | group _step : mean(loss, approx)") == []
    assert codes("runs keys loss sample 500 | smooth ema 0.9 | bin x 50") == []


def test_fixes_make_the_text_valid() -> None:
    text = "runs | group config.* except config.optimzer : n = count()"
    (error,) = checked(text).diagnostics
    assert "nearest: `config.optimizer`" in error.hints[0]
    assert codes(shown(error, text).partition("fix: ")[2].partition("\n")[0]) == []


def test_without_a_whole_catalog_columns_are_not_refused() -> None:
    found = checked("runs select config.* | where config.unseen > 1 | group config.unseen : n = count()", PARTIAL)
    assert found.query is not None, found.diagnostics


def expression(text: str) -> tree.Expr:
    query, _ = parse_query(f"runs select {text}")
    assert query is not None
    clause = query.clause(tree.SelectClause)
    assert clause is not None
    return clause.columns[0].value


def test_an_alias_over_several_spellings() -> None:
    aliases = {"rate": expression("coalesce(config.lr, config.absent, config.optim.lr)")}
    found = checked("runs where rate > 0.1 select rate", aliases=aliases)
    assert found.query is not None, found.diagnostics
    assert [column.name for column in found.query.columns or ()] == ["rate"]
    staged = checked("runs | group rate : n = count() | order rate", aliases=aliases)
    assert list(staged.scope().columns) == ["rate", "n"]
    nowhere = {"rate": expression("coalesce(config.no, config.nay)")}
    found = checked("runs where rate > 0.1", aliases=nowhere)
    assert [one.code for one in found.diagnostics] == ["RQL532", "RQL201", "RQL201"]


@pytest.mark.parametrize(
    ("stages", "copies"),
    [
        ("derive raw = loss | smooth mean 20", 1),
        ("derive raw = loss | smooth ema 0.9", 1),
        ("derive twice = loss * 2 | smooth mean 20", 0),
        ("derive raw = loss, raw = raw * 2 | smooth mean 20", 0),
        ("derive raw = loss | drop raw | smooth mean 20", 0),
        ("smooth mean 20 | derive smoothed = loss", 0),
    ],
)
def test_a_copy_that_is_smoothed_is_said(stages: str, copies: int) -> None:
    found = checked(f"runs keys loss scan | {stages}")
    assert [one.code for one in found.diagnostics].count("RQL597") == copies
