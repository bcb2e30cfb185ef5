"""What people who read charts asked for: which run sets an axis, what is faint, where an axis ends, and in how many
digits a number stands.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from runql.charts.chart import Axis, Chart, Mark, Panel, Scale, Series
from runql.charts.clipping import CI95, QUARTILES
from runql.charts.files import engine, glyphs
from runql.charts.files.kinds import ChartFile
from runql.charts.files.notices import said_of_file
from runql.charts.files.write import chart_bytes
from runql.charts.points import with_logs
from runql.charts.table import categories
from runql.charts.terminal.ticks import AxisExtent, ticks_of
from runql.charts.vega.axes import AxisRange, channel
from runql.charts.vega.spec import vega_lite
from runql.charts.vega.theme import PALETTES, Theme
from runql.semantic.values import MISSING
from tests.charts.examples import curves
from tests.charts.test_honest import chart, curve, runs, screen


def _layers(made: Chart, panel: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = vega_lite(made, live=False)["vconcat"][panel]["layer"]
    return found


# ---------------------------------------------------------------- lines


def test_a_metric_stands_faint_behind_its_means() -> None:
    source = runs({"base x": curve(range(9)), "base y": curve(range(9), 2.0)})
    made = chart(source, "runs keys loss scan | derive m = mean(loss, last 3) | plot m, loss")
    (panel,) = made.panels
    assert panel.y.title == "loss"
    assert [(one.name, one.part, one.is_behind, one.colour) for one in panel.series] == [
        ("x", "m", False, 0),
        ("y", "m", False, 1),
        ("x", "loss", True, 0),
        ("y", "loss", True, 1),
    ]
    assert "faint: loss; over it: m" in made.notes
    assert "m: in the first 2 rows of each run the mean of fewer than 3" in made.notes
    assert "the names of all 2 runs begin with `base`, which is left out" in made.notes
    faint, strong = (one for one in _layers(made) if one["mark"]["type"] == "line")
    assert (faint["transform"][0]["filter"], faint["mark"]["strokeOpacity"]) == ("datum.behind === true", 0.4)
    assert "strokeOpacity" not in strong["mark"]
    assert screen(made, width=60).splitlines()[-4] == "run: * x 8  + y 16", "the means, and no line twice"
    assert "\x1b[2;38;5;" in screen(made, color=True)


def test_each_metric_has_its_own_means_in_its_panel() -> None:
    rows = [{"_step": at, "loss": at, "val/loss": 2 * at} for at in range(4)]
    means = "derive a = mean(loss, last 2), b = median(`val/loss`, last 2), c = std(loss, last 2)"
    made = chart(runs({"r": rows}), f"runs keys loss, val/loss scan | {means} | plot a, loss, b, val/loss, c")
    assert [[one.part or one.name for one in panel.series] for panel in made.panels] == [
        ["a", "loss"],
        ["b", "val/loss"],
        ["r"],
    ], "a spread is no loss"


@pytest.mark.parametrize("shape", ["", " band", " by config.g"])
def test_the_run_that_sets_an_axis_is_named(shape: str) -> None:
    histories = {"a": curve(range(5)), "b": curve(range(5), 2.0), "far": curve(range(5), 1e20)}
    source = runs(histories, {name: {"g": 1} for name in histories})
    made = chart(source, f"runs keys loss scan | plot loss{shape}")
    (note,) = (one for one in made.notes if "set" in one)
    assert note.startswith("1 run sets the axis of loss: far 5e20; the others reach 10: ")
    where = re.findall("`(.*?)`", note)[0]
    other = chart(source, f"runs {where} keys loss scan | plot loss{shape}")
    assert not [one for one in other.notes if "set" in one]
    assert {run for one in other.panels[0].series for run in one.runs} == {"a", "b"}
    assert note in chart(source, f"runs keys loss scan | plot loss{shape} log y").notes, "by 19 decades"
    near = runs({**histories, "far": curve(range(5), 1e3)}, {name: {"g": 1} for name in histories})
    assert not [one for one in chart(near, "runs keys loss scan | plot log y").notes if "set" in one]


def test_several_runs_that_set_an_axis_are_counted() -> None:
    histories = {f"r{at}": curve(range(3), -(10.0 ** max(0, at - 14))) for at in range(18)}
    made = chart(runs(histories), "runs keys loss scan | plot")
    (note,) = (one for one in made.notes if "set" in one)
    assert note.startswith("2 runs set the axis of loss: r17 -3,000, r16 -300; the others reach down to -30: ")
    where = re.findall("`(.*?)`", note)[0]
    assert len({*chart(runs(histories), f"runs {where} keys loss scan | plot").panels[0].series[0].runs}) == 16


def test_an_axis_ends_where_a_logarithm_does() -> None:
    rows = [{"_step": at, "loss": float(9 - at)} for at in range(20)]
    made = chart(runs({"r": rows}), "runs keys loss scan | plot log y")
    assert "at _step 9 to 19 nothing of loss is positive: the axis ends before that" in made.notes
    assert max(made.panels[0].series[0].x) == 8
    assert "15" not in screen(made).splitlines()[-4]


def test_runs_that_never_ran_together_have_a_way_to_be_compared() -> None:
    histories = {
        name: [{"_step": at, "_timestamp": start + at, "loss": at} for at in range(4)]
        for name, start in (("a", 1.7e9), ("b", 1.7e9 + 1000))
    }
    made = chart(runs(histories), "runs keys loss, _timestamp scan | plot loss vs _timestamp")
    (note,) = (one for one in made.notes if "one after the other" in one)
    way = re.findall("`(.*?)`", note)[0]
    other = chart(runs(histories), f"runs keys loss, _timestamp scan | {way}")
    assert [list(one.x) for one in other.panels[0].series] == [[0, 1, 2, 3]] * 2


# ---------------------------------------------------------------- axes, texts and marks


def test_whole_numbers_have_no_ticks_between_them() -> None:
    made = chart(runs({"r": curve(range(1))}), "runs keys loss scan | plot")
    assert screen(made, width=60).splitlines()[-3].split() == ["0"]
    axis = _layers(made)[0]["encoding"]["x"]
    assert (axis["axis"]["values"], axis["scale"]["domain"]) == ([0], [-0.5, 0.5])
    two = chart(runs({"r": curve(range(3))}), "runs keys loss scan | plot")
    assert screen(two, width=60).splitlines()[-3].split() == ["0", "1", "2"]
    assert _layers(two)[0]["encoding"]["x"]["axis"]["values"] == [0, 1, 2]
    more = chart(runs({"r": curve(range(30))}), "runs keys loss scan | plot")
    assert _layers(more)[0]["encoding"]["x"]["axis"]["tickMinStep"] == 1


def test_what_is_missing_is_called_alike_on_both_axes() -> None:
    configs: dict[str, dict[str, Any]] = {"a": {"x": "missing", "y": 1}, "b": {"y": 2}, "c": {"x": "k"}}
    source = runs(None, configs, **{name: {"acc": 1.0} for name in configs})
    made = chart(source, "runs | pivot mean(summary.acc) by config.x across config.y | plot")
    (panel,) = made.panels
    assert panel.x.categories == ("1", "2", "(missing)")
    assert panel.y.categories == ("k", "missing", "(missing)")


def test_the_bins_of_groups_stand_below_each_other() -> None:
    configs = {f"r{at}": {"g": "ab"[at % 2], "n": at} for at in range(8)} | {"empty": {"g": "c"}}
    made = chart(runs(None, configs), "runs | plot hist config.n by config.g title 'T'")
    assert "no value of config.n in c" in made.notes
    first, second = vega_lite(made, live=False)["vconcat"]
    assert [one["title"].get("subtitle", one["title"]["text"]) for one in (first, second)] == ["a (n=4)", "b (n=4)"]
    for axis in "xy":
        assert len({str(one["layer"][0]["encoding"][axis]["scale"]["domain"]) for one in (first, second)}) == 1
    assert not first["layer"][0]["encoding"]["x"]["axis"]["labels"]
    assert {one["title"] for one in first["layer"][0]["encoding"]["tooltip"]} >= {"config.n from", "rows"}
    assert second["layer"][0]["encoding"]["x"]["title"] == "config.n"
    assert first["layer"][0]["encoding"]["color"]["legend"] is None


def test_empty_bins_have_no_bar_on_a_log_axis_and_empty_groups_no_panel() -> None:
    configs = {f"r{at}": {"g": "ab"[at % 2], "n": 9 * (at // 7)} for at in range(8)} | {"empty": {"g": "c"}}
    made = chart(runs(None, configs), "runs | histogram config.n bins 3 by config.g | plot log y")
    assert len(vega_lite(made)["vconcat"]) == 2
    assert "no value of config.n in c" in made.notes
    assert not [note for note in made.notes if "not positive" in note]


def test_several_rows_at_one_time_are_no_line() -> None:
    made = chart(runs(None, {"a": {"x": [1, 2, 9]}, "b": {"x": [3, 4]}}), "runs | unnest config.x | plot")
    assert made.panels[0].mark is Mark.HIST


@pytest.mark.parametrize("mark", [Mark.BAR, Mark.SCATTER])
def test_an_interval_that_is_cut_ends_in_an_arrow(mark: Mark) -> None:
    whole = next(one for one in _bars().panels)
    panel = replace(whole, mark=mark, y=replace(whole.y, window=(0.0, 2.0)))
    made = Chart((panel,))
    arrows = [one for one in _layers(made) if "triangle" in str(one["mark"].get("shape"))]
    assert [one["transform"][0]["filter"] for one in arrows] == ["isValid(datum.above)"]
    rows = vega_lite(made, live=False)["datasets"]["panel_1"]
    assert [row.get("above") for row in rows] == [None, 2.0]
    assert not [one for one in _layers(_bars()) if "triangle" in str(one["mark"].get("shape"))]


def _bars() -> Chart:
    axis = Axis("g", Scale.CATEGORY, ("a", "b"))
    series = Series("m", (0.0, 1.0), (1.0, 1.5), low=(0.5, 0.5), high=(1.5, 9.0), interval=CI95, n=2)
    return Chart((Panel(mark=Mark.BAR, x=axis, y=Axis("m"), series=(series,)),))


def test_no_line_strikes_a_value_through() -> None:
    texts = [one["mark"] for one in _layers(_bars()) if one["mark"]["type"] == "text"]
    assert [mark.get("stroke") for mark in texts] == [PALETTES[Theme.LIGHT].background, None] * 2


def test_what_a_front_beats_is_grey() -> None:
    source = runs(a={"acc": 1.0, "n": 9}, b={"acc": 0.5, "n": 1}, c={"acc": 0.4, "n": 5})
    made = chart(source, "runs | pareto max summary.acc, min summary.n | plot")
    colours = _layers(made)[0]["encoding"]["color"]["scale"]
    assert colours["range"] == [PALETTES[Theme.LIGHT].series[0], PALETTES[Theme.LIGHT].faint]
    marks = [one["mark"]["strokeWidth"] for one in _layers(made) if one["mark"]["type"] == "point"]
    assert marks == [1.2, 3], "the front lies above"
    assert "* front (2)  . beaten (1)" in screen(made, unicode=False)


@pytest.mark.parametrize(("width", "shown"), [(40, "0.1235"), (36, "0.123"), (30, "0.12"), (26, "0.1")])
def test_numbers_of_a_heat_map_are_rounded_before_they_are_cut(width: int, shown: str) -> None:
    configs = {f"r{at}": {"x": at % 4, "y": at // 4} for at in range(16)}
    source = runs(None, configs, **{name: {"v": 0.1234567} for name in configs})
    text = screen(chart(source, "runs | plot heat summary.v vs config.x by config.y"), width=width)
    cells = [line.replace("▒", "").split() for line in text.splitlines()[3:7]]
    assert cells == [[str(row), *[shown] * 4] for row in range(4)], text


def test_a_heat_map_is_turned_where_it_has_no_room_otherwise() -> None:
    configs = {f"r{at}": {"x": at % 8, "y": at // 8} for at in range(16)}
    source = runs(None, configs, **{name: {"v": 0.25} for name in configs})
    made = chart(source, "runs | plot heat summary.v vs config.x by config.y")
    assert screen(made, width=60).splitlines()[1] == "config.y ↓ config.x →"
    assert screen(made, width=36).splitlines()[1] == "config.x ↓ config.y → (turned to fi…"


def test_a_box_on_a_log_axis_keeps_what_is_positive() -> None:
    values = [0.0, 1.0, 10.0, 100.0, 1000.0, 0.0, 0.0]
    source = runs(
        None,
        {f"r{at}": {"g": "ab"[at > 4]} for at in range(7)},
        **{f"r{at}": {"t": value} for at, value in enumerate(values)},
    )
    made = chart(source, "runs | plot box summary.t by config.g log y")
    (box,) = made.panels[0].boxes
    assert (box.name, box.least, box.median, box.most) == ("a", 1.0, 10.0, 1000.0)
    assert {
        "1 box of summary.t not on the log axis: not positive",
        "1 lower end of summary.t drawn at the foot of the log axis, below which they lie",
    } <= {*made.notes}
    assert "over 3 decades" in str(chart(source, "runs where summary.t > 0 | plot box summary.t").notes)


def test_the_interval_of_a_mean_does_not_make_a_log_axis_longer() -> None:
    series = Series("m", (0.0, 1.0), (1.0, 2.0), low=(0.001, 1.5), high=(2.0, 2.5), interval=CI95)
    panel = with_logs(Panel(Mark.LINE, Axis("x"), Axis("y"), (series,)), ["y"])
    assert (panel.series[0].low, panel.y.lowered) == ([0.5, 1.5], 1)
    panel = with_logs(Panel(Mark.LINE, Axis("x"), Axis("y"), (replace(series, interval=QUARTILES),)), ["y"])
    assert (panel.series[0].low, panel.y.lowered) == ([0.001, 1.5], 0), "quartiles are values"


@pytest.mark.parametrize(
    "ends", [(5e-324, 5e-324), (1.7976931348622105e308,) * 2, (1287853965254740.0, 1287853965254741.0)]
)
@pytest.mark.parametrize("mark", [Mark.BAR, Mark.SCATTER])
def test_a_log_axis_holds_the_least_and_the_largest_floats_and_neighbours(
    mark: Mark, ends: tuple[float, float]
) -> None:
    series = Series("m", (0.0, 1.0), ends, low=ends, high=ends, interval=QUARTILES)
    panel = with_logs(Panel(mark, Axis("g", Scale.CATEGORY, ("a", "b")), Axis("y"), (series,)), ["y"])
    assert "y (log)" in screen(Chart((panel,)))
    assert _layers(Chart((panel,)))


def test_counts_of_others_are_added() -> None:
    configs = {f"r{at}": {"g": at if at < 7 else 7 + at % 3, "h": 1} for at in range(20)}
    made = chart(runs(None, configs), "runs | group config.h, config.g : count() | plot bar")
    (others,) = (one for one in made.panels[0].series if one.name == "others")
    assert list(others.y) == [13.0], "of the counts of three groups"
    assert any("their sum of count()" in note for note in made.notes)


def test_an_axis_of_one_value_says_it_and_one_of_none_is_no_axis() -> None:
    configs = {f"r{at}": {"a": at, "b": 64, "c": None} | ({} if at else {"b": "x"}) for at in range(3)}
    del configs["r0"]["b"]
    made = chart(runs(None, configs), "runs | plot parallel config.a, config.b, config.c, config.a")
    assert [axis.title for axis in made.panels[0].axes] == ["config.a", "config.b"]
    lines = screen(made, width=60).splitlines()
    assert lines[1].split() == ["2", "64"]
    points = chart(runs(None, {"r": {"a": 0.01, "b": 2}}), "runs | plot config.b vs config.a")
    assert screen(points, width=60).splitlines()[-2].split() == ["0.01"]


def test_days_have_a_tick_each() -> None:
    day = Axis("day", Scale.TIME)
    assert channel("x", day, AxisRange(0, 3 * 86400))["axis"]["tickCount"] == {"interval": "day", "step": 1}
    assert "tickCount" not in channel("x", day, AxisRange(60, 3 * 86400))["axis"]
    assert [text for _, text in ticks_of(AxisExtent(3600, 3.2 * 86400), day, 3, UTC)] == ["01-02", "01-03", "01-04"]


# ---------------------------------------------------------------- characters without a glyph


def test_characters_that_no_font_has_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def lacking(characters: str) -> str:
        asked.append(characters)
        return "日"

    monkeypatch.setattr(engine, "lacking", lacking)
    monkeypatch.setattr(engine, "_need", lambda: None)
    monkeypatch.setattr(engine, "png", lambda _: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(17))
    made = curves()
    named = replace(made, panels=(replace(made.panels[0], title="日я é"),))
    (said,) = said_of_file(named, "x.png")
    assert (said.code, asked) == ("RQL579", ["я日"])
    assert said.message == "1 character has no glyph in the fonts here, so boxes stand for them in `x.png`: 日"
    assert not said_of_file(named, "x.svg"), "whoever looks at it has fonts of their own"
    assert not said_of_file(made, "x.png")
    assert b"U+65E5" in chart_bytes(named, ChartFile.PNG)
    assert glyphs.noted("日🚀") == "boxes stand for characters of which no font here has a glyph: U+65E5 U+1F680"


def test_days_are_called_days() -> None:
    moments = [datetime(2026, 10, 19, tzinfo=UTC), MISSING, "2026-10-19"]
    assert categories(moments) == ["2026-10-19", "(missing)", '"2026-10-19"']
    assert categories([*moments[:1], datetime(2026, 10, 19, 12, tzinfo=UTC)])[0] == "2026-10-19T00:00:00Z"
