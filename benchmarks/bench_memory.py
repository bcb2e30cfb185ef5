"""How much memory a long answer takes: the peak of `-o csv` over many runs of a server against that over few.

    python -m benchmarks.bench_memory [--few 20000] [--many 60000]

The server is `tests.server` on loopback, in a process of its own; so is the command. Printed are the peaks of the
command's resident memory without what it takes before it reads (that of `limit 1`), and their ratio. With fewer runs
than are read ahead (about 10,000) the buffers are not full, and the ratio says nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOAL = 2.0
QUERIES = {
    "a table of runs, four columns": "runs select id, config.c1, config.c2, summary.s1, summary.s2",
    "the same, narrowed here": "runs where config.c1 + config.c2 > 0 select id, config.c1, summary.s1",
    "the same through stages": "runs select id, config.c1, summary.s1 | derive d = 2 * summary.s1 | where d > 0",
    "the first of an order made here": "runs order config.c1 + summary.s1 limit 20 select id, config.c1, summary.s1",
}
_CHILD = """
import resource, sys
from runql.frontends.cli.main import main
status = main(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, status, file=sys.stderr)
"""


@contextmanager
def served(runs: int) -> Iterator[str]:
    """The address of a server with so many runs in `acme/wide`."""
    command = [sys.executable, "-m", "tests.server", "--port", "0", "--runs", "1", "--wide", str(runs), "--until-eof"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdout is None or server.stdin is None:
            raise RuntimeError("the server has no pipes")
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()


def peak_megabytes(base_url: str, query: str) -> tuple[float, int]:
    """The largest resident memory of one command, and how many lines it wrote."""
    with tempfile.TemporaryDirectory() as home:
        env = {
            **os.environ,
            "HOME": home,
            "XDG_CACHE_HOME": home,
            "WANDB_BASE_URL": base_url,
            "WANDB_API_KEY": "0" * 40,
        }
        argv = [sys.executable, "-c", _CHILD, "-s", "acme/wide", "-o", "csv", query]
        done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    _, kilobytes, status = next(line for line in done.stderr.splitlines() if line.startswith("peak ")).split()
    if status != "0":
        raise RuntimeError(done.stderr)
    return int(kilobytes) / 1024, done.stdout.count("\n") - 1


def main() -> int:
    """Prints a line a query. The exit status is 1 if a ratio is above the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=20000)
    parser.add_argument("--many", type=int, default=60000)
    options = parser.parse_args()
    peaks: dict[str, list[float]] = {}
    for runs in (options.few, options.many):
        with served(runs) as base_url:
            nothing, _ = peak_megabytes(base_url, "runs limit 1 select id")
            for title, query in QUERIES.items():
                peak, rows = peak_megabytes(base_url, query)
                peaks.setdefault(title, []).append(peak - nothing)
                print(f"{title}: {runs:,} runs, {rows:,} rows, {peak:.0f} MB, {peak - nothing:.1f} MB of them to read")
    missed = False
    for title, (few, many) in peaks.items():
        ratio = many / max(few, 1.0)
        missed |= ratio > GOAL
        more = options.many / options.few
        print(f"{title}: {ratio:.2f} times the memory for {more:g} times the runs (goal {GOAL:g})")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
