"""All pages. Those of clauses, stages, statements and functions are made of the tables of the language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from runql.ide.manual.entry import Entry, Page, Section
from runql.ide.manual.moments import DATES, SYSTEM
from runql.ide.manual.operators import LITERALS, OPERATORS
from runql.ide.words import WORDS
from runql.language.aggregates import HISTORY_AGGREGATES, ROW_AGGREGATES
from runql.language.entry import Function
from runql.language.functions import FUNCTIONS
from runql.language.kinds import Kind
from runql.language.stages import STAGES
from runql.syntax.keywords import keywords

_QUERIES: Final = ("RUNS", "RUN", "SWEEP", "COUNT")
_NEEDS: Final[Mapping[str, str]] = {"SWEEP": "that sweep"}


def _clauses() -> Page:
    table = keywords()
    return Page(
        "clauses",
        "Queries and clauses",
        "A query says what it asks for, then its clauses, in any order, each at most once.",
        (
            Section("Queries", tuple(_word(name) for name in _QUERIES)),
            Section("Clauses", tuple(_word(name) for name in table.clauses if name in WORDS)),
        ),
    )


def _word(terminal: str) -> Entry:
    word = WORDS[terminal]
    return Entry(word.syntax, word.doc, word.example, _NEEDS.get(terminal, ""))


def _stages() -> Page:
    entries = (Entry(f"| {one.form}", one.doc, one.example) for one in STAGES.values() if not one.is_later)
    doc = "What stands right of a `|` works on the table that comes from the left, and gives a table."
    return Page("stages", "Stages", doc, (Section("Stages", tuple(entries)),))


def _functions() -> Page:
    by_kind: dict[Kind, list[Function]] = {}
    for one in FUNCTIONS.values():
        by_kind.setdefault(one.result, []).append(one)
    titles = {
        Kind.NUMBER: "That give a number",
        Kind.TEXT: "That give a text",
        Kind.UNKNOWN: "That give one of their values",
    }
    rows = "They stand in `group`, `pivot` and `assert`, and skip null, missing and NaN. There are also `p0` to `p100`."
    return Page(
        "functions",
        "Functions",
        "`NAME(…)`, in any condition, order or column.",
        (
            *(Section(titles.get(kind, kind), _conditions(some)) for kind, some in by_kind.items()),
            Section(
                "Of a metric's history",
                _conditions(HISTORY_AGGREGATES.values()),
                "They read the histories of the runs.",
            ),
            Section(
                "Of the rows of a group", tuple(Entry(f.form, f.doc, f.example) for f in ROW_AGGREGATES.values()), rows
            ),
        ),
    )


def _conditions(functions: Iterable[Function]) -> tuple[Entry, ...]:
    return tuple(Entry(one.form, one.doc, one.example) for one in functions)


@cache
def pages() -> Mapping[str, Page]:
    """By name, in the order of the reference."""
    made = (_clauses(), OPERATORS, LITERALS, DATES, _functions(), _stages(), SYSTEM)
    return MappingProxyType({page.name: page for page in made})
