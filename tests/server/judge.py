"""Which runs match a filter, and in which order: an evaluator that shares nothing with RunQL's.

The operators are mongomock's; the names, and what W&B refuses, are done here.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from functools import cmp_to_key
from typing import Any

import re2
from mongomock.filtering import filter_applies

from tests.server.faults import HttpFault

_MISSING = object()
_COLUMNS = {
    "name": "name",
    "displayName": "displayName",
    "display_name": "displayName",
    "state": "state",
    "tags": "tags",
    "group": "group",
    "jobType": "jobType",
    "job_type": "jobType",
    "createdAt": "createdAt",
    "created_at": "createdAt",
    "updatedAt": "updatedAt",
    "updated_at": "updatedAt",
    "heartbeatAt": "heartbeatAt",
    "heartbeat_at": "heartbeatAt",
    "username": "username",
    "user": "username",
    "host": "host",
    "duration": "duration",
    "sweep": "sweep",
}
_OPERATORS = {"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$regex", "$not", "$options"}
_LOGIC = {"$and", "$or", "$nor"}
_TIMES = {"createdAt", "updatedAt", "heartbeatAt"}


def _walk(value: Any, segments: Sequence[str]) -> Any:
    """The nested value, or that under a key which holds the dots; nesting from the left wins."""
    if not segments:
        return value
    if not isinstance(value, Mapping):
        return _MISSING
    for cut in range(1, len(segments) + 1):
        key = ".".join(segments[:cut])
        if key in value:
            found = _walk(value[key], segments[cut:])
            if found is not _MISSING:
                return found
    return _MISSING


def lookup(run: Mapping[str, Any], name: str) -> Any:
    """What a filter's name means in a run; `_MISSING` where it has none. 400 for a column that W&B lacks."""
    head, _, rest = name.partition(".")
    if head == "config" and rest:
        wrapped = {key: {"value": value} for key, value in run.get("config", {}).items()}
        segments = rest.split(".")
        found = _walk(wrapped, segments)
        plain = _walk(run.get("config", {}), segments)
        if "value" in segments and found is not _MISSING:
            return found
        return plain
    if head == "summary_metrics" and rest:
        return _walk(run.get("summary", {}), rest.split("."))
    if head == "keys_info" and rest.startswith("keys."):
        return _logged(run, rest.removeprefix("keys."))
    if name not in _COLUMNS:
        raise HttpFault(400, f"unknown column {name!r}")
    column = _COLUMNS[name]
    value = run.get(column)
    if value is None:
        return _MISSING if column != "tags" else None
    return value


def _logged(run: Mapping[str, Any], key: str) -> Any:
    return {"count": 1} if any(key in row for row in run.get("history", ())) else _MISSING


def _check_condition(name: str, condition: Any) -> None:
    if _COLUMNS.get(name) == "tags" and isinstance(condition, list):
        raise HttpFault(500, "list equality on tags")
    if not isinstance(condition, Mapping):
        return
    for operator, value in condition.items():
        if operator == "$all":
            raise HttpFault(500, "unsupported operator $all")
        if operator.startswith("$") and operator not in _OPERATORS:
            raise HttpFault(400, f"unknown operator {operator}")
        if operator == "$regex":
            try:
                re2.compile(value)
            except re2.error as error:
                raise HttpFault(400, f"bad regex: {error}") from None
        if operator in ("$in", "$nin") and not isinstance(value, list):
            raise HttpFault(400, f"{operator} needs a list")


def _distinct(value: Any) -> Any:
    """Bools and NaN as bytes, which no run holds: to Python, and so to mongomock, `True` is 1 and NaN is nothing."""
    if isinstance(value, bool):
        return b"\0\1" if value else b"\0\0"
    if isinstance(value, float) and math.isnan(value):
        return b"\0\2"
    if isinstance(value, list):
        return [_distinct(item) for item in value]
    if isinstance(value, Mapping):
        return {key: item if key == "$exists" else _distinct(item) for key, item in value.items()}
    return value


class Judge:
    """One filter, checked and ready: names became short ones that mongomock can address."""

    def __init__(self, text: str | None, blind: frozenset[str] = frozenset()) -> None:
        self._blind = blind
        try:
            raw = json.loads(text) if text else {}
        except ValueError:
            raise HttpFault(400, "malformed filters") from None
        if not isinstance(raw, dict):
            raise HttpFault(400, "filters must be an object")
        self._names: dict[str, str] = {}
        self._filter = self._rename(raw)

    def _rename(self, node: Mapping[str, Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for name, condition in node.items():
            if name in _LOGIC:
                if not isinstance(condition, list) or not all(isinstance(term, dict) for term in condition):
                    raise HttpFault(400, f"{name} needs a list of filters")
                terms = [self._rename(term) for term in condition]
                if terms:
                    out[name] = terms
            elif name.startswith("$"):
                raise HttpFault(400, f"unknown operator {name}")
            else:
                _check_condition(name, condition)
                alias = self._names.setdefault(name, f"f{len(self._names)}")
                out[alias] = _distinct(condition)
        return out

    def check_names(self) -> None:
        for name in self._names:
            lookup({}, name)

    def holds(self, run: Mapping[str, Any]) -> bool:
        document = {}
        for name, alias in self._names.items():
            value = lookup(run, name)
            if value is not _MISSING and name not in self._blind:
                document[alias] = _distinct(value)
        return bool(filter_applies(self._filter, document))  # type: ignore[no-untyped-call]


_KIND: tuple[Any, ...] = (bool, (int, float), str, list, dict)


def _rank(value: Any) -> tuple[int, Any]:
    if value is None or value is _MISSING:
        return (0, 0)
    for rank, kind in enumerate(_KIND, start=1):
        if isinstance(value, kind):
            return (rank, value if rank in (1, 2, 3) else 0)
    return (9, 0)


def _compare(left: tuple[int, Any], right: tuple[int, Any]) -> int:
    return (left > right) - (left < right)


def arrange(
    runs: Sequence[dict[str, Any]], order: str | None, *, shuffle_ties: bool = False, as_text: bool = False
) -> list[dict[str, Any]]:
    """Runs in the server's order: missing first when ascending, last when descending, ties as they came."""
    text = order or "-created_at"
    descending = text.startswith("-")
    name = text.lstrip("+-")
    found = {id(run): lookup(run, name) for run in runs}
    keys = {at: _rank(str(value) if as_text and value is not _MISSING else value) for at, value in found.items()}
    listed = list(runs)
    if shuffle_ties:
        random.shuffle(listed)
    by_key = cmp_to_key(_compare)
    return sorted(listed, key=lambda run: by_key(keys[id(run)]), reverse=descending)
