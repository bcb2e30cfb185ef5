"""The table view, at every width."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.results.frame import Frame
from runql.results.terminal_table.options import View
from runql.results.terminal_table.table import table_lines
from runql.semantic.values import MISSING
from runql.text.widths import cell_width
from tests.results.test_formats import frames


def shown(frame: Frame, **options: Any) -> list[str]:
    return [*table_lines(frame, View(**options))]


def test_numbers_meet_at_the_point_with_six_digits() -> None:
    assert shown(Frame({"loss": [0.123456789, 12.5, 1234.5678, 3, float("nan"), MISSING]})) == [
        "       loss",
        "───────────",
        "   0.123457",
        "  12.5",
        "1234.57",
        "   3",
        "        nan",
        "",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(1706700000.25, "1706700000"), (1e-7, "1e-07"), (0.1, "0.1"), (1e20, "1e+20"), (2**60, str(2**60)), (-0.0, "-0")],
)
def test_digits(value: float, text: str) -> None:
    assert shown(Frame({"x": [value]}))[2].strip() == text


def test_times_stand_in_the_zone_that_the_title_names() -> None:
    lines = shown(Frame({"created": [datetime(2026, 1, 31, 23, 30, tzinfo=UTC)]}), zone=ZoneInfo("Europe/Berlin"))
    assert lines[0] == "created CET"
    assert lines[2] == "2026-02-01 00:30"


def test_states_are_coloured_and_missing_is_empty() -> None:
    lines = shown(Frame({"state": ["finished", "crashed", MISSING, None]}), color=True)
    green, red, dim, end = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m"
    assert [line.rstrip() for line in lines[2:]] == [
        f"{green}finished{end}",
        f"{red}crashed{end}",
        "",
        f"{dim}null{end}",
    ]


def test_media_show_as_what_they_are() -> None:
    lines = shown(Frame({"x": [{"_type": "image-file", "width": 28, "height": 28}, {"a": 1}]}))
    assert lines[2:] == ["<image-file 28×28>", '{"a":1}']


HOSTILE = "\x1b]0;owned\x07\u202egpj.exe\r\n\x9b31m"


@pytest.mark.parametrize("color", [True, False])
def test_what_could_steer_a_terminal_is_written_out(color: bool) -> None:
    text = "\n".join(shown(Frame({HOSTILE: [HOSTILE], "b": [{"_type": HOSTILE}]}), color=color, width=80))
    plain = re.sub(r"\x1b\[\d+m", "", text)
    assert all(char.isprintable() for char in plain.replace("\n", ""))
    assert r"\x1b]0;owned\x07\u202egpj.exe\r\n\x9b31m" in plain


LONG = Frame({"run_id": [f"r{n // 200}" for n in range(8000)], "loss": [n / 8 for n in range(8000)]})


def test_a_long_table_says_how_much_it_leaves_out() -> None:
    lines = shown(LONG, width=80, most_rows=60, way_out="; `-o csv` for all")
    assert len(lines) == 2 + 20 + 1 + 5
    assert lines[22] == "… 7,975 rows between; `-o csv` for all"
    assert lines[2].split() == ["r0", "0"]
    assert lines[-1].split() == ["r39", "999.875"]


def test_a_table_that_is_not_long_is_whole() -> None:
    assert len(shown(LONG.slice(0, 60), most_rows=60)) == 62


RUNS = Frame(
    {
        "id": ["ab12cd34", "xy98zw76"],
        "name": ["brisk-sunset-14 with a rather long name that goes on", "b"],
        "state": ["finished", "failed"],
        "created": [datetime(2026, 1, 31, 12, tzinfo=UTC)] * 2,
        **{f"config.field_{n}": [n, n + 1] for n in range(8)},
        "summary.val/loss": [0.25, 0.5],
    }
)


@pytest.mark.parametrize("width", [60, 80, 100, 132, 160, 200])
def test_no_line_is_too_wide_and_no_column_vanishes_unsaid(width: int) -> None:
    lines = shown(RUNS, width=width)
    assert max(map(cell_width, lines)) <= width
    text = " ".join(lines)
    for name in RUNS.names:
        assert name in text or all(part in text for part in name.split("."))


def test_the_line_of_the_columns_that_are_left_out() -> None:
    text = re.sub(r"\n +", " ", "\n".join(shown(RUNS, width=60)))
    dropped = re.search(r"^… (\d+) more columns: (.*)$", text, re.MULTILINE)
    assert dropped is not None
    assert int(dropped[1]) == len(dropped[2].split(", "))
    assert "created" in dropped[2]
    assert "summary.val/loss" not in dropped[2]


def test_one_wide_row_is_shown_as_a_list() -> None:
    lines = shown(RUNS.slice(0, 1), width=60)
    assert lines[0] == "id                ab12cd34"
    assert any(line.startswith("summary.val/loss  0.25") for line in lines)
    assert len([line for line in lines if not line.startswith(" ")]) == len(RUNS.names)


def test_wide_characters_keep_the_columns_straight() -> None:
    lines = shown(Frame({"name": ["日本語", "é", "👩‍🔬"], "n": [1, 2, 3]}))
    ends = {cell_width(line) for line in lines if line}
    assert len(ends) == 1


def test_without_unicode_the_view_is_ascii() -> None:
    lines = shown(RUNS, width=60, unicode=False)
    assert all(line.isascii() for line in lines)


@given(frames(), st.integers(20, 200))
def test_any_frame_has_a_harmless_view(frame: Frame, width: int) -> None:
    for line in shown(frame, width=width, most_rows=3, head=2, tail=1):
        assert all(char.isprintable() or not char.isascii() for char in line)
        assert "\u202e" not in line


def test_names_are_cut_where_they_differ() -> None:
    names = [f"resnet-50-imagenet-baseline-with-augmentation-seed-{at}" for at in range(3)]
    lines = [*table_lines(Frame({"name": names, "x": [1, 2, 3]}), View(width=40))][2:]
    assert [line.split("  ")[0][-6:] for line in lines] == ["seed-0", "seed-1", "seed-2"]
    assert all("…" in line and len(line) <= 40 for line in lines)
    apart = [*table_lines(Frame({"name": ["a" * 60, "b" * 60], "x": [1, 2]}), View(width=40))][2:]
    assert [line.split("  ")[0][-2:] for line in apart] == ["a…", "b…"]


def test_times_within_a_minute_have_seconds() -> None:
    first, second = (datetime(2026, 1, 1, 9, 30, second, tzinfo=UTC) for second in (1, 40))
    shown = "\n".join(table_lines(Frame({"field": ["created"], "a": [first], "b": [second]}), View()))
    assert [time in shown for time in ("09:30:01", "09:30:40")] == [True, True]
    assert "09:30:01" not in "\n".join(table_lines(Frame({"a": [first, first]}), View()))


DURATIONS = [
    (0.26, "0.26 s"),
    (42, "42 s"),
    (1260, "21 min"),
    (3599, "1 h 0 min"),
    (11520, "3 h 12 min"),
    (187_200, "2 d 4 h"),
]


@pytest.mark.parametrize(("seconds", "text"), DURATIONS)
def test_the_runtime_of_a_run_reads_as_a_time(seconds: float, text: str) -> None:
    (line,) = [*table_lines(Frame({"runtime": [seconds]}), View())][2:]
    assert line.strip() == text


def test_lists_of_numbers_read_like_lists_of_texts() -> None:
    lines = [*table_lines(Frame({"a": [["x", "y"], [64, 0.5, True], ["a,b"], []]}), View())]
    assert lines[2:] == ["x, y", "64, 0.5, true", '["a,b"]', "[]"]
