"""W&B filters: how they are put together, and which values may stand in them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from runql.semantic.values import Value
from runql.text.frozen import frozen

Filter: TypeAlias = dict[str, Any]

_SAFE_INTEGER = 2**53
"""Beyond it, JSON numbers of other languages are not exact."""


@frozen
class Narrowing:
    """A filter that lets through every run asked for; `exact`: and no other."""

    filter: Filter
    exact: bool = False

    def inexact(self) -> Narrowing:
        return Narrowing(self.filter)


def is_sendable(value: Value) -> bool:
    """Whether a value means the same in a filter's JSON as here: a bool, a finite number, or well-formed text."""
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) < _SAFE_INTEGER
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str) and "\0" not in value and _encodes(value)


def _encodes(text: str) -> bool:
    """Whether text has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def iso(moment: datetime) -> str:
    """A UTC time as W&B's filters take it: `2026-01-31T12:00:00Z`."""
    return moment.isoformat().replace("+00:00", "Z")


def conjunction(parts: Iterable[Narrowing]) -> Narrowing:
    """All of several filters: in one dict where no key meets itself, else under `$and`."""
    merged: Filter = {}
    apart: list[Filter] = []
    exact = True
    for part in _distinct(parts):
        exact &= part.exact
        joined = _merge(merged, part.filter)
        if joined is None:
            apart.append(part.filter)
        else:
            merged = joined
    return Narrowing({"$and": [merged, *apart]} if apart else merged, exact)


def disjunction(parts: Iterable[Narrowing]) -> Narrowing:
    """Any of several filters."""
    distinct = _distinct(parts)
    exact = all(p.exact for p in distinct)
    return distinct[0] if len(distinct) == 1 else Narrowing({"$or": [p.filter for p in distinct]}, exact)


def _distinct(parts: Iterable[Narrowing]) -> list[Narrowing]:
    """Each filter once. By their text, since `1` and `true` are equal to Python but not to a filter."""
    return list({repr(part): part for part in parts}.values())


def _merge(one: Filter, other: Filter) -> Filter | None:
    """Two filters as one dict; `None` where that would lose a condition."""
    merged = dict(one)
    for key, condition in other.items():
        if key not in merged:
            merged[key] = condition
            continue
        before = merged[key]
        if not (_is_operators(before) and _is_operators(condition)) or before.keys() & condition.keys():
            return None
        merged[key] = _without_presence({**before, **condition})
    return merged


def _without_presence(condition: Filter) -> Filter:
    """A comparison of order is true of no null, so "not null" beside it says nothing."""
    is_ordered = any(op in condition for op in ("$gt", "$gte", "$lt", "$lte"))
    return {op: v for op, v in condition.items() if not (is_ordered and op == "$ne" and v is None)}


def _is_operators(condition: Any) -> bool:
    return isinstance(condition, Mapping) and bool(condition) and all(str(k).startswith("$") for k in condition)


def as_json(filters: Mapping[str, Any]) -> str:
    """A filter as the JSON that goes over the wire."""
    return json.dumps(filters, ensure_ascii=False, allow_nan=False)
