"""Lint of intent: what is said of questions that may not mean what they ask, and what nothing is said of."""

from __future__ import annotations

from typing import Any

import pytest

import runql
from runql.advice.lint import alike
from runql.sources.memory import MemoryService
from tests.session.fixtures import session

CODES = ("RQL321", "RQL322", "RQL323", "RQL324", "RQL325")


def service(**more: dict[str, Any]) -> MemoryService:
    """Twelve finished runs: seven with `lr`, five with `learning_rate`; `wd` is "auto" in three; `val/acc` in three."""
    runs: list[dict[str, Any]] = []
    for n in range(12):
        rate = {"lr": n / 100} if n < 7 else {"learning_rate": n / 100}
        config = {**rate, "wd": "auto" if n % 5 == 0 else 0.1 * n, "data": "a"}
        runs.append({"id": f"r{n}", "state": "finished", "config": config, "summary": {"acc": n / 12, "_step": 9}})
        runs[-1].update(more.get(f"r{n}", {}))
    rows = {f"r{n}": [{"loss": 1 / (s + 1), **({"val/acc": s} if n < 3 else {})} for s in range(10)] for n in range(12)}
    return MemoryService(runs, histories=rows)


def said(text: str, holder: MemoryService | None = None) -> dict[str, str]:
    """The notices of lint, by code."""
    (result,) = session(holder or service()).run(text)
    assert isinstance(result, runql.Result)
    return {one.code: one.message for one in result.notices if one.code in CODES}


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("runs where config.lr > 0.01", "RQL324", "7 of 12 runs have `config.lr`, 5 others `config.learning_rate`"),
        ("runs order -config.learning_rate", "RQL324", "5 of 12 runs have `config.learning_rate`, 7 others"),
        ("runs | group config.lr : n = count()", "RQL324", "perhaps one thing under two names"),
        ("runs | group config.* except config.wd : mean(summary.acc)", "RQL324", "7 of 12 runs have `config.lr`"),
        ("runs | corr summary.acc", "RQL324", "perhaps one thing under two names"),
        ("runs | duplicates by config.*", "RQL324", "perhaps one thing under two names"),
        ("runs where config.wd > 0.2", "RQL325", "`config.wd` is text in 3 of the 12 runs that have it"),
        ("count runs where config.wd between 0 and 1", "RQL325", "which does not compare with 0"),
        ("runs keys loss, val/acc", "RQL323", "3 of 12 runs logged `val/acc`"),
        ("runs keys val/acc scan | best max val/acc", "RQL323", "3 of 12 runs logged `val/acc`"),
    ],
)
def test_what_may_not_be_meant(text: str, code: str, message: str) -> None:
    assert message in said(text).get(code, "")


@pytest.mark.parametrize(
    "text",
    [
        "runs",
        "runs limit 3",
        "runs select config.*",
        "runs select config.* | where config.data = 'a'",
        "runs | derive lr = coalesce(config.lr, config.learning_rate) | group config.data : mean(lr)",
        "runs select coalesce(config.lr, config.learning_rate) as lr",
        "runs keys loss",
        "runs where id in ('r0', 'r1', 'r2') keys val/acc",
        "runs keys *",
        "runs where config.wd = 'auto'",
        "runs | group config.data : acc = mean(summary.acc)",
        "set RQL324 off; set RQL325 off; runs where config.lr > 0.01 and config.wd > 0.2",
    ],
)
def test_what_is_ordinary(text: str) -> None:
    assert said(text) == {}


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            "config.lr = 0.01",
            '`config.lr` is the text "1e-2" in 1 of the 7 runs that have it, which does not equal 0.01',
        ),
        ("config.lr in (0.01, 0.03)", "which does not equal 0.01"),
        ("0.01 = config.lr", "which does not equal 0.01"),
        ("config.lr in (0.01, '1e-2')", ""),
        ("config.lr = 0.02", ""),
        ("config.lr != 0.01", ""),
        ("config.amp = true", '`config.amp` is the text "True" in 1 of the 2 runs that have it'),
    ],
)
def test_a_text_that_reads_like_the_value_is_said(condition: str, message: str) -> None:
    texts = service(r0={"config": {"lr": "1e-2", "amp": "True"}}, r8={"config": {"amp": True}})
    found = said(f"runs where {condition}", texts).get("RQL325", "")
    assert message in found if message else not found


