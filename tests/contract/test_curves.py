"""Values of a history along x, and `steps` along another axis: the same from every backend."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from runql import config
from runql.errors import QueryError
from runql.semantic.values import Value
from runql.session import Explanation, Result, Session
from runql.sources.open import SourcePlace
from tests.contract.backends import Source


def _session(source: Source) -> Session:
    made = Session(source.service, config.Settings(), now=datetime(2026, 1, 1, tzinfo=UTC), zone=UTC)
    made._places = {"sample": SourcePlace("sample", source.service, source.entity, source.project)}
    return made


def asked(source: Source, text: str, params: Mapping[str, Value] | None = None) -> Result:
    (result,) = _session(source).run(text.replace("runs", "runs from sample", 1), params)
    assert isinstance(result, Result)
    return result


def _of_alpha(source: Source, call: str, params: Mapping[str, Value] | None = None) -> Value:
    (row,) = asked(source, f"runs where id = 'alpha' | derive v = {call} | select v", params)
    return row["v"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("at(logged.loss, 3)", 0.25),
        ("at(logged.loss, 3.9)", 0.25),
        ("at(logged.loss, -1)", None),
        ("at(logged.loss, 3, x acc)", 0.25),
        ("at(logged.loss, argmax(logged.acc))", 0.1),
        ("at(logged.val/loss, 4)", 2.0),
        ("at(logged.net.a, 2.5)", 4),
        ("when(logged.loss < 0.3)", 3),
        ("when(logged.loss < 0.3, held 3)", 3),
        ("when(logged.loss < 0.3, held 8)", None),
        ("when(logged.acc > 2 and logged.loss < 0.2)", 5),
        ("when(logged.loss < 1.5 * min(logged.loss), x net.a)", 12),
        ("when(logged.loss < 0.3, last 3)", 7),
        ("auc(logged.acc)", 40.5),
        ("auc(logged.acc, x net.a)", 81.0),
        ("auc(logged.val/loss)", -2.5),
        ("slope(logged.acc)", 1.0),
        ("slope(logged.acc, x net.a)", 0.5),
        ("slope(logged.val/loss, last 1)", None),
        ("spikes(logged.loss)", 1),
        ("spikes(logged.loss, 1)", 3),
        ("count(logged.val/loss)", 2),
        ("sum(logged.acc)", 45),
        ("sum(logged.acc, last 3)", 24),
        ("std(logged.val/loss)", 5 / math.sqrt(2)),
        ("median(logged.acc)", 4.5),
        ("p25(logged.acc)", 2.25),
        ("p0(logged.acc)", 0),
        ("p100(logged.acc)", 9),
        ("argmin(logged.loss, x acc)", 9),
        ("argmin(logged.loss, x epoch)", None),
    ],
)
def test_a_value_of_a_history(source: Source, call: str, expected: Value) -> None:
    found = _of_alpha(source, call)
    assert found == (expected if expected is None else pytest.approx(expected))


def test_values_of_parameters(source: Source) -> None:
    assert _of_alpha(source, "at(logged.loss, $x)", {"x": 3}) == 0.25
    assert _of_alpha(source, "when(logged.loss < $low, held $n)", {"low": 0.3, "n": 3}) == 3


def test_what_is_no_number_and_not_finite(source: Source) -> None:
    """NaN is a value for `at`, and none for `count`; an infinity always is a spike."""
    values = "e = at(logged.loss, 9), n = count(logged.loss), k = spikes(logged.loss)"
    text = f"runs where exists(logged.loss) | derive {values} | select id, e, n, k"
    found = {row["id"]: (row.get("e", None), row["n"], row["k"]) for row in asked(source, text)}
    assert isinstance(found["delta"][0], float) and math.isnan(found["delta"][0])
    del found["alpha"]
    assert {run: values[1:] for run, values in found.items()} == {
        "beta": (3, 0),
        "gamma": (2, 0),
        "delta": (1, 0),
        "epsilon": (1, 1),
        "zeta": (1, 0),
    }
    assert {run: values[0] for run, values in found.items() if run != "delta"} == {
        "beta": 1,
        "gamma": 0.7,
        "epsilon": math.inf,
        "zeta": 0.25,
    }


EMPTY = {
    "mean(logged.loss, last 1)": "no number among the values",
    "min(logged.loss, last 1)": "no number among the values",
    "max(logged.loss, last 1)": "no number among the values",
    "sum(logged.loss, last 1)": "no number among the values",
    "median(logged.loss, last 1)": "no number among the values",
    "p90(logged.loss, last 1)": "no number among the values",
    "spikes(logged.loss, last 1)": "no number among the values",
    "argmin(logged.loss, last 1)": "no number at a `_step`",
    "argmax(logged.loss, last 1, x epoch)": "no number at a `epoch`",
    "auc(logged.loss)": "no two numbers at different `_step`",
    "slope(logged.loss)": "no two numbers at different `_step`",
    "std(logged.loss)": "fewer than two numbers among the values",
    "first(logged.loss, last 1)": "",
    "count(logged.loss, last 1)": "",
    "diverged(logged.loss)": "",
    "mean(logged.loss)": "",
}


def test_a_cell_that_nan_alone_leaves_empty_is_told(source: Source) -> None:
    """Of `delta`, which logged 0.5 and NaN. Of runs that logged nothing of a metric other notices tell."""
    for call, lack in EMPTY.items():
        result = asked(source, f"runs where id in ('delta', 'eta') select {call} as v")
        told = [one.message for one in result.notices if one.code == "RQL312"]
        assert told == [f"`{call}` is empty for 1 run: {lack}"] * bool(lack), call


NOT_LOGGED: tuple[str, ...] = ("at(logged.loss, 1)", "when(logged.loss > 0)", "auc(logged.loss)", "spikes(logged.loss)")
NOT_LOGGED += (
    "min(logged.loss)",
    "last(logged.loss)",
    "count(logged.loss)",
    "diverged(logged.loss)",
    "p90(logged.loss)",
)


@pytest.mark.parametrize("call", NOT_LOGGED)
def test_a_metric_that_none_of_the_runs_logged_is_told(source: Source, call: str) -> None:
    """`eta` logged another one, `theta` nothing."""
    result = asked(source, f"runs where id in ('eta', 'theta') select id, {call} as v")
    assert len(result) == 2
    told = [(one.message, *one.hints) for one in result.notices if one.code == "RQL308"]
    there = "6 of 8 runs have `summary.loss`; those that logged it: `where exists(logged.loss)`"
    assert told == [("these 2 runs have no value of `loss`", there)]
    result = asked(source, f"runs where id in ('delta', 'theta') select id, {call} as v")
    assert len(result) == 2
    assert not [one for one in result.notices if one.code == "RQL308"]


def test_a_place_before_the_first_value_is_told(source: Source) -> None:
    result = asked(source, "runs select at(logged.acc, -1) as v")
    assert len(result) == 8
    (told,) = (one.message for one in result.notices if one.code == "RQL312")
    assert told == "`at(logged.acc, -1)` is empty for 3 runs: no value at or before that `_step`"


def _shorter(source: Source, text: str) -> list[tuple[str, ...]]:
    result = asked(source, text)
    _ = result.frame
    return [(one.message, *one.hints) for one in result.notices if one.code == "RQL327"]


def test_runs_that_end_before_the_step_that_is_asked_for_are_told(source: Source) -> None:
    texts = ("runs select id, {0}", "runs order {0} select id", "runs select {0} as v | group : mean(v)")
    says_where_it_ends = bool(asked(source, "count runs where exists(summary._step)").value)
    for text in texts:
        told = (
            "5 of 8 runs end before that step: there `at(logged.loss, 7)` is the last value",
            "leave them out: `where summary._step >= 7`",
        )
        assert _shorter(source, text.format("at(logged.loss, 7)")) == [told] * says_where_it_ends, text
        assert not _shorter(source, text.format("at(logged.loss, 0)"))
        assert not _shorter(source, text.format("at(logged.loss, argmax(logged.acc))"))
    assert not _shorter(source, "runs where summary._step >= 7 select id, at(logged.loss, 7)")


def test_rows_without_an_x_are_told(source: Source) -> None:
    result = asked(source, "runs where at(logged.loss, 1.5, x epoch) < 1 select id, at(logged.loss, 1.5, x epoch)")
    assert [row["id"] for row in result] == ["gamma"]
    assert any("18 values left out: no `epoch`" in line for line in result.footer())


def test_an_x_that_no_run_logged_is_an_error(source: Source) -> None:
    with pytest.raises(QueryError) as caught:
        asked(source, "runs where at(logged.loss, 1.5, x epochs) < 1")
    (one,) = caught.value.diagnostics
    assert (one.code, one.hints[0].split(" (")[0]) == ("RQL208", "nearest: `epoch`")


@pytest.mark.parametrize("rows", ["scan", "sample 500"])
def test_steps_along_another_axis(source: Source, rows: str) -> None:
    found = asked(source, f"runs keys loss x epoch steps 1..1.5 {rows}")
    assert [(row["run_id"], row["epoch"], row["loss"]) for row in found] == [("gamma", 1, 0.7)]
    found = asked(source, f"runs where id = 'alpha' keys loss x net.a steps 4..9.5 {rows}")
    assert [(row["net.a"], row["loss"]) for row in found] == [(4, 1 / 3), (6, 1 / 4), (8, 1 / 5)]
    assert not len(asked(source, f"runs keys loss x epoch steps 2.. {rows}"))


def test_explain_names_the_axis_and_who_cuts(source: Source) -> None:
    session = _session(source)
    (told,) = session.run("explain runs from sample where at(logged.loss, 3, x epoch) < 1")
    assert isinstance(told, Explanation)
    assert "the history of loss along epoch" in " ".join(str(told.text).split())
    (told,) = session.run("explain runs from sample keys loss x epoch steps 1..1.5")
    assert isinstance(told, Explanation)
    text = " ".join(str(told.text).split())
    assert "epoch 1..1.5, cut before sampling" in text
    assert ("every row is read, and cut here" in text) is not source.service.capabilities.cheap_pages
