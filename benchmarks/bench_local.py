"""How long a folder of run files takes to list and to scan for two metrics, against `import wandb` in the same run.

    python -m benchmarks.bench_local [--runs 20] [--steps 2000] [--repeat 5]

The runs are written by the official SDK, once, and kept in the temporary folder. Everything is one process and one
thread, measured by its CPU, and every round opens the folder anew: nothing is remembered from one to the next.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from runql.plan.selectors import wandb_selector
from runql.sources.local import LocalService
from runql.sources.protocol import HistoryRequest, PageRequest, Wanted

_WRITER = """
import math, random, sys, wandb
names = ["loss", "acc", "val/loss", "val/acc", "lr", "grad", "speed", "epoch", "mem", "ppl"]
for number in range(int(sys.argv[1])):
    draw = random.Random(number).random
    settings = wandb.Settings(console="off", x_disable_stats=True, silent=True)
    config = {"lr": 10 ** (-1 - 3 * draw()), "seed": number, "model": {"depth": 18, "width": 64}}
    with wandb.init(project="bench", id=f"bench{number:03}", config=config, tags=["bench"], settings=settings) as run:
        for step in range(int(sys.argv[2])):
            run.log({name: math.exp(-step / 500) * (at + 1) + draw() / 10 for at, name in enumerate(names)})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()

    folder = _corpus(options.runs, options.steps)
    size = sum(path.stat().st_size for path in folder.rglob("*.wandb")) / 1e6
    print(f"{options.runs} runs of {options.steps:,} steps, 10 metrics each: {size:.1f} MB; best of {options.repeat}\n")
    print(f"{'':38}{'ms':>8}{'MB/s':>8}   of `import wandb`")
    whole = min(_import_wandb() for _ in range(2))
    print(f"{'import wandb':38}{whole * 1000:8.0f}{'':8}{1:14.2f}")
    cpu: dict[str, float] = {}
    for name, prepare, step in _steps(folder):
        took = cpu[name] = min(_timed(step, prepare()) for _ in range(options.repeat))
        print(f"{name:38}{took * 1000:8.0f}{size / took:8.0f}{took / whole:14.2f}")
    print(f"\nall metrics: {cpu['scan all metrics'] / cpu['scan two metrics']:.2f} times two (goal 1.3)\n")


_Prepare = Callable[[], LocalService | None]


def _steps(folder: Path) -> list[tuple[str, _Prepare, Callable[[LocalService | None], object]]]:
    def opened() -> LocalService:
        return LocalService(folder)

    def listing(service: LocalService | None) -> object:
        wanted = Wanted(config=None, summary=None)
        request = PageRequest("", "", wandb_selector({"config.lr": {"$gt": 0}}, "-summary_metrics.loss"), wanted=wanted)
        return (service or opened()).runs_page(request)

    def histories(keys: tuple[str, ...] | None, samples: int | None) -> Callable[[LocalService | None], object]:
        def read(service: LocalService | None) -> object:
            assert service is not None
            ids = tuple(run.id for run in service.runs_page(PageRequest("", "", per_page=10_000)).runs)
            return sum(found.length for found in service.histories(HistoryRequest("", "", ids, keys, samples)))

        return read

    def catalog(service: LocalService | None) -> object:
        assert service is not None
        return service.catalog("", "", metrics=True)

    two = ("loss", "acc")
    return [
        ("list, with config and summary", lambda: None, listing),
        ("list once more", opened, listing),
        ("scan two metrics", opened, histories(two, None)),
        ("two metrics, 200 samples a run", opened, histories(two, 200)),
        ("scan all metrics", opened, histories(None, None)),
        ("catalog with the logged metrics", opened, catalog),
    ]


def _corpus(runs: int, steps: int) -> Path:
    """The folder of runs; written if it is not there yet."""
    folder = Path(tempfile.gettempdir()) / f"runql-bench-{runs}x{steps}"
    if not (folder / "done").exists():
        folder.mkdir(exist_ok=True)
        environment = {**os.environ, "WANDB_MODE": "offline", "WANDB_ERROR_REPORTING": "false"}
        subprocess.run([sys.executable, "-c", _WRITER, str(runs), str(steps)], cwd=folder, env=environment, check=True)
        (folder / "done").touch()
    return folder


def _timed(step: Callable[[LocalService | None], object], service: LocalService | None) -> float:
    start = time.process_time()
    step(service)
    return time.process_time() - start


def _import_wandb() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import wandb"], check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
