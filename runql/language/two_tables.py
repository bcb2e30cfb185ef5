"""Two tables, one beside or below the other, and questions in questions: the topic of them all."""

from __future__ import annotations

from typing import Final

from runql.language.entry import Entry, ReferencePage, ReferenceSection

_BASE = "let base = runs where tags has 'baseline' | group config.optimizer : base = mean(summary.acc); runs"

JOINS: Final = ReferencePage(
    "joins",
    "Two tables",
    "The other table is a query that `let` has given a name, or one in parentheses. It is asked once. What matches "
    "nothing, or several times, is counted in the answer.",
    (
        ReferenceSection(
            "Beside each other",
            (
                Entry(
                    "| join NAME on KEY, …",
                    "To each row the columns of the rows of the other table with the same key; rows without one go.",
                    f"{_BASE} | join base on config.optimizer | derive gain = summary.acc / base - 1",
                ),
                Entry(
                    "| join (QUERY) on KEY = KEY",
                    "The same with a query that has no name, and a key that is called differently there.",
                    "runs | join (runs where summary.acc > 0.99 select id as best, summary.loss as l) on id = best",
                ),
                Entry(
                    "| join left …",
                    "Rows that match nothing stay, without the columns of the other.",
                    f"{_BASE} | join left base on config.optimizer",
                ),
                Entry(
                    "| join full …",
                    "Those of the other table that match nothing stay too.",
                    f"{_BASE} | join full base on config.optimizer",
                ),
                Entry(
                    "| join semi …",
                    "The rows that match something, as they are.",
                    f"{_BASE} | join semi base on config.optimizer",
                ),
                Entry(
                    "| join anti …",
                    "The rows that match nothing, as they are.",
                    f"{_BASE} | join anti base on config.optimizer",
                ),
            ),
            "Columns of the same name are an error that offers `as` and `rename`. Missing and NaN match nothing.",
        ),
        ReferenceSection(
            "Below each other",
            (
                Entry(
                    "| union NAME | (QUERY)",
                    "The rows of the other table below those of this one.",
                    "runs where summary.acc > 0.99 | union (runs where summary.acc < 0.2)",
                ),
            ),
        ),
        ReferenceSection(
            "Questions in questions",
            (
                Entry(
                    "A in (QUERY)",
                    "One of the values of a query of one column; `not in` is none of them.",
                    "runs where config.seed in (runs where summary.acc > 0.98 select config.seed)",
                ),
                Entry(
                    "A > value(QUERY)",
                    "The one value of a query of one row and one column.",
                    "runs where summary.acc > value(runs | group : mean(summary.acc))",
                ),
            ),
            "The inner question is asked first, and the outer one with its answer, by the source.",
        ),
    ),
)
