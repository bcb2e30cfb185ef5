"""From a table to its chart: the choice for the table of each stage, and what is said under it."""

from __future__ import annotations

import math
from functools import cache

import pytest

import runql
from runql.charts.chart import Chart, Mark, Scale
from runql.errors import QueryError
from runql.language.stages import SHAPES
from runql.syntax.keywords import keywords
from runql.text.version import VERSION


@cache
def demo() -> runql.Connection:
    """One for all: the runs are read once."""
    return runql.connect("demo")


def chart(query: str) -> Chart:
    return demo().query(query).chart


CURVES = "runs where group = 'long' keys loss, val/loss, val/acc scan"


@pytest.mark.parametrize(
    ("query", "mark", "panels"),
    [
        (f"{CURVES} | plot", Mark.LINE, ["loss", "val/loss", "val/acc"]),
        ("runs limit 3 keys loss, val/loss scan | plot", Mark.LINE, ["loss"]),
        (f"{CURVES} | smooth ema 0.9 | plot val/acc", Mark.LINE, ["val/acc"]),
        (f"{CURVES} | bin x 20 | plot loss", Mark.LINE, ["loss"]),
        (f"{CURVES} | resample 20 | plot loss", Mark.LINE, ["loss"]),
        (f"{CURVES} | align ffill | plot loss", Mark.LINE, ["loss"]),
        (f"{CURVES} | plot val/acc vs loss", Mark.SCATTER, ["val/acc"]),
        (f"{CURVES} | best min val/loss | plot", Mark.BAR, ["val/loss"]),
        (f"{CURVES} | last | plot loss", Mark.BAR, ["loss"]),
        (f"{CURVES} | group _step : mean(loss), ci95(loss) | plot", Mark.LINE, ["mean(loss)"]),
        ("runs | plot", Mark.PARALLEL, [""]),
        ("runs | plot summary.acc", Mark.HIST, ["rows"]),
        ("runs select config.lr, summary.acc | plot", Mark.SCATTER, ["summary.acc"]),
        ("runs select config.lr, config.seed, summary.acc | plot", Mark.PARALLEL, [""]),
        ("runs | plot box summary.acc by config.optimizer", Mark.BOX, ["summary.acc"]),
        ("runs | plot summary.acc vs config.lr by config.optimizer log x", Mark.SCATTER, ["summary.acc"]),
        ("runs | group config.optimizer : mean(summary.acc), ci95(summary.acc) | plot", Mark.SCATTER, None),
        ("runs | group config.optimizer : mean(summary.acc) | plot", Mark.BAR, ["mean(summary.acc)"]),
        ("runs | group config.optimizer : count() | plot", Mark.BAR, None),
        ("runs | pivot mean(summary.acc) by config.seed across config.optimizer | plot", Mark.HEAT, None),
        ("runs | histogram summary.acc by config.optimizer | plot", Mark.HIST, ["n"]),
        ("runs | plot state", Mark.BAR, ["rows"]),
        ("runs | corr summary.acc | plot", Mark.BAR, ["strength"]),
        ("runs | pareto max summary.acc, min summary.params | plot", Mark.SCATTER, ["summary.params"]),
        ("runs | pareto max summary.acc, min summary.params, min summary.loss | plot", Mark.PARALLEL, [""]),
        ("runs | holes over config.optimizer, config.seed | plot", Mark.SCATTER, ["config.seed"]),
        ("runs | duplicates by config.optimizer | plot", Mark.BAR, ["n"]),
        ("runs select config.*, summary.* | describe | plot", Mark.BAR, ["values"]),
        ("runs limit 4 | diff | plot", Mark.PARALLEL, [""]),
        ("runs limit 9 | diff | plot", Mark.PARALLEL, [""]),
        ("count runs | plot", Mark.BAR, ["count"]),
        ("runs | derive a = summary.acc * 100 | plot a", Mark.HIST, ["rows"]),
        ("runs | order -summary.acc | limit 9 | plot bar summary.acc vs name", Mark.BAR, ["summary.acc"]),
    ],
)
def test_the_chart_of_each_stage(query: str, mark: Mark, panels: list[str] | None) -> None:
    found = chart(query)
    assert {panel.mark for panel in found.panels} == {mark}
    if panels is not None:
        assert [panel.y.title for panel in found.panels] == panels
    assert any(panel.series or panel.cells or panel.boxes or panel.polylines for panel in found.panels)


@pytest.mark.parametrize(
    "query",
    ["runs limit 5 keys loss scan | plot{} loss", f"{CURVES} | plot{{}} val/acc by config.optimizer band log y"],
)
def test_the_word_line_leaves_each_run_its_line(query: str) -> None:
    assert chart(query.format(" line")).panels == chart(query.format("")).panels


def test_no_line_goes_from_run_to_run_along_another_metric() -> None:
    few, many = (chart(f"runs limit {count} keys loss, acc scan | plot line loss vs acc") for count in (4, 12))
    assert [len(series.runs) for series in few.panels[0].series] == [1, 1, 1, 1]
    assert many.panels[0].series[0].interval


def test_how_often_each_text_occurs_is_counted() -> None:
    (panel,) = chart("runs | plot state").panels
    assert panel.x.categories == ("finished", "failed", "crashed")
    assert panel.series[0].y == [58.0, 5.0, 1.0]


