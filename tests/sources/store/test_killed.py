"""A writer that is killed at random moments: the last whole version answers, what was acknowledged is there."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from runql.sources.protocol import FULL, HistoryRequest, PageRequest
from runql.sources.store import table
from runql.sources.store.service import StoreService
from runql.sources.store.upkeep.check import damages
from runql.sources.store.upkeep.leftovers import orphans
from tests.house.sources import ROOT

KILLS = 4
ROWS = 50
WRITER = """
import itertools, sys
from pathlib import Path
from runql.semantic.record import RunHistory, RunRecord
from runql.sources.store.writer import StoreWriter
folder, first = Path(sys.argv[1]), int(sys.argv[2])
writer = StoreWriter(folder, newest_pull=first)
print("ready", flush=True)
for at in itertools.count(first):
    run = writer.begin(RunRecord(f"r{at}", config={"at": at}), "")
    for part in range(2):
        rows = range(part * 25, (part + 1) * 25)
        writer.add(run, "default", RunHistory(f"r{at}", {"_step": [*rows], "loss": [at + row / 64 for row in rows]}))
        if at % 3 == 0:
            with writer._all_or_nothing():
                writer._write_points()
    writer.end(run)
    if at % 2 == 0:
        writer.commit()
        print(at, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    kill_some(tmp_path / "s", KILLS, random.Random(7))
    assert table.version(tmp_path / "s", "s").number >= KILLS / 2, "most of them committed something"


def kill_some(folder: Path, kills: int, chance: random.Random) -> int:
    """Kill writers, and look at the store after each. How many files they left."""
    table.create(folder, "tests")
    acknowledged = -1
    for _ in range(kills):
        acknowledged = _killed(folder, acknowledged + 1, chance.randrange(3), chance.uniform(0.0, 0.1))
        _look(folder, acknowledged)
    return len(orphans(folder, table.version(folder, "s")))


def _killed(folder: Path, first: int, commits: int, seconds: float) -> int:
    """Start a writer, kill it so long after so many commits, and give the last run that it said was committed."""
    command = [sys.executable, "-c", WRITER, str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(commits + 1)]
        time.sleep(seconds)
        writer.kill()
        said += [line for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    assert said[0] == "ready\n"
    return int(said[-1]) if said[1:] else first - 1


def _look(folder: Path, acknowledged: int) -> None:
    store = StoreService(folder, name="s")
    page = store.runs_page(PageRequest("", "", wanted=FULL, per_page=100_000))
    assert {said.code for said in page.notices} <= {"RQL587"}  # no writer came to its end
    ids = {int(run.id[1:]) for run in page.runs}
    assert ids >= set(range(acknowledged + 1))
    names = tuple(f"r{at}" for at in sorted(ids))
    histories = store.histories(HistoryRequest("", "", names, keys=("loss",), samples=None))
    for at, history in zip(sorted(ids), histories, strict=True):
        assert list(history.columns["loss"]) == [at + row / 64 for row in range(ROWS)]
    assert not [*damages(folder, store.snapshot().version)]
    store.close()
