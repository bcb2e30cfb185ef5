"""The stages of the language: one table for the checker, the engine, completion and the reference pages."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from runql.semantic import typed as t
from runql.text.frozen import frozen


class TableKind(StrEnum):
    """What the rows of a table are. A stage such as `group` makes rows of another kind."""

    RUNS = "runs"
    HISTORIES = "histories"
    OTHER = "other"


ANY_TABLE = frozenset(TableKind)
RUNS = frozenset({TableKind.RUNS})
HISTORIES = frozenset({TableKind.HISTORIES})
ROWS_OF_RUNS = frozenset({TableKind.RUNS, TableKind.OTHER})


@frozen
class StageInfo:
    """One stage. `nodes` are its typed forms; none for a stage that is to come.

    `streams`: it passes rows on while it reads, holding no more than one run, or what `distinct` has seen.
    `aggregates`: one value comes of many rows, so it is refused on sampled histories without `approx`.
    """

    name: str
    nodes: tuple[type[t.TStage], ...]
    syntax: str
    doc: str
    example: str
    tables: frozenset[TableKind] = ANY_TABLE
    streams: bool = False
    aggregates: bool = False


_CURVES = "runs limit 5 keys loss scan"

_TABLE = (
    StageInfo(
        "where",
        (t.TWhere,),
        "where EXPR",
        "The rows for which a condition is true.",
        "runs | where config.lr > 0.01",
        streams=True,
    ),
    StageInfo(
        "order",
        (t.TSort,),
        "order [-]EXPR, …",
        "The rows sorted; `-` puts the largest first. NaN, null and missing come last both ways.",
        "runs | order -summary.acc",
    ),
    StageInfo(
        "limit", (t.TLimit,), "limit N", "The first N rows.", "runs | order summary.loss | limit 3", streams=True
    ),
    StageInfo(
        "select",
        (t.TSelect,),
        "select EXPR [as NAME] | GLOB [except GLOB], …",
        "These columns and no others.",
        "runs | select name, summary.acc * 100 as percent",
        streams=True,
    ),
    StageInfo(
        "drop",
        (t.TDrop,),
        "drop COLUMN | GLOB, …",
        "All columns but these.",
        "runs select name, config.* | drop config.seed",
        streams=True,
    ),
    StageInfo(
        "rename",
        (t.TRename,),
        "rename OLD as NEW, …",
        "The same columns under other names.",
        "runs select name, summary.acc | rename summary.acc as acc",
        streams=True,
    ),
    StageInfo(
        "distinct",
        (t.TDistinct,),
        "distinct [by COLUMN, …]",
        "Each row once; by columns, the first row of each combination.",
        "runs select config.optimizer, config.model.depth | distinct",
        streams=True,
    ),
    StageInfo(
        "derive",
        (t.TDerive,),
        "derive NAME = EXPR, …",
        "New columns; each sees the ones before it.",
        "runs | derive gap = summary.val/loss - summary.loss",
        streams=True,
    ),
    StageInfo(
        "group",
        (t.TGroup,),
        "group KEY, … : [NAME =] AGGREGATE, …",
        "One row a group, in the order of the keys: the keys, the aggregates, and how many rows it has.",
        "runs | group config.* except config.seed : acc = mean(summary.acc), ci95(summary.acc)",
        aggregates=True,
    ),
    StageInfo(
        "best",
        (t.TBest,),
        "best min|max METRIC",
        "One row a run: where the metric was best, its value there and at the end, and the gap between them.",
        "runs keys val/acc scan | best max val/acc",
        HISTORIES,
        streams=True,
        aggregates=True,
    ),
    *(
        StageInfo(
            name,
            (t.TEdge,),
            name,
            f"The {name} row of each run.",
            f"{_CURVES} | {name}",
            HISTORIES,
            streams=True,
            aggregates=True,
        )
        for name in ("first", "last")
    ),
    StageInfo(
        "smooth",
        (t.TSmooth,),
        "smooth ema WEIGHT | mean ROWS",
        "Each metric smoothed along x, run by run: a debiased exponential mean, or that of the last values.",
        f"{_CURVES} | smooth ema 0.9",
        HISTORIES,
        streams=True,
    ),
    StageInfo(
        "bin",
        (t.TBin,),
        "bin x WIDTH",
        "One row for each stretch of x of that width, run by run: the mean of each metric, and how many rows it is of.",
        f"{_CURVES} | bin x 100",
        HISTORIES,
        streams=True,
    ),
    StageInfo(
        "resample",
        (t.TResample,),
        "resample N",
        "N evenly spaced points of x a run, each metric interpolated linearly between its own points.",
        f"{_CURVES} | resample 50",
        HISTORIES,
        streams=True,
    ),
    StageInfo(
        "align",
        (t.TAlignStage,),
        "align outer|inner|ffill|nearest",
        "Fill the cells of metrics that were logged at other x: with the value before, or with the nearest one.",
        "runs limit 5 keys loss, val/acc scan | align nearest",
        HISTORIES,
        streams=True,
    ),
    StageInfo(
        "pivot",
        (t.TPivot,),
        "pivot AGGREGATE by ROWS, COLUMNS",
        "A table of two keys: one row for each value of the first, one column for each of the second.",
        "runs | pivot mean(summary.acc) by config.optimizer, config.model.depth",
        aggregates=True,
    ),
    StageInfo(
        "diff",
        (t.TDiff,),
        "diff [vs RUN]",
        "Only the fields in which the runs differ: one row a field, one column a run.",
        "runs limit 2 | diff",
        RUNS,
    ),
    StageInfo(
        "corr",
        (t.TCorr,),
        "corr EXPR",
        "How strongly each config field goes with a value, strongest first.",
        "runs | corr summary.val/acc",
        ROWS_OF_RUNS,
    ),
    StageInfo(
        "pareto",
        (t.TPareto,),
        "pareto min|max EXPR, …",
        "The rows that no other row beats in every respect.",
        "runs | pareto max summary.acc, min summary.params",
        ROWS_OF_RUNS,
    ),
    StageInfo(
        "holes",
        (t.THoles,),
        "holes over EXPR, …",
        "The combinations of the values that occur which no row has.",
        "runs | holes over config.lr, config.seed",
        ROWS_OF_RUNS,
    ),
    StageInfo(
        "duplicates",
        (t.TDuplicates,),
        "duplicates by KEY, …",
        "The combinations that several rows have, with the ids of their runs.",
        "runs | duplicates by config.* except config.seed",
        ROWS_OF_RUNS,
    ),
    StageInfo(
        "describe",
        (t.TDescribe,),
        "describe",
        "A row for each column: its type, how many values, the smallest, the largest, the most frequent.",
        "runs select config.*, summary.* | describe",
        aggregates=True,
    ),
    StageInfo(
        "plot",
        (),
        "plot [line|scatter|bar|hist] [Y …] [vs X] [by FIELD] [log x|y]",
        "A chart.",
        f"{_CURVES} | plot line loss",
    ),
    StageInfo(
        "to",
        (t.TTo,),
        'to "FILE" [safe]',
        "Write the table to a file, whole or not at all, and pass it on; `safe`: no text is a spreadsheet's formula.",
        'runs | to "runs.csv"',
        streams=True,
    ),
    StageInfo(
        "assert",
        (t.TAssert,),
        'assert EXPR [, "MESSAGE"]',
        "Fail unless a condition holds in every row; one with aggregates is asked of the whole table.",
        'runs | assert count() > 0, "no runs"',
        streams=True,
    ),
)

STAGES: Mapping[str, StageInfo] = MappingProxyType({info.name: info for info in _TABLE})
"""The stages by name, in the order of the reference."""


def stage_name(stage: t.TStage) -> str:
    """The name under which the language knows a typed stage."""
    if isinstance(stage, t.TEdge):
        return "last" if stage.last else "first"
    return _NAME_OF[type(stage)]


_NAME_OF = {node: info.name for info in _TABLE for node in info.nodes}
