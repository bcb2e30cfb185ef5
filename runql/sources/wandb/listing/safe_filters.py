"""Which part of a W&B filter may go to W&B's server: what it is known to read as RunQL does.

The rest is evaluated here, on the runs that come back. In doubt are: what is not equal to something (runs without a
value are dropped by the server), null in a config, list elements, dots that may nest or belong to a key.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from runql.engine.mongo.fields import FilterField, parse_field
from runql.language.fields import Space
from runql.plan.selectors import Filters
from runql.text.frozen import frozen

_SAFE = frozenset({"$eq", "$gt", "$gte", "$lt", "$lte", "$in", "$exists", "$regex", "$options"})
_NEGATIONS = frozenset({"$ne", "$nin"})
_NEVER_NULL = frozenset({"id", "state", "created"})
_DOUBTFUL = frozenset({"runtime"})
"""W&B's `duration` need not be the runtime that its records show."""


@frozen
class Narrowed:
    """`sent` lets through every run that matches; `is_whole`: it is the whole filter."""

    sent: Filters
    is_whole: bool


def names_in(filters: Filters) -> frozenset[str]:
    """The fields that a filter reads, as it writes them."""
    parts = (filters[key] for key in filters if key.startswith("$") and isinstance(filters[key], list | tuple))
    below = (names_in(part) for each in parts for part in each)
    return frozenset(key for key in filters if not key.startswith("$")).union(*below)


def doubted_in(filters: Filters) -> frozenset[str]:
    """The fields of a filter that is in doubt: what stands below a config or a summary, if anything does."""
    names = names_in(filters)
    return frozenset(name for name in names if "." in name) or names


def narrow(filters: Filters, misread: frozenset[str] = frozenset()) -> Narrowed:
    """The part of a filter to send. `misread`: fields that the server was seen to read otherwise."""
    terms = list(_terms(filters))
    safe = [_sendable(term) for term in terms if _is_safe(term) and misread.isdisjoint(names_in(term))]
    if len(safe) == len(terms):
        return Narrowed(_sendable(filters), True)
    return Narrowed({"$and": safe} if safe else {}, False)


def conjunction(*parts: Filters) -> Filters:
    """Runs that match all of several filters."""
    given = [part for part in parts if part]
    return given[0] if len(given) == 1 else {"$and": given} if given else {}


def _terms(filters: Filters) -> Iterator[Mapping[str, Any]]:
    """The top-level terms: those that must all hold."""
    for key, condition in filters.items():
        if key == "$and":
            for part in condition:
                yield from _terms(part)
        else:
            yield {key: condition}


def _is_safe(filters: Filters, nullable: frozenset[str] = frozenset()) -> bool:
    """Whether the server is known to read it alike. `nullable`: fields for which null is let through beside it."""
    for key, condition in filters.items():
        if key == "$and":
            if not all(_is_safe(part, nullable) for part in condition):
                return False
        elif key == "$or":
            with_null = frozenset(name for part in condition for name, value in part.items() if value is None)
            if not all(_is_safe(part, nullable | with_null) for part in condition):
                return False
        elif key.startswith("$") or not _is_safe_condition(key, condition, nullable):
            return False
    return True


def _is_safe_condition(name: str, condition: Any, nullable: frozenset[str]) -> bool:
    field = parse_field(name)
    if not is_plain(field):
        return False
    is_run = field.space is Space.RUN
    if not (isinstance(condition, Mapping) and any(str(key).startswith("$") for key in condition)):
        return _is_safe_value(condition, is_run)
    for operator, operand in condition.items():
        if operator in _NEGATIONS:
            is_never_null = is_run and field.segments[0] in _NEVER_NULL
            is_not_null = operator == "$ne" and operand is None and is_run
            if not (is_never_null or is_not_null or (is_run and name in nullable)):
                return False
        elif operator not in _SAFE:
            return False
        values = operand if operator in ("$in", "$nin") else [operand]
        if not all(_is_safe_value(value, is_run) for value in values):
            return False
    return True


def is_plain(field: FilterField) -> bool:
    """Whether a path can mean one thing only: `config.lr`, `config.lr.value`, `config.model.value.depth`."""
    if field.space is Space.RUN:
        return field.segments[0] not in _DOUBTFUL
    segments = field.segments
    if any(segment.isdecimal() for segment in segments) or not all(segments):
        return False
    if field.space is Space.CONFIG:
        return len(segments) == 1 or (segments[1] == "value" and "value" not in segments[2:])
    return True


def _is_safe_value(value: Any, is_run: bool) -> bool:
    if value is None:
        return is_run
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, list | tuple | set | Mapping)


def _sendable(value: Any) -> Any:
    """The filter as the server takes it: `$options` are RE2 flags in the pattern."""
    if isinstance(value, Mapping):
        if "$regex" in value and "$options" in value:
            flags = "".join(sorted(set(value["$options"])))
            rest = {key: part for key, part in value.items() if key not in ("$regex", "$options")}
            return {**rest, "$regex": f"(?{flags}){value['$regex']}" if flags else value["$regex"]}
        parts = [_with_infinity(key, _sendable(part)) for key, part in value.items()]
        return parts[0] if len(parts) == 1 else _together(parts)
    return [_sendable(part) for part in value] if isinstance(value, list | tuple) else value


def _together(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Terms that must all hold, as one filter."""
    keys = [key for part in parts for key in part]
    return {"$and": parts} if len(set(keys)) < len(keys) else {key: part[key] for part in parts for key in part}


_INFINITE = ((frozenset({"$gt", "$gte"}), "Infinity"), (frozenset({"$lt", "$lte"}), "-Infinity"))


def _with_infinity(name: str, condition: Any) -> dict[str, Any]:
    """A bound of a summary value lets an infinite one through where it stands as a text: JSON has no other way."""
    if name.startswith("summary_metrics.") and isinstance(condition, Mapping):
        for operators, text in _INFINITE:
            numbers = [isinstance(value, int | float) and not isinstance(value, bool) for value in condition.values()]
            if condition and condition.keys() <= operators and all(numbers):
                return {"$or": [{name: condition}, {name: text}]}
    return {name: condition}
