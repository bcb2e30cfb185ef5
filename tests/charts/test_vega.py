"""A chart as Vega-Lite: the values are those of the chart, and nothing in it is computed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.chart_look import ChartLook
from runql.charts.chart import Axis, Chart, Mark, Panel, Polyline, Scale, Series
from runql.charts.vega.axes import AxisRange, channel, log_ticks, number_format, round_ticks, value_on
from runql.charts.vega.grids import tick_rows
from runql.charts.vega.spec import vega_lite
from runql.charts.vega.texts import number_text, room, short, wrapped
from runql.charts.vega.theme import DASHES, PALETTES, SHAPES, Theme
from tests.charts.examples import CHARTS, GAP, SOURCE, curves

_NUMBERS = st.floats(-1e12, 1e12) | st.sampled_from((0.0, -0.0, 1e-300, 5e-324, 2.0**53 + 2, GAP))


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("theme", Theme)
@pytest.mark.parametrize("name", CHARTS)
def test_every_shape_is_plain_json(name: str, theme: Theme, live: bool) -> None:
    spec = vega_lite(CHARTS[name], ChartLook(theme), live=live)
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    assert spec["config"]["background"] == PALETTES[theme].background


@st.composite
def _charts(draw: st.DrawFn) -> Chart:
    mark = draw(st.sampled_from((Mark.LINE, Mark.SCATTER)))
    scale = draw(st.sampled_from((Scale.LINEAR, Scale.TIME)))
    series = []
    for at in range(draw(st.integers(1, 3))):
        y = draw(st.lists(_NUMBERS, max_size=40)) * draw(st.sampled_from((1, 300)))
        series.append(Series(f"s{at}", [float(step) for step in range(len(y))], y, (str(at),), at, n=len(y)))
    return Chart((Panel(mark, Axis("x", scale), Axis("y"), tuple(series)),), legend="run")


@given(_charts())
@settings(max_examples=60, deadline=None)
def test_drawn_extremes_are_those_of_the_data(chart: Chart) -> None:
    rows = vega_lite(chart, live=False)["datasets"]["panel_1"]
    for series in chart.panels[0].series:
        drawn = [row["y"] for row in rows if row["series"] == series.name]
        there = [y for y in drawn if y is not None]
        finite = [y for y in series.y if math.isfinite(y)]
        assert (min(there, default=None), max(there, default=None)) == (
            min(finite, default=None),
            max(finite, default=None),
        )
        assert len(there) == len(finite) or len(series.y) > 720, "no point is left out of a line that fits"
        assert _stretches(drawn) == _stretches([None if math.isnan(y) else y for y in series.y]), "a gap stays a gap"


def _stretches(values: Sequence[float | None]) -> int:
    """Of how many parts, with gaps between, a line is."""
    return sum(1 for before, here in zip([None, *values], values, strict=False) if before is None and here is not None)


def test_a_gap_is_null_and_a_point_alone_in_it_is_marked() -> None:
    rows = [row for row in vega_lite(curves())["datasets"]["panel_1"] if row["series"] == "run 1"]
    assert [row["y"] for row in rows[20:30]] == [None] * 10
    assert [row["x"] for row in rows if "dot" in row] == [30]


def _encodings(spec: object) -> Iterator[dict[str, Any]]:
    if isinstance(spec, dict):
        if isinstance(spec.get("encoding"), dict):
            yield spec["encoding"]
        for part in spec.values():
            yield from _encodings(part)
    elif isinstance(spec, list):
        for part in spec:
            yield from _encodings(part)


@pytest.mark.parametrize("theme", Theme)
def test_eight_lines_differ_in_colour_and_in_dash(theme: Theme) -> None:
    spec = vega_lite(curves(8), ChartLook(theme), live=False)
    line = next(one for one in _encodings(spec) if "strokeDash" in one)
    colours, dashes = line["color"]["scale"]["range"], line["strokeDash"]["scale"]["range"]
    assert len({*colours}) == len({*map(tuple, dashes)}) == len({*SHAPES}) == len(DASHES) == 8
    assert line["color"]["scale"]["domain"] == [f"run {at}" for at in range(8)]


def test_a_number_colours_points_and_what_has_none_is_grey() -> None:
    spec = vega_lite(CHARTS["shaded"], live=False)
    grey, coloured = spec["vconcat"][0]["layer"]
    assert (grey["transform"][0]["filter"], coloured["transform"][0]["filter"]) == (
        "!isValid(datum.shade)",
        "isValid(datum.shade)",
    )
    colour = coloured["encoding"]["color"]
    assert (colour["scale"]["type"], colour["legend"]["title"]) == ("log", "config.lr (log)")
    assert colour["legend"]["values"] == [1e-5, 1e-4, 1e-3, 0.01, 0.1]
    assert [row["shade"] for row in spec["datasets"]["panel_1"]] == [1e-5, 1e-3, 0.1, None]
    assert "color" not in grey["encoding"]


def test_heat_maps_have_a_scale_each() -> None:
    heat = CHARTS["heat"].panels[0]
    assert vega_lite(Chart((heat, heat)))["resolve"]["scale"]["color"] == "independent"
    assert vega_lite(CHARTS["panels"])["resolve"]["scale"]["color"] == "shared"


def test_values_over_bars_stand_where_there_is_room() -> None:
    axis = Axis("k", Scale.CATEGORY, ("a", "b", "c"))
    for count, has_texts in ((1, True), (5, False)):
        series = tuple(Series(f"s{at}", (0, 1, 2), (0.1234, 0.5678, 0.9), (), at) for at in range(count))
        spec = vega_lite(Chart((Panel(Mark.BAR, axis, Axis("acc"), series),)), live=False)
        assert any("text" in one for one in _encodings(spec)) == has_texts


def test_huge_numbers_have_no_prefix() -> None:
    assert number_format(AxisRange(0, 1.6e24))["format"] == "~e"
    assert "/ 1e9, ',~g') + 'G'" in number_format(AxisRange(0, 1.6e9))["labelExpr"], "0.5G, 1G, not 500M, 1G"
    assert number_format(AxisRange(0, 16)) == {}


def test_ticks_of_parallel_axes_do_not_lie_on_each_other() -> None:
    values = (0.0, 0.83, 0.86, 0.88, 0.9, 1.0)
    lines = tuple(Polyline(str(at), str(at), (value, 0.0)) for at, value in enumerate(values))
    panel = Panel(Mark.PARALLEL, Axis(""), Axis(""), axes=(Axis("acc"), Axis("n")), polylines=lines)
    texts = [row["text"] for row in tick_rows(panel) if row["axis"] == "acc"]
    assert texts[0] == "0"
    assert texts[-1] == "1", "the ends are always there"
    assert 3 <= len(texts) < len(values)


def test_notes_stand_under_the_chart() -> None:
    assert vega_lite(curves())["title"]["text"] == ["1 gap (NaN)"]
    wrong = replace(curves(), source=replace(SOURCE, warnings=("1 run file is damaged",)))
    assert vega_lite(wrong)["title"]["text"] == ["1 gap (NaN)", "1 run file is damaged"]
    many = [float(at % 7) for at in range(20_000)]
    panel = Panel(Mark.LINE, Axis("_step"), Axis("y"), (Series("a", [*map(float, range(20_000))], many),))
    assert any("20,000 points" in line for line in vega_lite(Chart((panel,)))["title"]["text"])


def test_a_picture_has_nothing_for_a_pointer() -> None:
    live, still = (json.dumps(vega_lite(CHARTS["panels"], live=live)) for live in (True, False))
    for part in ('"bind": "legend"', '"bind": "scales"', '"hover_1"', '"shown"'):
        assert part in live
        assert part not in still


def test_text_from_outside_stays_text() -> None:
    axis = Axis('x"]; alert(1) //', Scale.CATEGORY, ("a" * 70 + "'\"}", "\x1b[31mred", "b"))
    chart = Chart((Panel(Mark.BAR, axis, Axis("n"), (Series("s" * 60 + '"', (0, 1, 2), (1, 2, 3)),)),), legend="l")
    spec = vega_lite(chart)
    text = json.dumps(spec)
    assert "\\u001b" not in text
    shown = {row["x"] for row in spec["datasets"]["panel_1"]}
    assert shown == {"a" * 70 + "'\"}", "\\x1b[31mred", "b"}
    for one in _encodings(spec):
        for along in ("x", "y"):
            if expression := one.get(along, {}).get("axis", {}).get("labelExpr"):
                table = json.loads(expression.partition("(")[2].partition(")[datum.label]")[0])
                assert table == {"a" * 70 + "'\"}": "a" * 26 + "…" + "a" * 10 + "'\"}"}


def test_a_log_axis_has_ticks_and_bars_stand_on_its_floor() -> None:
    axis = Axis("loss", Scale.LOG)
    bar = Panel(Mark.BAR, Axis("k", Scale.CATEGORY, ("a", "b")), axis, (Series("", (0, 1), (0.003, 7.0)),))
    one = next(_encodings(vega_lite(Chart((bar,)))))
    assert one["y2"] == {"datum": 0.001}
    assert one["y"]["scale"]["domain"] == [0.001, 7.0]


@pytest.mark.parametrize(
    ("seconds", "title"),
    [(3600, "created, 2023-11-14 (UTC)"), (86400, "created, 2023 (UTC)"), (400 * 86400, "created, 2023–2024 (UTC)")],
)
def test_the_title_of_an_axis_of_times_says_what_its_labels_leave_out(seconds: int, title: str) -> None:
    start = 1_699_920_000.0
    shown = channel("x", Axis("created", Scale.TIME), AxisRange(start, start + seconds))
    assert shown["title"] == title


@given(st.floats(-300, 300), st.floats(0.001, 600))
@settings(max_examples=100, deadline=None)
def test_ticks_of_a_log_axis_are_few_and_within(least: float, span: float) -> None:
    most = min(least + span, 308)
    ticks = log_ticks(least, most)
    assert 2 <= len(ticks) <= 12
    assert all(least - 1e-6 <= math.log10(tick) <= most + 1e-6 for tick in ticks)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
@settings(max_examples=100, deadline=None)
def test_round_ticks_are_distinct_and_within(least: float, span: float) -> None:
    extent = AxisRange(least, least + span)
    if extent.most - extent.least < abs(least) * 1e-9:
        return
    ticks = round_ticks(extent)
    assert 2 <= len({*ticks}) == len(ticks) <= 7
    slack = span * 1e-6 + abs(least) * 1e-9
    assert all(extent.least - slack <= tick <= extent.most + slack for tick in ticks)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.91234, "0.9123"),
        (1234567.0, "1.235e6"),
        (12345.0, "12,345"),
        (1e-5, "1e-5"),
        (-0.5, "-0.5"),
        (0.0, "0"),
        (100.0, "100"),
        (GAP, "—"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers_in_labels_are_short(value: float, text: str) -> None:
    assert number_text(value) == text


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60), unique=True, max_size=4))
@settings(max_examples=30, deadline=None)
def test_short_names_stay_apart(names: list[str]) -> None:
    from runql.text.visible import visible

    seen = {visible(name) for name in names}
    assert len({*short(names, 12).values()}) == len(seen)


def test_long_text_is_wrapped_to_its_room() -> None:
    lines = wrapped("word " * 80 + "x" * 300, 400, 12)
    assert max(room(line, 12) for line in lines) <= 400
    assert "".join(lines).replace(" ", "") == "word" * 80 + "x" * 300


def test_values_keep_all_their_digits() -> None:
    linear, time = Axis("x"), Axis("t", Scale.TIME)
    assert value_on(linear, 0.1 + 0.2) == 0.1 + 0.2
    assert value_on(linear, 3.0) == 3
    assert value_on(linear, 2.0**53 + 2) == 2.0**53 + 2
    assert value_on(linear, math.inf) is None
    assert value_on(time, 1_700_000_000.25) == 1_700_000_000_250


def test_points_of_several_series_stand_beside_each_other() -> None:
    axis = Axis("config.optimizer", Scale.CATEGORY, ("adam", "sgd"))
    series = [Series(name, (0, 1), (0.5, 0.6), (), at, low=(0.4, 0.5), high=(0.6, 0.7)) for at, name in enumerate("ab")]
    for count, is_beside in ((1, False), (2, True)):
        chart = Chart((Panel(Mark.SCATTER, axis, Axis("acc"), tuple(series[:count])),))
        assert all(("xOffset" in one) == is_beside for one in _encodings(vega_lite(chart)))


@pytest.mark.parametrize("names", [("a", "b"), tuple(letter * 30 for letter in "abcdef")])
def test_values_of_bars_below_zero_have_room(names: tuple[str, ...]) -> None:
    axis, values = Axis("field", Scale.CATEGORY, names), [1.0, -1.0] * (len(names) // 2)
    chart = Chart((Panel(Mark.BAR, axis, Axis("strength"), (Series("", [*map(float, range(len(names)))], values),)),))
    bar = next(_encodings(vega_lite(chart)))
    value = bar["y" if len(names) == 2 else "x"]
    assert value["scale"]["padding"] >= (20 if len(names) == 2 else 45)
