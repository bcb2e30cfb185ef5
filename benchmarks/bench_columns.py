"""CPU of the client from the bytes of a W&B server to a pandas frame, against a hand-written loop over the same bytes.

    python -m benchmarks.bench_columns [--rounds 7]

The server is `tests.server`, in a process of its own; it hands out the bodies of the answers afterwards. The loop gets
them unpacked: `json.loads`, a list a column, one frame. What RunQL is measured by is the CPU of the whole process, so
HTTP, gzip, checks and notices are in it. Printed are the best times of a few rounds, and their ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = 200
RUNS = 10_000
LINE = f"runs where config.lr > 0.03345 sample {SAMPLES} keys loss,acc"
COLUMNS = "runs select config.c1, config.c2, summary.s1, summary.s2"


@dataclass(frozen=True)
class Task:
    """One read: ours, the loop over the bodies of its answers, and the ratio that it may have."""

    title: str
    goal: float
    ours: Callable[[str], Any]
    loop: Callable[[list[bytes]], Any]


def _service(base_url: str) -> Any:
    from runql.sources.wandb import WandbService, discover

    found = discover({"WANDB_BASE_URL": base_url, "WANDB_API_KEY": "0" * 40}, Path("/nowhere"), Path("/nowhere"))
    return WandbService(found)


def _histories_by_runs(base_url: str) -> Any:
    from runql.wandb_api.runs import Runs

    with closing(_service(base_url)) as service:
        runs = Runs(service, "acme", "vision", {"config.lr": {"$gt": 0.03345}})
        return runs.histories(samples=SAMPLES, keys=["loss", "acc"], format="pandas")


def _query(project: str, line: str) -> Callable[[str], Any]:
    def read(base_url: str) -> Any:
        from runql import connect

        os.environ["WANDB_BASE_URL"] = base_url
        with connect(f"acme/{project}") as connection:
            return connection.query(line).pandas()

    return read


def _nodes(bodies: list[bytes]) -> Iterator[dict[str, Any]]:
    for body in bodies:
        project = json.loads(body)["data"].get("project") or {}
        for edge in (project.get("runs") or {}).get("edges", ()):
            yield edge["node"]


def _histories_by_hand(bodies: list[bytes]) -> Any:
    import pandas as pd

    ids: list[str] = []
    steps: list[int] = []
    losses: list[float] = []
    accs: list[float] = []
    for node in _nodes(bodies):
        for rows in node.get("sampledHistory") or ():
            for row in rows:
                ids.append(node["name"])
                steps.append(row["_step"])
                losses.append(row["loss"])
                accs.append(row["acc"])
    return pd.DataFrame({"run_id": ids, "_step": steps, "loss": losses, "acc": accs})


def _columns_by_hand(bodies: list[bytes]) -> Any:
    import pandas as pd

    names = ("c1", "c2", "s1", "s2")
    columns: dict[str, list[Any]] = {name: [] for name in ("id", *names)}
    for node in _nodes(bodies):
        config = json.loads(node.get("someConfig") or node.get("config") or "{}")
        summary = json.loads(node.get("someSummary") or node.get("summaryMetrics") or "{}")
        columns["id"].append(node["name"])
        for name in names[:2]:
            columns[name].append(config[name]["value"])
        for name in names[2:]:
            columns[name].append(summary[name])
    return pd.DataFrame(columns)


TASKS = (
    Task("`Runs.histories`: 231 runs, 200 rows, 2 keys", 1.5, _histories_by_runs, _histories_by_hand),
    Task(LINE, 1.5, _query("vision", LINE), _histories_by_hand),
    Task(f"{COLUMNS}: {RUNS:,} runs", 2.0, _query("wide", COLUMNS), _columns_by_hand),
)


def serve() -> None:
    """In a process of its own: the address, then a pickle of the bodies since the last one for each line that comes."""
    from tests.server import graph
    from tests.server.http import LoopbackServer
    from tests.server.samples import vision, wide

    store = vision(500, 300)
    store.projects.update(wide(RUNS).projects)
    made: dict[str, tuple[int, bytes]] = {}
    given: list[bytes] = []
    answer = graph.answer

    def remembered(store: Any, knobs: Any, request: Any, viewer: Any) -> tuple[int, bytes]:
        """The same answer to the same question, so that the later rounds have a quick server."""
        key = json.dumps(request)
        if key not in made:
            made[key] = answer(store, knobs, request, viewer)
        given.append(made[key][1])
        return made[key]

    graph.answer = remembered
    with LoopbackServer(store) as server:
        sys.stdout.buffer.write(f"{server.base_url}\n".encode())
        sys.stdout.buffer.flush()
        while sys.stdin.readline():
            pickle.dump(given, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            given.clear()


@contextmanager
def _server() -> Iterator[tuple[str, Callable[[], list[bytes]]]]:
    command = [sys.executable, "-m", "benchmarks.bench_columns", "--serve"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the server has no pipes")
    to_server, from_server = process.stdin, process.stdout

    def bodies() -> list[bytes]:
        to_server.write(b"\n")
        to_server.flush()
        found: list[bytes] = pickle.load(from_server)
        return found

    try:
        yield from_server.readline().decode().strip(), bodies
    finally:
        to_server.close()
        process.wait(timeout=10)


def _cpu(read: Callable[[Any], Any], given: Any) -> tuple[float, Any]:
    start = time.process_time()
    found = read(given)
    return time.process_time() - start, found


def main() -> int:
    """Prints a line a task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", type=int, help="the number of one task, from 0")
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    if options.serve:
        serve()
        return 0
    tasks = TASKS if options.only is None else TASKS[options.only : options.only + 1]
    with tempfile.TemporaryDirectory() as home, _server() as (base_url, bodies):
        os.environ.update(HOME=home, RUNQL_CACHE=home, RUNQL_CONFIG=f"{home}/none", WANDB_API_KEY="0" * 40)
        for task in tasks:
            task.ours(base_url)  # makes the answers, and loads what is loaded once
            bodies()
            ours, loops = [], []
            for _ in range(options.rounds):
                took, frame = _cpu(task.ours, base_url)
                ours.append(took)
                given = bodies()
                took, other = _cpu(task.loop, given)
                loops.append(took)
                assert len(frame) == len(other), (len(frame), len(other))
            ratio = min(ours) / min(loops)
            size = sum(map(len, given)) / 1e6
            print(
                f"{task.title}: {min(ours) * 1000:.0f} ms of CPU, the loop {min(loops) * 1000:.0f} ms over "
                f"{len(given)} answers ({size:.1f} MB): {ratio:.2f} times (goal {task.goal:g}), {frame.shape}"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
