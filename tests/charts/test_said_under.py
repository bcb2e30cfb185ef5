"""What stands under a picture: values without an interval, and what a stage skipped; and axes where values crowd."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from runql.charts.chart import Scale
from runql.charts.vega.spec import notes_of
from tests.charts.test_honest import chart, runs, seeds


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
