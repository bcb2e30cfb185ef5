"""The statements, queries first. Each has a node, and a body where the session answers it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import StatementEntry

_TABLE = (
    StatementEntry(
        "runs [CLAUSE …] [| STAGE …]",
        "The runs of a source, or their histories.",
        "runs where state = 'finished' limit 10",
        terminal="RUNS",
    ),
    StatementEntry(
        "run ID [CLAUSE …]", "One run, with all that is known of it.", "run s084pbp3", terminal="RUN", wants="an id"
    ),
    StatementEntry(
        "sweep ID [CLAUSE …]",
        "The runs of one sweep.",
        "sweep 8hqg2mzk",
        terminal="SWEEP",
        wants="an id",
        needs="that sweep",
    ),
    StatementEntry(
        "count runs [from SOURCE] [where CONDITION]",
        "How many runs there are, and nothing else.",
        "count runs where untagged",
        terminal="COUNT",
    ),
    StatementEntry(
        "explain QUERY",
        "What a query would ask of its source, and what would be done here; nothing is asked for.",
        "explain runs limit 5",
        terminal="EXPLAIN",
    ),
    StatementEntry(
        "use SOURCE",
        "The source of the queries that follow.",
        "use demo; count runs",
        terminal="USE",
    ),
    StatementEntry(
        "let NAME = QUERY",
        "Names a query: `runs from NAME …` goes on from it. Conditions are and-ed, another clause replaces.",
        "let good = runs where state = 'finished'; count runs from good where config.lr > 0.01",
        terminal="LET",
        wants="a name",
    ),
    StatementEntry(
        "param NAME[: TYPE] [= DEFAULT]",
        "A parameter of a script, written `$NAME`; `-p NAME=VALUE` or Python gives its value.",
        "param least: float = 0.98; runs where summary.acc > $least",
        terminal="DECLARE",
        wants="a name",
    ),
    StatementEntry(
        'show sources | projects | fields [config|summary|logged|system] [like "GLOB"] | tags | sweeps | lets',
        "What there is.",
        'show fields summary like "val/*"',
        terminal="SHOW",
    ),
    StatementEntry(
        "describe FIELD",
        "What is known of one field: its type, how many runs have it, range and frequent values.",
        "describe config.lr",
        terminal="DESCRIBE",
    ),
    StatementEntry(
        "pull [QUERY] [into NAME]",
        "Copies runs with all they hold into a store, for `store:NAME`; only those that changed the next time.",
        "pull runs where summary.acc > 0.9 into good",
        terminal="PULL",
    ),
    StatementEntry(
        "set NAME VALUE",
        "An option of the session.",
        "set RQL211 off; runs order -lr limit 3",
        terminal="SET",
        wants="a name",
    ),
)

STATEMENTS: Final[Mapping[str, StatementEntry]] = MappingProxyType({one.terminal: one for one in _TABLE})
"""By the terminal that begins it, in the order of the grammar."""
