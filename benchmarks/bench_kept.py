"""How long the second question to a large folder takes, by a process of its own, against the first.

    python -m benchmarks.bench_kept [--runs 10000] [--steps 30]

The runs are written once, record by record as the SDK does, and kept in the temporary folder. The first question reads
all logs, the next ones what changed: none, then ten of them.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.sources.local import files

QUESTION = "runs where config.lr > 0.05 order -summary.m3 limit 5"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=30)
    options = parser.parse_args()
    folder = _corpus(options.runs, options.steps)
    with tempfile.TemporaryDirectory() as cache:
        print(f"{options.runs:,} runs of {options.steps} steps; {QUESTION}\n\n{'':34}{'s':>7}{'CPU s':>8}")
        whole = _asked("without keeping", folder, {"RUNQL_KEEP": "0"})
        environ = {"RUNQL_CACHE": cache}
        _asked("the first, which keeps", folder, environ)
        time.sleep(3)
        kept = min(_asked("the next", folder, environ) for _ in range(3))
        for log in sorted(folder.rglob("*.wandb"))[:10]:
            os.utime(log)
        time.sleep(3)
        _asked("ten logs were touched", folder, environ)
        print(f"\nthe next takes {kept / whole:.3f} of the question without keeping, by CPU")


def _asked(name: str, folder: Path, environ: dict[str, str]) -> float:
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "runql", "-q", "-s", str(folder), QUESTION]
    subprocess.run(command, env={**os.environ, **environ}, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name:34}{time.perf_counter() - begun:7.2f}{cpu:8.2f}")
    return cpu


def _corpus(runs: int, steps: int) -> Path:
    """The folder of runs; written if it is not there yet."""
    folder = Path(tempfile.gettempdir()) / f"runql-kept-{runs}x{steps}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        draw = random.Random(1)
        for at in range(runs):
            _write(folder, at, steps, draw)
        (folder / "done").touch()
        time.sleep(3)
    return folder


def _write(folder: Path, at: int, steps: int, draw: random.Random) -> None:
    config = {("lr",): 10 ** (-1 - 3 * draw.random()), ("seed",): at, ("model",): {"depth": 18, "act": "relu"}}
    config |= {(f"p{number}",): draw.random() for number in range(24)}
    bodies = [files.run(f"r{at:05}", "bench", entity="acme", started=1.7e9 + at * 60, config=config, tags=["a"])]
    bodies.append(files.message(26, files.message(13, "kim") + files.message(12, "node")))
    for step in range(steps):
        row = {
            ("_step",): step,
            ("_timestamp",): 1.7e9 + step,
            ("loss",): math.exp(-step / 50),
            ("acc",): draw.random(),
        }
        bodies += [files.summary(row), files.row(row, step)]
    bodies += [files.summary({(f"m{number}",): draw.random() for number in range(24)}), files.exit_(at % 2)]
    files.write(folder, files.log(bodies), f"r{at:05}", f"20260101_{at:06}")


if __name__ == "__main__":
    main()