def test_two_names_that_a_run_has_both_are_two_things() -> None:
    both = service(r0={"config": {"lr": 1, "learning_rate": 2}}, r1={"config": {}}, r2={"config": {}})
    assert said("runs where config.lr > 0.01", both) == {}


RUNNING = {"state": "running", "summary": {"acc": 0.1, "_step": 4}}


@pytest.mark.parametrize(
    "stage", ["group config.data : mean(summary.acc)", "corr summary.acc", "pareto max summary.acc"]
)
def test_runs_that_still_go_on_and_are_shorter(stage: str) -> None:
    found = said(f"runs | {stage}", service(r3=RUNNING))
    assert found["RQL321"] == "1 of 12 runs still go on: their values are not their last"
    assert stage.startswith("pareto") or found["RQL322"] == "the runs have from 4 to 9 steps"


def test_what_compares_runs_at_one_step_runs_as_it_is_written() -> None:
    (result,) = session(service(r3=RUNNING)).run("runs | group config.data : mean(summary.acc)")
    assert isinstance(result, runql.Result)
    (hint,) = next(one.hints for one in result.notices if one.code == "RQL322")
    assert hint.startswith("to compare them at one step, write `at(logged.acc, 4)` for `summary.acc`")
    assert said("runs | group config.data : mean(at(logged.val/acc, 4))", service(r3=RUNNING))


@pytest.mark.parametrize(
    ("query", "is_said"),
    [
        ("runs | group config.data : mean(at(logged.acc, 4))", False),
        ("runs select config.data, at(logged.acc, 4) as acc | group config.data : mean(acc)", False),
        (
            "runs select config.data, at(logged.acc, 4) as a, summary.acc | group config.data : mean(a + summary.acc)",
            True,
        ),
        ("runs select config.data, max(logged.acc) as acc | group config.data : mean(acc)", True),
    ],
)
def test_values_at_one_step_are_compared_there(query: str, is_said: bool) -> None:
    assert ("RQL322" in said(query, service(r3=RUNNING))) is is_said


@pytest.mark.parametrize(
    "stage",
    [
        "group state : mean(summary.acc)",
        "group config.data : n = count()",
        "group config.data : lr = mean(config.lr)",
        "group config.data : sum(runtime)",
        "where state = 'finished' | limit 3",
    ],
)
def test_running_runs_that_do_no_harm(stage: str) -> None:
    assert said(f"set RQL324 off; runs | {stage}", service(r3=RUNNING)) == {}


def test_the_steps_are_no_column() -> None:
    (result,) = session(service()).run("runs | where config.lr > 0 | group config.data : acc = mean(summary.acc)")
    assert isinstance(result, runql.Result)
    assert result.frame.names == ("config.data", "acc", "n")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("lr", "learning_rate"),
        ("batch_size", "batchSize"),
        ("bs", "batch_size"),
        ("n_layers", "num_layers"),
        ("opt", "optimizer"),
        ("lr", "optim.lr"),
        ("dropout", "droput"),
        ("train.lr", "train.learningRate"),
    ],
)
def test_names_that_may_mean_the_same(a: str, b: str) -> None:
    assert alike(a, b)
    assert alike(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("lr", "lr_decay"),
        ("layer1", "layer2"),
        ("val/loss", "loss"),
        ("val/loss", "val/acc"),
        ("beta1", "beta2"),
        ("model.depth", "data.width"),
        ("min_lr", "max_lr"),
        ("seed", "speed"),
        ("a", "ab"),
        ("steps", "stops_at"),
    ],
)
def test_names_that_do_not(a: str, b: str) -> None:
    assert not alike(a, b)
    assert not alike(b, a)
