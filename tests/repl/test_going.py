"""How far a reading is, as it is said; and where long output goes."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from runql.execute.progress import Going, RunProgress, in_words
from runql.terminal import pager
from runql.terminal.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def paced(*steps: tuple[float, Going]) -> list[str]:
    clock, going = Clock(), [Going("runs", 0)]
    pace = RunProgress(lambda: going[-1], clock)
    said = [pace()]
    for seconds, now in steps:
        clock.now = seconds
        going.append(now)
        said.append(pace())
    return said


def test_rate_and_time_left_where_the_total_is_known() -> None:
    said = paced((1, Going("runs", 800, 10_000)), (2, Going("runs", 1_600, 10_000)), (3, Going("runs", 10_000, 10_000)))
    assert said[0] == "0 runs · 0 s"
    assert said[2] == "1,600 of 10,000 runs · 800/s · 10 s left"
    assert said[3] == "10,000 of 10,000 runs · 3,333/s · 3 s"


def test_the_rate_is_that_of_the_last_seconds() -> None:
    said = paced(*((float(at), Going("runs", 1000 * at if at < 5 else 5000 + at, 6000)) for at in range(1, 40)))
    assert "1.0/s" in said[-1]


def test_another_part_of_the_work_has_a_pace_of_its_own() -> None:
    said = paced((1, Going("runs", 500)), (2, Going("runs", 900)), (3, Going("histories", 1, 9, ("20 rows",))))
    assert said[-1] == "1 of 9 histories · 20 rows · 3 s"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (11.4, "11 s"), (99, "99 s"), (170, "3 min"), (7600, "2 h 7 min")]
)
def test_times_in_words(seconds: float, text: str) -> None:
    assert in_words(seconds) == text


# ---------------------------------------------------------------- the pager


@pytest.mark.parametrize(
    ("named", "command"),
    [
        ("", ()),
        ("cat", ()),
        ("no-such-program-anywhere", ()),
        ("'open", ()),
        ("sh -c 'cat >/dev/null'", ("sh", "-c", "cat >/dev/null")),
    ],
)
def test_the_pager_that_is_named(named: str, command: tuple[str, ...]) -> None:
    assert pager.pager_command(named) == command


def test_only_what_is_longer_than_the_screen_is_paged(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    script = tmp_path / "pager"
    script.write_text(f'#!/bin/sh\nexec cat > "{tmp_path}/paged"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    command = pager.pager_command(str(script))
    pager.write(iter([b"1\n2\n", b"3\n"]), command, 3)
    assert capfdbinary.readouterr().out == b"1\n2\n3\n"
    assert not (tmp_path / "paged").exists()
    pager.write((b"%d\n" % number for number in range(5)), command, 3)
    assert (tmp_path / "paged").read_bytes() == b"0\n1\n2\n3\n4\n"
    assert capfdbinary.readouterr().out == b""


def test_a_pager_that_is_left_early_is_no_error() -> None:
    pager.write((b"x" * 100_000 + b"\n" for _ in range(50)), ("true",), 3)


def test_an_interrupt_while_it_starts_leaves_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        started.append(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt), Progress(lambda: "reading"):
        pass
    (line,) = started
    line.join(5)
    assert not line.is_alive(), "nobody would stop it"
