"""Charts in characters: within the width, with rounded and distinct ticks, without anything that steers a terminal."""

from __future__ import annotations

import math
import re
from datetime import UTC
from typing import assert_never

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runql
from runql.charts.chart import Axis, Box, Cell, Chart, Mark, Panel, Polyline, Scale, Series
from runql.charts.terminal.draw import chart_lines
from runql.charts.terminal.look import Look
from runql.charts.terminal.ticks import AxisExtent, number_ticks, ticks_of
from runql.text.visible import visible
from runql.text.widths import cell_width
from tests.charts.examples import shaded

STYLE = re.compile(r"\x1b\[[0-9;]*m")
FLOATS = st.floats(allow_nan=True, allow_infinity=False, width=64)
NAMES = st.text(max_size=30)


def plain(line: str) -> str:
    return STYLE.sub("", line)


@given(FLOATS.filter(math.isfinite), FLOATS.filter(math.isfinite), st.integers(2, 12))
@settings(max_examples=60)
def test_ticks_are_few_distinct_and_inside(one: float, other: float, most: int) -> None:
    low, high = sorted((one, other))
    ticks = number_ticks(low, high, most)
    assert 1 <= len(ticks) <= max(2, most)
    texts = [text for _, text in ticks]
    assert len(set(texts)) == len(texts) or low == high or math.isclose(low, high, rel_tol=1e-9)
    room = (high - low) * 1e-6 if math.isfinite(high - low) else 0.0
    assert all(low - room <= at <= high + room for at, _ in ticks)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (0.99990, 0.99999, ["0.99990", "0.99992", "0.99994", "0.99996", "0.99998"]),
        (0.0, 2.3e26, ["0", "0.5e26", "1.0e26", "1.5e26", "2.0e26"]),
        (1e-7, 5e-7, ["1e-7", "2e-7", "3e-7", "4e-7", "5e-7"]),
        (1_768_209_241.0, 1_768_209_243.0, [f"1,768,209,{at}" for at in ("241.0", "241.5", "242.0", "242.5", "243.0")]),
        (-2.0, 2.0, ["-2", "-1", "0", "1", "2"]),
    ],
)  # fmt: skip
def test_ticks_are_rounded(low: float, high: float, expected: list[str]) -> None:
    assert [text for _, text in number_ticks(low, high, 5)] == expected


def test_ticks_of_logarithms_and_times() -> None:
    log = ticks_of(AxisExtent(3e-4, 3.0, is_log=True), Axis("lr", Scale.LOG), 6, UTC)
    assert [text for _, text in log] == ["0.001", "0.01", "0.1", "1"]
    day = 1_768_208_400.0  # 2026-01-12 09:00 UTC
    times = ticks_of(AxisExtent(day, day + 6 * 3600), Axis("created", Scale.TIME), 7, UTC)
    assert [text for _, text in times] == ["01-12 09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00"]


# ---------------------------------------------------------------- whatever a chart holds

VALUES = st.lists(FLOATS, min_size=1, max_size=40)


@st.composite
def series(draw: st.DrawFn, categories: int = 0) -> Series:
    y = draw(VALUES)
    x = [float(at % categories) if categories else at * 1.5 for at in range(len(y))]
    low, high = [value - 1 for value in y], [value + 1 for value in y]
    colour = draw(st.integers(0, 20))
    if draw(st.booleans()):
        return Series(draw(NAMES), x, y, (), colour, low, high, "quartiles")
    return Series(draw(NAMES), x, y, colour=colour, is_behind=draw(st.booleans()))


@st.composite
def panels(draw: st.DrawFn) -> Panel:
    mark = draw(st.sampled_from(Mark))
    names = tuple(draw(st.lists(NAMES, min_size=1, max_size=5)))
    kind = Axis(draw(NAMES), Scale.CATEGORY, names)
    number = Axis(draw(NAMES))
    match mark:
        case Mark.LINE:
            return Panel(mark, number, Axis(draw(NAMES)), tuple(draw(st.lists(series(), min_size=1, max_size=9))))
        case Mark.SCATTER | Mark.BAR:
            drawn = draw(st.lists(series(len(names)), min_size=1, max_size=4))
            return Panel(mark, kind, number, tuple(drawn))
        case Mark.HIST:
            bins = Series(draw(NAMES), [0.0, 1.0, 2.0], [3.0, 0.0, 1.0], until=[1.0, 2.0, 3.0])
            return Panel(mark, number, Axis("n"), (bins,))
        case Mark.HEAT:
            finite = st.floats(-1e300, 1e300)
            cells = tuple(Cell(0, at, draw(finite), draw(NAMES)) for at in range(len(names)))
            return Panel(mark, kind, Axis(draw(NAMES), Scale.CATEGORY, (draw(NAMES),)), cells=cells)
        case Mark.BOX:
            least, lower, median, upper, most = sorted(draw(st.tuples(*[st.floats(-1e300, 1e300)] * 5)))
            return Panel(
                mark, kind, number, boxes=tuple(Box(name, least, lower, median, upper, most, 3) for name in names)
            )
        case Mark.PARALLEL:
            lines = tuple(Polyline(name, "r", (draw(FLOATS), draw(FLOATS), 0.0)) for name in names)
            return Panel(mark, Axis(""), Axis(""), axes=(number, Axis("b"), kind), polylines=lines)
        case _:
            assert_never(mark)


