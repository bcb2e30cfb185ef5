"""Values and lists of them in a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from runql.engine.stages.shared.aggregates import Skipped
from runql.semantic.values import MISSING, Value


def value_text(value: Value) -> str:  # noqa: PLR0911 - one line a kind
    """A value as a title or in a sentence: texts as they are, whole numbers without a point."""
    match value:
        case str():
            return value
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case list() | tuple() | Mapping():
            return json.dumps(value, default=value_text, ensure_ascii=False)
        case _:
            return "missing" if value is MISSING else str(value)


def some(items: Sequence[str], most: int = 5) -> str:
    """The first few of a list, and how many more there are."""
    shown = ", ".join(items[:most])
    return f"{shown} and {len(items) - most:,} more" if len(items) > most else shown


def skipped_text(skipped: Skipped) -> str:
    """`2 missing, 1 NaN`."""
    counts = ((skipped.missing, "missing"), (skipped.nan, "NaN"), (skipped.other, "of another type"))
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)


def number_of(count: int, what: str) -> str:
    """`1 row`, `3 rows`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
