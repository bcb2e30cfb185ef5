"""What the table stages take over many rows, against polars and pandas on the same columns.

python benchmarks/bench_stages.py [--rows 1000000] [--only group,corr] [--reference] [--repeat 3]

Each begins with columns as its owner holds them (typed columns here, frames there) and ends with such columns. The
ratio is to the faster of the two libraries, in the same run. Where a library has no like of a stage, or says less, its
nearest expression stands there. `--reference` adds the same stage row by row in Python. Times are the best of several,
in seconds; what loading the libraries takes is left out.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from runql.engine.stages import StageContext, dispatch, run_stage
from runql.engine.table import Table
from runql.engine.values.column import Repeats, column_of
from runql.semantic.typed import (
    ColumnPick,
    Named,
    Pivoted,
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
    TPivot,
    TSmooth,
    TSort,
    TStage,
    TWhere,
)
from runql.semantic.values import MISSING
from runql.syntax.tree import ArithmeticOp, Comparison, Goal

RUNS = 100
HISTORIES = StageContext.of_histories("_step", ("loss", "acc"), ("config.lr",))
LOSS, STEP = TCell("loss"), TCell("_step")
ACC, PARAMS = Named("acc", TCell("summary.acc")), Named("params", TCell("summary.params"))
LR, OPT = Named("config.lr", TCell("config.lr")), Named("config.opt", TCell("config.opt"))
Work = Callable[[], object]


def histories(count: int) -> Table:
    """So many rows of 100 runs with two metrics, the second one logged every tenth step."""
    draw = random.Random(7)
    steps = count // RUNS
    loss = [draw.random() for _ in range(steps * RUNS)]
    acc = [1 - one if row % 10 == 0 else MISSING for row, one in enumerate(loss)]
    return Table.of(
        {
            "run_id": Repeats([f"run{run:03}" for run in range(RUNS)], [steps] * RUNS),
            "_step": column_of(list(range(steps)) * RUNS),
            "loss": column_of(loss),
            "acc": column_of(acc),
            "config.lr": Repeats([(0.1, 0.01, 0.001)[run % 3] for run in range(RUNS)], [steps] * RUNS),
        }
    )


def runs(count: int, *, times: int = 1) -> Table:
    """A table of so many runs: two settings of few values, two metrics that differ in each. Each stands there so many
    times, one copy of all below the other."""
    draw, count = random.Random(7), count // times
    columns: dict[str, list[Any]] = {
        "id": [f"r{row}" for row in range(count)],
        "config.lr": [draw.choice((0.1, 0.01, 0.001)) for _ in range(count)],
        "config.opt": [draw.choice(("adam", "sgd")) for _ in range(count)],
        "summary.acc": [draw.random() for _ in range(count)],
        "summary.params": [draw.random() for _ in range(count)],
    }
    return Table({name: column_of(cells * times) for name, cells in columns.items()}, count * times)


def folds(*names: str) -> tuple[Named, ...]:
    return tuple(Named(name, TFold(name, LOSS)) for name in names)


OF_HISTORIES: dict[str, TStage] = {
    "where": TWhere(TAnd((TCompare(Comparison.LT, LOSS, TConst(0.5)), TCompare(Comparison.GT, STEP, TConst(100))))),
    "derive": TDerive(
        (Named("ratio", TArithmetic(ArithmeticOp.DIV, LOSS, TArithmetic(ArithmeticOp.ADD, STEP, TConst(1)))),)
    ),
    "order": TSort(((LOSS, True),)),
    "order, two keys": TSort(((TCell("config.lr"), False), (LOSS, False))),
    "group, 3 groups": TGroup((ColumnPick("config.lr"),), folds("mean", "std")),
    "group, one a step": TGroup((ColumnPick("config.lr"), ColumnPick("_step")), folds("mean", "std")),
    "group, one a row": TGroup((ColumnPick("run_id"), ColumnPick("_step")), folds("median")),
    "group, min and median": TGroup((ColumnPick("config.lr"),), folds("min", "median")),
    "smooth ema": TSmooth("ema", 0.9),
    "smooth mean": TSmooth("mean", 20),
    "bin": TBin(100),
    "pivot": TPivot(
        (Pivoted("mean", TFold("mean", LOSS)),),
        (Named("run_id", TCell("run_id")),),
        Named("lr", TCell("config.lr")),
    ),
}
OF_RUNS: dict[str, TStage] = {
    "group by text": TGroup((ColumnPick("config.opt"),), (Named("mean", TFold("mean", ACC.value)),)),
    "describe": TDescribe(),
    "corr, two fields": TCorr(ACC),
    "distinct, two columns": TDistinct((ColumnPick("config.lr"), ColumnPick("config.opt"))),
    "distinct, all columns": TDistinct(),
    "holes": THoles((LR, OPT)),
    "duplicates": TDuplicates((LR, OPT)),
    "pareto": TPareto(((Goal.MAX, ACC), (Goal.MIN, PARAMS))),
}

OF_TWICE: dict[str, TStage] = {"distinct, each row twice": TDistinct()}


# ---------------------------------------------------------------- the same elsewhere


def polars_of_histories(table: Table) -> dict[str, Work]:
    """Each from a frame that is there to a frame."""
    import polars as pl

    frame = to_polars(table)
    loss, acc, step = pl.col("loss"), pl.col("acc"), pl.col("_step")
    keyed = frame.group_by("config.lr", "_step")
    return {
        "where": lambda: frame.filter((loss < 0.5) & (step > 100)),
        "derive": lambda: frame.with_columns(ratio=loss / (step + 1)),
        "order": lambda: frame.sort("loss", descending=True, maintain_order=True),
        "order, two keys": lambda: frame.sort("config.lr", "loss", maintain_order=True),
        "group, 3 groups": lambda: frame.group_by("config.lr").agg(mean=loss.mean(), std=loss.std(), n=pl.len()),
        "group, one a step": lambda: keyed.agg(mean=loss.mean(), std=loss.std(), n=pl.len()).sort("config.lr", "_step"),
        "group, one a row": lambda: (
            frame.group_by("run_id", "_step").agg(loss.median(), n=pl.len()).sort("run_id", "_step")
        ),
        "group, min and median": lambda: frame.group_by("config.lr").agg(least=loss.min(), median=loss.median()),
        "smooth ema": lambda: frame.with_columns(
            loss.ewm_mean(alpha=0.1, ignore_nulls=True).over("run_id"),
            acc.ewm_mean(alpha=0.1, ignore_nulls=True).over("run_id"),
        ),
        "smooth mean": lambda: frame.with_columns(
            loss.rolling_mean(20, min_samples=1).over("run_id"), acc.rolling_mean(20, min_samples=1).over("run_id")
        ),
        "bin": lambda: (
            frame.group_by("run_id", step // 100).agg(loss.mean(), acc.mean(), n=pl.len()).sort("run_id", "_step")
        ),
        "pivot": lambda: frame.pivot("config.lr", index="run_id", values="loss", aggregate_function="mean"),
    }


def polars_of_runs(table: Table) -> dict[str, Work]:
    import polars as pl

    frame = to_polars(table)
    lr, opt, acc = pl.col("config.lr"), pl.col("config.opt"), pl.col("summary.acc")

    def holes() -> object:
        every = frame.select(lr.unique()).join(frame.select(opt.unique()), how="cross")
        return every.join(frame.select(lr, opt).unique(), on=["config.lr", "config.opt"], how="anti")

    def describe() -> object:
        """What `describe` of polars lacks: how many different values, and the most frequent one with its count."""
        counts = [
            pl.col(name).value_counts(sort=True).first().struct.field("count").alias(name) for name in table.names
        ]
        return frame.describe(), frame.select(pl.all().n_unique()), frame.select(counts)

    def corr() -> object:
        """The rank correlation, and eta from the means of the groups."""
        of_group = frame.group_by(opt).agg(acc.mean(), n=pl.len())
        return frame.select(pl.corr("config.lr", "summary.acc", method="spearman"), acc.var()), of_group

    return {
        "group by text": lambda: frame.group_by(opt).agg(acc.mean(), n=pl.len()).sort("config.opt"),
        "describe": describe,
        "corr, two fields": corr,
        "distinct, two columns": lambda: frame.unique(["config.lr", "config.opt"], keep="first", maintain_order=True),
        "distinct, all columns": lambda: frame.unique(keep="first", maintain_order=True),
        "holes": holes,
        "duplicates": lambda: frame.group_by("config.lr", "config.opt").agg(pl.len(), pl.col("id")),
    }


def pandas_of_histories(table: Table) -> dict[str, Work]:
    frame = to_pandas(table)
    by_run = frame.groupby("run_id", sort=False)[["loss", "acc"]]
    return {
        "where": lambda: frame[(frame["loss"] < 0.5) & (frame["_step"] > 100)],
        "derive": lambda: frame.assign(ratio=frame["loss"] / (frame["_step"] + 1)),
        "order": lambda: frame.sort_values("loss", ascending=False, kind="stable"),
        "order, two keys": lambda: frame.sort_values(["config.lr", "loss"], kind="stable"),
        "group, 3 groups": lambda: frame.groupby("config.lr")["loss"].agg(["mean", "std", "size"]),
        "group, one a step": lambda: frame.groupby(["config.lr", "_step"])["loss"].agg(["mean", "std", "size"]),
        "group, one a row": lambda: frame.groupby(["run_id", "_step"])["loss"].agg(["median", "size"]),
        "group, min and median": lambda: frame.groupby("config.lr")["loss"].agg(["min", "median"]),
        "smooth mean": lambda: by_run.rolling(20, min_periods=1).mean(),
        "bin": lambda: frame.groupby(["run_id", frame["_step"] // 100])[["loss", "acc"]].agg("mean"),
        "pivot": lambda: frame.pivot_table(index="run_id", columns="config.lr", values="loss", aggfunc="mean"),
    }


def pandas_of_runs(table: Table) -> dict[str, Work]:
    frame = to_pandas(table)
    names = ["config.lr", "config.opt"]

    def corr() -> object:
        means = frame.groupby("config.opt")["summary.acc"].agg(["mean", "size"])
        return frame["config.lr"].rank().corr(frame["summary.acc"].rank()), means, frame["summary.acc"].var()

    return {
        "group by text": lambda: frame.groupby("config.opt")["summary.acc"].agg(["mean", "size"]),
        "describe": lambda: frame.describe(include="all"),
        "corr, two fields": corr,
        "distinct, two columns": lambda: frame.drop_duplicates(names),
        "distinct, all columns": lambda: frame.drop_duplicates(ignore_index=True),
        "duplicates": lambda: frame.groupby(names)["id"].agg(["size", list]),
    }


def polars_of_twice(table: Table) -> dict[str, Work]:
    frame = to_polars(table)
    return {"distinct, each row twice": lambda: frame.unique(keep="first", maintain_order=True)}


def pandas_of_twice(table: Table) -> dict[str, Work]:
    frame = to_pandas(table)
    return {"distinct, each row twice": lambda: frame.drop_duplicates(ignore_index=True)}


def to_polars(table: Table) -> Any:
    import polars as pl

    return pl.DataFrame({name: [None if c is MISSING else c for c in cells] for name, cells in table.columns.items()})


def to_pandas(table: Table) -> Any:
    import pandas as pd

    return pd.DataFrame({name: [None if c is MISSING else c for c in cells] for name, cells in table.columns.items()})


# ---------------------------------------------------------------- times


def best(work: Work, times: int) -> float:
    """The shortest of several times, in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def ours(stage: TStage, table: Table, context: StageContext, threshold: int | None = None) -> Work:
    """A stage, by arrays from so many rows on."""

    def work() -> object:
        before, dispatch.FAST_ROWS = dispatch.FAST_ROWS, dispatch.FAST_ROWS if threshold is None else threshold
        try:
            return run_stage(stage, table, context)
        finally:
            dispatch.FAST_ROWS = before

    return work


