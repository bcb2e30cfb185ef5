"""Pictures are drawn in a process of their own, which an interrupt ends and the next picture starts anew."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runql.charts.files.drawer import Drawer
from runql.errors import OutputError

_ECHO = """
import json, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    if asked["what"] == "end":
        sys.exit(3)
    if asked["what"] == "sleep":
        time.sleep(600)
    if asked["what"] == "part":
        print(json.dumps({"length": 99}), flush=True)
        sys.exit(4)
    answer = {"length": 0, "error": "no mark"} if asked["what"] == "wrong" else {"length": len(line) - 1}
    print(json.dumps(answer) + "\\n" + ("" if "error" in answer else line[:-1]), end="", flush=True)
"""


@pytest.fixture
def drawer(tmp_path: Path) -> Iterator[Drawer]:
    program = tmp_path / "echo.py"
    program.write_text(_ECHO)
    made = Drawer({"version": "5"}, str(program))
    yield made
    made.close()


def _process(drawer: Drawer) -> subprocess.Popen[bytes]:
    process = drawer._process
    assert process is not None
    return process


def test_one_process_draws_all_pictures(drawer: Drawer) -> None:
    assert drawer._process is None, "nothing is started before somebody needs it"
    drawer.begin()
    first = _process(drawer)
    drawn = drawer.draw("svg", {"mark": "μ"}, scale=2)
    assert drawn == b'{"what": "svg", "spec": {"mark": "\\u03bc"}, "options": {"version": "5", "scale": 2}}'
    assert drawer.draw("svg", {}) != drawn
    assert _process(drawer) is first
    drawer.close()
    assert first.returncode is not None


@pytest.mark.parametrize(("what", "status"), [("end", 3), ("part", 4)])
def test_a_process_that_ends_is_said_and_another_draws_the_next(drawer: Drawer, what: str, status: int) -> None:
    with pytest.raises(OutputError) as caught:
        drawer.draw(what, {})
    assert caught.value.diagnostics[0].code == "RQL506"
    assert f"with status {status}" in caught.value.diagnostics[0].message
    assert drawer.draw("svg", {})


def test_what_the_engine_refuses_is_an_error(drawer: Drawer) -> None:
    with pytest.raises(RuntimeError, match="no mark"):
        drawer.draw("wrong", {})


def test_another_thread_ends_the_drawing(drawer: Drawer) -> None:
    said: list[OutputError] = []

    def draw() -> None:
        try:
            drawer.draw("sleep", {})
        except OutputError as error:
            said.append(error)

    waiting = threading.Thread(target=draw)
    drawer.stop()
    drawer.begin()
    waiting.start()
    while not drawer._lock.locked():
        pass
    drawer.stop()
    waiting.join()
    assert [error.diagnostics[0].code for error in said] == ["RQL506"]
    assert drawer.draw("svg", {}), "the next picture starts another"


def test_an_interrupt_ends_the_drawing(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    drawer.begin()
    first = _process(drawer)

    def interrupted(*_: Any) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Drawer, "_asked", interrupted)
        with pytest.raises(KeyboardInterrupt):
            drawer.draw("svg", {})
    assert first.returncode is not None, "it does not go on for nobody"
    assert drawer.draw("svg", {})
    assert _process(drawer) is not first


def test_a_process_that_was_forked_starts_its_own(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    drawer.begin()
    first = _process(drawer)
    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: -1)
        drawer.begin()
        second = _process(drawer)
        assert second is not first
        assert first.poll() is None, "that of the other process goes on"
        drawer.close()
    first.kill()
    first.communicate()


def test_without_a_python_to_start_the_picture_is_drawn_here(drawer: Drawer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")
    drawer.begin()
    with pytest.raises(ValueError, match="no nothing"):
        drawer.draw("nothing", {})
    assert drawer._process is None
