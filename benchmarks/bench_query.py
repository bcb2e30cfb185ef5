"""How long the line of the mission takes from its text to a plan: parse, check against the demo's catalog, push.

python benchmarks/bench_query.py [--repeat 200]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from runql.config import Settings
from runql.plan.lower import lower
from runql.plan.push import push
from runql.semantic.check_context import CheckContext
from runql.semantic.check_query import check
from runql.sources.open import open_place
from runql.syntax import parse_query

MISSION = "runs where config.lr > 0.01 order -summary.loss sample 200 keys loss,acc"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=200)
    repeat = parser.parse_args().repeat

    place = open_place("demo", Settings())
    catalog = place.service.catalog(place.entity, place.project, metrics=True)
    capabilities = place.service.capabilities
    query, _ = parse_query(MISSION)
    assert query is not None
    typed = check(query, catalog, CheckContext()).query
    assert typed is not None

    print(f"from text to plan, {repeat} times: {MISSION}\n")
    print(f"{'':38}{'ms, median':>12}{'best':>8}   of `import wandb`")
    whole = _import_wandb()
    print(f"{'import wandb':38}{whole * 1000:12.2f}{'':8}{1:10.4f}")
    steps: dict[str, Callable[[], object]] = {
        "parse": lambda: parse_query(MISSION),
        "check": lambda: check(query, catalog, CheckContext()),
        "lower, push": lambda: push(lower(typed), capabilities, catalog),
    }
    total = 0.0
    for name, step in steps.items():
        times = [_timed(step) for _ in range(repeat)]
        total += statistics.median(times)
        print(f"{name:38}{statistics.median(times) * 1000:12.2f}{min(times) * 1000:8.2f}{min(times) / whole:10.4f}")
    print(f"{'together':38}{total * 1000:12.2f}{'':8}{total / whole:10.4f}\n")


def _timed(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def _import_wandb() -> float:
    """What importing the SDK takes in a new process, without what Python itself takes. Best of three."""
    code = "import time; start = time.perf_counter(); import wandb; print(time.perf_counter() - start)"
    runs = [subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True) for _ in range(3)]
    return min(float(run.stdout) for run in runs)


if __name__ == "__main__":
    main()
