"""Values in the columns of a store, exactly: what is written is what is read.

| `t` | value | in |
|---|---|---|
| `n` | a number | `num`; `whole` where it is an integer; `str` has the digits of an integer from 2^53 on |
| `q` | NaN | |
| `s` | a text | `str` |
| `j` | a text that UTF-8 does not hold (half of a surrogate pair) | `str`, as JSON |
| `b` | a bool | `str`: `true` or `false` |
| `z` | null | |
| `d` | a time | `str`, in ISO 8601 |
| `a` | a list | `num`: its length; `str`: all of it as JSON |
| `o` | a record | `num`: its length; `str`: all of it as JSON where its values have no rows of their own |

JSON is Python's: bare NaN and Infinity, integers of any length.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from runql.errors import ArgumentError
from runql.semantic.values import Value

Cell: TypeAlias = tuple[str, float | None, str | None, bool | None]
"""`t`, `num`, `str`, `whole`."""

_EXACT: Final = 2**53
_LONGEST_DIGITS: Final = 4000
_TRUE: Final[Cell] = ("b", None, "true", None)
_FALSE: Final[Cell] = ("b", None, "false", None)
_NULL: Final[Cell] = ("z", None, None, None)
_NAN: Final[Cell] = ("q", None, None, None)


def cell_of(value: Value) -> Cell:  # noqa: PLR0911 - one line a kind
    """A value as the four columns have it. Raises `ArgumentError` for an object that is no value."""
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, float):
        return _NAN if math.isnan(value) else ("n", float(value), None, None)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, str):
        return ("s", None, value, None) if is_whole(value) else ("j", None, json.dumps(value), None)
    if isinstance(value, timedelta):
        return ("n", value.total_seconds(), None, None)
    if isinstance(value, datetime):
        return ("d", None, value.isoformat(), None)
    if isinstance(value, list | tuple):
        return ("a", float(len(value)), exact_json(value), None)
    if isinstance(value, Mapping):
        return ("o", float(len(value)), exact_json(value), None)
    raise ArgumentError.because(f"a store holds no value of the type `{type(value).__name__}`")


def _integer(value: int) -> Cell:
    if -_EXACT < value < _EXACT:
        return ("n", float(value), None, True)
    try:
        near = float(value)
    except OverflowError:
        near = math.inf if value > 0 else -math.inf
    return ("n", near, _digits(value), True)


def _digits(value: int) -> str:
    """An integer as text, of any length: Python itself refuses the longest ones."""
    if value.bit_length() < 3 * _LONGEST_DIGITS:
        return str(value)
    return hex(value)


def value_of(  # noqa: PLR0911 - one line a kind
    t: str, num: float | None, text: str | None, whole: bool | None
) -> Value:
    """The value of the four columns. Raises `ValueError` for what `cell_of` never gives."""
    match t:
        case "n" if num is not None:
            if not whole:
                return num
            return int(num) if text is None else int(text, 0)
        case "q":
            return math.nan
        case "s" if text is not None:
            return text
        case "b" if text is not None:
            return text == "true"
        case "z":
            return None
        case "d" if text is not None:
            return datetime.fromisoformat(text)
        case "a" | "o" | "j" if text is not None:
            return json.loads(text, strict=False)
        case "o":
            return {}
        case _:
            raise ValueError(f"no value is `{t}`")


def is_whole(text: str) -> bool:
    """Whether UTF-8 holds a text."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def exact_json(value: Value) -> str:
    """A list or a record as JSON that is read as the same. Raises `ArgumentError` for an object that is no value."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
        return text if is_whole(text) else json.dumps(value, separators=(",", ":"), default=_plain)
    except (TypeError, ValueError) as error:
        raise ArgumentError.because(f"a store holds no such list or record: {error}") from error


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"a value of the type `{type(value).__name__}`")
