"""The prompt in a real terminal, as somebody sits before it: the important flows. The rest is tested from inside."""

from __future__ import annotations

import signal
import stat
from pathlib import Path

import pytest

from tests.repl.screen import terminal

MISSING = "no_such_folder"


def test_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    with terminal(tmp_path, "-s", "demo") as seen:
        seen.wait("demo>")
        seen.wait("64 runs")
        assert seen.lines[0].startswith("runql 0.1.0 · demo")

        seen.press("runs where config.opti")
        seen.wait("config.optimizer  field")  # the menu, with what it is and how many runs have it
        seen.wait("64 of 64 runs")
        seen.press("\t")
        seen.wait("demo> runs where config.optimizer")
        seen.press(" = 'adam'")
        seen.wait("19 runs")  # counted while it is typed
        seen.press("\r")
        seen.wait("19 runs · ")
        seen.wait(lambda: seen.lines.count("demo>") == 1)

        seen.press("count runs where config.optimiser = 1\r")
        seen.wait("error[RQL201]: no config field `optimiser` in demo")
        seen.press("count runs where (config.lr > 0.01\r")
        seen.wait("   …")
        seen.press(")\r")
        seen.wait("44")

        seen.press("never run this")
        seen.wait("demo> never run this")
        seen.press("\x03")
        seen.wait(lambda: seen.lines[seen.screen.cursor.y] == "demo>")
        assert "demo> never run this" in seen.lines
        seen.press("\x04")
        assert seen.end() == 0
    history = tmp_path / "data" / "history.jsonl"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.parent.stat().st_mode) == 0o700
    assert "never run this" not in history.read_text()


def test_the_next_prompt_knows_the_last_one(tmp_path: Path) -> None:
    with terminal(tmp_path, "-s", "demo") as seen:
        seen.wait("demo>")
        seen.press("count runs where config.lr > 0.01\r")
        seen.wait(lambda: "44" in seen.lines and seen.lines[seen.screen.cursor.y] == "demo>")
        seen.press("\x04")
        assert seen.end() == 0
    with terminal(tmp_path, "-s", "demo") as seen:
        seen.wait("demo>")
        seen.press("\x1b[A")
        seen.wait("demo> count runs where config.lr > 0.01")


def test_what_is_typed_while_a_query_runs_waits_for_the_next_line(tmp_path: Path) -> None:
    code = """
import time
from runql.sources.local import LocalService
fast = LocalService.runs_page
def runs_page(self, request):
    time.sleep(1)
    LocalService.runs_page = fast
    return fast(self, request)
from runql.frontends.repl.shell import Shell
run = Shell.run
def slowly(self, text):
    LocalService.runs_page = runs_page
    run(self, text)
Shell.run = slowly
from runql.__main__ import main
main()
"""
    with terminal(tmp_path, "-s", "demo", code=code) as seen:
        seen.wait("64 runs")
        seen.press("runs limit 1 select id\r")
        seen.wait(lambda: seen.screen.cursor.x == 0)
        seen.press("count runs where config.lr > 0.01\r\x04")
        seen.wait(lambda: "44" in seen.lines)
        assert seen.lines.count("demo> count runs where config.lr > 0.01") == 1
        assert seen.end() == 0


def test_a_source_that_cannot_be_opened(tmp_path: Path) -> None:
    with terminal(tmp_path, "-s", f"./{MISSING}") as seen:
        seen.wait("error[RQL511]")
        seen.wait(f"./{MISSING}>")
        seen.press("use demo; count runs where config.lr > 0.01\r")
        seen.wait("44")
        seen.wait("demo>")
        seen.wait("demo · 64 runs")


def test_no_source_at_all(tmp_path: Path) -> None:
    with terminal(tmp_path) as seen:
        seen.wait("runql>")
        assert "use demo" in seen.lines[0]
        seen.press("count runs\r")
        seen.wait("error[RQL511]")


def test_the_call_is_honoured(tmp_path: Path) -> None:
    with terminal(tmp_path, "-s", "demo", "-p", "least=0.99", "-o", "csv") as seen:
        seen.wait("demo>")
        seen.press("runs where summary.val/acc >= $least select name\r")
        seen.wait("random 04")
        assert "name" in seen.lines
        assert not any(line.startswith("─") for line in seen.lines)


def test_sixty_columns(tmp_path: Path) -> None:
    with terminal(tmp_path, "-s", "demo", columns=60) as seen:
        seen.wait("64 runs")
        seen.press("runs where config.optimiser = 'adam' and config.lr > 0.01 ")
        seen.wait(lambda: seen.lines[-1].startswith("no config field `optimiser` in demo"))
        assert all(len(line) <= 60 for line in seen.lines)
        assert "demo" in seen.lines[-1].split("·")[-1] or seen.lines[-1].endswith("…")


