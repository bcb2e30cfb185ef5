"""The command against a server: waits, interrupts, limits, and where the key must not show."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.e2e.conftest import KEY, Serve, environment, started
from tests.server import Fault, Knobs, LoopbackServer
from tests.server.faults import Seen
from tests.server.samples import vision


def at_a_terminal(folder: Path, server: LoopbackServer, *argv: str) -> tuple[int, str]:
    """The exit status, and everything that a terminal was sent."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "runql", *argv],
        cwd=folder,
        env=environment(folder, server, COLUMNS="100"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        seen = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        status = process.wait()
    os.close(ours)
    return status, seen.decode().replace("\r\n", "\n")


def throttling() -> Knobs:
    knobs = Knobs()
    headers = {"Retry-After": "1", "RateLimit-Reset": "2"}
    knobs.script.append(Fault("status", 429, '{"error": "slow down"}', headers=headers))
    return knobs


def test_a_terminal_says_why_nothing_comes_and_takes_it_back(serve: Serve, tmp_path: Path) -> None:
    status, seen = at_a_terminal(tmp_path, serve(vision(9, 5), throttling()), "-s", "acme/vision", "count runs")
    assert status == 0
    before, said, after = seen.rpartition("throttled, going on in 1 s")
    assert said
    assert before.startswith("\r\x1b[2K")
    assert "\x1b[2K" in after
    assert "9" in after.split("\x1b[2K")[-1]


@pytest.mark.parametrize("options", [("--quiet",), ()])
def test_nothing_is_said_of_a_wait_when_quiet_or_in_a_pipe(
    serve: Serve, tmp_path: Path, options: tuple[str, ...]
) -> None:
    server = serve(vision(9, 5), throttling())
    if options:
        status, out = at_a_terminal(tmp_path, server, *options, "-s", "acme/vision", "count runs")
    else:
        process = started(tmp_path, server, "-s", "acme/vision", "count runs")
        out = b"".join(process.communicate()).decode()
        status = process.returncode
    assert (status, "throttled" in out) == (0, False)
    assert "9" in out


def test_an_interrupt_ends_a_wait_for_the_first_answer(serve: Serve, tmp_path: Path) -> None:
    over, asked = threading.Event(), threading.Event()

    def before(_: Seen) -> None:
        asked.set()
        over.wait(60)

    process = started(tmp_path, serve(vision(9, 5), Knobs(before=before)), "-s", "acme/vision", "count runs")
    try:
        assert asked.wait(30)
        process.send_signal(signal.SIGINT)
        # The server says nothing for a minute: only a process that does not wait for it ends in this time.
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
        over.set()
    assert process.returncode == 130
    assert out == b""
    assert b"Traceback" not in err


def test_a_time_limit_ends_the_command(serve: Serve, tmp_path: Path) -> None:
    over = threading.Event()

    def before(_: Seen) -> None:
        over.wait(60)

    server = serve(vision(9, 5), Knobs(before=before))
    process = started(tmp_path, server, "--timeout", "0.5", "-s", "acme/vision", "count runs")
    try:
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
        over.set()
    assert process.returncode == 3
    assert out == b""
    assert b"within the time allowed" in err
    assert b"`--timeout` allows more" in err


def test_the_key_of_a_file_signs_in(serve: Serve, tmp_path: Path) -> None:
    server = serve(vision(9, 5), Knobs(key=KEY, public=False))
    (tmp_path / "key").write_text(f"{KEY}\n")
    process = started(
        tmp_path, server, "--api-key-file", "key", "-s", "acme/vision", "-o", "csv", "count runs", WANDB_API_KEY=""
    )
    out, _ = process.communicate()
    assert out == b"count\n9\n"
    nobody = started(tmp_path, server, "-s", "acme/vision", "count runs", WANDB_API_KEY="")
    _, err = nobody.communicate()
    assert nobody.returncode == 3
    assert b"asks for a key" in err
    assert b"`wandb login` stores a key" in err


@pytest.mark.parametrize("command", ["runs", "explain runs", "check runs where lr > 1", "show fields"])
def test_the_key_shows_nowhere(serve: Serve, tmp_path: Path, command: str) -> None:
    def echo(seen: Seen) -> Fault:
        return Fault("status", 400, f'{{"error": "who is {seen.headers} {KEY}"}}')

    server = serve(vision(9, 5), Knobs(fault_for=echo))
    process = started(tmp_path, server, *command.split(" "), "-s", "acme/vision", RUNQL_DEBUG="1")
    written = b"".join(process.communicate()).decode()
    assert process.returncode == 3
    assert "who is" in written
    assert KEY not in written
    assert server.seen[0].headers["Authorization"].removeprefix("Basic ") not in written
