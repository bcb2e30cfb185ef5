"""The keywords and signs that stand inside clauses, stages and statements."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import Entry

_LATER = "a later version"

_COLUMNS = (
    Entry(
        "COLUMN as NAME", "What the column is called.", "runs select summary.acc as acc", terminal="AS", wants="a name"
    ),
    Entry(
        "GLOB except NAME",
        "All that the pattern gives, without these.",
        "runs select config.* except config.seed",
        terminal="EXCEPT",
    ),
    Entry(
        "as of TIME",
        "The time of which a copy answers.",
        "runs as of 2026-11-01",
        terminal="OF",
        wants="a time",
        needs="a copy that old",
    ),
    Entry("FIELD asc", "Smallest first.", "runs order config.lr asc limit 3", terminal="ASC"),
    Entry("FIELD desc", "Largest first.", "runs order config.lr desc limit 3", terminal="DESC"),
)
_HISTORIES = (
    Entry("with sweeps", "The sweep of each run.", "runs with sweeps limit 3", terminal="SWEEPS"),
    Entry(
        "align outer",
        "Every row, as it was logged.",
        "runs limit 3 keys loss, val/loss align outer",
        terminal="OUTER",
    ),
    Entry(
        "align inner",
        "Only the rows that have a value of each metric.",
        "runs limit 3 keys loss, val/loss align inner",
        terminal="INNER",
    ),
    Entry(
        "align ffill",
        "Every row, with the last value of each metric carried on.",
        "runs limit 3 keys loss, val/loss align ffill",
        terminal="FFILL",
    ),
    Entry(
        "align nearest",
        "Every row, with the value of each metric that was logged nearest to it.",
        "runs limit 5 keys loss, val/acc scan | align nearest",
        terminal="NEAREST",
    ),
    Entry("stream default", "The metrics of the run.", "runs limit 3 stream default keys loss", terminal="DEFAULT"),
    Entry(
        "stream system",
        "The metrics of the machine.",
        "runs stream system keys system.cpu",
        terminal="SYSTEM",
    ),
    Entry(
        "mean(METRIC, last N)",
        "Only the last so many rows.",
        "runs where mean(logged.loss, last 100) < 0.3",
        terminal="LAST",
    ),
    Entry(
        "when(CONDITION, held N)",
        "In so many rows in a row.",
        "runs select name, when(logged.val/acc > 0.8, held 3)",
        terminal="HELD",
    ),
    Entry(
        "argmin(METRIC, x METRIC)",
        "Along another x axis than `_step`, or than that of the query.",
        "runs select name, argmin(logged.val/loss, x _runtime)",
        terminal="ALONG",
    ),
    Entry(
        "mean(METRIC, approx)",
        "From a sample of the history, which takes less to read.",
        "runs where mean(logged.loss, approx) < 0.3",
        terminal="APPROX",
    ),
)
_STAGES = (
    Entry(
        "… by KEY, …",
        "The columns by which rows are told apart.",
        "runs | distinct by config.optimizer",
        terminal="BY",
        wants="a field",
    ),
    Entry(
        "pivot … across COLUMN",
        "The key of which each value becomes a column.",
        "runs | pivot mean(summary.acc), count() by config.optimizer across config.model.depth",
        terminal="ACROSS",
        wants="a field",
    ),
    Entry(
        "histogram … bins N",
        "How many bins there are at the most; 10 without it.",
        "runs | histogram summary.loss bins 20",
        terminal="BINS",
        wants="a whole number",
    ),
    Entry(
        "FUNCTION(…) over KEY | (KEY, …) | all [order [-]KEY | order ([-]KEY, …)]",
        "Beside each row what the function makes of all rows with its keys; in `holes over KEY, …` what is combined.",
        "runs | derive gain = summary.acc - mean(summary.acc) over config.optimizer",
        terminal="OVER",
        wants="a field",
    ),
    Entry(
        "join inner|left|full|anti|semi",
        "Which rows stay: those that match (`inner`, also without the word), all of this table (`left`), all of both "
        "(`full`); without columns of the other, those that match something (`semi`), or nothing (`anti`).",
        "runs | join anti (runs where tags has 'baseline') on id",
        terminal="JOIN_KIND",
    ),
    Entry(
        "on KEY [= KEY], …",
        "What must be equal: a column of both tables, or one of this and one of the other.",
        "runs where tags has 'baseline' | join semi (runs where summary.acc > 0.98) on config.optimizer = "
        "config.optimizer",
        terminal="ON",
        wants="a column",
    ),
    Entry(
        "FUNCTION(…) over all",
        "All the rows of the table are one group.",
        "runs | derive share = runtime / sum(runtime) over all",
        terminal="EVERY",
    ),
    Entry(
        "FUNCTION(…) over … order [-]KEY | ([-]KEY, …)",
        "The order of the rows inside a window; that of the table without it. Several keys stand in parentheses.",
        "runs | derive r = rank() over config.optimizer order (-summary.acc, runtime)",
        terminal="SORTED",
        wants="a field",
    ),
    Entry(
        "… over … order KEY asc",
        "Smallest first inside the window.",
        "runs | derive r = rank() over config.optimizer order summary.loss asc",
        terminal="SORTED_ASC",
    ),
    Entry(
        "… over … order KEY desc",
        "Largest first inside the window.",
        "runs | derive r = rank() over config.optimizer order summary.acc desc",
        terminal="SORTED_DESC",
    ),
    Entry(
        "… vs RUN",
        "The run that the others are held against.",
        "runs where tags has 'baseline' | diff vs s084pbp3",
        terminal="VS",
        wants="an id",
    ),
    Entry(
        "min|max VALUE",
        "Which is better, the smallest or the largest.",
        "runs | pareto max summary.acc, min summary.params",
        terminal="GOAL",
        wants="a field",
    ),
    Entry(
        "smooth ema|mean AMOUNT",
        "An exponential mean, or the mean of the last rows.",
        "runs limit 5 keys loss scan | smooth mean 20",
        terminal="METHOD",
    ),
    Entry(
        "plot line|scatter|bar|hist|heat|box|parallel",
        "The shape of the chart; without one, that which fits the table.",
        "runs select config.lr, summary.acc | plot scatter",
        terminal="SHAPE",
    ),
    Entry(
        "plot … log x|y",
        "An axis that is logarithmic. What is not positive is left out, and counted under the chart.",
        "runs limit 5 keys loss scan | plot line loss log y",
        terminal="LOG",
    ),
    Entry(
        "log x|y",
        "Which axis is logarithmic.",
        "runs limit 5 keys loss scan | plot line loss log x",
        terminal="AXIS",
    ),
    Entry(
        "plot … band",
        "One band for many lines: the median of the runs, their quartiles, and the smallest and largest.",
        "runs keys loss scan | plot loss band",
        terminal="BAND",
    ),
    Entry(
        'plot … title "TEXT"',
        "What stands over the chart.",
        'runs keys loss scan | plot loss title "the loss of all runs"',
        terminal="TITLE",
        wants="a text in quotes",
    ),
    Entry(
        'to "FILE" safe',
        "No text in the file is one that a spreadsheet would run as a formula.",
        'runs | to "runs.csv" safe',
        terminal="SAFE",
    ),
)
_STATEMENTS = (
    Entry(
        "pull [QUERY] into NAME",
        "The store that the copy is in: `mine` is asked as `store:mine`.",
        "pull runs limit 5 into mine",
        terminal="INTO",
    ),
    Entry(
        'show fields [config|summary|logged|system] [like "GLOB"]',
        "The fields that runs have.",
        "show fields summary",
        terminal="FIELDS",
    ),
    Entry(
        "show sources|projects|tags|sweeps|lets",
        "What there is besides fields.",
        "show tags",
        terminal="SHOWN",
    ),
    Entry(
        "show fields config|summary|logged|system",
        "Only the fields of one kind.",
        "show fields config",
        terminal="SPACE",
    ),
    Entry(
        'show fields like "GLOB"',
        "Only the fields whose names fit the pattern.",
        'show fields like "val/*"',
        terminal="LIKE",
    ),
)
_SIGNS = (
    Entry("QUERY | STAGE …", "What follows is done here, to the table.", "runs | limit 3", terminal="PIPE"),
    Entry("STATEMENT; STATEMENT", "Several statements in one text.", "use demo; count runs", terminal="SEMI"),
    Entry(
        "group KEY : AGGREGATE, …",
        "What is made of each group; in `param`, the type.",
        "runs | group config.lr : mean(summary.acc)",
        terminal="COLON",
    ),
    Entry(
        "A..B",
        "From one step, or x, to another, both included; either end may be left open.",
        "runs limit 3 keys loss steps 10..20",
        terminal="DOTDOT",
    ),
)

KEYWORDS: Final[Mapping[str, Entry]] = MappingProxyType(
    {one.terminal: one for one in (*_COLUMNS, *_HISTORIES, *_STAGES, *_STATEMENTS, *_SIGNS)}
)
"""By terminal."""
