"""The values that fields hold, and their kinds.

A value is a Python `bool`, `int`, `float`, `str`, aware `datetime`, `list`, `dict`, `None` (set to null) or
`MISSING` (never set). A `bool` is no number. A media object is a record: a `dict` with `_type`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, TypeAlias

from runql.language.kinds import Kind
from runql.text.frozen import frozen


class _Missing(Enum):
    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing.MISSING
"""The value of a field that was never set."""

Missing: TypeAlias = _Missing
Value: TypeAlias = Any
"""Any of the values above. (Python's types can't say it without a cast at each use.)"""


@frozen
class RegexValue:
    """A regular expression of RE2 as an argument of a function, where a text would stand for itself."""

    pattern: str


def kind_of(value: Value) -> Kind:  # noqa: PLR0911 - one line a kind
    """The kind of a value. A `timedelta` counts as the number of its seconds."""
    if value is None:
        return Kind.NULL
    if value is MISSING:
        return Kind.MISSING
    if isinstance(value, bool):
        return Kind.BOOL
    if isinstance(value, int | float | timedelta):
        return Kind.NUMBER
    if isinstance(value, str):
        return Kind.TEXT
    if isinstance(value, datetime):
        return Kind.TIME
    if isinstance(value, list | tuple):
        return Kind.LIST
    return Kind.RECORD
