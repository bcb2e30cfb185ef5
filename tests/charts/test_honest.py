"""What a chart must say: of how many runs a line is, what reaches beyond an axis, what is left out and why."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

import runql
from runql.charts.chart import Chart, Mark, Scale
from runql.charts.numbers import short
from runql.charts.terminal.draw import chart_lines
from runql.charts.terminal.look import Look
from runql.charts.vega.spec import notes_of, vega_lite
from runql.errors import QueryError
from runql.sources.memory import MemoryService

INF, NAN = math.inf, math.nan
Rows = Sequence[Mapping[str, Any]]


def runs(
    histories: Mapping[str, Rows] | None = None, configs: Mapping[str, dict[str, Any]] | None = None, **summaries: Any
) -> runql.Connection:
    """Runs called as their ids, with these rows, settings and summaries."""
    configs = configs or {}
    ids = list(dict.fromkeys([*(histories or {}), *configs, *summaries]))
    made = [
        {"id": one, "name": one, "config": configs.get(one, {})}
        | ({"summary": summaries[one]} if one in summaries else {})
        for one in ids
    ]
    return runql.connect(MemoryService(made, histories))


def chart(source: runql.Connection, query: str) -> Chart:
    return source.query(query).chart


def screen(made: Chart, **look: Any) -> str:
    return "\n".join(chart_lines(made, Look(**look)))


def curve(steps: range, by: float = 1.0) -> Rows:
    return [{"_step": step, "loss": by * (step + 1)} for step in steps]


# ---------------------------------------------------------------- of how many runs a line is


def test_runs_that_never_meet_have_no_median() -> None:
    apart = runs({f"r{at}": curve(range(at * 10, at * 10 + 5)) for at in range(9)})
    made = chart(apart, "runs keys loss scan | plot")
    (series,) = made.panels[0].series
    assert series.name == "9 runs, one at each x"
    assert not series.interval
    assert sorted(y for y in series.y if not math.isnan(y)) == [
        float(at * 10 + step + 1) for at in range(9) for step in range(5)
    ]
    assert sum(map(math.isnan, series.y)) == 8, "no line joins two runs"
    assert set(series.point_runs) - {""} == {f"r{at}" for at in range(9)}
    assert "no two of the 9 runs have loss at one x, so there is no median" in made.notes

    parted = chart(apart, "runs keys loss scan | derive k = substr(run_id, 0, 1) | plot by k")
    assert parted.panels[0].series[0].name == "r (n=1 of 9)"
    assert not parted.panels[0].series[0].interval, "one run has no interval"


def test_where_one_run_alone_is_left_it_is_no_median() -> None:
    ragged = runs({f"r{at}": curve(range(10 + at), at + 1.0) for at in range(9)})
    made = chart(ragged, "runs keys loss scan | plot")
    median, alone = made.panels[0].series
    assert (median.name, alone.name) == ("median of 2 to 9 runs", "one run alone")
    assert [x for x, y in zip(alone.x, alone.y, strict=True) if not math.isnan(y)] == [17.0]
    assert max(x for x, y in zip(median.x, median.y, strict=True) if not math.isnan(y)) == 16.0
    assert "at 1 of 18 x one run alone has loss" in made.notes
    assert "+ one run alone 162" in screen(made)
    parted = chart(ragged, "runs keys loss scan | derive k = 1 | plot by k").panels[0].series[0]
    assert parted.name == "1 (n=1 to 9)"
    assert [x for x, y in zip(parted.x, parted.y, strict=True) if math.isnan(y)] == [16.5], (
        "the line ends with the mean"
    )


def test_one_run_that_logged_more_often_leaves_the_median_whole() -> None:
    even = range(0, 40, 2)
    often = {f"r{at}": curve(even) for at in range(9)} | {"often": [*curve(range(4)), *curve(even)[2:]]}
    median, alone = chart(runs(often), "runs keys loss scan | plot").panels[0].series
    assert not any(map(math.isnan, median.y))
    assert list(median.x) == [float(at) for at in even]
    assert [x for x, y in zip(alone.x, alone.y, strict=True) if not math.isnan(y)] == [1.0, 3.0]


def test_a_legend_of_several_panels_names_each_value_once() -> None:
    rows = {
        f"r{at}": [{"_step": step, "loss": 1.0} | ({"acc": 1.0} if at else {}) for step in range(4)] for at in range(3)
    }
    made = chart(runs(rows), "runs keys loss, acc scan | derive k = 1 | plot by k")
    assert {series.name for panel in made.panels for series in panel.series} == {"1 (n=2 to 3)"}


def test_few_points_at_different_x_are_compared_in_stretches() -> None:
    spread = runs({f"r{at}": [{"_step": 9 * step + at, "loss": 1.0} for step in range(6)] for at in range(9)})
    made = chart(spread, "runs keys loss scan | plot")
    assert made.panels[0].series[0].name == "median of 9 runs"
    assert "the runs logged at different x: compared in 6 stretches of x" in made.notes


def test_a_run_of_nan_alone_is_not_counted() -> None:
    source = runs({"a": curve(range(3)), "b": curve(range(3)), "c": [{"_step": 0, "loss": NAN}]}, {"a": {"k": 1}})
    made = chart(source, "runs keys loss scan | derive k = 1 | plot by k")
    assert made.panels[0].series[0].name == "1 (n=2)"
    assert "1 run without a number of loss not drawn" in made.notes


def test_infinities_are_counted_once() -> None:
    made = chart(
        runs({"a": [{"loss": 1.0}, {"loss": INF}, {"loss": NAN}, {"loss": 2.0}]}), "runs keys loss scan | plot"
    )
    assert made.notes == ("1 value of loss left out: infinite", "1 gap in loss (NaN)")
    values = [1.0, INF, NAN, "text", None, 2.0]
    source = runs(None, None, **{f"r{at}": {"acc": value} for at, value in enumerate(values)}, none={})
    made = chart(source, "runs | plot hist summary.acc")
    assert made.notes == (
        "5 of 7 rows not drawn: 2 without summary.acc, 1 with an infinite summary.acc, 1 with NaN in summary.acc,"
        " 1 with no number in summary.acc",
    )


def test_rows_that_are_not_drawn_say_which_column_they_lack() -> None:
    source = runs(None, {"a": {"lr": 1}, "b": {}, "c": {"lr": 2}}, a={"acc": 1.0}, b={"acc": 1.0}, c={})
    made = chart(source, "runs | plot summary.acc vs config.lr")
    assert "2 of 3 rows not drawn: 1 without config.lr, 1 without summary.acc" in made.notes


# ---------------------------------------------------------------- intervals


SEEDS = {"a0": 0.9, "a1": 0.91, "a2": 0.905, "b0": 0.88, "b1": 0.93, "c0": 0.85, "d0": 0.89, "d1": 0.9, "d2": 0.91}


def seeds() -> runql.Connection:
    lr = {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4}
    configs = {run: {"kind": run[0], "lr": lr[run[0]]} for run in SEEDS}
    histories = {run: [{"_step": at, "loss": value * (9 - at)} for at in range(9)] for run, value in SEEDS.items()}
    return runs(histories, configs, **{run: {"acc": value} for run, value in SEEDS.items()})


@pytest.mark.parametrize("shape", ["", " line", " scatter"])
def test_an_interval_of_two_values_does_not_set_the_axis(shape: str) -> None:
    key = "config.kind" if not shape else "config.lr"
    made = chart(seeds(), f"runs | group {key} : mean(summary.acc), ci95(summary.acc) | plot{shape}")
    panel = made.panels[0]
    assert panel.y.window is not None
    low, high = panel.y.window
    assert 0.8 < low < 0.85
    assert 0.905 < high < 1
    (series,) = panel.series
    assert min(series.low) < low, "the data are as they were"
    assert any("intervals reach beyond the axis" in note and "from 0.5873 to 1.223" in note for note in made.notes)
    (layer, *_), *_ = [spec["layer"] for spec in vega_lite(made, live=False)["vconcat"]]
    assert layer["encoding"]["y"]["scale"]["domain"] == [low, high]


def test_what_is_cut_has_arrows_at_a_terminal() -> None:
    made = chart(seeds(), "runs | group config.kind : mean(summary.acc), ci95(summary.acc) | plot")
    assert "◀─" in screen(made)
    assert "─▶ 0.905 ± 0.318" in screen(made)
    assert ">  0.905 +- 0.318" in screen(made, unicode=False) or "> 0.905 +- 0.318" in screen(made, unicode=False)


def test_the_means_of_runs_set_the_axis_of_their_lines() -> None:
    made = chart(seeds(), "runs keys loss scan | plot by config.kind")
    window = made.panels[0].y.window
    assert window is None or window[1] < 12, "the values lie between 0.85 and 8.4"
    even = chart(
        runs(None, None, a={"acc": 1.0}, b={"acc": 2.0}), "runs | group : mean(summary.acc), ci95(summary.acc) | plot"
    )
    assert even.panels[0].y.window is None, "the only interval is seen whole"


def test_what_stands_around_a_lone_point_is_drawn() -> None:
    made = chart(seeds(), "runs | group config.lr : mean(summary.acc), ci95(summary.acc) | plot line")
    rows = vega_lite(made, live=False)["datasets"]["panel_1"]
    assert [row["x"] for row in rows if row.get("lone")] == [0.4], "its neighbour is one value, without an interval"
    last = [line for line in screen(made).splitlines() if line.endswith("░")]
    assert len(last) > 1


# ---------------------------------------------------------------- boxes


def test_boxes_say_what_they_are_and_one_value_is_a_point() -> None:
    made = chart(seeds(), "runs | plot box summary.acc by config.kind")
    assert "┃ median  ▒ quartiles  ├─┤ smallest to largest  * one value" in screen(made)
    assert "0.850 (n=1)" in screen(made)
    assert notes_of(made) == ("box: quartiles, its line: median, whiskers: smallest to largest", "a circle: one value")


# ---------------------------------------------------------------- nothing to draw


def test_a_picture_without_rows_says_so() -> None:
    none = chart(runs(None, {"a": {}}), "runs where name = 'b' | plot")
    (panel,) = vega_lite(none, live=False)["vconcat"]
    assert panel["mark"]["text"] == "no rows, so nothing is drawn"
    lacking = chart(runs(None, None, a={"acc": NAN}), "runs | plot hist summary.acc")
    (panel,) = vega_lite(lacking, live=False)["vconcat"]
    assert panel["mark"]["text"] == "rows: no value that can be drawn"


# ---------------------------------------------------------------- many bars, many axes


def test_bars_that_each_have_one_series_stand_close() -> None:
    many = runs(None, {f"r{at}": {"seed": at % 7} for at in range(30)}, **{f"r{at}": {"acc": 1.0} for at in range(30)})
    spec = vega_lite(chart(many, "runs | plot bar summary.acc by config.seed"), live=False)["vconcat"][0]
    assert spec["height"] <= 30 * 30
    assert "yOffset" not in spec["layer"][0]["encoding"]
    crossed = runs(None, {f"r{at}": {"a": at % 40, "b": at % 9} for at in range(360)})
    made = chart(crossed, "runs | group config.a, config.b : count() | plot bar")
    assert len(made.panels[0].x.categories) == 15, "of eight bars each"
    assert "the first 15 of 40 values of config.a: `limit` chooses others" in made.notes
    assert vega_lite(made, live=False)["vconcat"][0]["height"] < 1500


def test_minus_zero_is_zero() -> None:
    source = runs(None, {"a": {"k": 0.0}, "b": {"k": -0.0}, "c": {"k": 1.0}}, a={"acc": 1}, b={"acc": 2}, c={"acc": 3})
    made = chart(source, "runs | plot bar summary.acc by config.k")
    assert [series.name for series in made.panels[0].series] == ["0", "1"]


def test_a_bar_of_zero_is_there() -> None:
    source = runs(None, {"a": {"k": 1}, "b": {"k": 2}}, a={"acc": 0.0}, b={"acc": 2.0})
    lines = screen(chart(source, "runs | plot bar summary.acc by config.k")).splitlines()
    assert lines[1].split() == ["a", "1", "│", "0"]
    (panel,) = chart(runs(None, None, a={"acc": 0.3}, b={"acc": 0.3}), "runs | plot hist summary.acc").panels
    (series,) = panel.series
    assert (list(series.x), list(series.until), list(series.y)) == ([0.285], [0.315], [2.0])


def test_parallel_axes_show_texts_orders_and_decades() -> None:
    source = runs(
        None,
        {"a": {"opt": "x", "lr": 1e-5, "n": 3}, "b": {"opt": "y", "lr": 0.1, "n": "three"}, "c": {"lr": 1, "n": 1}},
    )
    made = chart(source, "runs | plot parallel config.opt, config.lr, config.n")
    axes = {axis.title: axis for axis in made.panels[0].axes}
    assert [*axes] == ["config.opt", "config.lr", "config.n"]
    assert axes["config.lr"].scale is Scale.LOG
    assert axes["config.n"].categories == ("1", "3", "three")
    assert "config.n: 1 of 3 values is no number, so each value has a place of its own" in made.notes
    assert "of 3 lines some have a gap: 1 on config.opt" in made.notes
    legend = vega_lite(made, live=False)["vconcat"][0]["layer"][1]["encoding"]["color"]
    assert legend["scale"]["domain"] == ["a", "b", "c"], "few lines are named"


# ---------------------------------------------------------------- fronts and holes


def test_a_front_has_steps_and_what_it_beats() -> None:
    source = runs(a={"acc": 1.0, "n": 9}, b={"acc": 0.5, "n": 1}, c={"acc": 0.4, "n": 5}, d={"acc": NAN, "n": 1})
    made = chart(source, "runs | pareto max summary.acc, min summary.n | plot")
    front, beaten = made.panels[0].series
    assert (front.name, front.step, beaten.name) == ("front (2)", "before", "beaten (1)")
    assert (list(beaten.x), list(beaten.y), beaten.labels) == ([0.4], [5.0], ("c",))
    line = vega_lite(made, live=False)["vconcat"][0]["layer"][0]
    assert line["mark"]["interpolate"] == "step-before"
    other = chart(source, "runs | pareto min summary.n, max summary.acc | limit 2 | plot")
    assert [series.step for series in other.panels[0].series] == ["after"], "another stage has chosen among the rows"


def test_holes_say_what_their_marks_are() -> None:
    made = chart(
        runs(None, {"a": {"x": 1, "y": 1}, "b": {"x": 2, "y": 2}}), "runs | holes over config.x, config.y | plot"
    )
    panel = made.panels[0]
    assert (panel.mark, panel.x.scale, panel.y.scale) == (Mark.SCATTER, Scale.CATEGORY, Scale.CATEGORY)
    assert "each mark is a combination that never ran, of values that did" in made.notes


# ---------------------------------------------------------------- axes and characters


def test_panels_on_one_x_stand_below_each_other() -> None:
    rows = {"a": [{"_step": at, "loss": 1e6 + at} | ({"acc": at / 9} if at < 5 else {}) for at in range(9)]}
    made = chart(runs(rows), "runs keys loss, acc scan | plot")
    assert {panel.x.window for panel in made.panels} == {(0.0, 8.0)}
    bars = {line.index("│") for line in screen(made).splitlines() if "│" in line}
    assert len(bars) == 1, "the axes stand in one column"


@pytest.mark.parametrize("height", [18, 21, 24])
def test_a_value_stands_in_the_row_of_its_tick(height: int) -> None:
    source = runs(None, None, **{f"r{at}": {"acc": at / 4, "n": at / 4} for at in range(5)})
    text = screen(chart(source, "runs | plot summary.acc vs summary.n"), height=height, color=True)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    ticks = [line for line in lines if "┤" in line and float(line.split()[0]) * 4 % 1 == 0]
    assert len(ticks) >= 2
    assert all("●" in line for line in ticks), "each of these numbers is a value"


def test_ticks_of_an_axis_are_written_alike() -> None:
    rows = {"a": [{"_step": at, "loss": 10.0 ** (at - 2)} for at in range(9)]}
    text = screen(chart(runs(rows), "runs keys loss scan | plot log y"))
    ticks = [line.split()[0] for line in text.splitlines() if "┤" in line]
    assert all("e" in tick for tick in ticks) or not any("e" in tick for tick in ticks)


def test_numbers_are_written_alike() -> None:
    numbers = (-0.0, -3, 1389.4, 15120.0, 0.12345, 1e7, 1.25e-5)
    assert [*map(short, numbers)] == ["0", "-3", "1,389", "15,120", "0.1235", "1e7", "1.25e-5"]


def test_a_dumb_terminal_gets_ascii_without_escapes() -> None:
    made = chart(seeds(), "runs | pivot mean(summary.acc), std(summary.acc) by config.lr across config.kind | plot")
    text = screen(made, unicode=False)
    assert text.isascii()
    assert "\\x" not in text
    assert "..." not in screen(made, unicode=False, width=50), "a number is not cut"


def test_advice_that_was_followed_is_not_given() -> None:
    rows = {"a": [{"_step": at, "loss": 1.0} | ({"acc": 1.0} if at % 3 == 0 else {}) for at in range(9)]}
    source = runs(rows)
    query = "runs keys loss, acc scan"
    assert "RQL507" in {one.code for one in source.query(query).notices}
    assert "RQL507" not in {one.code for one in source.query(f"{query} | align ffill").notices}
    (inner,) = [one for one in source.query(f"{query} | align inner").notices if one.code == "RQL507"]
    assert not inner.hints


# ---------------------------------------------------------------- odd tables


@pytest.mark.parametrize(
    "query",
    [
        "runs select config.k, summary.acc | plot bar summary.acc by config.k",
        "runs | plot hist summary.acc",
        "runs | plot hist summary.acc by config.k",
        "runs | plot box summary.acc by config.k log y",
        "runs | plot summary.acc vs summary.n log x log y",
        "runs | pareto max summary.acc, min summary.n | plot bar",
        "runs | histogram summary.n | plot heat",
        "runs | histogram summary.n | plot band",
        "runs | histogram summary.n | plot line",
    ],
)
def test_the_largest_and_the_smallest_numbers_in_any_shape(query: str) -> None:
    values = [1e308, -1e308, 5e-324, 0.0, 2.0**53, NAN, INF, 1.7e308]
    source = runs(
        None,
        {f"r{at}": {"k": at % 3} for at in range(8)},
        **{f"r{at}": {"acc": value, "n": values[-1 - at]} for at, value in enumerate(values)},
    )
    try:
        made = chart(source, query)
    except QueryError as refused:
        assert "heat" in query
        assert [one.code for one in refused.diagnostics] == ["RQL572"]
        return
    assert screen(made)
    assert vega_lite(made)["vconcat"]


def test_what_a_line_ends_in_is_said() -> None:
    histories: dict[str, Rows] = {
        "r-a": [*curve(range(3)), {"_step": 3, "loss": NAN}, {"_step": 4, "loss": NAN}],
        "r-b": [*curve(range(2)), {"_step": 2, "loss": INF}, {"_step": 3, "loss": 2.5}],
        "r-c": [{"_step": 0, "loss": NAN}, {"_step": 1, "loss": -INF}],
    }
    source = runs(histories)
    shown = screen(chart(source, "runs where name != 'r-c' keys loss scan | plot"))
    assert "run: * a 3.0 (then NaN)  + b 2.5\n" in shown
    found = source.query("runs keys loss scan | plot").sparks(8)
    a, b, c = found.lines
    assert (a.first, a.least, a.most, a.nan, a.infinite) == (1, 1, 3, 2, 0)
    assert math.isnan(a.last)
    assert (b.last, b.most, b.infinite) == (2.5, INF, 1)
    assert (c.last, c.most, c.nan) == (-INF, -INF, 1)
    assert found.notes == (
        "the names of all 3 runs begin with `r`, which is left out",
        "3 values of loss NaN: not drawn",
        "2 values of loss infinite: not drawn",
    )
