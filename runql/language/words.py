"""Every keyword and operator with its entry, by the terminal that spells it in the grammar."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.clauses import CLAUSES
from runql.language.dates import DATES
from runql.language.entry import Entry, ReferencePage
from runql.language.keywords import KEYWORDS
from runql.language.literals import LITERALS
from runql.language.operators import OPERATORS
from runql.language.statements import STATEMENTS


def _of(page: ReferencePage) -> dict[str, Entry]:
    entries = (one for section in page.sections for one in section.entries)
    return {one.terminal: one for one in entries if isinstance(one, Entry) and one.terminal}


WORDS: Final[Mapping[str, Entry]] = MappingProxyType(
    {**STATEMENTS, **CLAUSES, **KEYWORDS, **_of(OPERATORS), **_of(LITERALS), **_of(DATES)}
)
"""By terminal; a stage whose word begins nothing else is in `STAGES` alone."""

LIKELIEST: Final = (
    "RPAR",
    "RUNS",
    "COUNT",
    "SHOW",
    "EXPLAIN",
    "LET",
    "USE",
    "RUN",
    "SWEEP",
    "COMMA",
    "AND",
    "OR",
    "WHERE",
    "ORDER",
    "LIMIT",
    "KEYS",
    "SELECT",
    "SWEEPS",
    "NULL",
    "NAN",
    "FINITE",
    "UNSET",
    "OUTER",
    "INNER",
    "FFILL",
    "DEFAULT",
    "SYSTEM",
    "IN",
    "BETWEEN",
    "CONTAINS",
    "HAS",
    "STARTSWITH",
    "ENDSWITH",
    "LIKE_GLOB",
    "NOT",
    "DOTDOT",
    "LPAR",
    "COLON",
    "GOAL",
    "METHOD",
    "NEAREST",
    "BY",
    "VS",
    "OVER",
    "EVERY",
    "SORTED",
    "EQ",
    "SHOWN",
    "FIELDS",
    "SHAPE",
    "LOG",
    "AXIS",
    "BAND",
    "TITLE",
    "LIKE",
    "PIPE",
)
"""What a message names first of what could stand at a place, and all that it names."""

GIVEN_ONCE: Final = frozenset({"LAST", "HELD", "APPROX", "ALONG", "BINS", "BY", "VS", "BAND", "TITLE"})
"""The words of the options of a call or a stage, each of which it takes once at most, in any order."""