@given(
    panels(),
    st.sampled_from([60, 80, 120]),
    st.booleans(),
    st.booleans(),
    st.text(max_size=20),
)
@settings(max_examples=40, deadline=None)
def test_a_chart_of_anything_is_harmless(panel: Panel, width: int, color: bool, unicode: bool, note: str) -> None:
    look = Look(width, 24, color=color, unicode=unicode)
    lines = [*chart_lines(Chart((panel,), note, note, notes=(note,)), look)]
    assert lines
    for line in lines:
        assert color or "\x1b" not in line
        text = plain(line)
        assert visible(text) == text
        assert cell_width(text) <= width, text
        assert unicode or text.isascii()


@pytest.mark.parametrize("width", [60, 80])
def test_values_behind_rows_leave_room_for_the_drawing(width: int) -> None:
    large = Series("", [0.0], [2.0**53], low=[2.0**53 - 1], high=[2.0**53], interval="quartiles")
    names = Axis("", Scale.CATEGORY, ("\U00010000\U00010000",))
    panel = Panel(Mark.SCATTER, names, Axis(""), (large,))
    lines = [*chart_lines(Chart((panel,), "", "", notes=()), Look(width, 24, color=False, unicode=False))]
    assert all(cell_width(line) <= width for line in lines)
    assert "9.007e15 [9.007e15, 9.007e15]" in lines[0]


def test_names_of_runs_cannot_steer_a_terminal() -> None:
    evil = "\x1b[2J\x9b31m\u202eabc\n"
    drawn = [*chart_lines(Chart((Panel(Mark.LINE, Axis(evil), Axis(evil), (Series(evil, [0, 1], [0, 1]),)),)), Look())]
    assert not any("\x1b" in line or "\u202e" in line or "\n" in line for line in drawn)
    assert any("\\x1b[2J" in line for line in drawn)


@pytest.mark.parametrize(("color", "unicode"), [(True, True), (False, True), (False, False)])
def test_points_have_the_colour_of_their_number(color: bool, unicode: bool) -> None:
    lines = [*chart_lines(shaded(), Look(60, 24, color=color, unicode=unicode))]
    assert all(cell_width(plain(line)) <= 60 and (unicode or line.isascii()) for line in lines)
    bar = next(plain(line) for line in lines if "config.lr (log): " in line)
    if color:
        inks = [*dict.fromkeys(re.findall(r"38;5;(\d+)m●", "".join(reversed(lines))))]
        assert inks == ["245", "97", "35", "178"], "from the smallest to the largest; grey in the legend and last"
        assert bar.startswith("config.lr (log): 1e-5 ")
        assert bar.endswith(" 0.1  ● none")
    else:
        assert bar == "config.lr (log): 1 is 1e-5, 9 is 0.1  ? none"
        assert {"1", "5", "9", "?"} <= {*"".join(lines[1:-4])}


def test_gaps_are_no_lines() -> None:
    nan = math.nan
    gap = Series("loss", [0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 1.0, nan, 1.0, 1.0])
    look = Look(60, 24, unicode=False)
    lines = chart_lines(Chart((Panel(Mark.LINE, Axis("x"), Axis("y"), (gap,)),)), look)
    (line,) = [one for one in lines if "**" in one]
    assert re.search(r"\*+ {15,}\*+", line)


def test_series_without_colours_have_their_own_characters() -> None:
    chart = runql.query("runs where group = 'long' keys val/loss scan | plot", source="demo").chart
    text = "\n".join(chart_lines(chart, Look(100, 30)))
    assert all(
        f"{marker} {name}" in text
        for marker, name in zip("*+xo#@", (one.name for one in chart.panels[0].series), strict=True)
    )
