"""What parts of the language take and give: the kinds of values, and of tables."""

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
