"""How W&B's server reads filters where it does not read them as RunQL does: said once, for what the planner makes of a
condition and for a filter that somebody wrote.

In doubt are: what is not equal to something (the server drops runs without a value), null in a config, elements of
lists, dots that may nest or belong to a key, numbers that JSON does not carry.
"""

from __future__ import annotations

import math
from typing import Any, Final, TypeGuard, assert_never

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.syntax.mongo.nodes import (
    LOWER_BOUNDS,
    UPPER_BOUNDS,
    FilterField,
    MongoAll,
    MongoAnd,
    MongoCompare,
    MongoContains,
    MongoExists,
    MongoFilter,
    MongoIn,
    MongoNor,
    MongoOperator,
    MongoOr,
    MongoRegex,
    MongoSize,
    mongo_and,
    mongo_or,
)

WRAPPER: Final = "value"
"""W&B keeps a config value as `{"value": …, "desc": …}`."""
WRAPPER_KEYS: Final = frozenset({WRAPPER, "desc"})
"""Keys of a config that cannot be told from those of the wrapper."""

_NEVER_NULL: Final = frozenset({"id", "state", "created"})
_UNLIKE_RECORDS: Final = frozenset({"runtime"})
"""W&B's `duration` need not be the runtime that its records show."""
_SAFE_INTEGER: Final = 2**53
"""Beyond it, JSON numbers of other languages are not exact."""
INFINITY: Final = "Infinity"
MINUS_INFINITY: Final = "-Infinity"
"""The texts that stand for the infinite values of a summary: JSON has no other way."""


def is_shown_otherwise(field: FilterField) -> bool:
    """Whether the server filters by something else than what its records show."""
    return field.space is Space.RUN and field.segments[0] in _UNLIKE_RECORDS


def is_never_null(field: FilterField) -> bool:
    """Whether every run has a value there: of other fields the server drops the runs without one from what is not
    equal to something."""
    return field.space is Space.RUN and field.segments[0] in _NEVER_NULL


def knows_null(field: FilterField) -> bool:
    """Whether a field can be asked for null: in a config the server keeps null within its record."""
    return field.space is Space.RUN


def is_plain(field: FilterField) -> bool:
    """Whether a path can mean one thing only: `config.lr`, `config.lr.value`, `config.model.value.depth`."""
    segments = field.segments
    if field.space is Space.RUN:
        return not is_shown_otherwise(field)
    if any(segment.isdecimal() for segment in segments) or not all(segments):
        return False
    if field.space is Space.CONFIG:
        return len(segments) == 1 or (segments[1] == WRAPPER and WRAPPER not in segments[2:])
    return True


def is_sendable(value: Any) -> bool:
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


# ---------------------------------------------------------------- filters that somebody wrote


def is_read_alike(filters: MongoFilter, nullable: frozenset[str] = frozenset()) -> bool:  # noqa: PLR0911 - one a node
    """Whether the server is known to read a filter as RunQL does. `nullable`: fields of a run of which null is let
    through beside it, so that it matters not whether the server drops those runs."""
    match filters:
        case MongoAnd(parts=parts):
            return all(is_read_alike(part, nullable) for part in parts)
        case MongoOr(parts=parts):
            nulls = frozenset(part.field.segments[0] for part in parts if _is_null(part) and knows_null(part.field))
            return all(is_read_alike(part, nullable | nulls) for part in parts)
        case MongoCompare(field=field, op=MongoOperator.NE, value=None):
            return is_plain(field) and knows_null(field)
        case MongoCompare(field=field, op=MongoOperator.NE, value=value):
            return is_plain(field) and _keeps_all(field, nullable) and _is_operand(field, value)
        case MongoCompare(field=field, value=value):
            return is_plain(field) and _is_operand(field, value)
        case MongoIn(field=field, values=values, negated=negated):
            keeps_all = not negated or _keeps_all(field, nullable)
            return is_plain(field) and keeps_all and all(_is_operand(field, value) for value in values)
        case MongoExists(field=field) | MongoRegex(field=field):
            return is_plain(field)
        case MongoNor() | MongoAll() | MongoSize() | MongoContains():
            return False
        case _:
            assert_never(filters)


def _is_null(part: MongoFilter) -> TypeGuard[MongoCompare]:
    return isinstance(part, MongoCompare) and part.op is MongoOperator.EQ and part.value is None


def _keeps_all(field: FilterField, nullable: frozenset[str]) -> bool:
    """Whether the server drops no run without a value from what is not equal to something."""
    return is_never_null(field) or (field.space is Space.RUN and field.segments[0] in nullable)


def _is_operand(field: FilterField, value: Any) -> bool:
    if value is None:
        return knows_null(field)
    return field.kind is Kind.TIME or is_sendable(value)


def with_infinities(filters: MongoFilter) -> MongoFilter:
    """The filter with bounds of summary values that let an infinite one through where it stands as a text."""
    match filters:
        case MongoAnd(parts=parts):
            closed = {name for name, bounds in _bounds(parts).items() if len(bounds) > 1}
            return mongo_and(part if _bounded(part) in closed else with_infinities(part) for part in parts)
        case MongoOr(parts=parts):
            return mongo_or(map(with_infinities, parts))
        case MongoCompare(field=FilterField(space=Space.SUMMARY) as field, op=op) if _bounded(filters):
            text = INFINITY if op in LOWER_BOUNDS else MINUS_INFINITY
            return MongoOr((filters, MongoCompare(field, MongoOperator.EQ, text)))
        case MongoCompare() | MongoIn() | MongoExists() | MongoRegex() | MongoAll() | MongoSize() | MongoContains():
            return filters
        case MongoNor():
            return filters
        case _:
            assert_never(filters)


def _bounded(part: MongoFilter) -> str | None:
    """The field of a summary that a number bounds."""
    if not isinstance(part, MongoCompare) or part.field.space is not Space.SUMMARY:
        return None
    is_number = isinstance(part.value, int | float) and not isinstance(part.value, bool)
    return part.field.written if is_number and part.op in LOWER_BOUNDS | UPPER_BOUNDS else None


def _bounds(parts: tuple[MongoFilter, ...]) -> dict[str, set[str]]:
    """On which sides each field of a summary is bounded: on both, no infinite value passes."""
    found: dict[str, set[str]] = {}
    for part in parts:
        name = _bounded(part)
        if name is not None and isinstance(part, MongoCompare):
            found.setdefault(name, set()).add("low" if part.op in LOWER_BOUNDS else "high")
    return found
