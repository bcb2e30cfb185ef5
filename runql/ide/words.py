"""What each keyword is for: in a menu, under the pointer, and beside what is being typed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from runql.text.frozen import frozen
from runql.text.markdown import block, code

LANGUAGE = "rql"
"""What editors call the language of a fence."""


@frozen
class Word:
    """`syntax` is how it is written, with what is to be filled in in capitals; `doc` is one sentence."""

    syntax: str
    doc: str
    example: str = ""

    @property
    def documentation(self) -> str:
        """Markdown."""
        parts = [block(self.syntax, LANGUAGE), self.doc]
        if self.example:
            parts.append(code(self.example))
        return "\n\n".join(parts)


WORDS: Mapping[str, Word] = MappingProxyType(
    {
        "EXPLAIN": Word("explain QUERY", "What a query would ask of its source, and what would be done here."),
        "RUNS": Word("runs CLAUSE …", "The runs of a source.", "runs where state = 'finished' limit 10"),
        "RUN": Word("run ID CLAUSE …", "One run, by its id.", "run s084pbp3"),
        "SWEEP": Word("sweep ID CLAUSE …", "The runs of one sweep.", "sweep 8hqg2mzk"),
        "COUNT": Word("count runs CLAUSE …", "How many runs there are, and nothing else.", "count runs where untagged"),
        "FROM": Word(
            "from SOURCE, …", "Where the runs are: a project, a folder, a name of the settings.", "runs from demo"
        ),
        "WHERE": Word("where CONDITION", "Only the runs for which this is true.", "runs where config.lr > 0.01"),
        "ORDER": Word("order [-]FIELD, …", "Sorted; `-` puts the largest first.", "runs order -summary.acc, created"),
        "LIMIT": Word("limit N", "At most so many runs.", "runs order -created limit 10"),
        "PAGE": Word("page N", "Ask for so many runs at a time.", "runs page 200"),
        "LAZY": Word("lazy", "Leave config and summary out.", "runs lazy"),
        "FULL": Word("full", "Fetch all of config and summary.", "runs full"),
        "WITH": Word("with sweeps", "Fetch the sweep of each run too.", "runs with sweeps"),
        "SAMPLE": Word("sample N", "Histories of at most so many points a run.", "runs limit 3 sample 200 keys loss"),
        "SCAN": Word("scan", "Histories with every step that was logged.", "runs limit 3 keys loss scan"),
        "KEYS": Word("keys METRIC, …", "Histories of these metrics.", "runs limit 3 keys loss, val/*"),
        "X": Word("x METRIC", "What histories run along; the step by default.", "runs limit 3 keys loss x _runtime"),
        "STEPS": Word(
            "steps A..B", "Only these steps; either end may be left open.", "runs limit 3 keys loss steps 50.."
        ),
        "ALIGN": Word(
            "align outer|inner|ffill",
            "How metrics logged at different steps meet: every row, full rows only, or the last value carried on.",
            "runs limit 3 keys loss, val/loss align ffill",
        ),
        "STREAM": Word(
            "stream default|system",
            "Histories of the metrics, or of the machine.",
            "runs stream system keys system.cpu",
        ),
        "SELECT": Word(
            "select COLUMN [as NAME], …", "These columns.", "runs select name, config.*, summary.acc as acc"
        ),
        "AS": Word("COLUMN as NAME", "What the column is called."),
        "EXCEPT": Word(
            "GLOB except NAME", "All that the pattern gives, without these.", "runs select config.* except config.seed"
        ),
        "ASC": Word("FIELD asc", "Smallest first."),
        "DESC": Word("FIELD desc", "Largest first."),
        "AND": Word("A and B", "Both hold."),
        "OR": Word("A or B", "At least one holds."),
        "NOT": Word("not A", "It does not hold."),
        "BETWEEN": Word(
            "VALUE between A and B", "From A to B, both included.", "runs where config.lr between 0.001 and 0.1"
        ),
        "IN": Word("VALUE in (A, B, …)", "It is one of these.", 'runs where config.optimizer in ("adam", "sgd")'),
        "HAS": Word("LIST has VALUE", "The list holds the value.", 'runs where tags has "baseline"'),
        "ANY": Word("LIST has any (A, B, …)", "The list holds at least one of these."),
        "ALL": Word("LIST has all (A, B, …)", "The list holds all of these."),
        "CONTAINS": Word('TEXT contains "PART"', "The text has this in it.", 'runs where name contains "baseline"'),
        "STARTSWITH": Word('TEXT startswith "PART"', "The text begins with this."),
        "ENDSWITH": Word('TEXT endswith "PART"', "The text ends with this."),
        "LIKE_GLOB": Word('TEXT glob "run-*"', "The whole text fits the pattern: `*` is any text, `?` one character."),
        "REGEX": Word('TEXT ~ "REGEX"', "The regular expression is found in the text."),
        "REGEX_ANY_CASE": Word('TEXT ~* "REGEX"', "The same in any case."),
        "NOT_REGEX": Word('TEXT !~ "REGEX"', "The regular expression is not found in the text."),
        "NOT_REGEX_ANY_CASE": Word('TEXT !~* "REGEX"', "The same in any case."),
        "IS": Word("VALUE is null|nan|finite|missing", "What kind of no value it is, or that it is a number."),
        "NULL": Word("is null", "It was set to null, or never set."),
        "NAN": Word("is nan", "It is not a number: NaN."),
        "FINITE": Word("is finite", "It is a number, and neither NaN nor infinite."),
        "UNSET": Word("is missing", "It was never set."),
        "EXISTS": Word("exists(FIELD)", "The field was set, to null or anything else; for a metric, it was logged."),
        "MISSING": Word("missing(FIELD)", "The field was never set; for a metric, it was never logged."),
        "UNTAGGED": Word("untagged", "The run has no tag."),
        "NOW": Word("now", "This moment."),
        "TODAY": Word("today", "This day, as a whole."),
        "YESTERDAY": Word("yesterday", "The day before this one, as a whole."),
        "AGO": Word("7d ago", "So long before now."),
        "LAST": Word("mean(METRIC, last N)", "Only the last so many rows."),
        "APPROX": Word("mean(METRIC, approx)", "From a sample of the history, which takes less to read."),
        "EQ": Word("A = B", "Equal."),
        "NE": Word("A != B", "Not equal; runs without a value are counted in."),
        "LT": Word("A < B", "Less."),
        "LE": Word("A <= B", "Less or equal."),
        "GT": Word("A > B", "Greater."),
        "GE": Word("A >= B", "Greater or equal."),
        "USE": Word("use SOURCE", "The source of the queries that follow."),
        "LET": Word(
            "let NAME = QUERY",
            "Name a query, for `from NAME`.",
            "let good = runs where state = 'finished'; runs from good",
        ),
        "DECLARE": Word("param NAME: TYPE = VALUE", "A parameter of a script, `$NAME`, with its default."),
        "SHOW": Word("show sources|projects|fields|tags|sweeps|lets", "Look around."),
        "DESCRIBE": Word("describe FIELD", "Type, how many runs have it, range and frequent values."),
        "PULL": Word("pull [QUERY] [into NAME]", "Copy runs with their histories to this computer."),
        "SET": Word("set NAME VALUE", "An option of the session."),
        "FIELDS": Word('show fields [config|summary|logged|system] [like "val/*"]', "The fields that runs have."),
        "PIPE": Word("QUERY | STAGE …", "What follows is done here, to the table."),
    }
)
"""By the name of the terminal."""
