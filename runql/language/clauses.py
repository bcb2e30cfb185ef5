"""The clauses, in the order of the formatter. Each has a node, a check and a place in the plan."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import ClauseEntry

_TABLE = (
    ClauseEntry(
        "from SOURCE, …",
        "Where the runs are: a project, a folder, a name of the settings.",
        "runs from demo",
        terminal="FROM",
        counts=True,
    ),
    ClauseEntry(
        "as of TIME",
        "The copy of the source as it was then (of a date, as it began); nothing is asked of a server.",
        "runs as of 2026-11-01",
        terminal="AS_OF",
        wants="a time",
        needs="a copy that old",
        excludes=("FRESH", "CACHED"),
        counts=True,
    ),
    ClauseEntry(
        "fresh",
        "The runs as they are now: a copy first asks its source for what changed.",
        "runs fresh limit 3",
        terminal="FRESH",
        excludes=("AS_OF", "CACHED"),
        counts=True,
    ),
    ClauseEntry(
        "cached AGE",
        "The copy of the source, which first asks for what changed if it is older.",
        "runs cached 10m limit 3",
        terminal="CACHED",
        wants="an age such as `10m`",
        excludes=("AS_OF", "FRESH"),
        counts=True,
    ),
    ClauseEntry(
        "where CONDITION",
        "Only the runs for which this is true.",
        "runs where config.lr > 0.01",
        terminal="WHERE",
        wants="a condition",
        expressions=True,
        counts=True,
    ),
    ClauseEntry(
        'search "WORDS"',
        "Only the runs that mention each of these words in any field, in any order and case; `any_field` says which.",
        "runs search 'adam baseline'",
        terminal="SEARCH",
        wants="words in quotes",
        counts=True,
    ),
    ClauseEntry(
        "order [-]FIELD, …",
        "Sorted; `-` puts the largest first.",
        "runs order -summary.acc, created",
        terminal="ORDER",
        wants="a field",
        expressions=True,
    ),
    ClauseEntry(
        "limit N", "At most so many runs.", "runs order -created limit 10", terminal="LIMIT", offers=(10, 50, 100)
    ),
    ClauseEntry(
        "offset N",
        "Leave out the first runs in the order of the query; a `limit` counts those behind them.",
        "runs order -created limit 10 offset 10",
        terminal="OFFSET",
        offers=(10, 50, 100),
        least=0,
    ),
    ClauseEntry("page N", "Ask for so many runs at a time.", "runs page 200", terminal="PAGE", offers=(50, 200)),
    ClauseEntry("lazy", "Leave config and summary out.", "runs lazy", terminal="LAZY", excludes=("FULL",)),
    ClauseEntry("full", "Fetch all of config and summary.", "runs full", terminal="FULL", excludes=("LAZY",)),
    ClauseEntry("with sweeps", "Fetch the sweep of each run too.", "runs with sweeps", terminal="WITH", counts=True),
    ClauseEntry(
        "sample N",
        "Histories of at most so many points a run.",
        "runs limit 3 sample 200 keys loss",
        terminal="SAMPLE",
        offers=(200, 500, 1000),
        asks_histories=True,
        excludes=("SCAN",),
    ),
    ClauseEntry(
        "scan",
        "Histories with every step that was logged.",
        "runs limit 3 keys loss scan",
        terminal="SCAN",
        asks_histories=True,
        excludes=("SAMPLE",),
    ),
    ClauseEntry(
        "keys METRIC, …",
        "Histories of these metrics.",
        "runs limit 3 keys loss, val/*",
        terminal="KEYS",
        wants="a metric",
        asks_histories=True,
    ),
    ClauseEntry(
        "x METRIC",
        "What histories run along; the step by default.",
        "runs limit 3 keys loss x _runtime",
        terminal="X",
        wants="a metric",
        needs_histories=True,
    ),
    ClauseEntry(
        "steps A..B",
        "Only these steps, or this part of the x axis that `x` names; either end may be left open.",
        "runs limit 3 keys loss steps 50..",
        terminal="STEPS",
        needs_histories=True,
    ),
    ClauseEntry(
        "align outer|inner|ffill",
        "How metrics logged at different steps meet: every row, full rows only, or the last value carried on.",
        "runs limit 3 keys loss, val/loss align ffill",
        terminal="ALIGN",
        needs_histories=True,
    ),
    ClauseEntry(
        "stream default|system",
        "Histories of the metrics, or of the machine.",
        "runs stream system keys system.cpu",
        terminal="STREAM",
        needs_histories=True,
    ),
    ClauseEntry(
        "select COLUMN [as NAME], …",
        "These columns.",
        "runs select name, config.*, summary.acc as acc",
        terminal="SELECT",
        wants="a field",
        expressions=True,
    ),
)

CLAUSES: Final[Mapping[str, ClauseEntry]] = MappingProxyType({one.terminal: one for one in _TABLE})
"""By the terminal that begins it."""
