"""One value as text: for JSON, for a field of a CSV file, and harmless at a terminal."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from runql.semantic.times import iso_text
from runql.semantic.values import MISSING, Value
from runql.text.frozen import changeable


@changeable
class ConversionLoss:
    """What a format cannot hold: numbers that JSON has no form for, columns that a typed file has no type for."""

    non_finite: int = 0
    untyped: tuple[str, ...] = ()


def iso(value: datetime) -> str:
    """A time in UTC: `2026-01-31T12:00:00Z`, with a fraction only where there is one."""
    return iso_text(value)


def to_json(value: Value, lost: ConversionLoss) -> Any:  # noqa: PLR0911 - one line a type
    """A value that `json.dumps` takes: null for missing, NaN and the infinities (which are counted)."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            if math.isfinite(value):
                return value
            lost.non_finite += 1
            return None
        case datetime():
            return iso(value)
        case list() | tuple():
            return [to_json(item, lost) for item in value]
        case Mapping():
            return {str(key): to_json(item, lost) for key, item in value.items() if item is not MISSING}
        case _ if value is MISSING:
            return None
        case _:
            return str(value)


def json_text(value: Value) -> str:
    """A list or a record as compact JSON text that keeps NaN and the infinities, as Python reads them."""
    return json.dumps(_keep(value), ensure_ascii=False, separators=(",", ":"))


def _keep(value: Value) -> Any:
    match value:
        case float() | None | bool() | int() | str():
            return value
        case list() | tuple():
            return [_keep(item) for item in value]
        case Mapping():
            return {str(key): _keep(item) for key, item in value.items() if item is not MISSING}
        case _:
            return to_json(value, ConversionLoss())


def exact_text(value: Value) -> str:  # noqa: PLR0911 - one line a type
    """A value as a field of CSV: nothing for null and missing, every digit of a number, JSON for lists and records."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case datetime():
            return iso(value)
        case _ if value is MISSING:
            return ""
        case _:
            return json_text(value)


def whole_unicode(text: str) -> str:
    """The text with lone surrogates replaced: JSON in a run file may hold them, UTF-8 may not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


# ---------------------------------------------------------------- whole columns


def json_cells(values: Sequence[Value], lost: ConversionLoss) -> list[str]:
    """A column as JSON, a text a cell."""
    types = set(map(type, values))
    if types <= _NUMBERS and all(map(math.isfinite, values)):
        return list(map(repr, values))
    if types == {str}:
        texts = {value: json.dumps(value, ensure_ascii=False) for value in set(values)}
        return [texts[value] for value in values]
    return [json.dumps(to_json(value, lost), ensure_ascii=False, allow_nan=False) for value in values]


_NUMBERS = frozenset({int, float})
