"""How long the command takes to start, against `import wandb` in the same run. Each start is a process of its own.

python benchmarks/bench_start.py [--repeat 5]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from runql.text.frozen import frozen

ROOT = Path(__file__).resolve().parents[1]
MISSION = "runs where config.lr > 0.01 order -summary.loss sample 200 keys loss,acc"
CASES = {
    "import wandb": ("-c", "import wandb"),
    "python, nothing else": ("-c", "pass"),
    "runql --version": ("-m", "runql", "--version"),
    "runql fmt": ("-m", "runql", "fmt", MISSION),
    "runql check --offline": ("-m", "runql", "check", "--offline", MISSION),
    "count runs, on the demo": ("-m", "runql", "-s", "demo", "count runs where config.lr > 0.01"),
    "a table of runs, on the demo": ("-m", "runql", "-s", "demo", "runs where config.lr > 0.01 order -summary.loss"),
    "the line of the mission, on the demo": ("-m", "runql", "-s", "demo", MISSION),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    print(f"cold start, best of {repeat}\n")
    print(f"{'':38}{'ms':>8}   of `import wandb`")
    whole = None
    for name, arguments in CASES.items():
        took = min(_run(arguments) for _ in range(repeat + 1))  # the first one warms the files up
        whole = took if whole is None else whole
        print(f"{name:38}{took * 1000:8.0f}{took / whole:14.2f}")
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


def _run(arguments: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
