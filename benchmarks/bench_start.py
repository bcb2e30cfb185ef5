"""How long the command takes to start, against `import wandb` in the same run. Each start is a process of its own.

Printed are the time until it is over and the CPU that it took: the first is what is waited for, and on a busy computer
says little of either, since `import wandb` also waits for what it asks the system.

python benchmarks/bench_start.py [--repeat 5]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from runql.text.frozen import frozen

ROOT = Path(__file__).resolve().parents[1]
MISSION = "runs where config.lr > 0.01 order -summary.loss sample 200 keys loss,acc"
SHELL = 'runql -s demo "runs where config.'
CASES = {
    "import wandb": ("-c", "import wandb"),
    "python, nothing else": ("-c", "pass"),
    "runql --version": ("-m", "runql", "--version"),
    "runql fmt": ("-m", "runql", "fmt", MISSION),
    "runql check --offline": ("-m", "runql", "check", "--offline", MISSION),
    "count runs, on the demo": ("-m", "runql", "-s", "demo", "count runs where config.lr > 0.01"),
    "a table of runs, on the demo": ("-m", "runql", "-s", "demo", "runs where config.lr > 0.01 order -summary.loss"),
    "the line of the mission, on the demo": ("-m", "runql", "-s", "demo", MISSION),
    "a field completed at a shell": ("-m", "runql", "complete-line", "--", "bash", "", SHELL),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    print(f"cold start, best of {repeat}\n")
    print(f"{'':38}{'ms':>8}{'of `import wandb`':>20}{'CPU ms':>10}{'of `import wandb`':>20}")
    rounds = [{name: _run(arguments) for name, arguments in CASES.items()} for _ in range(repeat + 1)]
    best = {name: tuple(min(each[name][part] for each in rounds) for part in (0, 1)) for name in CASES}
    whole = best["import wandb"]
    for name, took in best.items():
        print(f"{name:38}" + "".join(f"{a * 1000:8.0f}{a / b:20.2f}  " for a, b in zip(took, whole, strict=True)))
    _records()
    print()


def _records(count: int = 200) -> None:
    """What the records of RunQL cost to define, against those of the standard library."""
    text = "\n".join(
        f"@make\nclass R{n}:\n    a: int\n    b: tuple[int, ...] = ()\n    c: str = 'c'" for n in range(count)
    )
    code = compile(text, "records", "exec")
    took = {}
    for name, make in {"dataclasses": dataclass(frozen=True, slots=True), "frozen": frozen}.items():
        start = time.perf_counter()
        exec(code, {"make": make})
        took[name] = time.perf_counter() - start
    times = took["dataclasses"] / took["frozen"]
    print(
        f"\n{count} records: `dataclasses` {took['dataclasses'] * 1000:.0f} ms, `frozen` {took['frozen'] * 1000:.0f} ms"
    )
    print(f"{times:.0f} times as fast")


def _run(arguments: tuple[str, ...]) -> tuple[float, float]:
    """The seconds until a command is over, and those of CPU."""
    start, before = time.perf_counter(), os.times()
    subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return time.perf_counter() - start, cpu


if __name__ == "__main__":
    main()
