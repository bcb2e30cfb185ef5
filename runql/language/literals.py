"""How names, values and comments are written."""

from __future__ import annotations

from typing import Final

from runql.language.entry import Entry, LiteralEntry, ReferencePage, ReferenceSection
from runql.language.kinds import Kind

LITERALS: Final = ReferencePage(
    "literals",
    "Names and literals",
    "How fields, values and comments are written.",
    (
        ReferenceSection(
            "Names",
            (
                Entry("name", "A field that every run has.", "runs select id, name, state, created limit 3"),
                Entry(
                    "config.NAME", "A value of the config; nested ones with dots.", "runs where config.model.depth = 4"
                ),
                Entry("summary.NAME", "A value of the summary.", "runs order summary.val/loss limit 3"),
                Entry("logged.METRIC", "A metric's history, inside a function.", "runs where min(logged.loss) < 0.01"),
                Entry("system.METRIC", "A metric of the machine.", "runs keys system.cpu"),
                Entry(
                    "NAME",
                    "A bare name is looked for in config and summary; if both have it, an error names both.",
                    "runs where batch_size = 32",
                ),
                Entry("`odd name`", "Backticks hold a name with spaces or signs.", "runs where config.`lr` > 0.1"),
                Entry(
                    "config.*", "A pattern, in `select`, `keys` and some stages.", "runs select name, config.* limit 3"
                ),
                Entry(
                    "$NAME",
                    "A parameter: a value that is given from outside.",
                    "param least = 0.9; runs where acc > $least",
                ),
                Entry("@NAME", "A saved query, as a source.", "runs from @good", needs="a saved query `good`"),
            ),
        ),
        ReferenceSection(
            "Literals",
            (
                Entry("42, 0.5, 1e-3, 1_000", "Numbers.", "runs where config.lr >= 1e-3"),
                LiteralEntry(
                    "inf",
                    "Infinity; `-inf` is below all numbers, and `nan` is none.",
                    "runs where summary.loss < inf",
                    terminal="INF",
                    gives=Kind.NUMBER,
                ),
                Entry(
                    "'text', \"text\"",
                    r"Text. `\n`, `\t`, `\\`, `\"`, `\'` and `\u00e9` are escapes.",
                    'runs where config.optimizer = "adam"',
                ),
                Entry(
                    '"""text"""',
                    "Text as it stands, of several lines too: for the question of the stage `sql`.",
                    'runs | sql """select name from _"""',
                ),
                Entry(
                    're "REGEX"',
                    "A regular expression of RE2, as an argument of `replace` and `split`.",
                    'runs | group replace(name, re " s[0-9]+$", "") as setting : mean(summary.acc)',
                    terminal="RE",
                ),
                LiteralEntry(
                    "true",
                    "The bool for yes.",
                    "runs where config.stop_on_nan != true",
                    terminal="TRUE",
                    gives=Kind.BOOL,
                ),
                LiteralEntry(
                    "false",
                    "The bool for no.",
                    "runs where config.stop_on_nan = false",
                    terminal="FALSE",
                    gives=Kind.BOOL,
                ),
                Entry("null", "The value of a field that was set to null.", "runs where config.lr != null"),
                Entry("(A, B, …)", "A list, behind `in`, `has any` and `has all`.", "runs where config.seed in (0, 1)"),
                Entry("# …", "A comment, to the end of the line.", "runs limit 3  # the first three"),
            ),
            "Times and durations are on the page of dates.",
        ),
    ),
)
