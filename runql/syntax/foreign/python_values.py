"""Values as Python, JSON or JavaScript write them: numbers, texts, lists and dicts, and nothing that runs."""

from __future__ import annotations

import ast
import json
from typing import Any, Final

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


class _UnreadableError(ValueError):
    """Something that is no value."""


def read_value(text: str) -> Any:
    """The value that a text writes; `None` too if it is none. Never runs anything."""
    if _depth(text) > _DEEPEST:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return _of(ast.parse(text.strip(), mode="eval").body)
    except (_UnreadableError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None


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
            return {_key(key): _of(value) for key, value in zip(keys, values, strict=True)}
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
    """
    if _depth(text) > _DEEPEST:
        return None
    try:
        call = ast.parse(text.strip(), mode="eval").body
        if not isinstance(call, ast.Call):
            return None
        given = {pair.arg: _of(pair.value) for pair in call.keywords if pair.arg is not None}
        return ast.unparse(call.func), [_of(value) for value in call.args], given
    except (_UnreadableError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None
