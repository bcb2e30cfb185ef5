"""How long the machine metrics of a run with many GPUs take, against W&B's own decoder on the same file.

    python -m benchmarks.bench_samples [--samples 12936] [--items 96] [--repeat 3]

W&B's side decodes each record with the SDK's protobuf classes and each value with `json.loads`, and keeps nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from wandb.proto import wandb_internal_pb2

from runql.sources.local import LocalService
from runql.sources.local.discover import find_run_files
from runql.sources.local.head_reader import read_run
from runql.sources.local.records import Frames
from runql.sources.protocol import HistoryRequest
from tests.sources.local import files

_OFFICIAL = "W&B's decoder"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=12_936)
    parser.add_argument("--items", type=int, default=96)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = _file(Path(folder), options.samples, options.items)
        service = LocalService(path)
        steps: dict[str, Callable[[], object]] = {
            _OFFICIAL: lambda: _official(path),
            "all but the samples, once": lambda: [read_run(file) for file in find_run_files(path).files],
            "all metrics": lambda: _asked(service, None),
            "two of them": lambda: _asked(service, ("system.gpu.0.m0", "system.gpu.3.m1")),
        }
        best = dict.fromkeys(steps, float("inf"))
        for _ in range(options.repeat):
            for name, step in steps.items():
                began = time.perf_counter()
                step()
                best[name] = min(best[name], time.perf_counter() - began)
    print(f"{options.samples:,} samples of {options.items} items; best of {options.repeat}\n")
    for name, took in best.items():
        print(f"{name:30}{took:8.2f} s{took / best[_OFFICIAL]:8.2f} of W&B's")


def _file(folder: Path, samples: int, items: int) -> Path:
    draw = random.Random(1)
    names = [f"gpu.{at % 8}.m{at // 8}" for at in range(items)]
    bodies = [files.run("gpus")]
    for at in range(samples):
        values = {
            name: round(draw.random() * 100, 3) if n % 5 else draw.randrange(10**9) for n, name in enumerate(names)
        }
        bodies.append(files.stats(1.7e9 + at * 15, values))
    return files.write(folder, files.log([*bodies, files.exit_()]), "gpus")


def _asked(service: LocalService, keys: tuple[str, ...] | None) -> object:
    return list(service.histories(HistoryRequest("", "", ("gpus",), keys, samples=500, stream="system")))


def _official(path: Path) -> int:
    count = 0
    with path.open("rb") as file:
        for data, start, end, _ in Frames(file, os.fstat(file.fileno()).st_size):
            record = wandb_internal_pb2.Record()  # type: ignore[attr-defined]
            record.ParseFromString(data[start:end])
            for item in record.stats.item if record.WhichOneof("record_type") == "stats" else ():
                json.loads(item.value_json)
                count += len(item.key) > 0
    return count


if __name__ == "__main__":
    main()
