"""What the table stages take over many rows: row by row in Python, on NumPy arrays (what RunQL does), and in polars.

python benchmarks/bench_stages.py [--rows 1000000] [--without-reference]

The rows are those of histories: 100 runs with two metrics, the second one logged every tenth step. Each stage begins
with Python lists and ends with them, as the engine has them; for polars the conversion to and from its frames is a line
of its own. Below stand stages of runs, of which polars has no like. Times are the best of three (row by row and stages
of runs: of one), in seconds.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import Any

from runql.engine.stages import StageContext, dispatch, run_stage
from runql.engine.table import Table
from runql.semantic.typed import (
    ColumnPick,
    Named,
    TAnd,
    TArithmetic,
    TBin,
    TCell,
    TCompare,
    TConst,
    TCorr,
    TDerive,
    TDescribe,
    TDistinct,
    TDuplicates,
    TFold,
    TGroup,
    THoles,
    TPareto,
    TSmooth,
    TSort,
    TStage,
    TWhere,
)
from runql.semantic.values import MISSING
from runql.syntax.tree import ArithmeticOp, Comparison, Goal

RUNS = 100
CONTEXT = StageContext.of_histories("_step", ("loss", "acc"), ("config.lr",))
LOSS, STEP = TCell("loss"), TCell("_step")
SIZES = (1_000, 5_000, 20_000, 50_000)


def history(count: int) -> Table:
    """So many rows of histories."""
    random.seed(7)
    steps = count // RUNS
    loss = [random.random() for _ in range(count)]
    return Table.of(
        {
            "run_id": [f"run{row // steps:03}" for row in range(count)],
            "_step": [row % steps for row in range(count)],
            "loss": loss,
            "acc": [1 - loss[row] if row % 10 == 0 else MISSING for row in range(count)],
            "config.lr": [(0.1, 0.01, 0.001)[row // steps % 3] for row in range(count)],
        }
    )


STAGES: dict[str, TStage] = {
    "where": TWhere(
        TAnd((TCompare(Comparison.LT, LOSS, TConst(0.5)), TCompare(Comparison.GT, STEP, TConst(100)))),
    ),
    "derive": TDerive(
        (Named("ratio", TArithmetic(ArithmeticOp.DIV, LOSS, TArithmetic(ArithmeticOp.ADD, STEP, TConst(1)))),)
    ),
    "order": TSort(((LOSS, True),)),
    "order by two": TSort(((TCell("config.lr"), False), (LOSS, False))),
    "group, few groups": TGroup(
        (ColumnPick("config.lr"),), (Named("mean", TFold("mean", LOSS)), Named("std", TFold("std", LOSS)))
    ),
    "group, one a step": TGroup(
        (ColumnPick("config.lr"), ColumnPick("_step")),
        (Named("mean", TFold("mean", LOSS)), Named("ci95", TFold("ci95", LOSS))),
    ),
    "group, one a row": TGroup((ColumnPick("run_id"), ColumnPick("_step")), (Named("median", TFold("median", LOSS)),)),
    "smooth ema": TSmooth("ema", 0.9),
    "smooth mean": TSmooth("mean", 20),
    "bin": TBin(100),
}


def runs(count: int) -> Table:
    """A table of so many runs: two settings of few values, two metrics that differ in each."""
    draw = random.Random(7)
    return Table(
        {
            "id": [f"r{row}" for row in range(count)],
            "config.lr": [draw.choice((0.1, 0.01, 0.001)) for _ in range(count)],
            "config.opt": [draw.choice(("adam", "sgd")) for _ in range(count)],
            "summary.acc": [draw.random() for _ in range(count)],
            "summary.params": [draw.random() for _ in range(count)],
        },
        count,
    )


ACC, PARAMS = Named("acc", TCell("summary.acc")), Named("params", TCell("summary.params"))
SETTINGS = (Named("config.lr", TCell("config.lr")), Named("config.opt", TCell("config.opt")))
OF_RUNS: dict[str, TStage] = {
    "distinct": TDistinct((ColumnPick("config.lr"), ColumnPick("config.opt"))),
    "describe": TDescribe(),
    "corr": TCorr(ACC),
    "pareto": TPareto(((Goal.MAX, ACC), (Goal.MIN, PARAMS))),
    "holes": THoles(SETTINGS),
    "duplicates": TDuplicates(SETTINGS),
}


def of_runs(stage: TStage, table: Table, threshold: int) -> Callable[[], object]:
    """A stage of runs, by arrays from so many rows on."""

    def work() -> object:
        before, dispatch.FAST_ROWS = dispatch.FAST_ROWS, threshold
        try:
            return run_stage(stage, table, StageContext.of_runs())
        finally:
            dispatch.FAST_ROWS = before

    return work


def by_arrays(stage: TStage, table: Table) -> Callable[[], object]:
    return lambda: run_stage(stage, table, CONTEXT)


def by_reference(stage: TStage, table: Table) -> Callable[[], object]:
    def work() -> object:
        before, dispatch.FAST_ROWS = dispatch.FAST_ROWS, 10**12
        try:
            return run_stage(stage, table, CONTEXT)
        finally:
            dispatch.FAST_ROWS = before

    return work


def in_polars(table: Table) -> dict[str, Callable[[], Any]]:
    """The same in polars, each from a frame that is there to a frame."""
    import polars as pl

    frame = _to_polars(table)
    loss, step = pl.col("loss"), pl.col("_step")
    by_run = pl.col("acc").ewm_mean(alpha=0.1, ignore_nulls=True).over("run_id")
    return {
        "where": lambda: frame.filter((loss < 0.5) & (step > 100)),
        "derive": lambda: frame.with_columns(ratio=loss / (step + 1)),
        "order": lambda: frame.sort("loss", descending=True, maintain_order=True),
        "order by two": lambda: frame.sort("config.lr", "loss", maintain_order=True),
        "group, few groups": lambda: frame.group_by("config.lr").agg(mean=loss.mean(), std=loss.std(), n=pl.len()),
        "group, one a step": lambda: (
            frame.group_by("config.lr", "_step").agg(mean=loss.mean(), sd=loss.std()).sort("config.lr", "_step")
        ),
        "group, one a row": lambda: frame.group_by("run_id", "_step").agg(loss.median()).sort("run_id", "_step"),
        "smooth ema": lambda: frame.with_columns(loss.ewm_mean(alpha=0.1).over("run_id"), by_run),
        "smooth mean": lambda: frame.with_columns(
            loss.rolling_mean(20, min_samples=1).over("run_id"),
            pl.col("acc").rolling_mean(20, min_samples=1).over("run_id"),
        ),
        "bin": lambda: (
            frame.group_by("run_id", step // 100)
            .agg(loss.mean(), pl.col("acc").mean(), n=pl.len())
            .sort("run_id", "_step")
        ),
    }


def _to_polars(table: Table) -> Any:
    import polars as pl

    return pl.DataFrame({name: [None if c is MISSING else c for c in cells] for name, cells in table.columns.items()})


def _to_lists(frame: Any) -> object:
    return [[MISSING if cell is None else cell for cell in frame[name].to_list()] for name in frame.columns]


def best(work: Callable[[], object], times: int = 3) -> float:
    """The shortest of several times, in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--without-reference", action="store_true", help="do not time the rows one by one")
    options = parser.parse_args()

    start = time.perf_counter()
    import numpy as np
    import pandas as pd

    print(f"loading NumPy {np.__version__} and pandas {pd.__version__}: {time.perf_counter() - start:.2f} s\n")
    table = history(options.rows)
    polars = in_polars(table)
    print(f"{options.rows:,} rows, seconds{'':8}{'row by row':>12}{'arrays':>10}{'polars':>10}")
    for name, stage in STAGES.items():
        slow = "" if options.without_reference else f"{best(by_reference(stage, table), 1):.2f}"
        print(f"{name:28}{slow:>12}{best(by_arrays(stage, table)):10.2f}{best(polars[name]):10.2f}")
    print(f"{'to polars and back':28}{'':22}{best(lambda: _to_lists(_to_polars(table))):10.2f}\n")
    wide = runs(options.rows)
    for name, stage in OF_RUNS.items():
        slow = "" if options.without_reference else f"{best(of_runs(stage, wide, 10**9), 1):.2f}"
        print(f"{name:28}{slow:>12}{best(of_runs(stage, wide, 1), 1):10.2f}")
    print(f"\n{'where, milliseconds':28}{'row by row':>12}{'arrays':>10}")
    for size in SIZES:
        small, stage = history(size), STAGES["where"]
        dispatch.FAST_ROWS = 1
        fast = best(by_arrays(stage, small))
        print(f"{size:>16,} rows{'':7}{best(by_reference(stage, small)) * 1000:12.1f}{fast * 1000:10.1f}")
    print()


if __name__ == "__main__":
    main()
