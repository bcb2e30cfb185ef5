"""The command as a process of its own, on the embedded runs: pipes, signals, terminals."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli.conftest import Runql
from tests.house.ready import run
from tests.house.sources import ROOT
from tests.house.terminal import read_all

MISSION = "runs where config.lr > 0.01 order -summary.loss sample 200 keys loss,acc"
SLOW = """
import sys, time
from runql.sources.local import LocalService
fast = LocalService.histories
def histories(self, request):
    time.sleep({seconds})
    yield from fast(self, request)
LocalService.histories = histories
from runql.frontends.cli.main import main
sys.exit(main())
"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "xterm-256color",
        **more,
    }


def started(folder: Path, *argv: str, code: str | None = None, **more: str) -> subprocess.Popen[bytes]:
    program = ["-m", "runql"] if code is None else ["-c", code]
    heard = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup make test` has every process ignore it
    try:
        return subprocess.Popen(
            [sys.executable, *program, *argv],
            cwd=folder,
            env=environment(folder, **more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    finally:
        signal.signal(signal.SIGHUP, heard)


def closed(folder: Path, *argv: str) -> tuple[int, str]:
    """The status of a call whose output nobody takes, and what it says."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        called = subprocess.run(
            [sys.executable, "-m", "runql", *argv],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)
    return called.returncode, called.stderr


def test_an_error_that_was_said_is_in_the_status_though_nobody_takes_the_output(tmp_path: Path) -> None:
    (tmp_path / "bad.rql").write_text("rns\n")
    (tmp_path / "good.rql").write_text("runs   limit 1\n")
    status, said = closed(tmp_path, "fmt", "--diff", "bad.rql", "good.rql")
    assert (status, "unknown word `rns`" in said) == (2, True)


def test_what_stands_behind_is_judged_and_written_though_nobody_takes_the_output(tmp_path: Path) -> None:
    text = 'runs limit 3; runs limit 1 | to "x.csv"; runs limit 2 | assert count() > 5; runs limit 4'
    status, said = closed(tmp_path, "-s", "demo", "--junit", "j.xml", text)
    assert (status, "`count() > 5` does not hold" in said) == (1, True)
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 2
    assert '<testsuites name="runql' in (report := (tmp_path / "j.xml").read_text())
    assert 'failures="1"' in report
    assert closed(tmp_path, "-s", "demo", "--junit", "k.xml", "runs limit 3; runs limit 2") == (0, "")
    assert 'skipped="1"' in (tmp_path / "k.xml").read_text()


def wait_for_writing(process: int, folder: Path) -> None:
    """Until the process holds a file of the folder open, with a name or without one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for handle in Path(f"/proc/{process}/fd").iterdir():
            with contextlib.suppress(OSError):  # it is closed by now
                if str(handle.readlink()).startswith(f"{folder}/"):
                    return
        time.sleep(0.02)


def at_a_terminal(folder: Path, *argv: str, code: str | None = None, **more: str) -> tuple[int, str]:
    """The exit status, and everything that a terminal of 100 columns was sent. Without code of its own the command is
    a fork of a process that has RunQL loaded."""
    ours, theirs = pty.openpty()
    settings = environment(folder, COLUMNS="100", **more)
    with ThreadPoolExecutor(1) as reader:
        seen = reader.submit(read_all, ours)
        if code is None:
            status = run(list(argv), str(folder), settings, os.ttyname(theirs))
        else:
            words = [sys.executable, "-c", code, *argv]
            status = subprocess.run(
                words, cwd=folder, env=settings, stdin=theirs, stdout=theirs, stderr=theirs, check=False
            ).returncode
        os.close(theirs)
        text = seen.result().decode()
    os.close(ours)
    return status, text.replace("\r\n", "\n")


def without_progress(seen: str) -> str:
    """What stands at a terminal in the end: the line of progress, if it took long enough for one, is taken away."""
    return seen.rpartition("\r\x1b[2K")[2]


def test_the_line_of_the_mission(tmp_path: Path) -> None:
    out, err = (process := started(tmp_path, "-s", "demo", MISSION)).communicate()
    assert process.returncode == 0
    lines = out.decode().splitlines()
    assert lines[0] == "run_id,_step,loss,acc"
    assert len(lines) > 1000
    assert re.match(r"[\d,]+ rows · \d+ of 64 runs", err.decode())


def test_a_reader_that_has_had_enough_is_no_error(tmp_path: Path) -> None:
    process = started(tmp_path, "-s", "demo", "runs scan")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk to try")
def test_a_full_disk_is_an_error_with_a_name(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "runql", "-s", "demo", MISSION],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.decode().startswith("error[RQL506]: cannot write standard output: No space left on device")


def test_an_interrupt_ends_it_quietly(tmp_path: Path) -> None:
    process = started(tmp_path, "-s", "demo", "-o", "out.csv", MISSION, code=SLOW.format(seconds=60))
    wait_for_writing(process.pid, tmp_path)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert list(tmp_path.glob("*out.csv*")) == []


def test_arguments_are_utf_8_where_python_takes_them_for_ascii(tmp_path: Path) -> None:
    environ = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"}
    query = 'runs where $w = "ü" limit 1 select "ü" as x | to "ü.csv"'
    command = [sys.executable, "-m", "runql", "-s", "demo", "-p", "w=ü", query]
    done = subprocess.run(command, capture_output=True, env=environ, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout.decode()) == (0, "x\nü\n")
    assert (tmp_path / "ü.csv").read_text(encoding="utf-8") == "x\nü\n"


@pytest.mark.parametrize("arguments", [("runs where name = '\udcff'",), ("-p", "w=\udcff", "runs where name = $w")])
def test_an_argument_that_is_not_utf_8_is_refused(runql: Runql, arguments: tuple[str, ...]) -> None:
    found = runql("-s", "demo", *arguments)
    assert found.status == 2
    assert "is not UTF-8: byte" in found.err


ONE_TIME = ("-s", "demo", "-o", "table", "runs limit 1 select id, created")


def test_a_width_that_is_asked_for_holds_in_a_pipe_too(runql: Runql, monkeypatch: pytest.MonkeyPatch) -> None:
    question = ("-s", "demo", "-o", "table", "runs limit 2")
    assert max(map(len, runql(*question).out.splitlines())) > 60
    monkeypatch.setenv("COLUMNS", "60")
    lines = runql(*question).out.splitlines()
    assert max(map(len, lines)) <= 60
    assert "created" in lines[-2] + lines[-1]  # named, not dropped in silence


def test_a_terminal_gets_a_table_in_colour(tmp_path: Path) -> None:
    status, seen = at_a_terminal(tmp_path, "-s", "demo", "runs order id limit 3 select id, state")
    assert status == 0
    assert "\x1b[1mid\x1b[0m" in seen
    assert "\x1b[32mfinished\x1b[0m" in seen
    assert "3 of 64 matching runs" in seen
    _, plain = at_a_terminal(tmp_path, "-s", "demo", "runs order id limit 3 select id, state", NO_COLOR="1")
    assert not re.search(
        r"\x1b\[[\d;]*m", plain
    )  # a line of progress, where it is slow, erases itself and has no looks


@pytest.mark.parametrize(
    ("zone", "title"),
    [
        ("Europe/Berlin", "CET"),
        ("Europe/London", "GMT"),
        ("EST5EDT", "EST"),
        ("UTC-8", "UTC+8"),  # POSIX: a zone that is called UTC, 8 hours east of it
        ("UTC-5:30", "UTC+5:30"),
        ("CET+1", "UTC-1"),
        ("<+0330>-3:30", "+0330"),
    ],
)
def test_times_are_in_the_zone_that_the_title_names(tmp_path: Path, zone: str, title: str) -> None:
    _, seen = at_a_terminal(tmp_path, *ONE_TIME, TZ=zone, NO_COLOR="1")
    assert without_progress(seen).splitlines()[0].split() == ["id", "created", title]
    assert "RQL331" not in seen


@pytest.mark.parametrize("zone", ["Foo/Bar", "Foo/Bar1", "/etc/passwd"])
def test_a_zone_that_is_not_known_is_said_and_is_utc(tmp_path: Path, zone: str) -> None:
    _, seen = at_a_terminal(tmp_path, *ONE_TIME, TZ=zone, NO_COLOR="1")
    assert f"warning[RQL331]: `TZ={zone}` names no time zone that is known here" in seen
    assert re.search(r"^id +created UTC$", without_progress(seen), re.MULTILINE)


def test_a_terminal_is_never_flooded_and_never_lied_to(tmp_path: Path) -> None:
    _, seen = at_a_terminal(tmp_path, "-s", "demo", MISSION, NO_COLOR="1")
    seen = without_progress(seen)
    lines = seen.split("\n")
    assert len(lines) < 40
    between = re.search(r"… ([\d,]+) rows between; `-o csv` for all", seen)
    rows = re.search(r"([\d,]+) rows · ", seen)
    assert between is not None
    assert rows is not None
    assert int(rows[1].replace(",", "")) == int(between[1].replace(",", "")) + 25


def test_progress_shows_when_it_lasts_and_goes_away(tmp_path: Path) -> None:
    _, seen = at_a_terminal(tmp_path, "-s", "demo", MISSION, code=SLOW.format(seconds=1))
    assert " of 44 histories" in seen.partition("run_id")[0]
    assert seen.partition("\x1b[1mrun_id")[0].endswith("\r\x1b[2K")
    _, quiet = at_a_terminal(tmp_path, "-s", "demo", "--quiet", MISSION, code=SLOW.format(seconds=1))
    assert " histories" not in quiet
    _, dumb = at_a_terminal(tmp_path, "-s", "demo", MISSION, code=SLOW.format(seconds=1), TERM="dumb")
    assert "\x1b" not in dumb
