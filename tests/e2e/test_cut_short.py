"""The command on a line that breaks: every row where some requests get through, what came where none do."""

from __future__ import annotations

import csv
import json
import random
import signal
import threading
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest

from tests.e2e.conftest import Serve, started
from tests.server import Fault, Knobs, LoopbackServer
from tests.server.faults import Seen
from tests.server.samples import vision

COLUMNS = "runs select id, config.lr"

PASSING = [
    Fault("cut"),
    Fault("drop"),
    Fault.html(),
    Fault.html(502),
    Fault("status", 429, "", {"Retry-After": "0.05"}),
    Fault("status", 429, "", {"RateLimit-Reset": "0.05"}),
    Fault("status", 408),
]


def dying(pages: int) -> Knobs:
    """A server that refuses everything after so many pages of runs; what else is asked is not counted."""
    asked: Counter[str] = Counter()

    def fault(seen: Seen) -> Fault | None:
        asked[seen.operation] += 1
        return Fault("status", 400, '{"error": "it is broken"}') if asked["RunqlRuns"] > pages else None

    return Knobs(fault_for=fault, max_first=20)


def ids(text: str) -> list[str]:
    return [row["id"] for row in csv.DictReader(StringIO(text))]


def objects(text: str, form: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(text if form == "json" else f"[{','.join(text.splitlines())}]")
    return found


@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
def test_the_rows_that_came_before_an_error_are_written(serve: Serve, tmp_path: Path, form: str) -> None:
    server = serve(vision(300, 3), dying(8))
    out, err = started(tmp_path, server, "-s", "acme/vision", "-o", form, COLUMNS).communicate()
    text = out.decode()
    came = ids(text) if form == "csv" else [row["id"] for row in objects(text, form)]
    assert 0 < len(came) < 300
    assert came == [f"run{at:05d}" for at in range(len(came))]
    assert f"{len(came)} rows shown, not all" in err.decode()
    assert "it is broken" in err.decode()


def test_an_error_has_its_status_and_no_footer(serve: Serve, tmp_path: Path) -> None:
    process = started(tmp_path, serve(vision(300, 3), dying(8)), "-s", "acme/vision", "-o", "csv", COLUMNS)
    _, err = process.communicate()
    assert process.returncode == 3
    assert b"requests," not in err


def test_an_error_before_the_first_row_writes_nothing(serve: Serve, tmp_path: Path) -> None:
    knobs = Knobs(fault_for=lambda seen: Fault("status", 400) if seen.operation == "RunqlCount" else None)
    process = started(tmp_path, serve(vision(30, 3), knobs), "-s", "acme/vision", "-o", "csv", "count runs")
    out, _ = process.communicate()
    assert (process.returncode, out) == (3, b"")


def test_a_file_stays_as_it_was(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text("before\n")
    process = started(tmp_path, serve(vision(300, 3), dying(8)), "-s", "acme/vision", "-o", "runs.csv", COLUMNS)
    _, err = process.communicate()
    assert process.returncode == 3
    assert (tmp_path / "runs.csv").read_text() == "before\n"
    assert b"`runs.csv` is as it was" in err


def test_an_interrupt_leaves_the_rows_that_came(serve: Serve, tmp_path: Path) -> None:
    over, asked, pages = threading.Event(), threading.Event(), Counter[str]()

    def before(seen: Seen) -> None:
        pages[seen.operation] += 1
        if pages["RunqlRuns"] > 8:
            asked.set()
            over.wait(60)

    process = started(
        tmp_path, serve(vision(300, 3), Knobs(before=before, max_first=20)), "-s", "acme/vision", "-o", "csv", COLUMNS
    )
    try:
        assert asked.wait(30)
        # What was asked before the one that hangs is on its way out by the time a second one is read.
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
        over.set()
    came = ids(out.decode())
    assert process.returncode == 130
    assert came == [f"run{at:05d}" for at in range(len(came))]
    assert b"interrupted" in err


def test_every_row_comes_once_where_two_of_three_requests_fail(serve: Serve, tmp_path: Path) -> None:
    luck = random.Random(4)
    knobs = Knobs(fault_for=lambda _: luck.choice(PASSING) if luck.random() < 2 / 3 else None)
    server = serve(vision(60, 30), knobs)
    process = started(tmp_path, server, "-s", "acme/vision", "-o", "csv", "runs limit 9 keys loss, acc sample 20")
    out, err = process.communicate()
    assert process.returncode == 0, err.decode()
    rows = [(row["run_id"], row["_step"]) for row in csv.DictReader(StringIO(out.decode()))]
    assert len(rows) == len(set(rows)) == 9 * 20


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("status", 400, '{"errors": ["no such column"]}'), "no such column"),
        (Fault("status", 403, '{"error": "permission denied"}'), "does not allow it"),
        (Fault.graphql('{"data": {"project": null}}'), "no project `acme/vision`"),
        (Fault.graphql('{"errors": ["permission denied"], "data": null}'), "does not allow it"),
    ],
    ids=str,
)
def test_what_will_not_pass_is_said_at_once(serve: Serve, tmp_path: Path, fault: Fault, said: str) -> None:
    server = serve(vision(9, 3), Knobs(fault_for=lambda _: fault))
    process = started(tmp_path, server, "-s", "acme/vision", "-o", "csv", COLUMNS)
    out, err = process.communicate()
    assert (process.returncode, out) == (3, b"")
    assert said in err.decode()
    assert len(server.seen) == 1


def test_a_server_that_is_not_there_is_said_soon(serve: Serve, tmp_path: Path) -> None:
    server = LoopbackServer(vision(9, 3)).start()
    server.stop()
    process = started(tmp_path, server, "-s", "acme/vision", COLUMNS)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 3
    assert b"cannot be reached" in err
    assert b"WANDB_BASE_URL" in err
