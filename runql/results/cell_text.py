"""One value as text: for JSON, for a field of a CSV file, and harmless at a terminal."""

from __future__ import annotations

import json
import math
import re
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


def encoded(text: str) -> bytes:
    """The text as UTF-8, with lone surrogates replaced."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return whole_unicode(text).encode()


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


def separated_cells(values: Sequence[Value], separator: str, *, safe: bool = False) -> list[str]:
    """A column as fields of CSV, quoted as RFC 4180 has it where they hold a quote, the separator or a line end.

    `safe`: a text that a spreadsheet would run as a formula has a `'` before it, and one that holds what separates
    cells elsewhere is quoted too. A number stays a number.
    """
    types = set(map(type, values))
    if types <= _NUMBERS:
        return list(map(repr, values))
    if types != {str}:
        return [_field(value, separator, safe=safe) for value in values]
    if safe:
        texts = {cell: _field(cell, separator, safe=True) for cell in set(values)}
    else:
        has_marks = _MARKS[separator].search
        texts = {cell: _quoted(cell) if has_marks(cell) else cell for cell in set(values)}
    return [texts[cell] for cell in values]


_NUMBERS = frozenset({int, float})
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
"""What begins a formula, or is dropped before one; those of East Asia's keyboards too."""
_MARKS = {one: re.compile(rf'["\r\n{one}]|\A\s|\s\Z') for one in ",\t"}
"""What a field is quoted for, by what separates the fields."""
_MARKS_ANYWHERE = re.compile(r'["\r\n,;\t|]|\A\s|\s\Z')


def _field(value: Value, separator: str, *, safe: bool) -> str:
    text, marks = exact_text(value), _MARKS[separator]
    if safe and isinstance(value, str):
        marks = _MARKS_ANYWHERE
        if text[:1] in _FORMULA or text.lstrip()[:1] in _FORMULA:
            text = f"'{text}"
    return _quoted(text) if marks.search(text) else text


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'
