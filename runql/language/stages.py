"""The stages, in the order of the reference. Each has a node, a check and a body of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import StageEntry
from runql.language.kinds import HISTORIES, ROWS_OF_RUNS, RUNS, TableKind

_CURVES = "runs limit 5 keys loss scan"

_TABLE = (
    StageEntry(
        "where EXPR",
        "The rows for which a condition is true.",
        "runs | where config.lr > 0.01",
        terminal="WHERE",
        streams=True,
    ),
    StageEntry(
        "order [-]EXPR, …",
        "The rows sorted; `-` puts the largest first. NaN, null and missing come last both ways.",
        "runs | order -summary.acc",
        terminal="ORDER",
    ),
    StageEntry(
        "limit N",
        "The first N rows.",
        "runs | order summary.loss | limit 3",
        terminal="LIMIT",
        streams=True,
    ),
    StageEntry(
        "select EXPR [as NAME] | GLOB [except GLOB], …",
        "These columns and no others.",
        "runs | select name, summary.acc * 100 as percent",
        terminal="SELECT",
        streams=True,
    ),
    StageEntry(
        "drop COLUMN | GLOB, …",
        "All columns but these.",
        "runs select name, config.* | drop config.seed",
        terminal="DROP",
        streams=True,
    ),
    StageEntry(
        "rename OLD as NEW, …",
        "The same columns under other names.",
        "runs select name, summary.acc | rename summary.acc as acc",
        terminal="RENAME",
        streams=True,
    ),
    StageEntry(
        "distinct [by COLUMN, …]",
        "Each row once; by columns, the first row of each combination.",
        "runs select config.optimizer, config.model.depth | distinct",
        terminal="DISTINCT",
        streams=True,
    ),
    StageEntry(
        "derive NAME = EXPR, …",
        "New columns; each sees the ones before it.",
        "runs | derive gap = summary.val/loss - summary.loss",
        terminal="DERIVE",
        streams=True,
    ),
    StageEntry(
        "group KEY, … : [NAME =] AGGREGATE, …",
        "One row a group, in the order of the keys: the keys, the aggregates, and how many rows it has.",
        "runs | group config.* except config.seed : acc = mean(summary.acc), ci95(summary.acc)",
        terminal="GROUP",
        gives=TableKind.OTHER,
        aggregates=True,
    ),
    StageEntry(
        "best min|max METRIC",
        "One row a run: where the metric was best, its value there and at the end, and the gap between them.",
        "runs keys val/acc scan | best max val/acc",
        terminal="BEST",
        takes=HISTORIES,
        gives=TableKind.OTHER,
        streams=True,
        aggregates=True,
    ),
    StageEntry(
        "first",
        "The first row of each run.",
        f"{_CURVES} | first",
        terminal="FIRST_ROW",
        takes=HISTORIES,
        gives=TableKind.OTHER,
        streams=True,
        aggregates=True,
    ),
    StageEntry(
        "last",
        "The last row of each run.",
        f"{_CURVES} | last",
        terminal="LAST_ROW",
        takes=HISTORIES,
        gives=TableKind.OTHER,
        streams=True,
        aggregates=True,
    ),
    StageEntry(
        "smooth ema WEIGHT | mean ROWS",
        "Each metric smoothed along x, run by run: a debiased exponential mean, or that of the last values.",
        f"{_CURVES} | smooth ema 0.9",
        terminal="SMOOTH",
        takes=HISTORIES,
        streams=True,
    ),
    StageEntry(
        "bin x WIDTH",
        "One row for each stretch of x of that width, run by run: the mean of each metric, and how many rows it is of.",
        f"{_CURVES} | bin x 100",
        terminal="BIN",
        takes=HISTORIES,
        streams=True,
    ),
    StageEntry(
        "resample N",
        "N evenly spaced points of x a run, each metric interpolated linearly between its own points.",
        f"{_CURVES} | resample 50",
        terminal="RESAMPLE",
        takes=HISTORIES,
        streams=True,
    ),
    StageEntry(
        "align outer|inner|ffill|nearest",
        "Fill the cells of metrics that were logged at other x: with the value before, or with the nearest one.",
        "runs limit 5 keys loss, val/acc scan | align nearest",
        terminal="ALIGN",
        takes=HISTORIES,
        streams=True,
    ),
    StageEntry(
        "pivot AGGREGATE by ROWS, COLUMNS",
        "A table of two keys: one row for each value of the first, one column for each of the second.",
        "runs | pivot mean(summary.acc) by config.optimizer, config.model.depth",
        terminal="PIVOT",
        gives=TableKind.OTHER,
        aggregates=True,
    ),
    StageEntry(
        "diff [vs RUN]",
        "Only the fields in which the runs differ: one row a field, one column a run.",
        "runs limit 2 | diff",
        terminal="DIFF",
        takes=RUNS,
        gives=TableKind.OTHER,
    ),
    StageEntry(
        "corr EXPR",
        "How strongly each config field goes with a value, strongest first.",
        "runs | corr summary.val/acc",
        terminal="CORR",
        takes=ROWS_OF_RUNS,
        gives=TableKind.OTHER,
    ),
    StageEntry(
        "pareto min|max EXPR, …",
        "The rows that no other row beats in every respect.",
        "runs | pareto max summary.acc, min summary.params",
        terminal="PARETO",
        takes=ROWS_OF_RUNS,
    ),
    StageEntry(
        "holes over EXPR, …",
        "The combinations of the values that occur which no row has.",
        "runs | holes over config.lr, config.seed",
        terminal="HOLES",
        takes=ROWS_OF_RUNS,
        gives=TableKind.OTHER,
    ),
    StageEntry(
        "duplicates by KEY, …",
        "The combinations that several rows have, with the ids of their runs.",
        "runs | duplicates by config.* except config.seed",
        terminal="DUPLICATES",
        takes=ROWS_OF_RUNS,
        gives=TableKind.OTHER,
    ),
    StageEntry(
        "describe",
        "A row for each column: its type, how many values, the smallest, the largest, the most frequent.",
        "runs select config.*, summary.* | describe",
        terminal="DESCRIBE",
        gives=TableKind.OTHER,
        aggregates=True,
    ),
    StageEntry(
        "plot [line|scatter|bar|hist] [Y …] [vs X] [by FIELD] [log x|y]",
        "A chart.",
        f"{_CURVES} | plot line loss",
        terminal="PLOT",
        is_later=True,
    ),
    StageEntry(
        'to "FILE" [safe]',
        "Write the table to a file, whole or not at all, and pass it on; `safe`: no text is a spreadsheet's formula.",
        'runs | to "runs.csv"',
        terminal="TO",
        streams=True,
    ),
    StageEntry(
        'assert EXPR [, "MESSAGE"]',
        "Fail unless a condition holds in every row; one with aggregates is asked of the whole table.",
        'runs | assert count() > 0, "no runs"',
        terminal="ASSERT",
        streams=True,
    ),
)

STAGES: Final[Mapping[str, StageEntry]] = MappingProxyType({one.terminal: one for one in _TABLE})
"""By the terminal that begins it behind the pipe."""
