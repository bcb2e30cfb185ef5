"""Every byte of an output arrives, or an error is said: with real processes, pipes, limits and full disks."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from runql.results.formats.formats import FORMATS
from tests.cli.test_process import environment, started, wait_for_writing
from tests.server import Fault, Knobs, LoopbackServer
from tests.server.samples import vision

ROWS = "runs scan keys loss"
TEXTS = [name for name, form in FORMATS.items() if not form.entry.binary and name != "none"]
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk to try")
WORDS = [sys.executable, "-m", "runql", "-s", "demo"]


def in_shell(folder: Path, line: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """A line of a shell, in which `runql` is the command."""
    line = line.replace("runql", shlex.join([sys.executable, "-m", "runql"]))
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment(folder, **more), capture_output=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The rows, as a file has them that nothing kept from being written."""
    folder = tmp_path_factory.mktemp("whole")
    process = started(folder, "-s", "demo", "-o", "csv", ROWS)
    out, _ = process.communicate()
    assert len(out) > 100_000
    return out


@pytest.mark.parametrize("order", ["", " | order loss"])
def test_a_file_is_written_whole_though_nobody_reads_the_output_on(tmp_path: Path, whole: bytes, order: str) -> None:
    done = in_shell(tmp_path, f"runql -s demo -o csv '{ROWS}{order} | to \"rows.csv\"' | head -n 1")
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout.splitlines()) == 1
    assert sorted((tmp_path / "rows.csv").read_bytes().splitlines()) == sorted(whole.splitlines())


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_rows_that_fail_behind_a_closed_output_are_told_by_the_status(tmp_path: Path, unbuffered: str) -> None:
    """The file of `to` was not written, though nobody reads what is said of it on standard output."""
    knobs, asked = Knobs(), count()
    failed = Fault("status", 400, '{"errors": ["no such column"]}')
    knobs.fault_for = lambda _: failed if next(asked) else None
    with LoopbackServer(vision(400, 10), knobs) as server:
        reading, writing = os.pipe()
        os.close(reading)
        more = {"WANDB_BASE_URL": server.base_url, "WANDB_API_KEY": "b" * 40, "PYTHONUNBUFFERED": unbuffered}
        words = [sys.executable, "-m", "runql", "-s", "acme/vision", "-o", "csv", 'runs select name | to "x.csv"']
        done = subprocess.run(
            words, cwd=tmp_path, env=environment(tmp_path, **more), stdout=writing, stderr=subprocess.PIPE, check=False
        )
        os.close(writing)
    assert done.returncode == 3
    assert done.stderr.startswith(b"error[RQL4")
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize(
    ("look", "lines"),
    [
        ("", 6044),
        ("print(asked[0])", 6044),
        ("print(next(iter(asked)))", 6044),
        ("frames = asked.answer.frames(); next(frames)", 6044),  # left for good: it ends all the same
    ],
)
def test_a_program_that_looks_at_few_rows_ends(tmp_path: Path, look: str, lines: int) -> None:
    program = tmp_path / "look.py"
    program.write_text(f"import runql\nasked = runql.query('{ROWS} | to \"rows.csv\"', 'demo')\n{look}\n")
    done = in_shell(tmp_path, f"{shlex.quote(sys.executable)} look.py")
    assert (done.returncode, done.stderr) == (0, b"")
    assert len((tmp_path / "rows.csv").read_bytes().splitlines()) == lines


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("form", TEXTS)
def test_a_limit_of_the_file_is_an_error(tmp_path: Path, form: str, unbuffered: str) -> None:
    line = f"ulimit -f 4; runql -s demo -o {form} '{ROWS}' > out"
    done = in_shell(tmp_path, line, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("error[RQL506]: cannot write standard output: File too large\n")


@FULL
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "call",
    [
        "-s demo 'runs limit 2'",
        "explain -s demo runs",
        "describe demo",
        "fmt 'runs limit 2'",
        "fmt --diff x.rql",
        "--help",
        "--version",
        "--spec",
        "--write-config",
    ],
)
def test_a_full_disk_is_an_error_of_every_command(tmp_path: Path, call: str, unbuffered: str) -> None:
    (tmp_path / "x.rql").write_text("runs   limit 2")
    line = f"runql {call} > /dev/full"
    done = in_shell(tmp_path, line, PYTHONUNBUFFERED=unbuffered, RUNQL_CONFIG=str(tmp_path / "config.toml"))
    assert done.returncode == 2
    assert b"cannot write standard output: No space left on device\n" in done.stderr
    assert b"Traceback" not in done.stderr


