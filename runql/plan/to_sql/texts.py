"""Values as SQL spells them. `None` is what SQL does not take exactly: that stays with the engine."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final

from runql.syntax.tree import TextOp

EXACT: Final = 2**53
"""From here on a double does not tell all integers apart."""

_LONGEST: Final = 10_000
_LONGEST_PATTERN: Final = 500


def text_sql(text: str) -> str | None:
    """A text; `None` for one that UTF-8 does not hold, with a NUL, or of great length."""
    if len(text) > _LONGEST or "\0" in text:
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return None
    return "'" + text.replace("'", "''") + "'"


def number_sql(number: object) -> str | None:
    """A number as a double; `None` for one that may not be exactly that, and for NaN."""
    if isinstance(number, int):
        return f"{number}e0" if -EXACT < number < EXACT else None
    if not isinstance(number, float) or not math.isfinite(number) or abs(number) >= EXACT:
        return None
    written = float.__repr__(number)
    return written if "e" in written else f"{written}e0"


def time_sql(moment: datetime) -> str:
    """A moment, which is aware."""
    return f"TIMESTAMPTZ '{moment.astimezone(UTC).isoformat(sep=' ')}'"


def match_sql(op: TextOp, value: str, pattern: str) -> str | None:
    """Whether a text matches a pattern."""
    regex = _regex(op, pattern)
    if regex is not None:
        written = text_sql(regex) if len(pattern) <= _LONGEST_PATTERN else None
        return None if written is None else f"regexp_matches({value}, {written})"
    function = {TextOp.CONTAINS: "contains", TextOp.STARTSWITH: "starts_with", TextOp.ENDSWITH: "ends_with"}.get(op)
    written = text_sql(pattern)
    return None if function is None or written is None else f"{function}({value}, {written})"


def _regex(op: TextOp, pattern: str) -> str | None:
    """DuckDB's expressions are RE2 too; that a dot is no line end is said, since its default may be another."""
    if op is TextOp.REGEX:
        return f"(?-s){pattern}"
    if op is TextOp.REGEX_ANY_CASE:
        return f"(?-s)(?i){pattern}"
    if op is TextOp.GLOB and "[" not in pattern:
        return r"(?s)\A" + "".join(map(_of_glob, pattern)) + r"\z"
    return None


def _of_glob(char: str) -> str:
    if char in "*?":
        return ".*" if char == "*" else "."
    return char if char.isalnum() or ord(char) > 127 else f"\\x{{{ord(char):x}}}"
