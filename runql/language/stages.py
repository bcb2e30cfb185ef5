"""The stages, in the order of the reference. Each has a body; those without `parts` a node and a check of their own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import MadeColumn, StageEntry, StagePart
from runql.language.kinds import HISTORIES, LIST, NUMBER, ROWS_OF_RUNS, RUNS, TEXT, Kind, PartKind, TableKind
from runql.text.frozen import frozen

_CURVES = "runs limit 5 keys loss scan"

_TABLE = (
    StageEntry(
        "where EXPR",
        "The rows for which a condition is true.",
        "runs | where config.lr > 0.01",
        terminal="WHERE",
        wants="a condition",
        expressions=True,
        streams=True,
    ),
    StageEntry(
        "order [-]EXPR, …",
        "The rows sorted; `-` puts the largest first. NaN, null and missing come last both ways.",
        "runs | order -summary.acc",
        terminal="ORDER",
        wants="a field",
        expressions=True,
    ),
    StageEntry(
        "limit N [by KEY, …]",
        "The first N rows; by keys, the first N of each group, in the order of the rows.",
        "runs | order -summary.acc | limit 2 by config.optimizer",
        terminal="LIMIT",
        offers=(10, 50, 100),
        streams=True,
        parts=(
            StagePart(name="count", kind=PartKind.WHOLE, least=1),
            StagePart(name="by", kind=PartKind.KEYS, after="BY", optional=True),
        ),
    ),
    StageEntry(
        "offset N",
        "All rows but the first N.",
        "runs | order summary.loss | offset 3",
        terminal="OFFSET",
        offers=(10, 50, 100),
        streams=True,
        parts=(StagePart(name="count", kind=PartKind.WHOLE),),
    ),
    StageEntry(
        "select EXPR [as NAME] | GLOB [except GLOB], …",
        "These columns and no others.",
        "runs | select name, summary.acc * 100 as percent",
        terminal="SELECT",
        wants="a field",
        expressions=True,
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
        parts=(StagePart(name="columns", kind=PartKind.COLUMNS, after="BY", optional=True),),
    ),
    StageEntry(
        "derive NAME = EXPR, …",
        "New columns; each sees the ones before it.",
        "runs | derive gap = summary.val/loss - summary.loss",
        terminal="DERIVE",
        expressions=True,
        streams=True,
    ),
    StageEntry(
        "group [KEY, …] : [NAME =] AGGREGATE, …",
        "One row a group, in the order of the keys: the keys, the aggregates, and how many rows it has. Without keys "
        "(`group : mean(x)`) one row of the aggregates of all rows.",
        "runs | group config.* except config.seed : acc = mean(summary.acc), ci95(summary.acc)",
        terminal="GROUP",
        wants="a field",
        expressions=True,
        gives=TableKind.OTHER,
        aggregates=True,
    ),
    StageEntry(
        "best min|max METRIC",
        "One row a run: where the metric was best, its value there and at the end, and the gap between them.",
        "runs keys val/acc scan | best max val/acc",
        terminal="BEST",
        wants="a metric",
        takes=HISTORIES,
        gives=TableKind.OTHER,
        streams=True,
        aggregates=True,
    ),
    StageEntry(
        "first [N] [by KEY, …]",
        "Of histories the first row of each run, or its first N; by keys, and of other tables, as `limit`.",
        f"{_CURVES} | first 2",
        terminal="FIRST_ROW",
        offers=(1, 5, 10),
        streams=True,
        aggregates=True,
    ),
    StageEntry(
        "last [N] [by KEY, …]",
        "Of histories the last row of each run, or its last N; of other tables, or by keys, the last N rows.",
        f"{_CURVES} | last 2",
        terminal="LAST_ROW",
        offers=(1, 5, 10),
        streams=True,
        aggregates=True,
    ),
    StageEntry(
        "smooth ema WEIGHT | mean ROWS",
        "Each metric smoothed along x, run by run: a debiased exponential mean, or that of the last values; a copy "
        "that `derive` made of one too.",
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
        wants="an axis",
        offers=(10, 100, 1000),
        takes=HISTORIES,
        streams=True,
    ),
    StageEntry(
        "resample N",
        "N evenly spaced points of x a run, each metric interpolated linearly between its own points.",
        f"{_CURVES} | resample 50",
        terminal="RESAMPLE",
        offers=(50, 100, 200),
        takes=HISTORIES,
        streams=True,
        parts=(StagePart(name="count", kind=PartKind.WHOLE, least=1, most=1_000_000),),
    ),
    StageEntry(
        "align outer|inner|ffill|nearest",
        "Fill the cells of metrics that were logged at other x: with the value before, or with the nearest one.",
        "runs limit 5 keys loss, val/acc scan | align nearest",
        terminal="ALIGN",
        takes=HISTORIES,
        streams=True,
        parts=(StagePart(name="mode", kind=PartKind.WORD),),
    ),
    StageEntry(
        "unnest LIST [as NAME]",
        "A row for each element of a list, the other cells repeated; rows without one are left out, and counted.",
        "runs | unnest tags as tag",
        terminal="UNNEST",
        wants="a column of lists",
        of=frozenset({Kind.LIST}),
        gives=TableKind.OTHER,
    ),
    StageEntry(
        "pivot [NAME =] AGGREGATE, … by ROW, … across COLUMN",
        "A table of keys: a row for each combination of the first ones, columns for each value of the one that goes "
        "across; `by ROW, COLUMN` says the same of two.",
        "runs | pivot mean(summary.acc) by config.optimizer across config.model.depth",
        terminal="PIVOT",
        wants="an aggregate",
        expressions=True,
        gives=TableKind.OTHER,
        aggregates=True,
    ),
    StageEntry(
        "histogram EXPR [bins N] [by KEY, …]",
        "How many values lie in each of N bins of equal width (10 without `bins`), for each key; whole numbers get "
        "whole bins. What lies in none (NaN, infinite, missing) is counted.",
        "runs | histogram summary.loss bins 8",
        terminal="HISTOGRAM",
        wants="a field",
        of=NUMBER,
        expressions=True,
        offers=(10, 20, 50),
        gives=TableKind.OTHER,
        aggregates=True,
    ),
    StageEntry(
        "diff [vs RUN]",
        "Only the fields in which the runs differ: one row a field, one column a run; of more than six runs a row for "
        "each field and run.",
        "runs limit 2 | diff",
        terminal="DIFF",
        takes=RUNS,
        gives=TableKind.OTHER,
        parts=(StagePart(name="versus", kind=PartKind.NAME, after="VS", optional=True),),
        makes=(MadeColumn("field", TEXT),),
        opens=True,
        fetches=("config", "summary"),
    ),
    StageEntry(
        "corr EXPR",
        "How strongly each config field goes with a value, strongest first.",
        "runs | corr summary.val/acc",
        terminal="CORR",
        wants="a field",
        of=NUMBER,
        expressions=True,
        takes=ROWS_OF_RUNS,
        gives=TableKind.OTHER,
        parts=(StagePart(name="target", kind=PartKind.NUMBER),),
        makes=(
            MadeColumn("field", TEXT),
            MadeColumn("measure", TEXT),
            MadeColumn("strength", NUMBER),
            MadeColumn("n", NUMBER),
        ),
        fetches=("config",),
    ),
    StageEntry(
        "pareto min|max EXPR, …",
        "The rows that no other row beats in every respect.",
        "runs | pareto max summary.acc, min summary.params",
        terminal="PARETO",
        expressions=True,
        takes=ROWS_OF_RUNS,
        parts=(StagePart(name="goals", kind=PartKind.GOALS),),
    ),
    StageEntry(
        "holes over EXPR, …",
        "The combinations of the values that occur which no row has.",
        "runs | holes over config.lr, config.seed",
        terminal="HOLES",
        expressions=True,
        takes=ROWS_OF_RUNS,
        gives=TableKind.OTHER,
        parts=(StagePart(name="over", kind=PartKind.VALUES, after="OVER"),),
    ),
    StageEntry(
        "duplicates by KEY, …",
        "The combinations that several rows have, with the ids of their runs.",
        "runs | duplicates by config.* except config.seed",
        terminal="DUPLICATES",
        expressions=True,
        takes=ROWS_OF_RUNS,
        gives=TableKind.OTHER,
        parts=(StagePart(name="by", kind=PartKind.KEYS, after="BY"),),
        makes=(MadeColumn("n", NUMBER), MadeColumn("ids", LIST, of_runs=True)),
    ),
    StageEntry(
        "join [inner|left|full|anti|semi] NAME|(QUERY) on KEY [= KEY], …",
        "Beside each row the rows of another table whose keys are equal: of a `let`, a saved query, or a whole query.",
        "runs | join (runs where tags has 'baseline' | group config.optimizer : base = mean(summary.acc)) "
        "on config.optimizer",
        terminal="JOIN",
        wants="the name of a query, or one in brackets",
        streams=True,
    ),
    StageEntry(
        "union NAME|(QUERY)",
        "The rows, then those of another table: columns by their names, missing where only one side has them.",
        "runs where tags has 'baseline' | union (runs where summary.acc > 0.98)",
        terminal="UNION",
        wants="the name of a query, or one in brackets",
        streams=True,
    ),
    StageEntry(
        "describe",
        "A row for each column: its type, how many values, the smallest, the largest, the most frequent.",
        "runs select config.*, summary.* | describe",
        terminal="DESCRIBE",
        gives=TableKind.OTHER,
        aggregates=True,
        parts=(),
        makes=(
            MadeColumn("column", TEXT),
            MadeColumn("type", TEXT),
            *(MadeColumn(name, NUMBER) for name in ("count", "missing", "nan")),
            MadeColumn("min"),
            MadeColumn("max"),
            MadeColumn("mean", NUMBER),
            MadeColumn("distinct", NUMBER),
            MadeColumn("top"),
            MadeColumn("top_n", NUMBER),
        ),
        fetches=("config", "summary"),
    ),
    StageEntry(
        'sql "QUESTION"',
        "A question in SQL to the table so far, which is called `_` in it. DuckDB answers (extra `store`); it reads"
        " nothing else: no file, no network.",
        """runs | sql 'select "config.optimizer", max("summary.acc") as best from _ group by 1 order by best desc'""",
        terminal="SQL",
        wants="a question in quotes",
        gives=TableKind.OTHER,
        aggregates=True,
    ),
    StageEntry(
        'plot [SHAPE] [Y, …] [vs X] [by FIELD] [log x|y] [band] [title "TEXT"]',
        "A chart of the table: of what fits it, or as it is told. Drawn at a terminal and in a notebook; `to` behind it"
        " writes it to a file.",
        f"{_CURVES} | plot line loss",
        terminal="PLOT",
        streams=True,
    ),
    StageEntry(
        'to "FILE" [safe]',
        "Write the table to a file, whole or not at all, and pass it on; `safe`: no text is a spreadsheet's formula.",
        'runs | to "runs.csv"',
        terminal="TO",
        wants="a file's name in quotes",
        streams=True,
    ),
    StageEntry(
        'assert EXPR [, "MESSAGE"]',
        "Fail unless a condition holds in every row; one with aggregates is asked of the whole table.",
        'runs | assert count() > 0, "no runs"',
        terminal="ASSERT",
        wants="a condition",
        expressions=True,
        streams=True,
    ),
)

STAGES: Final[Mapping[str, StageEntry]] = MappingProxyType({one.terminal: one for one in _TABLE})
"""By the terminal that begins it behind the pipe."""


@frozen
class PlotShape:
    """One shape of `plot`. `takes`: the options that go with it. `instead`: of another option what would do.

    `needs_numbers`: its columns hold numbers; the others have axes of texts too.
    """

    name: str
    takes: tuple[str, ...] = ()
    instead: Mapping[str, str] = MappingProxyType({})
    needs_numbers: bool = True


_SHAPES = (
    PlotShape("line", ("vs", "by", "log x", "log y", "band")),
    PlotShape(
        "scatter",
        ("vs", "by", "log x", "log y"),
        MappingProxyType({"band": "a band is of lines: `plot line Y band`"}),
    ),
    PlotShape(
        "bar",
        ("vs", "by", "log y"),
        MappingProxyType(
            {"log x": "the bars stand at categories: `plot scatter Y vs X log x` has an axis of numbers"},
        ),
    ),
    PlotShape(
        "hist",
        ("by", "log y"),
        MappingProxyType(
            {
                "vs": "the values of a histogram stand along x: `plot hist Y`; of two fields `plot scatter Y vs X`",
                "log x": "bins of equal width need a linear axis: `derive l = log10(Y) | plot hist l`",
            }
        ),
    ),
    PlotShape("heat", ("vs", "by")),
    PlotShape(
        "box",
        ("by", "log y"),
        MappingProxyType(
            {
                "vs": "the groups of boxes: `plot box Y by FIELD`",
                "log x": "boxes stand at categories: `log y` is the axis of the values",
            }
        ),
    ),
    PlotShape("parallel", needs_numbers=False),
)

SHAPES: Final[Mapping[str, PlotShape]] = MappingProxyType({one.name: one for one in _SHAPES})
"""By name, as it is written."""
