"""Trains the networks of the demo on scikit-learn's digits, and keeps what the official SDK wrote about them.

    python examples/demo/train.py [--out runql/demo/wandb] [--jobs 2]

Each network is trained in a process of its own, offline, in a temporary folder. Kept are the `run-<id>.wandb`
files. Losses, ids, names and dates are the same at every build; durations are those of the machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from network import Floats, Labels, Network, Optimizer
from study import Trial, trials

ROOT = Path(__file__).resolve().parents[2]
MAX_BYTES = 2_000_000
SAMPLES_A_STEP = 512
TRAIN_ROWS = 1347
VAL_EVERY = 10
STATS_EVERY = 12


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "runql" / "demo" / "wandb", help="where the runs are kept")
    parser.add_argument("--jobs", type=int, default=2, help="how many networks are trained at a time")
    parser.add_argument("--trial", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.trial is not None:
        train(trials()[arguments.trial], Path.cwd())
        return 0
    return build(arguments.out, arguments.jobs)


def build(out: Path, jobs: int) -> int:
    """Trains everything, replaces `out`, and says what came of it."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        work = Path(folder)
        save_digits(work / "digits.npz")
        with ThreadPoolExecutor(jobs) as pool:
            exits = list(pool.map(lambda trial: start(trial, work), trials()))
        files = sorted((work / "wandb").glob("offline-run-*/run-*.wandb"))
        if len(files) != len(exits):
            print(f"{len(exits)} runs were started, but {len(files)} files were written", file=sys.stderr)
            return 1
        shutil.rmtree(out, ignore_errors=True)
        for file in files:
            (out / file.parent.name).mkdir(parents=True)
            shutil.copyfile(file, out / file.parent.name / file.name)
    size = sum(file.stat().st_size for file in out.glob("*/*.wandb"))
    print(f"{len(exits)} runs, {size:,} bytes; exit codes: {dict(Counter(exits))}")
    return int(size > MAX_BYTES)


def save_digits(path: Path) -> None:
    """scikit-learn's digits, shuffled: 1,797 pictures of 8 × 8 grey values from 0 to 1."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    np.savez(path, pixels=(pixels[order] / 16).astype(np.float32), labels=labels[order].astype(np.int64))


def start(trial: Trial, work: Path) -> int:
    """Trains one network in a process of its own. Gives its exit code, negative if a signal ended it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    environment = kept | {
        "HOME": str(work),
        "TZ": "UTC",
        "WANDB_MODE": "offline",
        "WANDB_SILENT": "true",
        "WANDB_DISABLE_GIT": "true",
        "WANDB_DISABLE_CODE": "true",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, str(Path(__file__).resolve()), "--trial", str(trial.number)]
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
    last_line = (done.stderr.strip().splitlines() or [""])[-1]
    print(f"{trial.number:3}  {trial.id}  {trial.name:24} exit {done.returncode:2}  {last_line[:80]}", flush=True)
    return done.returncode


def train(trial: Trial, work: Path) -> None:
    """Trains one network and logs it. Raises what the network raises: that is a failed run."""
    set_clock(trial)
    run = open_run(trial, work)
    with np.load(work / "digits.npz") as digits:
        pixels, labels = digits["pixels"], digits["labels"]
    network = Network(trial.sizes, trial.seed)
    run.summary["params"] = network.parameter_count
    with np.errstate(all="ignore"):
        for step, row in enumerate(learn(trial, network, pixels, labels)):
            run.log(row)
            if trial.steps > 100 and step % STATS_EVERY == 0:
                log_machine(run)
            if step == trial.killed_at:
                time.sleep(1)  # until the SDK has written what it holds
                os.kill(os.getpid(), signal.SIGKILL)
            if trial.stop_on_nan and np.isnan(row["loss"]):
                raise FloatingPointError(f"the loss is not a number at step {step}")
    run.finish()


def learn(trial: Trial, network: Network, pixels: Floats, labels: Labels) -> Iterator[dict[str, float]]:
    """One row of metrics a step: means over the batches of the step, and every ten steps the held-out rows."""
    if trial.batch_size > TRAIN_ROWS:
        raise ValueError(f"a batch of {trial.batch_size} rows cannot be drawn from {TRAIN_ROWS}")
    optimizer = Optimizer(trial.optimizer, trial.lr, trial.config.get("momentum", 0.0), network.weights)
    dice = np.random.default_rng(trial.seed)
    for step in range(trial.steps):
        scores = []
        for _ in range(max(1, SAMPLES_A_STEP // trial.batch_size)):
            batch = dice.choice(TRAIN_ROWS, trial.batch_size, replace=False)
            gradients, loss, accuracy = network.gradients(pixels[batch], labels[batch])
            optimizer.update(network.weights, gradients)
            scores.append((loss, accuracy))
        loss, accuracy = np.mean(scores, axis=0)
        row = {"loss": short(loss), "acc": short(accuracy)}
        if step % VAL_EVERY == VAL_EVERY - 1:
            loss, accuracy = network.score(pixels[TRAIN_ROWS:], labels[TRAIN_ROWS:])
            row |= {"val/loss": short(loss), "val/acc": short(accuracy)}
        yield row


def short(value: float) -> float:
    """Four digits are enough to look at, and keep the files small."""
    return float(f"{value:.4g}")


def set_clock(trial: Trial) -> None:
    """Moves this process to the day of its trial, so that the demo does not depend on when it was built."""
    clock = time.time
    offset = trial.start.timestamp() - clock()
    time.time = lambda: round(clock() + offset, 2)


def open_run(trial: Trial, work: Path) -> Any:
    """A run of the official SDK that says nothing about the machine, its user, or the folder."""
    import wandb

    settings = wandb.Settings(
        root_dir=str(work),
        host="demo",
        username="demo",
        email="",
        program="train.py",
        program_abspath="train.py",
        program_relpath="train.py",
        console="off",
        save_code=False,
        x_executable="python",
        x_disable_meta=True,
        x_disable_machine_info=True,
        x_disable_stats=True,
        x_save_requirements=False,
        x_transaction_log_flush_interval=0.2,
    )
    return wandb.init(
        project="demo",
        id=trial.id,
        name=trial.name,
        group=trial.group,
        job_type=trial.job_type,
        tags=trial.tags,
        notes=trial.notes,
        config=trial.config,
        settings=settings,
    )


def log_machine(run: Any) -> None:
    """What this process takes, under the names that the SDK's own sampler uses, at the time of the trial's clock."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    stats = {
        "cpu": round(100 * time.process_time() / max(time.perf_counter() - STARTED, 1e-9), 1),
        "proc.memory.rssMB": round(used.ru_maxrss / 1024, 1),
    }
    interface = run._interface
    record = interface._make_stats(stats)
    record.timestamp.FromMilliseconds(int(time.time() * 1000))
    interface._publish(interface._make_record(stats=record))


STARTED = time.perf_counter()

if __name__ == "__main__":
    sys.exit(main())
