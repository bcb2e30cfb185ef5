"""Values as Python, JSON or JavaScript write them: numbers, texts, lists and dicts, and nothing that runs."""

from __future__ import annotations

import ast
import json
import re
from typing import Any, Final

from runql.errors import ArgumentError

_WORDS: Final[dict[str, Any]] = {
    "true": True,
    "false": False,
    "null": None,
    "undefined": None,
    "nan": float("nan"),
    "NaN": float("nan"),
    "inf": float("inf"),
    "Infinity": float("inf"),
}
_DEEPEST: Final = 200
_JOIN: Final = 'join the two by `$and`: `{"$and": [{…}, {…}]}`'
_CLOSING: Final = {"{": "}", "[": "]", "(": ")"}
_LEXEMES: Final = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[][{}()]")
"""Texts, so that no bracket in one counts, and brackets."""


class _UnreadableError(ValueError):
    """Something that is no value."""


class _DoubledKeyError(Exception):
    """A key that stands twice in one dict: Python and JSON would drop the first in silence."""

    def __init__(self, key: str) -> None:
        super().__init__(f"`{key}` stands twice in one dict, which holds a key once")


def read_value(text: str) -> Any:
    """The value that a text writes; `None` too if it is none. Never runs anything.

    Raises:
        ArgumentError: a key stands twice in a dict.
    """
    if _depth(text) > _DEEPEST:
        return None
    try:
        return _value(text)
    except _DoubledKeyError as error:
        raise ArgumentError.because(str(error), _JOIN) from error


def _value(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_dict)
    except (ValueError, RecursionError):
        pass
    try:
        return _of(ast.parse(text.strip(), mode="eval").body)
    except (_UnreadableError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _DoubledKeyError(key)
        found[key] = value
    return found


def lacking_brackets(text: str) -> str:
    """The brackets that a text lacks at its end; empty where it lacks none, or others stand in their place."""
    open_: list[str] = []
    for lexeme in _LEXEMES.findall(text):
        if lexeme in _CLOSING:
            open_.append(_CLOSING[lexeme])
        elif lexeme in _CLOSING.values() and (not open_ or open_.pop() != lexeme):
            return ""
    return "".join(reversed(open_))


def _depth(text: str) -> int:
    """How deeply brackets may nest in a text."""
    return sum(text.count(bracket) for bracket in "{[(")


def _of(node: ast.expr) -> Any:  # noqa: PLR0911 - one a node
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None as value):
            return value
        case ast.Name(id=name) if name in _WORDS:
            return _WORDS[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = _of(operand)
            if not isinstance(value, int | float):
                raise _UnreadableError
            return -value
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return [_of(item) for item in items]
        case ast.Dict(keys=keys, values=values):
            return _dict([(_key(key), _of(value)) for key, value in zip(keys, values, strict=True)])
        case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str() as word)], keywords=[]):
            return float(word)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=pairs):
            return {pair.arg: _of(pair.value) for pair in pairs if pair.arg is not None}
    raise _UnreadableError


def _key(node: ast.expr | None) -> str:
    match node:
        case ast.Constant(value=str() as key):
            return key
    raise _UnreadableError


def read_call(text: str) -> tuple[str, list[Any], dict[str, Any]] | None:
    """A call, `api.runs("acme/vision", order="-created_at")`: the name, its arguments, those with a name.

    None if it is no call of values. Never runs anything.

    Raises:
        ArgumentError: a key stands twice in a dict.
    """
    if _depth(text) > _DEEPEST:
        return None
    try:
        call = ast.parse(text.strip(), mode="eval").body
        if not isinstance(call, ast.Call):
            return None
        given = {pair.arg: _of(pair.value) for pair in call.keywords if pair.arg is not None}
        return ast.unparse(call.func), [_of(value) for value in call.args], given
    except _DoubledKeyError as error:
        raise ArgumentError.because(str(error), _JOIN) from error
    except (_UnreadableError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None
