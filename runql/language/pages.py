"""The pages of the language: the topics of `\\help`, and the sections of the reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from runql.language.aggregates import HISTORY_AGGREGATES, ROW_AGGREGATES
from runql.language.clauses import CLAUSES
from runql.language.dates import DATES
from runql.language.entry import Entry, ReferencePage, ReferenceSection, StatementEntry
from runql.language.fields import RUN_FIELDS
from runql.language.formats import CHART_FORMATS, FORMATS
from runql.language.functions.casts import CASTS
from runql.language.functions.numbers import NUMBERS
from runql.language.functions.texts import TEXTS
from runql.language.functions.times import TIMES
from runql.language.functions.values import VALUES
from runql.language.keywords import KEYWORDS
from runql.language.literals import LITERALS
from runql.language.operators import OPERATORS
from runql.language.options import OPTIONS
from runql.language.stages import STAGES
from runql.language.statements import STATEMENTS
from runql.language.two_tables import JOINS
from runql.language.types import TYPES
from runql.language.windows import WINDOWS_PAGE

SYSTEM: Final = ReferencePage(
    "system",
    "Metrics of the machine",
    "What W&B records beside a run: processor, memory, GPUs, disk, network. They have no steps; their x is the time.",
    (
        ReferenceSection(
            "What there is",
            (
                Entry(
                    "show fields system", "Their names, with range and how many runs have them.", "show fields system"
                ),
                Entry("show fields like GLOB", "Names that fit a pattern.", "show fields like '*cpu*'"),
                Entry("describe system.METRIC", "What is known of one.", "describe system.cpu"),
            ),
        ),
        ReferenceSection(
            "Their histories",
            (
                Entry("keys system.METRIC", "Samples of one, along the time.", "runs keys system.cpu"),
                Entry("keys system.*", "All of them.", "runs where group = 'long' keys system.*"),
                Entry("… scan", "Every record that was written.", "runs where group = 'long' keys system.cpu scan"),
                Entry(
                    "keys METRIC, system.METRIC",
                    "Beside a metric of the run: its latest value at or before the row's time.",
                    "runs where group = 'long' keys loss, system.cpu scan",
                ),
            ),
        ),
        ReferenceSection(
            "As values",
            (
                Entry(
                    "max(logged.system.METRIC)",
                    "Its largest value, as a condition or a column; `min`, `mean`, `first`, `last` likewise.",
                    "runs where max(logged.system.cpu) > 90 select name, max(logged.system.cpu)",
                ),
                Entry(
                    "group run_id : AGGREGATE",
                    "Other aggregates, run by run.",
                    "runs keys system.cpu scan | group run_id : mean(system.cpu), p95(system.cpu)",
                ),
            ),
        ),
    ),
)


_QUERIES = ("RUNS", "RUN", "SWEEP", "COUNT")


def _beside_queries() -> Iterator[StatementEntry]:
    yield from (one for name, one in STATEMENTS.items() if name not in _QUERIES and not one.is_later)


_CLAUSES = ReferencePage(
    "clauses",
    "Queries and clauses",
    "A query says what it asks for, then its clauses, in any order, each at most once.",
    (
        ReferenceSection("Queries", tuple(STATEMENTS[name] for name in _QUERIES)),
        ReferenceSection("Clauses", tuple(CLAUSES.values())),
        ReferenceSection("Words and signs inside them, and inside stages", tuple(KEYWORDS.values())),
    ),
)
_FUNCTIONS = ReferencePage(
    "functions",
    "Functions",
    "`NAME(…)`, in any condition, order or column. Those of windows (`rank`, `lag`, …) have a page of their own.",
    (
        ReferenceSection("Of numbers", NUMBERS),
        ReferenceSection(
            "Of texts",
            TEXTS,
            'In `replace` and `split` a text stands for itself and `re "…"` is a regular expression of RE2, which '
            "`extract` always takes. Characters and parts are counted from 0.",
        ),
        ReferenceSection(
            "Of times",
            TIMES,
            "Days, weeks and hours are those of the session's time zone: the computer's, or the one of `TZ`.",
        ),
        ReferenceSection(
            "From one kind to another", CASTS, "What cannot be done is missing, and the answer says of how many values."
        ),
        ReferenceSection("Of any values", VALUES),
        ReferenceSection(
            "Of a metric's history",
            tuple(HISTORY_AGGREGATES.values()),
            "They read the histories of the runs.",
        ),
        ReferenceSection(
            "Of the rows of a group",
            tuple(ROW_AGGREGATES.values()),
            "In `group`, `pivot` and `assert`, and before `over`. They skip null, missing and NaN. "
            "There are also `p0` to `p100`.",
        ),
    ),
)
_STAGES = ReferencePage(
    "stages",
    "Stages",
    "What stands right of a `|` works on the table that comes from the left, and gives a table.",
    (ReferenceSection("Stages", tuple(one for one in STAGES.values() if not one.is_later), before="| "),),
)
_STATEMENTS = ReferencePage(
    "statements",
    "Statements",
    "What a text may hold besides queries. Several statements are parted by `;`.",
    (ReferenceSection("Statements", tuple(_beside_queries())),),
)
_FIELDS = ReferencePage(
    "fields",
    "Fields of every run",
    "What W&B knows of each run besides `config`, `summary` and what was logged.",
    (ReferenceSection("Fields", tuple(RUN_FIELDS.values())),),
)
_SCRIPTS = ReferencePage(
    "scripts",
    "Types, options and formats",
    "What stands behind `param NAME:`, `set` and `-o`.",
    (
        ReferenceSection("Types of parameters", tuple(TYPES.values())),
        ReferenceSection("Options of `set`", tuple(OPTIONS.values()), "Also `--max-rows`, `--names`, `--no RQLnnn`."),
        ReferenceSection("Formats of `-o`", tuple(FORMATS.values()), "A file's ending says its format."),
        ReferenceSection(
            "Files of charts",
            tuple(CHART_FORMATS.values()),
            "Behind `plot`, by `to` and by `-o`. Of a query that draws nothing `-o x.svg` draws what fits.",
        ),
    ),
)

_PAGES = (
    *(_CLAUSES, OPERATORS, LITERALS, DATES, _FUNCTIONS, WINDOWS_PAGE),
    *(_STAGES, JOINS, _STATEMENTS, _SCRIPTS, _FIELDS, SYSTEM),
)

PAGES: Final[Mapping[str, ReferencePage]] = MappingProxyType({page.name: page for page in _PAGES})
"""By name, in the order of the reference."""
