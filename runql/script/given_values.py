"""Values of parameters as they are written outside of a query: `least=0.98`, `names=["a", "b"]`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from runql.errors import wrong_call

_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_NUMBER = re.compile(r"[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_SHORT = re.compile(r"(?P<sign>[+-]?)(?P<digits>(?:\d[\d_]*\.?\d*|\.\d+)[kKMG])\Z")
_DURATION = re.compile(r"(?P<sign>-?)(?P<length>(?:\d+(?:\.\d+)?[smhdw])+)(?P<ago>\s+ago)?\Z")
_WORDS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
}


class SpelledInt(int):
    """A whole number as it was given to the command: a parameter that is text takes its digits as they stand."""

    text: str


class SpelledFloat(float):
    """The same of any other number."""

    text: str


class SpelledDuration(timedelta):
    """The same of a length of time: `7d`."""

    text: str


def values_of(params: Iterable[str]) -> dict[str, Any]:
    """The values of `-p NAME=VALUE`, as the language reads them; JSON lists; a JSON string or any other is text.

    Raises `QueryError` for what is no name, and for a name that is given twice.
    """
    values: dict[str, Any] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals or not _NAME.match(name):
            example = param if _NAME.match(param) else "lr"
            raise wrong_call(f"`-p {param}` is not of the form NAME=VALUE", f"for example: `-p {example}=0.01`")
        if name in values:
            raise wrong_call(f"`-p {name}` is given twice")
        values[name] = value_of(name, value)
    return values


def value_of(name: str, text: str) -> Any:
    """One value: typed as it looks."""
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.match(text):
        number: SpelledInt | SpelledFloat = SpelledFloat(text) if re.search(r"[.eE]", text) else SpelledInt(text)
        number.text = text
        return number
    if (found := _short(text)) is not None:
        return found
    if text[:1] not in {"[", '"'}:
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        kind = "list" if text[0] == "[" else "text"
        hints = (f'write it as JSON: `-p \'{name}=["a", "b"]\'`',) if kind == "list" else ()
        raise wrong_call(
            f"the {kind} of `-p {name}` is not JSON: {error.msg} at character {error.pos + 1}", *hints
        ) from None


def _short(text: str) -> SpelledInt | SpelledFloat | SpelledDuration | datetime | None:
    """`10k`, `7d`, `7d ago`: numbers and times that only the language writes so."""
    from runql.syntax.literals import BadLiteral, read_duration, read_number

    try:
        if match := _SHORT.match(text):
            factor = -1 if match["sign"] == "-" else 1
            value = factor * read_number(match["digits"])
            number = SpelledInt(value) if isinstance(value, int) else SpelledFloat(value)
            number.text = text
            return number
        if match := _DURATION.match(text):
            length = read_duration(match["length"])
            if match["ago"]:
                return datetime.now(UTC) - length
            spelled = SpelledDuration(seconds=length.total_seconds() * (-1 if match["sign"] else 1))
            spelled.text = text
            return spelled
    except (BadLiteral, OverflowError):
        return None
    return None
