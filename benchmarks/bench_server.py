"""How much faster than the official client: two reads over a line of 50 ms, in the same run.

    python -m benchmarks.bench_server [--latency 0.05] [--rounds 3]

The server is `tests.server`, in a process of its own; each client too, already imported and signed in. Printed are the
best times of a few rounds, and their ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KEY = "0" * 40
SUBSET = {"config.lr": {"$gt": 0.03345}}
SAMPLES = 200


@dataclass(frozen=True)
class Task:
    """One read and the ratio that it must reach. Both readers give the shape of what they read."""

    title: str
    goal: float
    official: Callable[[Any], object]
    ours: Callable[[Any], object]


def _histories_official(api: Any) -> object:
    runs = api.runs("acme/vision", filters=SUBSET)
    return runs.histories(samples=SAMPLES, keys=["loss", "acc"], format="pandas").shape


def _histories_ours(service: Any) -> object:
    from runql.wandb_api.runs import Runs

    runs = Runs(service, "acme", "vision", SUBSET)
    return runs.histories(samples=SAMPLES, keys=["loss", "acc"], format="pandas").shape


def _columns_official(api: Any) -> object:
    api.flush()
    runs = api.runs("acme/wide", lazy=False)
    return len([(run.id, run.config["c1"], run.config["c2"], run.summary["s1"], run.summary["s2"]) for run in runs])


def _columns_ours(service: Any) -> object:
    from runql.sources.protocol import Wanted
    from runql.wandb_api.runs import Runs

    wanted = Wanted(config=("c1", "c2"), summary=("s1", "s2"))
    runs = Runs(service, "acme", "wide", wanted=wanted)
    heavy = [(run.id, run.record.config or {}, run.record.summary or {}) for run in runs]
    return len([(run_id, c["c1"], c["c2"], s["s1"], s["s2"]) for run_id, c, s in heavy])


TASKS = (
    Task("histories of 231 of 500 runs, 200 samples, 2 keys, to pandas", 25.0, _histories_official, _histories_ours),
    Task("10,000 runs, two config and two summary columns", 8.0, _columns_official, _columns_ours),
)


def measure(client: str, base_url: str, rounds: int) -> None:
    """In a process of its own: prints the best seconds and the shape of each task as JSON."""
    if client == "official":
        os.environ.update(WANDB_BASE_URL=base_url, WANDB_API_KEY=KEY, WANDB_SILENT="true", WANDB_HTTP_TIMEOUT="120")
        import wandb

        reader: Any = wandb.Api()
    else:
        import pandas  # noqa: F401 - the official client has imported it too, and that is not what is measured

        from runql.sources.wandb import WandbService, discover

        reader = WandbService(discover({"WANDB_BASE_URL": base_url, "WANDB_API_KEY": KEY}, Path.home(), Path.cwd()))
    for task in TASKS:
        read = task.official if client == "official" else task.ours
        times, shape = [], None
        for _ in range(rounds):
            if client == "official":
                reader.flush()
            start = time.perf_counter()
            shape = read(reader)
            times.append(time.perf_counter() - start)
        print(json.dumps({"title": task.title, "seconds": min(times), "shape": shape}), flush=True)


def run_client(client: str, base_url: str, rounds: int) -> list[dict[str, Any]]:
    """The measurements of one client. It gets a home of its own: no key of the user is read."""
    command = [sys.executable, "-m", "benchmarks.bench_server", "--client", client, "--url", base_url]
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "HOME": home, "WANDB_DIR": home, "WANDB_CACHE_DIR": home, "WANDB_CONFIG_DIR": home}
        out = subprocess.run(
            [*command, "--rounds", str(rounds)], cwd=ROOT, env=env, check=True, capture_output=True, text=True
        ).stdout
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def main() -> int:
    """Prints a line a task. The exit status is 1 if a ratio is below its goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--client", choices=["official", "ours"])
    parser.add_argument("--url")
    options = parser.parse_args()
    if options.client:
        measure(options.client, options.url, options.rounds)
        return 0
    command = [sys.executable, "-m", "tests.server", "--port", "0", "--wide", "10000", "--until-eof"]
    server = subprocess.Popen(
        [*command, "--latency", str(options.latency)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if server.stdout is None or server.stdin is None:
        raise RuntimeError("the server has no pipes")
    try:
        base_url = server.stdout.readline().strip()
        official = run_client("official", base_url, 2)  # the first round also warms the server
        ours = run_client("ours", base_url, options.rounds)
    finally:
        server.stdin.close()
        server.wait(timeout=10)
    missed = False
    for task, theirs, mine in zip(TASKS, official, ours, strict=True):
        ratio = theirs["seconds"] / mine["seconds"]
        missed |= ratio < task.goal
        print(f"{task.title}: wandb {theirs['seconds']:.2f} s, runql {mine['seconds']:.2f} s, ", end="")
        print(f"{ratio:.1f} times faster (goal {task.goal:g}); {theirs['shape']} and {mine['shape']}")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
