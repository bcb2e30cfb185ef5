"""Pulls many runs from a server on loopback, with the line cut twice and the process killed once; then compares.

    python -m benchmarks.bench_pull [--runs 10000] [--steps 50]
    python -m benchmarks.bench_pull --arrays [--runs 400]

Each pull is a process of its own. The first two lose the line when a third and two thirds of the runs are read, the
third is killed outright, the fourth comes to its end, and a fifth has nothing to read. Of every run config, summary and
all rows are then compared with what the server has, through the store. Printed are the times, the requests, and how
many runs each pull found in the store.

With `--arrays` histories that are columns already are written to a store, 12 metrics of 1,000 steps a run: what is left
of a pull without its source.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runql.engine.values.column import column_of
from runql.semantic.record import RunHistory, RunRecord
from runql.sources.protocol import FULL, HistoryRequest, PageRequest
from runql.sources.store import table
from runql.sources.store.service import StoreService
from runql.sources.store.writer import StoreWriter
from tests.server import LoopbackServer, Store
from tests.server.faults import Fault, Seen
from tests.server.store import stamp

_PULLS = """
import sys
from pathlib import Path
from runql.errors import BackendError
from runql.pull.pull import PullCounts, pull
from runql.sources.open import SourcePlace
from runql.sources.wandb import Credentials, WandbService
from runql.sources.wandb.http.transport import LineSettings
from runql.sources.wandb.service import ServiceOptions
line = LineSettings(backoff_seconds=0.05, give_up_seconds=1.0)
service = WandbService(Credentials(sys.argv[1]), ServiceOptions(line=line))
counts = PullCounts()
try:
    pull(SourcePlace("acme/big", service, "acme", "big"), Path(sys.argv[2]), "big", "acme/big", counts)
    how = "came to its end"
except BackendError as error:
    how = f"lost the line ({error.diagnostics[0].code})"
print(f"{how}: {counts.same:,} as they were, {counts.written:,} read, {counts.values:,} values")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--arrays", action="store_true")
    options = parser.parse_args()
    if options.arrays:
        _write_arrays(min(options.runs, 400))
        return
    store = Store()
    store.add_project("acme", "big", (_run(at, options.steps) for at in range(options.runs)))
    server = LoopbackServer(store).start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            _pull_all(server, Path(folder) / "big", options.runs)
            _compare(server, Path(folder) / "big", options.runs)
    finally:
        server.stop()


def _write_arrays(runs: int) -> None:
    draw = random.Random(1)
    steps, metrics = 1_000, 12
    columns: dict[str, Any] = {"_step": column_of(range(steps))}
    columns |= {f"metric{at}": column_of([draw.random() for _ in range(steps)]) for at in range(metrics)}
    with tempfile.TemporaryDirectory() as folder:
        _write_runs(Path(folder) / "first", columns, 1)  # what is imported is not measured
        path = Path(folder) / "arrays"
        begun, cpu = time.perf_counter(), time.process_time()
        _write_runs(path, columns, runs)
        took, cpu = time.perf_counter() - begun, time.process_time() - cpu
    points = runs * steps * metrics / 1e6
    print(f"{points:.1f} million points of {runs:,} runs: {points / took:.2f} million/s, {points / cpu:.2f} by CPU")


def _write_runs(path: Path, columns: Mapping[str, Any], runs: int) -> None:
    table.create(path, "arrays")
    writer = StoreWriter(path)
    for at in range(runs):
        record = RunRecord(f"r{at}", entity="acme", project="big", config={"lr": at}, summary={"loss": at})
        run = writer.begin(record, "")
        writer.add(run, "default", RunHistory(record.id, columns))
        writer.end(run)
    writer.commit()
    writer.close()


def _run(at: int, steps: int) -> dict[str, Any]:
    draw = random.Random(at)
    rows = [
        {"_step": step, "_timestamp": 1.7e9 + step, "loss": math.exp(-step / 20) + draw.random(), "acc": draw.random()}
        for step in range(steps)
    ]
    config = {"lr": draw.random(), "seed": at, "model": {"depth": 18, "act": draw.choice(["relu", "gelu"])}}
    run = {"name": f"r{at:05}", "config": config, "summary": {"loss": rows[-1]["loss"], "acc": rows[-1]["acc"]}}
    return {**run, "history": rows, "historyLineCount": steps, "heartbeatAt": stamp(at % 3000)}


def _pull_all(server: LoopbackServer, folder: Path, runs: int) -> None:
    _pull("cut at a third", server, folder, cut_at=runs // 3)
    _pull("cut at two thirds", server, folder, cut_at=2 * runs // 3)
    _pull("killed at five sixths", server, folder, kill_at=5 * runs // 6)
    _pull("to its end", server, folder)
    _pull("once more", server, folder)


def _pull(
    title: str, server: LoopbackServer, folder: Path, cut_at: int | None = None, kill_at: int | None = None
) -> None:
    seen = _Watched(cut_at)
    server.knobs.fault_for = seen
    before, begun = len(server.seen), time.perf_counter()
    command = [sys.executable, "-c", _PULLS, server.base_url, str(folder)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "WANDB_API_KEY": "0" * 40}
    )
    if kill_at is not None:
        while seen.newest < kill_at and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    told = process.communicate()[0].strip()
    server.knobs.fault_for = None
    took, asked = time.perf_counter() - begun, len(server.seen) - before
    print(
        f"{title:24}{took:7.1f} s {asked:7,} requests   {told or f'killed (status {process.returncode})'}", flush=True
    )


class _Watched:
    """Which runs are asked for with all they hold; from one on every connection is dropped."""

    def __init__(self, cut_at: int | None) -> None:
        self._cut_at = cut_at
        self.newest = -1

    def __call__(self, seen: Seen) -> Fault | None:
        found = seen.body.rfind("r0")
        ids = [seen.body[at : at + 6] for at in range(found, found + 1) if found >= 0]
        numbers = [int(one[1:]) for one in ids if one[1:].isdigit()]
        if numbers and "istory" in seen.body:
            self.newest = max(self.newest, *numbers)
        is_cut = self._cut_at is not None and self.newest >= self._cut_at
        return Fault("drop") if is_cut else None


def _compare(server: LoopbackServer, folder: Path, runs: int) -> None:
    service = StoreService(folder, name="big")
    page = service.runs_page(PageRequest("acme", "big", wanted=FULL, per_page=runs))
    wrong = 0
    for record in page.runs:
        run = server.store.find(("acme", "big"), record.id)
        wrong += run is None or record.config != run["config"] or record.summary != run["summary"]
    ids = tuple(record.id for record in page.runs)
    rows = 0
    for start in range(0, len(ids), 500):
        for history in service.histories(HistoryRequest("acme", "big", ids[start : start + 500], samples=None)):
            run = server.store.find(("acme", "big"), history.run_id)
            assert run is not None
            rows += history.length
            wrong += any(
                [row.get(name) for row in run["history"]] != list(history.columns[name])
                for name in ("_step", "loss", "acc")
            )
    said = ", ".join(f"{one.code} {one.message}" for one in page.notices) or "nothing"
    there = f"{len(page.runs):,} of {runs:,} runs in the store, {rows:,} rows"
    print(f"\n{there}, {wrong:,} not as on the server; said: {said}")


if __name__ == "__main__":
    main()
