"""Reading TensorBoard logs, against TensorBoard's own two readers in the same run, in seconds of processor time.

python benchmarks/bench_tensorboard.py [--points 100000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
from tensorboardX import SummaryWriter

from runql.sources.protocol import HistoryRequest
from runql.sources.tensorboard import TensorboardService

TAGS = ("train/loss", "train/acc", "lr", "grad_norm")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=100_000)
    points = parser.parse_args().points
    with TemporaryDirectory() as name:
        folder = Path(name)
        with SummaryWriter(str(folder)) as log:
            for step in range(points // len(TAGS)):
                for tag in TAGS:
                    log.add_scalar(tag, step / 2, step)
        _report(folder, points)


def _report(folder: Path, points: int) -> None:
    service = TensorboardService(folder)
    request = HistoryRequest("", "", (".",), keys=TAGS[:1], samples=None)
    old, new = event_accumulator.EventAccumulator, plugin_event_accumulator.EventAccumulator
    cases: dict[str, Callable[[], object]] = {
        "EventAccumulator": lambda: old(str(folder), size_guidance={"scalars": 0}).Reload(),
        "the one of the plugins": lambda: new(str(folder), size_guidance={"tensors": 0}).Reload(),
        "RunQL, the list of runs": lambda: TensorboardService(folder),
        "RunQL, again": service.look,
        "RunQL, one curve": lambda: [*service.histories(request)],
    }
    print(f"TensorBoard logs, {points:,} points\n\n{'':28}{'s':>8}   of `EventAccumulator`")
    whole = None
    for name, call in cases.items():
        start = time.process_time()
        call()
        took = time.process_time() - start
        whole = took if whole is None else whole
        print(f"{name:28}{took:8.2f}{took / whole:14.2f}")
    print()


if __name__ == "__main__":
    main()
