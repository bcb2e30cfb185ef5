"""Filters that no run passes, in the shape of one that is asked: whoever lets a run through passes over its operators.

A server may know some operators of filters and pass over others. Each kind of field and operator is proven once, in
the request that first brings it. What cannot be made impossible in its own shape (`$ne`, null) proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TypeAlias, assert_never

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.syntax.mongo.names import read_field
from runql.syntax.mongo.nodes import (
    LOWER_BOUNDS,
    UPPER_BOUNDS,
    MongoAll,
    MongoCompare,
    MongoContains,
    MongoExists,
    MongoFilter,
    MongoIn,
    MongoOperator,
    MongoRegex,
    MongoSize,
    MongoTest,
    field_tests,
    mongo_or,
    run_field,
)
from runql.text.frozen import frozen

NOBODY: Final = "runql-asks-for-no-run"
_NO_FIELD: Final = "runql_asks_for_no_run"
_LATE, _EARLY = datetime(2999, 1, 1, tzinfo=UTC), datetime(1971, 1, 1, tzinfo=UTC)
_NOBODY_BY_ID: Final = MongoCompare(run_field("name"), MongoOperator.EQ, NOBODY)

_PREFIXES: Mapping[Space, str] = {
    Space.CONFIG: "config",
    Space.SUMMARY: "summary_metrics",
    Space.LOGGED: "keys_info.keys",
}

Shape: TypeAlias = tuple[Space, Kind, str]
"""A kind of field and an operator."""


@frozen
class Probe:
    """A filter that no run passes, and the shapes that it proves."""

    filters: MongoFilter
    shapes: frozenset[Shape]


def probe_of(filters: MongoFilter, proven: frozenset[Shape] = frozenset()) -> Probe | None:
    """The probe for a filter, of what is not proven yet; `None` if nothing is left to prove."""
    found: dict[Shape, MongoFilter] = {}
    for test in field_tests(filters):
        shape = (test.field.space, test.field.kind, _operator(test))
        if shape in proven or shape in found:
            continue
        impossible = _of_run(test) if test.field.space is Space.RUN else _of_no_field(test)
        if impossible is not None:
            found[shape] = impossible
    if found:
        return Probe(mongo_or(found.values()), frozenset(found))
    return None if proven else Probe(_NOBODY_BY_ID, frozenset({(Space.RUN, Kind.TEXT, "$eq")}))


def _operator(test: MongoTest) -> str:  # noqa: PLR0911 - one a node
    """What a test is called in a filter."""
    match test:
        case MongoCompare(op=op):
            return op.value
        case MongoIn(negated=negated):
            return "$nin" if negated else "$in"
        case MongoExists():
            return "$exists"
        case MongoRegex():
            return "$regex"
        case MongoAll():
            return "$all"
        case MongoSize():
            return "$size"
        case MongoContains():
            return "$contains"
        case _:
            assert_never(test)


def _of_run(test: MongoTest) -> MongoFilter | None:
    """A test of the same field, for a text or a time that no run has."""
    match test:
        case MongoCompare(field=field, op=MongoOperator.EQ, value=str()):
            return MongoCompare(field, MongoOperator.EQ, NOBODY)
        case MongoCompare(field=field, op=op) if field.kind is Kind.TIME and op in LOWER_BOUNDS | UPPER_BOUNDS:
            return MongoCompare(field, op, _LATE if op in LOWER_BOUNDS else _EARLY)
        case MongoIn(field=field, negated=False) if field.kind is not Kind.TIME:
            return MongoIn(field, (NOBODY,))
        case MongoRegex(field=field):
            return MongoRegex(field, f"^{NOBODY}$")
        case MongoCompare() | MongoIn() | MongoExists() | MongoAll() | MongoSize() | MongoContains():
            return None
        case _:
            assert_never(test)


def _of_no_field(test: MongoTest) -> MongoFilter | None:
    """The same test of a field that no run has, where that is true of none."""
    field = read_field(f"{_PREFIXES[test.field.space]}.{_NO_FIELD}")
    match test:
        case MongoCompare(op=op, value=value):
            is_positive = op is not MongoOperator.NE and value is not None
            return MongoCompare(field, op, value) if is_positive else None
        case MongoIn(values=values, negated=negated):
            return None if negated or None in values else MongoIn(field, values)
        case MongoExists(wanted=wanted):
            return MongoExists(field, True) if wanted else None
        case MongoRegex(pattern=pattern, options=options):
            return MongoRegex(field, pattern, options)
        case MongoAll() | MongoSize() | MongoContains():
            return None
        case _:
            assert_never(test)
