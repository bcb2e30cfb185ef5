"""The chart above the prompt is drawn anew when the window changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from runql.frontends.repl.kept_results import KeptResult
from runql.frontends.repl.standing import StandingChart
from tests.repl.screen import Terminal, terminal

CHART = "runs where group = 'long' keys val/loss scan | plot log y"


def _axes(seen: Terminal) -> list[int]:
    """How wide each chart on the screen is."""
    return [len(line) for line in seen.lines if line.lstrip().startswith("└")]


def test_a_window_that_changes_has_one_chart_as_wide_as_it_is(tmp_path: Path) -> None:
    with terminal(tmp_path, "-s", "demo", columns=70, lines=40) as seen:
        seen.wait("64 runs · just now")
        seen.press(f"{CHART}\r")
        seen.wait("171 rows")
        seen.wait(lambda: _axes(seen) == [70])
        seen.press("runs lim")
        seen.wait("runs lim")

        seen.resize(100, 40)
        seen.wait(lambda: _axes(seen) == [100])
        assert f"demo> {CHART}" in seen.text, "what stood above stands there still"
        assert seen.text.count("6 of 64 runs") <= 1
        seen.wait("demo> runs lim")

        seen.resize(60, 40)
        # On a screen of its own: this terminal cuts lines, others break them, so nothing is written over.
        seen.wait(lambda: seen.lines[0].startswith("val/loss") and _axes(seen) == [60])
        seen.wait("demo> runs lim")

        seen.press("it 2 select name\r")
        seen.wait("of 64 runs")
        before = seen.text
        seen.resize(90, 40)
        seen.settle(1.5)
        assert _axes(seen) == [60], "it is no longer what stands above the prompt"
        assert "val/loss" in before


def test_nothing_is_lost_where_lines_would_be_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptResult("runs | plot")
    chart = StandingChart.of(kept, ["\x1b[2mloss\x1b[0m", "x" * 80, "2 rows"], (80, 24))
    assert chart.is_last
    assert chart.way_back(80, 24, is_plain=True) == "\r\x1b[3A\x1b[J"
    assert chart.way_back(120, 24, is_plain=True) == "\r\x1b[3A\x1b[J"
    for columns, is_plain in ((79, True), (120, False)):
        moved = chart.way_back(columns, 24, is_plain=is_plain)
        assert moved.count("\n") == 24
        assert "A" not in moved
    monkeypatch.setattr("runql.terminal.stderr.writes", lambda: chart.written[1] + 1)
    assert not chart.is_last, "something else was said below it"
