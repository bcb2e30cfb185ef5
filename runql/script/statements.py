"""The statements of the language: one table for the reference pages and for programs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StatementInfo:
    """One kind of statement. `is_later`: it is read and checked, and answered by a sentence."""

    name: str
    syntax: str
    doc: str
    example: str
    is_later: bool = False


STATEMENTS = (
    StatementInfo("runs", "runs [CLAUSE …] [| STAGE …]", "A query: the runs, or their histories.", "runs limit 5"),
    StatementInfo("run", "run ID [CLAUSE …]", "One run, with all that is known of it.", "run s084pbp3"),
    StatementInfo("sweep", "sweep ID [CLAUSE …]", "The runs of one sweep.", "sweep 8hqg2mzk"),
    StatementInfo("count", "count runs [where EXPR]", "How many runs match.", "count runs where state = 'failed'"),
    StatementInfo("use", "use SOURCE", "The source of the queries that follow.", "use demo; count runs"),
    StatementInfo(
        "let",
        "let NAME = QUERY",
        "Names a query: `runs from NAME …` goes on from it. Conditions are and-ed, another clause replaces.",
        "let good = runs where state = 'finished'; count runs from good where config.lr > 0.01",
    ),
    StatementInfo(
        "param",
        "param NAME[: TYPE] [= DEFAULT]",
        "A parameter of a script, written `$NAME`; `-p NAME=VALUE` or Python gives its value.",
        "param least: float = 0.98; runs where summary.acc > $least",
    ),
    StatementInfo(
        "show",
        'show sources | projects | fields [config|summary|logged|system] [like "GLOB"] | tags | sweeps | lets',
        "What there is.",
        'show fields summary like "val/*"',
    ),
    StatementInfo("describe", "describe FIELD", "What is known of one field.", "describe config.lr"),
    StatementInfo("explain", "explain QUERY", "What a query becomes; nothing is asked for.", "explain runs limit 5"),
    StatementInfo("set", "set NAME VALUE", "An option of the session.", "set RQL211 off; runs order -lr limit 3"),
    StatementInfo(
        "pull", "pull [QUERY] [into NAME]", "Copies runs into the embedded store.", "pull runs", is_later=True
    ),
)
"""In the order of the reference."""
