"""What windows take over many rows, against polars on the same columns.

python benchmarks/bench_windows.py [--rows 1000000] [--repeat 9] [--only rank]

Each begins with columns as its owner holds them (typed columns here, a frame there) and ends with such a column. The
ratio is to polars, in the same run: it should be at most 3. Of both, groups and orders are worked out anew each time.
A mean of all rows stands twice: beside polars' window of all rows, and beside its aggregate, which is one pass over the
numbers and rounds at every step; ours is rounded once, which takes six.
Times are the best of several, in seconds; what loading the libraries takes is left out.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from runql.engine.stages import StageContext, run_stage
from runql.engine.table import Table
from runql.semantic.typed import Named, TCell, TDerive, TStage, TWindow

SEED, FEW, MANY = 11, 1_000, 100_000
Work = Callable[[], object]


def columns(rows: int) -> dict[str, list[Any]]:
    """Keys of few and of many groups, and texts, and values with gaps, ties and a step."""
    draw = random.Random(SEED)
    return {
        "k": [draw.randrange(FEW) for _ in range(rows)],
        "m": [draw.randrange(MANY) for _ in range(rows)],
        "t": [draw.choice(("adam", "sgd", "lion")) for _ in range(rows)],
        "x": [draw.random() for _ in range(rows)],
        "w": [draw.randrange(1_000) for _ in range(rows)],
        "y": [draw.random() if draw.random() > 0.1 else None for _ in range(rows)],
        "step": list(range(rows)),
    }


def window(
    name: str, argument: str | None = None, key: str | None = "k", order: str | None = None, n: int = 0
) -> TStage:
    """A window over columns; `-x` is descending."""
    along = () if order is None else ((TCell(order.lstrip("-")), order.startswith("-")),)
    inner = None if argument is None else TCell(argument)
    node = TWindow(name, inner, None, n or None, () if key is None else (TCell(key),), along)
    return TDerive((Named("made", node),))


def cases(polars: Any) -> Iterator[tuple[str, TStage, Any]]:
    """The name of each, our stage, and the expression of polars."""
    col = polars.col
    nth = polars.int_range(1, polars.len() + 1)
    yield "mean(x) over k", window("mean", "x"), col("x").mean().over("k")
    yield "mean(x) over all, no window there", window("mean", "x", None), col("x").mean()
    yield "mean(x) over all", window("mean", "x", None), col("x").mean().over(polars.lit(1))
    yield "sum(x) over m, 100,000 groups", window("sum", "x", "m"), col("x").sum().over("m")
    yield "std(y) over k, with gaps", window("std", "y"), col("y").std().over("k")
    yield "median(x) over k", window("median", "x"), col("x").median().over("k")
    yield "max(x) over t, texts", window("max", "x", "t"), col("x").max().over("t")
    yield "count() over k", window("count"), polars.len().over("k")
    yield "n_unique(w) over k", window("n_unique", "w"), col("w").n_unique().over("k")
    yield "first(x) over k order step", window("first", "x", "k", "step"), col("x").sort_by("step").first().over("k")
    rank = col("x").rank("min", descending=True)
    yield "rank() over k order -x", window("rank", None, "k", "-x"), rank.over("k")
    yield "rank() over all order -x", window("rank", None, None, "-x"), rank
    yield "dense_rank() over k order w", window("dense_rank", None, "k", "w"), col("w").rank("dense").over("k")
    yield "row_number() over k", window("row_number"), nth.over("k")
    yield "row_number() over k order -x", window("row_number", None, "k", "-x"), _sorted(nth, "x", True)
    yield "ntile(4) over k", window("ntile", None, "k", None, 4), ((nth - 1) * 4 // polars.len()).over("k")
    yield "lag(x) over k", window("lag", "x"), col("x").shift(1).over("k")
    yield "lag(x, 3) over k order step", window("lag", "x", "k", "step", 3), _sorted(col("x").shift(3), "step")
    yield "lag(y) over k, with gaps", window("lag", "y"), col("y").forward_fill().shift(1).over("k")
    yield "lead(x) over m, 100,000 groups", window("lead", "x", "m"), col("x").shift(-1).over("m")
    yield "cumsum(x) over k", window("cumsum", "x"), col("x").cum_sum().over("k")
    yield "cumsum(x) over k order -y", window("cumsum", "x", "k", "-y"), _sorted(col("x").cum_sum(), "y", True)
    yield "cumsum(w) over all, integers", window("cumsum", "w", None), col("w").cum_sum()
    yield "cummean(x) over k", window("cummean", "x"), (col("x").cum_sum() / col("x").cum_count()).over("k")
    yield "cummin(x) over k", window("cummin", "x"), col("x").cum_min().over("k")
    yield "cummax(x) over m, 100,000 groups", window("cummax", "x", "m"), col("x").cum_max().over("m")
    yield "delta(x) over k", window("delta", "x"), col("x").diff().over("k")
    yield "delta(y) over k, with gaps", window("delta", "y"), (col("y") - col("y").forward_fill().shift(1)).over("k")
    yield "ratio(x) over k", window("ratio", "x"), (col("x") / col("x").shift(1)).over("k")
    for name in ("mean", "sum", "min", "max", "median", "std", "var"):
        rolled = getattr(col("x"), f"rolling_{name}")(20, min_samples=2 if name in ("std", "var") else 1)
        yield f"{name}(x, last 20) over k", window(name, "x", n=20), rolled.over("k")


def _sorted(value: Any, key: str, descending: bool = False) -> Any:
    return value.over("k", order_by=key, descending=descending)


def best(works: tuple[Work, Work], repeat: int) -> list[float]:
    """The shortest of several times of each, in seconds. They take turns: other work on the machine hits both."""
    times: list[list[float]] = [[], []]
    for _ in range(repeat):
        for work, taken in zip(works, times, strict=True):
            began = time.perf_counter()
            work()
            taken.append(time.perf_counter() - began)
    return [min(taken) for taken in times]


def main() -> None:
    import polars

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    held = columns(given.rows)
    frame = polars.DataFrame(held)
    table = Table.of(held)
    print(f"{'':<36}{'RunQL':>8}{'polars':>8}{'ratio':>7}")
    for name, stage, expression in cases(polars):
        if given.only not in name:
            continue
        works = partial(run_stage, stage, table, StageContext()), partial(frame.select, expression)
        mine, theirs = best(works, given.repeat)
        print(f"{name:<36}{mine:>8.3f}{theirs:>8.3f}{mine / theirs:>7.1f}", flush=True)


if __name__ == "__main__":
    main()
