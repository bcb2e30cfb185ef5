"""Ten questions of an agent about the demo, one call each; pandas works their answers out from the classes of W&B."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from scipy import stats

import runql
from runql import config
from runql.frontends.mcp.answers import Answers
from runql.frontends.mcp.fixed_session import FixedSession

Rows = list[list[Any]]


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    with FixedSession(("demo",), replace(config.load())) as session:
        yield Answers(session, None)


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    """The runs of the demo as a frame, without the language."""
    rows = [
        {
            "id": run.id,
            "name": run.name,
            "state": run.state,
            "group": run.group or "",
            "run": run,
            **{f"config.{key}": run.config.get(key) for key in ("optimizer", "lr", "seed")},
            "acc": run.summary.get("val/acc"),
        }
        for run in runql.Api("demo").runs(per_page=100)
    ]
    return pd.DataFrame(rows)


def values(run: Any, key: str) -> list[float]:
    return [row[key] for row in run.scan_history(keys=[key])]


def best_over_training(runs: pd.DataFrame) -> Rows:
    best = {row["name"]: max(values(row["run"], "val/acc"), default=-1.0) for _, row in runs.iterrows()}
    name = max(best, key=lambda one: best[one])
    return [[name, best[name]]]


def means(runs: pd.DataFrame) -> Rows:
    found = []
    for optimizer, part in runs.groupby("config.optimizer"):
        acc = part["acc"].dropna()
        interval = stats.t.ppf(0.975, len(acc) - 1) * acc.sem() if len(acc) > 1 else None
        found.append([optimizer, acc.mean() if len(acc) else None, interval, len(part)])
    return found


def first_steps(runs: pd.DataFrame) -> Rows:
    found = []
    for _, row in runs[runs["group"].str.startswith("baseline")].iterrows():
        steps = [one["_step"] for one in row["run"].scan_history(keys=["_step", "val/acc"]) if one["val/acc"] > 0.9]
        found.append([row["name"], min(steps, default=None)])
    return found


def never_ran(runs: pd.DataFrame) -> Rows:
    some = runs[runs["config.seed"] < 3]
    ran = set(zip(some["config.optimizer"], some["config.seed"], strict=True))
    wanted = [(one, seed) for one in some["config.optimizer"].unique() for seed in sorted(some["config.seed"].unique())]
    return [list(pair) for pair in wanted if pair not in ran]


def idle(runs: pd.DataFrame) -> Rows:
    found = []
    for _, row in runs[runs["group"] == "long"].iterrows():  # no other run has metrics of the machine
        frame = row["run"].history(stream="system", samples=10_000)
        name = next((one for one in frame.columns if one.endswith("cpu")), None) if len(frame) else None
        if name is not None and frame[name].mean() < 90:
            found.append([row["name"], frame[name].mean()])
    return found


ASKED: list[tuple[str, Callable[[pd.DataFrame], Rows]]] = [
    (
        "runs order -summary.val/acc limit 1 select name, config.lr, summary.val/acc",
        lambda runs: runs.sort_values("acc", ascending=False)[["name", "config.lr", "acc"]].head(1).values.tolist(),
    ),
    (
        "runs where exists(logged.val/acc) order -max(logged.val/acc) limit 1 select name, max(logged.val/acc)",
        best_over_training,
    ),
    (
        "runs | group config.optimizer : acc = mean(summary.val/acc), ci = ci95(summary.val/acc), n = count()",
        means,
    ),
    (
        "runs where group startswith 'baseline' select name, when(logged.val/acc > 0.9) as step",
        first_steps,
    ),
    ("runs where config.seed < 3 | holes over config.optimizer, config.seed", never_ran),
    ("runs where mean(logged.system.cpu) < 90 select name, mean(logged.system.cpu) as cpu", idle),
]


@pytest.mark.parametrize(("query", "expected"), ASKED, ids=[str(number) for number in range(len(ASKED))])
def test_a_question_in_one_call(
    answers: Answers, runs: pd.DataFrame, query: str, expected: Callable[[pd.DataFrame], Rows]
) -> None:
    answer, is_error = answers.query(query, {}, 1500)
    assert not is_error, answer
    assert not answer["truncated"]
    wanted = expected(runs)
    assert wanted
    assert len(answer["rows"]) == len(wanted)
    for row, other in zip(sorted(answer["rows"], key=str), sorted(wanted, key=str), strict=True):
        assert row == pytest.approx(other, nan_ok=True)


def test_the_count_the_difference_the_curve_and_what_goes_along(answers: Answers, runs: pd.DataFrame) -> None:
    assert answers.query("count runs where state = 'failed'", {}, 500)[0]["count"] == (runs["state"] == "failed").sum()
    differs, _ = answers.query("runs where id in ('ujehh0om', 's084pbp3') | diff", {}, 1500)
    a, b = (runs[runs["id"] == one]["run"].iloc[0].config for one in ("ujehh0om", "s084pbp3"))
    fields = {row[0] for row in differs["rows"] if row[0].startswith("config.")}
    assert fields == {f"config.{key}" for key in {*a, *b} if a.get(key) != b.get(key)}
    curve, _ = answers.query("runs order -summary.val/acc limit 1 keys loss sample 20", {}, 1500)
    best = runs.sort_values("acc", ascending=False)["run"].iloc[0]
    logged = {row["_step"]: row["loss"] for row in best.scan_history(keys=["_step", "loss"])}
    assert 10 <= len(curve["rows"]) <= 60
    assert all(logged[step] == loss for _, step, loss in curve["rows"])
    along, _ = answers.query("runs | corr summary.val/acc", {}, 1500)
    some = runs.dropna(subset=["acc"])
    assert {row[0]: row[2] for row in along["rows"]}["config.lr"] == pytest.approx(
        stats.spearmanr(some["config.lr"], some["acc"]).statistic
    )
