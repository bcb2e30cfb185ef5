"""What a join and a union take over many rows, against polars and pandas on the same columns.

python benchmarks/bench_joins.py [--rows 1000000] [--repeat 9]

Each begins with columns as its owner holds them (typed columns here, frames there) and ends with such columns. The
ratio is to polars, in the same run: it should be at most 3. polars keeps the order of the left table when it is asked
to, as here. Times are the best of several, in seconds; what loading the libraries takes is left out.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from runql.engine.stages import StageContext, run_stage
from runql.engine.stages.context import OtherTable
from runql.engine.table import Table
from runql.semantic.typed import TJoin, TOther, TStage, TUnion
from runql.syntax import tree
from runql.syntax.tree import JoinKind

OTHER = TOther("other", query=tree.Query(tree.Target.RUNS), name="the other table")
SEED, FEW = 11, 1_000
Work = Callable[[], object]


def tables(rows: int) -> dict[str, tuple[dict[str, list[Any]], dict[str, list[Any]], str]]:
    """The two tables of each case, and the key."""
    draw = random.Random(SEED)
    numbers = [draw.random() for _ in range(rows)]
    shuffled = random.Random(SEED).sample(range(rows), rows)
    return {
        "each key once, whole numbers": (
            {"k": list(range(rows)), "a": numbers},
            {"k": shuffled, "b": numbers},
            "k",
        ),
        "each key once, texts": (
            {"k": [f"run{row:07}" for row in range(rows)], "a": numbers},
            {"k": [f"run{row:07}" for row in shuffled], "b": numbers},
            "k",
        ),
        "many rows, few groups": (
            {"k": [draw.randrange(FEW) for _ in range(rows)], "a": numbers},
            {"k": list(range(FEW)), "b": numbers[:FEW]},
            "k",
        ),
        "half of the keys match": (
            {"k": list(range(rows)), "a": numbers},
            {"k": [2 * row for row in shuffled], "b": numbers},
            "k",
        ),
    }


def best(works: Sequence[Work], repeat: int) -> list[float]:
    """The shortest of several times of each, in seconds. They take turns: other work on the machine hits all."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(repeat):
        for work, taken in zip(works, times, strict=True):
            began = time.perf_counter()
            work()
            taken.append(time.perf_counter() - began)
    return [min(taken) for taken in times]


def ours(stage: TStage, left: Table, right: Table) -> Work:
    """The stage on typed columns."""
    return lambda: run_stage(stage, left, StageContext(ask=lambda _: OtherTable(right)))


def main() -> None:
    import pandas
    import polars

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=9)
    given = parser.parse_args()
    print(f"{'':<42}{'RunQL':>8}{'polars':>8}{'pandas':>8}{'ratio':>7}")
    for name, (mine, theirs, key) in tables(given.rows).items():
        left, right = Table.of(mine), Table.of(theirs)
        frames = polars.DataFrame(mine), polars.DataFrame(theirs)
        others = pandas.DataFrame(mine), pandas.DataFrame(theirs)
        for how in (JoinKind.INNER, JoinKind.LEFT):
            work: list[Work] = [
                ours(TJoin(OTHER, how, ((key, key),)), left, right),
                partial(_polars, frames, key, how.value),
                partial(_pandas, others, key, how.value),
            ]
            _show(f"{how.value}: {name}", best(work, given.repeat))
    rows: Mapping[str, Sequence[Any]] = {"k": list(range(given.rows)), "a": [0.5] * given.rows}
    wider = {**rows, "b": rows["a"]}
    parts, more = [polars.DataFrame(rows), polars.DataFrame(wider)], [pandas.DataFrame(rows), pandas.DataFrame(wider)]
    union: list[Work] = [
        ours(TUnion(OTHER), Table.of(rows), Table.of(wider)),
        lambda: polars.concat(parts, how="diagonal", rechunk=True),
        lambda: pandas.concat(more),
    ]
    _show("union", best(union, given.repeat))


def _polars(frames: tuple[Any, Any], key: str, how: str) -> object:
    return frames[0].join(frames[1], on=key, how=how, maintain_order="left_right")


def _pandas(frames: tuple[Any, Any], key: str, how: str) -> object:
    return frames[0].merge(frames[1], on=key, how=how)


def _show(name: str, times: list[float]) -> None:
    print(f"{name:<42}" + "".join(f"{one:>8.3f}" for one in times) + f"{times[0] / times[1]:>7.1f}", flush=True)


if __name__ == "__main__":
    main()