def test_runs_are_told_apart_and_many_become_a_band() -> None:
    few = chart(f"{CURVES} | plot val/loss").panels[0]
    assert len({series.name for series in few.series}) == len(few.series) == 6
    assert few.series[0].name == "sgd h32"
    (band,) = chart("runs keys loss scan | plot").panels[0].series
    assert band.interval == "quartiles"
    assert len(band.x) == len(band.y) == len(band.low) == len(band.high) == len(band.least) == len(band.most)
    for low, middle, high in zip(band.low, band.y, band.high, strict=True):
        assert math.isnan(middle) or low <= middle <= high


def test_a_field_parts_the_runs_into_means() -> None:
    panel = chart("runs where name startswith 'baseline' keys loss scan | plot by config.optimizer").panels[0]
    assert [series.name for series in panel.series] == ["adam (n=3)", "momentum (n=3)", "sgd (n=3)"]
    assert {series.interval for series in panel.series} == {"95 % interval of the mean"}
    assert all(len(series.runs) == 3 for series in panel.series)


def test_a_number_of_many_values_colours_points_and_parts_lines_in_ranges() -> None:
    found = chart("runs | plot summary.acc vs config.lr by summary.loss log x")
    (panel,) = found.panels
    (series,) = panel.series
    assert panel.colour is not None
    assert (panel.colour.title, panel.colour.scale) == ("summary.loss", Scale.LOG), "it spans decades"
    lacking = sum(map(math.isnan, series.shades))
    assert f"{lacking} of {series.n} points of summary.acc without summary.loss, so without a colour" in found.notes
    losses = {row["id"]: row["loss"] for row in demo().query("runs select id, summary.loss as loss")}
    for run, shade in zip(series.point_runs, series.shades, strict=True):
        assert shade == losses[run] or math.isnan(shade)
    few = chart("runs | plot summary.acc vs config.lr by config.optimizer").panels[0]
    assert few.colour is None
    assert len(few.series) == 3

    lines = chart("runs keys loss scan | plot by config.lr")
    assert 3 <= len(lines.panels[0].series) <= 6
    runs = [run for series in lines.panels[0].series for run in series.runs]
    assert len(runs) == len({*runs}) == 60, "each run that has a number of loss is in one range"
    assert any("values of config.lr in" in note for note in lines.notes)


def test_a_log_axis_says_what_it_leaves_out() -> None:
    found = chart("runs select config.seed, summary.acc | plot scatter log x")
    panel = found.panels[0]
    assert panel.x.scale is Scale.LOG
    assert panel.x.left_out
    assert f"{panel.x.left_out:,} of config.seed not on the log axis: not positive" in found.notes
    assert all(x > 0 for series in panel.series for x in series.x)


def test_a_band_that_reaches_below_zero_reaches_the_foot_of_a_log_axis() -> None:
    """The band of the group whose runs differ most is not the one that vanishes."""
    linear, log = (chart(f"runs keys val/loss scan | plot by config.optimizer{log}") for log in ("", " log y"))
    below = sum(low <= 0 for series in linear.panels[0].series for low in series.low)
    (panel,) = log.panels
    foot = min(y for series in panel.series for values in (series.y, series.low) for y in values if y > 0)
    lower = sum(low < foot for series in linear.panels[0].series for low in series.low)
    assert panel.y.lowered == lower >= below > 50
    assert sum(low == foot for series in panel.series for low in series.low) >= below
    assert f"{lower} lower ends of val/loss drawn at the foot of the log axis, below which they lie" in log.notes


def test_rows_beyond_the_axis_are_not_said_to_lack_a_value() -> None:
    notes = chart("runs | plot bar summary.acc by config.optimizer").notes
    assert "the first 40 of 64 values of name: `limit` chooses others" in notes
    assert not [note for note in notes if "rows not drawn" in note]


def test_axes_of_what_differs_are_times_too_and_the_last_says_something() -> None:
    (panel,) = chart("runs where group = 'lr-sweep' | diff | plot").panels
    scales = {axis.title: axis.scale for axis in panel.axes}
    assert (scales["created"], scales["config.optimizer"]) == (Scale.TIME, Scale.CATEGORY)
    assert panel.axes[-1].title == "summary.val/loss", "it gives the colours"


def test_gaps_are_said() -> None:
    found = chart("runs keys loss scan | plot loss")
    assert any("gap" in note and "in loss (NaN)" in note for note in found.notes)


def test_what_a_chart_was_made_of() -> None:
    source = chart("runs limit 3 keys loss scan | plot title 'three'").source
    assert len(source.runs) == 3
    assert source.query.endswith("title 'three'")
    assert source.versions == (("runql", runql.__version__),)


@pytest.mark.parametrize(
    "query",
    ["runs select name | plot line", "runs select summary.acc | plot scatter", "runs | plot heat summary.acc"],
)
def test_a_table_that_a_shape_cannot_show(query: str) -> None:
    with pytest.raises(QueryError) as raised:
        chart(query)
    (error,) = raised.value.diagnostics
    assert error.code == "RQL572"
    assert error.hints


def test_no_rows() -> None:
    assert chart("runs where config.lr > 1e9 | plot summary.acc").notes == ("no rows, so nothing is drawn",)


def test_the_shapes_of_the_language_are_the_marks() -> None:
    assert set(SHAPES) == {mark.value for mark in Mark} == set(keywords().words["SHAPE"])


def test_the_version_is_that_of_the_package() -> None:
    assert runql.__version__ == VERSION


def test_what_was_smoothed_or_put_into_bins_is_said() -> None:
    made = chart("runs limit 2 keys loss scan | smooth ema 0.8 | bin x 20 | plot")
    assert {"smoothed: ema 0.8", "each point: the mean of a bin of 20"} <= {*made.notes}
    assert "smoothed: mean of 5 rows" in chart("runs limit 2 keys loss scan | smooth mean 5 | plot").notes
