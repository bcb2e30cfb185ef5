"""Values and calls as Python that can be pasted. Without bools and nulls, a value is also its JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runql.plan.stand_ins import MANY, ONE, NumberStandIn, TextStandIn

_WIDTH = 88
_INDENT = "    "
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def literal(value: Any) -> str:
    """A value on one line: texts in double quotes, with everything escaped that a terminal might act on."""
    match value:
        case TextStandIn() | NumberStandIn():
            return ONE
        case [TextStandIn() | NumberStandIn(), *_]:
            return MANY
        case str():
            return '"' + "".join(map(_char, value)) + '"'
        case Mapping():
            return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def call_text(name: str, positional: Iterable[str], named: Mapping[str, Any]) -> str:
    """A call, on one line if it fits, else with an argument a line."""
    arguments = [*positional, *(f"{key}={literal(value)}" for key, value in named.items())]
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= _WIDTH:
        return line
    lines = [*positional, *(f"{key}={_wrapped(value, len(key) + 6)}" for key, value in named.items())]
    return f"{name}(\n" + "".join(f"{_INDENT}{each},\n" for each in lines) + ")"


def _wrapped(value: Any, before: int) -> str:
    """A value on one line if it fits, else a dict or list with an entry a line."""
    line = literal(value)
    if before + len(line) <= _WIDTH or not isinstance(value, dict | list) or not value:
        return line
    inner = _INDENT * 2
    if isinstance(value, dict):
        entries = [f"{literal(k)}: {literal(v)}" for k, v in value.items()]
        return "{\n" + "".join(f"{inner}{e},\n" for e in entries) + _INDENT + "}"
    return "[\n" + "".join(f"{inner}{literal(e)},\n" for e in value) + _INDENT + "]"


def _char(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"