def lines(
    stages: dict[str, TStage],
    table: Table,
    context: StageContext,
    others: Sequence[dict[str, Work]],
    options: argparse.Namespace,
) -> Iterator[str]:
    wanted = options.only.split(",") if options.only else [""]
    for name, stage in stages.items():
        if not any(name.startswith(each) for each in wanted):
            continue
        mine = best(ours(stage, table, context), options.repeat)
        theirs = [best(other[name], options.repeat) if name in other else None for other in others]
        known = [one for one in theirs if one is not None]
        cells = "".join(f"{'' if one is None else f'{one:.3f}':>10}" for one in theirs)
        ratio = f"{mine / min(known):.1f}" if known else ""
        slow = f"{best(ours(stage, table, context, 10**12), 1):12.2f}" if options.reference else ""
        yield f"{name:24}{mine:10.3f}{cells}{ratio:>8}{slow}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", help="stages whose names begin so, with commas between")
    parser.add_argument("--repeat", type=int, default=3, help="the best of so many times")
    parser.add_argument("--reference", action="store_true", help="also row by row")
    options = parser.parse_args()
    print(f"{options.rows:,} rows{'':10}{'runql':>14}{'polars':>10}{'pandas':>10}{'ratio':>8}")
    table = histories(options.rows)
    others = [polars_of_histories(table), pandas_of_histories(table)]
    for line in lines(OF_HISTORIES, table, HISTORIES, others, options):
        print(line, flush=True)
    table = runs(options.rows)
    others = [polars_of_runs(table), pandas_of_runs(table)]
    for line in lines(OF_RUNS, table, StageContext.of_runs(), others, options):
        print(line, flush=True)
    table = runs(options.rows, times=2)
    others = [polars_of_twice(table), pandas_of_twice(table)]
    for line in lines(OF_TWICE, table, StageContext.of_runs(), others, options):
        print(line, flush=True)


if __name__ == "__main__":
    main()
