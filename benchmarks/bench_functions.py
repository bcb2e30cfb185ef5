"""Functions of texts and times over a million rows beside polars, in the same run: seconds, and the ratio.

Columns are typed on both sides. The first time that a column of texts or times is used, what compares its cells is made
and kept; that time stands beside the best of three.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from runql.engine.stages import StageContext, run_stage
from runql.engine.stages.dispatch import values_of
from runql.engine.table import Table
from runql.engine.values.column import column_of
from runql.semantic.typed import Named, TCall, TCell, TConst, TFold, TGroup
from runql.semantic.values import RegexValue

ROWS = 1_000_000
NAMES = 7_000
ZONES = ("UTC", "Europe/Berlin")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """The first time, and the best of three."""
    taken = []
    for _ in range(3):
        start = perf_counter()
        work()
        taken.append(perf_counter() - start)
    return taken[0], min(taken)


def say(what: str, ours: tuple[float, float], theirs: tuple[float, float]) -> None:
    first, best = ours
    figures = f"{best:7.3f}  first {first:7.3f}  polars {theirs[1]:7.3f}  ratio {best / theirs[1]:5.1f}"
    sys.stdout.write(f"{what:<28} {figures}\n")


def columns() -> dict[str, list[Any]]:
    seconds = 1.7e9 + np.random.default_rng(0).random(ROWS) * 3.2e7
    return {
        "t": [datetime.fromtimestamp(one, UTC) for one in seconds.tolist()],
        "name": [f"run lr={row % (NAMES // 7) / 1000} s{row % 7}" for row in range(ROWS)],
        "lr": [row % 1000 / 1000 for row in range(ROWS)],
    }


def of_times(cells: dict[str, list[Any]]) -> None:
    """`group week(t) : count()` and its like."""
    frame = pl.DataFrame(cells)
    parts = {
        "week": pl.col("t").dt.truncate("1w"),
        "month": pl.col("t").dt.truncate("1mo"),
        "date": pl.col("t").dt.truncate("1d"),
        "hour": pl.col("t").dt.hour(),
    }
    for zone in ZONES:
        table = Table.of({name: column_of(values) for name, values in cells.items()})
        local = frame.with_columns(pl.col("t").dt.convert_time_zone(zone))
        for name, part in parts.items():
            key = Named("k", TCall(name, (TCell("t"),), ZoneInfo(zone)))
            stage = TGroup((key,), (Named("c", TFold("count")),))
            ours = timed(partial(run_stage, stage, table, StageContext.of_runs()))
            theirs = timed(partial(_counted, local, part))
            say(f"group {name}(t), {zone}", ours, theirs)


def _counted(frame: pl.DataFrame, part: pl.Expr) -> pl.DataFrame:
    return frame.group_by(part.alias("k")).len().sort("k")


def of_texts(cells: dict[str, list[Any]]) -> None:
    """One function a row."""
    name = pl.col("name")
    pairs: list[tuple[str, TCall, pl.Expr]] = [
        ("split", _call("split", " ", 1), name.str.split(" ").list.get(1)),
        ("replace", _call("replace", "lr", "x"), name.str.replace_all("lr", "x", literal=True)),
        ("replace re", _call("replace", RegexValue("s([0-9])"), "\\1"), name.str.replace_all("s([0-9])", "$1")),
        ("extract", _call("extract", "lr=([0-9.]+)"), name.str.extract("lr=([0-9.]+)", 1)),
        ("substr", _call("substr", 0, 3), name.str.slice(0, 3)),
        ("upper", _call("upper"), name.str.to_uppercase()),
        (
            "number(extract)",
            TCall("number", (_call("extract", "lr=([0-9.]+)"),)),
            name.str.extract("lr=([0-9.]+)", 1).cast(pl.Float64, strict=False),
        ),
        (
            "concat of two columns",
            TCall("concat", (TCell("name"), TConst("-"), TCell("lr"))),
            pl.concat_str(["name", pl.lit("-"), pl.col("lr").cast(pl.String)]),
        ),
    ]
    table = Table.of({key: column_of(values) for key, values in cells.items()})
    frame = pl.DataFrame(cells)
    for what, expr, theirs in pairs:
        say(what, timed(partial(values_of, expr, table)), timed(partial(frame.select, theirs)))


def _call(function: str, *rest: Any) -> TCall:
    return TCall(function, (TCell("name"), *map(TConst, rest)))


if __name__ == "__main__":
    made = columns()
    of_times(made)
    of_texts(made)
