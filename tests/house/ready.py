"""A process that has RunQL loaded and forks for each command: what starting Python costs is paid once.

    python -m tests.house.ready        reads a call a line as JSON, answers each with its exit status

A command sees what it would see if it were started by itself: its words, folder, environment and terminal.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import time
from functools import cache
from importlib import import_module
from typing import Any

from tests.house import demo
from tests.house.sources import ROOT

_LOADED = (
    "runql.frontends.cli.main",
    "runql.frontends.cli.arguments",
    "runql.frontends.cli.commands",
    "runql.session.result",
    "runql.execute.stages",
    "runql.results.formats",
    "runql.results.terminal_table",
    "runql.sources.local",
    "runql.engine.stages",
    "runql.ide.service",
)


@cache
def _process() -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.house.ready"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)
    atexit.register(process.communicate)  # which closes its input and waits for its end
    return process


def run(words: list[str], folder: str, environment: dict[str, str], terminal: str) -> int:
    """Run `runql` with these words at a terminal, given by its name, until it ends; its exit status."""
    process = _process()
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process has no pipes")
    call = {"words": words, "folder": folder, "environment": environment, "terminal": terminal}
    process.stdin.write(f"{json.dumps(call)}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def main() -> None:
    for name in _LOADED:
        import_module(name)
    demo.read_for_good()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_command(json.loads(line)))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _command(call: dict[str, Any]) -> int:
    """In a process of its own: become the command."""
    from runql.__main__ import main as runql

    os.setsid()
    terminal = os.open(call["terminal"], os.O_RDWR)
    for handle in range(3):
        os.dup2(terminal, handle)
    os.close(terminal)
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["environment"])
    time.tzset()
    sys.argv = ["runql", *call["words"]]
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(handle, mode) for handle, mode in enumerate(("r", "w", "w")))
    try:
        return runql()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    main()
