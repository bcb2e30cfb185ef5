"""What stands under a picture: values without an interval, and what a stage skipped; and axes where values crowd."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from runql.charts.chart import Scale
from runql.charts.vega.spec import notes_of
from tests.charts.test_honest import chart, runs, screen, seeds


@pytest.mark.parametrize("shape", ["", " bar", " scatter"])
def test_a_value_without_an_interval_is_said(shape: str) -> None:
    made = chart(seeds(), f"runs | group config.kind : acc = mean(summary.acc), ci95(summary.acc) | plot{shape}")
    assert "no interval of acc at c: a single value has none" in notes_of(made)
    group = "group config.kind : acc = mean(summary.acc), ci95(summary.acc)"
    alone = chart(seeds(), f"runs where name in ('a0', 'c0') | {group} | plot{shape}")
    assert notes_of(alone) == ("no interval of acc at a, c: a single value has none",), "and no word of whiskers"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("runs | histogram summary.acc | plot", "`summary.acc`: 1 missing: in no bin"),
        ("runs | group config.kind : acc = mean(summary.acc) | plot", "`summary.acc`: 1 missing skipped"),
    ],
)
def test_what_a_stage_skipped_stands_under_a_picture(query: str, said: str) -> None:
    made = chart(
        runs(None, {"a": {"kind": 1}, "b": {"kind": 1}, "c": {"kind": 2}}, b={"acc": 1.0}, c={"acc": 3.0}), query
    )
    assert said in notes_of(made)
    assert said not in made.notes, "at a terminal it stands among what is said of the answer"


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ((32, 32, 32, 64, 2048), Scale.LOG),
        ((32, 64, 128, 256, 512), Scale.LINEAR),
        ((30, 31, 32, 32, 200), Scale.LINEAR),
        ((0, 1, 1, 1, 2048), Scale.LINEAR),
    ],
)
def test_a_parallel_axis_is_logarithmic_where_its_values_crowd_at_its_foot(values: Sequence[int], scale: Scale) -> None:
    source = runs(None, {f"r{at}": {"n": value, "m": at} for at, value in enumerate(values)})
    made = chart(source, "runs | plot parallel config.n, config.m")
    assert {axis.title: axis.scale for axis in made.panels[0].axes} == {"config.n": scale, "config.m": Scale.LINEAR}


def test_what_stands_behind_a_bar_is_explained() -> None:
    group = "runs | group config.kind : acc = "
    bars = chart(seeds(), f"{group}mean(summary.acc), ci95(summary.acc) | plot bar")
    assert "0.905 ± 0.012" in screen(bars)
    assert "├─┤ ± 95 % interval of the mean" in screen(bars).splitlines()
    for shape in ("", "bar"):
        found = chart(seeds(), f"{group}median(summary.acc), p25(summary.acc), p75(summary.acc) | plot {shape}")
        assert "0.905 [0.9025, 0.9075]" in screen(found), "never ±, though they stand at one distance"
        assert "├─┤ [ ] quartiles" in screen(found).splitlines()


def test_metrics_of_one_run_are_called_metrics_and_the_run_is_named() -> None:
    rows = [{"_step": at, "train/loss": 2.0 - at, "val/loss": 3.0 - at} for at in range(2)]
    made = chart(runs({"a_0": rows, "a_1": rows}), "runs where name = 'a_1' keys train/loss, val/loss scan | plot")
    assert made.legend == "metric"
    assert "all lines are of the run a_1" in notes_of(made)
    both = chart(runs({"a_x": rows, "a_y": rows}), "runs keys train/loss, val/loss scan | plot")
    assert both.legend == "run and metric"


def test_a_category_without_a_value_is_named_and_has_no_bar() -> None:
    source = runs(None, {"a": {"kind": "x"}, "b": {"kind": "y"}, "c": {"kind": "z"}}, a={"acc": 1.0}, c={"acc": 2.0})
    made = chart(source, "runs | group config.kind : acc = mean(summary.acc) | plot")
    assert made.panels[0].x.categories == ("x", "z")
    assert list(made.panels[0].series[0].x) == [0.0, 1.0]
    assert {"no value of acc at y", "1 of 3 rows not drawn: 1 without acc"} <= set(notes_of(made))


def test_each_bar_of_a_correlation_has_its_measure() -> None:
    configs = {f"r{at}": {"kind": "ab"[at % 2], "lr": float(at)} for at in range(8)}
    source = runs(None, configs, **{run: {"acc": float(at * at)} for at, run in enumerate(configs)})
    made = chart(source, "runs | corr summary.acc | plot")
    assert made.legend == "measure"
    assert {series.name for series in made.panels[0].series} == {"eta", "spearman"}
    assert {"eta: from 0 to 1, without a sign", "spearman: from -1 to 1"} <= set(notes_of(made))