@FULL
def test_what_could_not_be_said_for_want_of_room_is_in_the_status(tmp_path: Path) -> None:
    done = in_shell(tmp_path, "runql -s demo -o csv 'runs limit 2 select id' 2> /dev/full")
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 3
    assert in_shell(tmp_path, "runql -s demo -o csv 'runs limit 2 select id' 2>&-").returncode == 0


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_pipe_that_takes_little_and_makes_nobody_wait_gets_all(tmp_path: Path, whole: bytes, unbuffered: str) -> None:
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    command = [*WORDS, "-o", "csv", ROWS]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path, PYTHONUNBUFFERED=unbuffered), stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        seen = b""
        while piece := os.read(ours, 3000):
            seen += piece
            time.sleep(0.001)
    os.close(ours)
    assert process.returncode == 0
    assert seen.startswith(whole)
    assert b"rows" in seen[len(whole) :]


def test_a_text_that_comes_slowly_is_read_to_its_end(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    with subprocess.Popen(
        [*WORDS, "-o", "csv", "-"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=ours,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(ours)
        for piece in (b"runs limit ", b"2 select ", b"id"):
            os.write(theirs, piece)
            time.sleep(0.5)
        os.close(theirs)
        out, _ = process.communicate()
    assert len(out.splitlines()) == 3


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_process_without_some_of_its_streams(tmp_path: Path, closed: str) -> None:
    calls = ("-s demo -o csv 'runs limit 2 select id'", "", "lsp", "fmt -", "--help", "check -s demo runs")
    for call in calls if closed.count("&") == 1 else calls[:3]:
        done = in_shell(tmp_path, f"runql {call} {closed}")
        assert b"Traceback" not in done.stderr + done.stdout
        assert b"RQL901" not in done.stderr + done.stdout
        assert done.returncode in ({0, 1, 2} if call == "lsp" else {0, 2})  # 1: its client is gone
    file = in_shell(tmp_path, f"runql -s demo -o out.csv 'runs limit 2 select id' {closed}")
    assert file.returncode == 0
    assert len((tmp_path / "out.csv").read_bytes().splitlines()) == 3


SLOW = """
import sys, time
from runql.sources.local import LocalService
fast = LocalService.histories
def histories(self, request):
    for one in fast(self, request):
        time.sleep(0.05)
        yield one
LocalService.histories = histories
from runql.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("words", [["-o", "out.csv", ROWS], [f'{ROWS} | to "out.csv"']])
def test_a_file_is_as_it_was_whatever_ends_the_process(
    tmp_path: Path, number: signal.Signals, words: list[str]
) -> None:
    (tmp_path / "out.csv").write_text("before\n")
    process = started(tmp_path, "-s", "demo", *words, code=SLOW)
    wait_for_writing(process.pid, tmp_path)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert b"Traceback" not in err
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".toml"] == ["out.csv"]
    assert (tmp_path / "out.csv").read_text() == "before\n"


@pytest.mark.parametrize("call", ["-s demo 'count runs'", "trust", "completion bash", "doctor"])
def test_a_working_folder_that_is_gone(tmp_path: Path, call: str) -> None:
    done = in_shell(tmp_path, f"mkdir gone; cd gone; rmdir ../gone; runql {call}")
    assert b"RQL901" not in done.stderr
    assert b"Traceback" not in done.stderr
    needs_none = call in {"completion bash", "doctor"}
    assert done.stderr.startswith(b"" if needs_none else b"error[RQL510]: the working folder is gone")
    assert bool(done.stdout) is needs_none


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("end", ["to", "-o"])
def test_a_pipe_that_nobody_reads_holds_nobody(tmp_path: Path, number: signal.Signals, end: str) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    words = ["-o", "pipe.csv", "runs"] if end == "-o" else ['runs | to "pipe.csv"']
    process = started(tmp_path, "-s", "demo", *words)
    time.sleep(3)
    assert process.poll() is None
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
    assert process.returncode == (130 if number == signal.SIGINT else -number)


@pytest.mark.parametrize(
    "words", [["-m", "runql"], ["-c", "import sys; from runql.__main__ import main; sys.exit(main())"]]
)
def test_an_interrupt_while_modules_are_loaded_shows_no_traceback(tmp_path: Path, words: list[str]) -> None:
    """The first module that the command loads waits, so that the signal comes in the middle."""
    (tmp_path / "argparse.py").write_text("print('loading', flush=True)\nimport time\ntime.sleep(60)\n")
    with subprocess.Popen(
        [sys.executable, *words, "--version"],
        cwd=tmp_path,
        env={**environment(tmp_path), "PYTHONPATH": f"{tmp_path}:{environment(tmp_path)['PYTHONPATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"loading\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert err == b""
    assert process.returncode in (-signal.SIGINT, 130)  # before the command has begun, and behind
