"""Ctrl-C while a server is asked: what came stays, the prompt is back, and nothing ends the process."""

from __future__ import annotations

from pathlib import Path

from tests.repl.screen import Terminal, terminal
from tests.server import Fault, Knobs, LoopbackServer
from tests.server.faults import Seen
from tests.server.samples import vision

KEY = "a" * 40


def _prompt(seen: Terminal) -> bool:
    return seen.lines[seen.screen.cursor.y] == "acme/vision>"


def test_ctrl_c_keeps_what_came_and_never_ends_the_prompt(tmp_path: Path) -> None:

    def hangs(request: Seen) -> Fault | None:
        """Every page but the first comes too late."""
        return Fault("slow", seconds=8) if request.variables.get("after") else None

    with LoopbackServer(vision(300, steps=3), Knobs()) as server:
        server.knobs.fault_for = hangs
        url = server.base_url
        argv = ("-s", "acme/vision")
        with terminal(tmp_path, *argv, lines=40, WANDB_BASE_URL=url, WANDB_API_KEY=KEY, PAGER="cat") as seen:
            seen.wait("acme/vision · 300 runs")
            seen.press("runs select id, state page 20\r")
            seen.wait("20 of 300 runs")  # with the first rows above it
            seen.wait("run00009")
            seen.press("\x03")
            seen.wait("stopped · 20 rows came, not all")
            seen.wait(lambda: _prompt(seen))
            seen.press("\\last csv\r")
            seen.wait("run00019,")
            seen.press("runs select id, name page 20\r")
            seen.wait("20 of 300 runs")
            seen.press("\x03\x03\x03")
            seen.wait(lambda: _prompt(seen))
            seen.press("\x03")
            server.knobs.fault_for = None
            seen.press("count runs\r")
            seen.wait("300\n")
            seen.press("\\quit\r")
            assert seen.end() == 0
