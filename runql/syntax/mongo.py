"""A Mongo filter, as the W&B client takes it, as a condition."""

from __future__ import annotations

import ast
import json
from typing import Any, Final

from runql.syntax.literals import read_path, write_number, write_path, write_string

_LONGEST: Final = 10_000
_DEEPEST: Final = 20
_COMPARISONS: Final = {"$eq": "=", "$ne": "!=", "$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<=", "$regex": "~"}
_LISTS: Final = {"$in": "in", "$nin": "not in"}
_NAMES: Final = {
    "displayName": "name",
    "display_name": "name",
    "createdAt": "created",
    "created_at": "created",
    "heartbeatAt": "heartbeat",
    "username": "user",
    "jobType": "job_type",
}


class _ForeignError(ValueError):
    """Something for which there is no condition."""


def mongo_text(text: str) -> str | None:
    """The condition that a Mongo filter means; none if it is not one, or has what the language has not."""
    if len(text) > _LONGEST or max(text.count("{"), text.count("[")) > 4 * _DEEPEST:
        return None
    try:
        return _condition(_read(text), 0)
    except (_ForeignError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return ast.literal_eval(text)


def _condition(value: Any, depth: int) -> str:
    if not isinstance(value, dict) or not value or depth > _DEEPEST:
        raise _ForeignError
    return " and ".join(_entry(str(key), item, depth) for key, item in value.items())


def _entry(key: str, value: Any, depth: int) -> str:
    if key in {"$and", "$or", "$nor"}:
        if not isinstance(value, list) or not value:
            raise _ForeignError
        word = "and" if key == "$and" else "or"
        joined = f" {word} ".join(_term(item, depth + 1) for item in value)
        if key == "$nor":
            return f"not ({joined})"
        return f"({joined})" if key == "$or" and len(value) > 1 else joined
    if key.startswith("$"):
        raise _ForeignError
    return _tests(_field(key), value, depth)


def _term(value: Any, depth: int) -> str:
    """One of several conditions, in parentheses where it needs them."""
    condition = _condition(value, depth)
    loose = " and " in condition or " or " in condition
    return f"({condition})" if loose and list(value) != ["$or"] else condition


def _field(key: str) -> str:
    if key in _NAMES:
        return _NAMES[key]
    namespace, dot, rest = key.partition(".")
    namespace = {"summary_metrics": "summary", "summaryMetrics": "summary"}.get(namespace, namespace)
    if namespace == "config":
        rest = rest.removesuffix(".value")
    plain = f"{namespace}{dot}{rest}"
    if plain.replace(".", "").replace("/", "").replace("_", "").isalnum() and not plain[0].isdigit():
        return write_path(read_path(plain))
    return f"{namespace}.`{rest.replace('`', '``')}`" if dot else f"`{namespace}`"


def _tests(field: str, value: Any, depth: int) -> str:
    if not isinstance(value, dict):
        return f"{field} = {_value(value)}"
    if not value or depth > _DEEPEST:
        raise _ForeignError
    return " and ".join(_test(field, str(operator), operand, depth) for operator, operand in value.items())


def _test(field: str, operator: str, operand: Any, depth: int) -> str:
    if operator in _COMPARISONS:
        return f"{field} {_COMPARISONS[operator]} {_value(operand)}"
    if operator in _LISTS and isinstance(operand, list) and operand:
        items = ", ".join(_value(item) for item in operand)
        if field == "tags":
            return f"{'not ' * (operator == '$nin')}tags has any ({items})"
        return f"{field} {_LISTS[operator]} ({items})"
    if operator == "$exists":
        return f"{'exists' if operand else 'missing'}({field})"
    if operator == "$not":
        return f"not ({_tests(field, operand, depth + 1)})"
    raise _ForeignError


def _value(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return write_number(value)
        case str():
            return write_string(value)
        case _:
            raise _ForeignError
