"""What parts of the language take and give: the kinds of values, of tables, and of the parts of stages."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The type of a value. `UNKNOWN` is the type of a field of which nothing is known."""

    NUMBER = "number"
    BOOL = "bool"
    TEXT = "text"
    TIME = "time"
    LIST = "list"
    RECORD = "record"
    NULL = "null"
    MISSING = "missing"
    UNKNOWN = "unknown"


NUMBER: Final = frozenset({Kind.NUMBER})
TEXT: Final = frozenset({Kind.TEXT})
BOOL: Final = frozenset({Kind.BOOL})
TIME: Final = frozenset({Kind.TIME})
LIST: Final = frozenset({Kind.LIST})
ADDABLE: Final = frozenset({Kind.NUMBER, Kind.BOOL})
SIZED: Final = frozenset({Kind.TEXT, Kind.LIST})
ORDERED: Final = frozenset({Kind.NUMBER, Kind.TIME})
COMPARABLE: Final = ORDERED | TEXT | BOOL
ANYTHING: Final = frozenset(Kind)


class TableKind(StrEnum):
    """What the rows of a table are. A stage such as `group` makes rows of another kind."""

    RUNS = "runs"
    HISTORIES = "histories"
    OTHER = "other"


ANY_TABLE: Final = frozenset(TableKind)
RUNS: Final = frozenset({TableKind.RUNS})
HISTORIES: Final = frozenset({TableKind.HISTORIES})
ROWS_OF_RUNS: Final = frozenset({TableKind.RUNS, TableKind.OTHER})


class PartKind(StrEnum):
    """What stands in a part of a stage; behind each what the field of the typed stage holds."""

    WHOLE = "a whole number"  # int
    WORD = "a word of the grammar"  # str
    NAME = "the id or the name of a run"  # str
    NUMBER = "a value that is a number"  # Named
    VALUES = "values"  # tuple[Named, ...]
    GOALS = "values, each with min or max"  # tuple[tuple[Goal, Named], ...]
    KEYS = "values and patterns of columns"  # tuple[Named | ColumnPick, ...]
    COLUMNS = "names and patterns of columns"  # tuple[ColumnPick, ...]


SEVERAL = frozenset({PartKind.VALUES, PartKind.GOALS, PartKind.KEYS, PartKind.COLUMNS})
"""The kinds of which a part may hold more than one, with commas between them."""

KEYS = frozenset({PartKind.VALUES, PartKind.KEYS})
"""Those of them that are the first columns of a stage with rows of its own."""
