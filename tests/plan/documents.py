"""Runs as the documents that W&B's filters ask, and two judges of a filter that are not ours.

`mongomock` is the first. Where it differs from the MongoDB manual the manual decides, and the difference is evened
out here, in the open:
- to mongomock `True` equals `1`; in BSON a bool is a type of its own. So bools become UUIDs, which it keeps apart.
- ISO text for times (W&B takes it, MongoDB has a type of its own) becomes `datetime`.
- `config.x` means `config.x.value`, as W&B reads it.

The second is what W&B's own query generator assumes of the server ("tag is not X" is sent as "null or not X"): SQL's
nulls, under which `$ne`, `$nin` and `$nor` are not true of a value that is null or missing, and a list is no scalar.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mongomock.filtering import filter_applies

from runql.engine.mongo.history_keys import history_keys_of
from runql.language.fields import RUN_FIELDS
from runql.plan.nodes import Fetch
from runql.plan.selectors import WandbSelector
from runql.plan.to_mongo.wire import wire, wire_order
from runql.semantic.record import RunRecord

_BOOLS = {True: uuid.UUID(int=1), False: uuid.UUID(int=0)}
_TIMES = ("createdAt", "heartbeatAt", "updatedAt")
_SCALARS: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": lambda a, b: a > b,
    "$gte": lambda a, b: a >= b,
    "$lt": lambda a, b: a < b,
    "$lte": lambda a, b: a <= b,
}


def document(record: RunRecord, hidden: timedelta = timedelta(0)) -> dict[str, Any]:
    """A run as the server holds it; `hidden` is the part of a second that its times have and its answers don't show."""
    found: dict[str, Any] = {}
    for run_field in RUN_FIELDS.values():
        if run_field.filter_name is None:
            continue
        value = getattr(record, run_field.name)
        if isinstance(value, datetime) and not value.microsecond:
            value += hidden
        found[run_field.filter_name] = list(value) if isinstance(value, tuple) else value
    found["config"] = {key: {"value": value} for key, value in (record.config or {}).items()}
    found["summary_metrics"] = dict(record.summary or {})
    found["keys_info"] = {"keys": dict(history_keys_of(record).get("keys", {}))}
    return found


def mongo_lets_through(filters: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """Whether mongomock finds the document."""
    return bool(
        filter_applies(  # type: ignore[no-untyped-call]
            _for_mongomock(filters), _typed(held)
        )
    )


def _typed(value: Any) -> Any:
    if isinstance(value, bool):
        return _BOOLS[value]
    if isinstance(value, Mapping):
        return {key: _typed(inner) for key, inner in value.items()}
    return [_typed(inner) for inner in value] if isinstance(value, list) else value


def _for_mongomock(filters: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, condition in filters.items():
        if key in ("$and", "$or", "$nor"):
            found[key] = [_for_mongomock(part) for part in condition]
        else:
            found[_unwrapped_path(key)] = _condition(key, condition)
    return found


def _unwrapped_path(key: str) -> str:
    first, _, rest = key.partition(".")
    if first != "config" or ".value" in f".{rest}.":
        return key
    return f"{key}.value"


def _condition(key: str, condition: Any) -> Any:
    if isinstance(condition, Mapping):
        return {op: value if op == "$exists" else _condition(key, value) for op, value in condition.items()}
    if isinstance(condition, list):
        return [_condition(key, item) for item in condition]
    if key in _TIMES and isinstance(condition, str):
        return datetime.fromisoformat(condition)
    return _typed(condition)


def sql_lets_through(filters: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """Whether a server with SQL's nulls finds the document."""
    return _all(_sql(key, condition, held) for key, condition in filters.items()) is True


def _sql(key: str, condition: Any, held: Mapping[str, Any]) -> bool | None:
    if key == "$and":
        return _all(_all(_sql(k, c, held) for k, c in part.items()) for part in condition)
    if key == "$or":
        return _negated(_all(_negated(_all(_sql(k, c, held) for k, c in part.items())) for part in condition))
    assert key != "$nor", "no filter for such a server may rest on a negation"
    value = _at(held, _unwrapped_path(key).split("."))
    if not isinstance(condition, Mapping):
        condition = {"$eq": condition}
    return _all(_sql_test(key, op, value, operand) for op, operand in condition.items())


def _at(held: Any, path: list[str]) -> Any:
    for step in path:
        held = held.get(step) if isinstance(held, Mapping) else None
    return held


def _sql_test(key: str, op: str, value: Any, operand: Any) -> bool | None:  # noqa: PLR0911
    if op == "$exists":
        return (value is not None) is operand
    if operand is None:
        return (value is None) is (op == "$eq")
    if value is None:
        return None
    operand = _condition(key, operand)
    value = _typed(value)
    if op in ("$in", "$nin"):
        within = any(_sql_equal(key, value, item) for item in operand)
        return within if op == "$in" else not within
    if op in ("$eq", "$ne"):
        return _sql_equal(key, value, operand) is (op == "$eq")
    if op == "$regex":
        return isinstance(value, str) and re.search(operand, value) is not None
    same = (isinstance(value, int | float) and isinstance(operand, int | float)) or type(value) is type(operand)
    return same and _SCALARS[op](value, operand)


def _sql_equal(key: str, value: Any, operand: Any) -> bool:
    if key == "tags":
        return operand in value
    return not isinstance(value, list | Mapping) and bool(value == operand)


def _all(truths: Any) -> bool | None:
    found = list(truths)
    if False in found:
        return False
    return None if None in found else True


def _negated(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


@dataclass
class Asked:
    """A filter and an order as they go over the wire."""

    filters: dict[str, Any]
    order: str


def asked(fetch: Fetch) -> Asked:
    """What a source that takes W&B's form is asked for."""
    assert isinstance(fetch.selector, WandbSelector)
    return Asked(wire(fetch.selector.filters), wire_order(fetch.selector.order))