def test_without_colours(tmp_path: Path) -> None:
    with terminal(tmp_path, "-s", "demo", NO_COLOR="1") as seen:
        seen.wait("64 runs")
        seen.press("runs where config.optimiser = 'adam' and config.l")
        seen.wait("no config field `optimiser`")
        used = {(char.fg, char.bg) for row in seen.screen.buffer.values() for char in row.values()}
        assert used == {("default", "default")}

        def underlined() -> str:
            row = seen.screen.buffer[1]
            return "".join(row[at].data for at in range(100) if row[at].underscore)

        seen.wait(
            lambda: underlined() == "config.optimiser"
        )  # what is said and what is painted come one after the other


def test_a_terminal_that_can_do_nothing(tmp_path: Path) -> None:
    with terminal(tmp_path, "-s", "demo", TERM="dumb") as seen:
        seen.wait("demo>")
        seen.press("count runs where\r")
        seen.wait("...>")
        seen.press("config.lr > 0.01\r")
        seen.wait("44")
        seen.press("half a line")
        seen.wait("demo> half a line")
        seen.press_until("\x03", lambda: seen.lines[seen.screen.cursor.y] == "demo>")
        seen.press("\x04")
        assert seen.end() == 0
        assert b"\x1b" not in seen.written
    assert "count runs where" in (tmp_path / "data" / "history.jsonl").read_text()


def test_an_interrupt_from_elsewhere_gives_the_line_up(tmp_path: Path) -> None:
    with terminal(tmp_path, "-s", "demo") as seen:
        seen.wait("64 runs")
        seen.press("half a line")
        seen.wait("demo> half a line")
        seen.signal(signal.SIGINT)
        seen.wait(lambda: seen.lines[seen.screen.cursor.y] == "demo>")
        seen.press("\x04")
        assert seen.end() == 0


def test_names_of_runs_never_steer_the_screen(tmp_path: Path) -> None:
    code = """
from runql.sources.memory import MemoryService
import runql.sources.local as local
runs = [{"id": "a", "name": "\\x1b]0;gone\\x07\\x1b[2J狐狸", "config": {"\\x1b[31mred\\x1b[2J": 1, "宽": "\\x1b[2J"}}]
local.LocalService = lambda *_, **__: MemoryService(runs, name="demo")
from runql.__main__ import main
main()
"""
    with terminal(tmp_path, "-s", "demo", code=code) as seen:
        seen.wait("1 run")
        seen.press("runs where config.")
        seen.wait("宽")
        seen.press("宽 = ")
        seen.wait("value")
        seen.press("'x'\r")
        seen.wait(lambda: seen.lines[seen.screen.cursor.y] == "demo>")
        assert b"\x1b[31mred" not in seen.written
        assert b"\x1b]0;gone" not in seen.written
        assert seen.lines[0].startswith("runql")  # nothing has cleared the screen


@pytest.mark.parametrize("given", ["count runs where config.lr > 0.01\n", ""])
def test_a_pipe_is_no_prompt(tmp_path: Path, given: str) -> None:
    import subprocess
    import sys

    from tests.house.sources import ROOT

    done = subprocess.run(
        [sys.executable, "-m", "runql", "-s", "demo"],
        input=given,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert "demo>" not in done.stdout
    assert done.stdout == ("count\n44\n" if given else "")


def test_lines_that_a_terminal_pastes_one_by_one_are_told(tmp_path: Path) -> None:
    """A terminal without bracketed paste sends them as if they were typed."""
    with terminal(tmp_path, "-s", "demo") as seen:
        seen.wait("64 runs")
        seen.press("count runs where config.lr > 0.01\rcount runs where config.lr > 0.1\r")
        seen.wait(lambda: "44" in seen.lines and "10" in seen.lines)
        seen.wait("each is run by itself")
        seen.press("count runs where config.lr > 0.02\r")
        seen.settle()
        assert seen.text.count("several lines came at once") == 1
        seen.press("\x04")
        assert seen.end() == 0


def test_a_paste_that_the_terminal_marks_stays_one_text(tmp_path: Path) -> None:
    with terminal(tmp_path, "-s", "demo") as seen:
        seen.wait("64 runs")
        seen.press("\x1b[200~count runs\nwhere config.lr > 0.01\x1b[201~")
        seen.wait("where config.lr > 0.01")
        seen.press("\r")
        seen.wait(lambda: "44" in seen.lines)
        assert "several lines" not in seen.text
