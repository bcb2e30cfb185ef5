"""Filters that no run passes, in the shape of one that is asked: whoever lets a run through passes over its operators.

A server may know some operators of filters and pass over others. Each kind of field and operator is proven once, in
the request that first brings it. What cannot be made impossible in its own shape (`$ne`, null) proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from runql.engine.mongo.fields import parse_field
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.selectors import Filters
from runql.text.frozen import frozen

NOBODY: Final = "runql-asks-for-no-run"
_NO_FIELD: Final = "runql_asks_for_no_run"
_LATE, _EARLY = "2999-01-01T00:00:00+00:00", "1971-01-01T00:00:00+00:00"

_PREFIXES: Mapping[Space, str] = {
    Space.CONFIG: "config",
    Space.SUMMARY: "summary_metrics",
    Space.LOGGED: "keys_info.keys",
}
_POSITIVE: Final = frozenset({"$eq", "$gt", "$gte", "$lt", "$lte", "$in", "$regex"})
_OF_TEXTS: Mapping[str, Any] = {"$eq": NOBODY, "$in": [NOBODY], "$regex": f"^{NOBODY}$"}
_OF_TIMES: Mapping[str, Any] = {"$gt": _LATE, "$gte": _LATE, "$lt": _EARLY, "$lte": _EARLY}

Shape: TypeAlias = tuple[Space, Kind, str]
"""A kind of field and an operator."""


@frozen
class Probe:
    """A filter that no run passes, and the shapes that it proves."""

    filters: Filters
    shapes: frozenset[Shape]


def probe_of(filters: Filters, proven: frozenset[Shape] | set[Shape] = frozenset()) -> Probe:
    """The probe for a filter, of what is not proven yet."""
    found: dict[Shape, Filters] = {}
    for name, operator, operand in _leaves(filters):
        field = parse_field(name)
        shape = (field.space, field.kind, operator)
        impossible = None if shape in proven or shape in found else _impossible(field.space, name, operator, operand)
        if impossible is not None:
            found[shape] = impossible
    if not found:
        return Probe({"name": NOBODY}, frozenset({(Space.RUN, Kind.TEXT, "$eq")}))
    terms = list(found.values())
    return Probe(terms[0] if len(terms) == 1 else {"$or": terms}, frozenset(found))


def is_proven(filters: Filters, proven: frozenset[Shape] | set[Shape]) -> bool:
    """Whether nothing of a filter is left to prove."""
    return bool(proven) and probe_of(filters, proven).filters == {"name": NOBODY}


def _leaves(filters: Filters) -> Iterator[tuple[str, str, Any]]:
    for key, condition in filters.items():
        if key.startswith("$"):
            for part in condition if isinstance(condition, list | tuple) else ():
                yield from _leaves(part)
        elif isinstance(condition, Mapping) and any(str(each).startswith("$") for each in condition):
            yield from ((key, str(operator), operand) for operator, operand in condition.items())
        else:
            yield key, "$eq", condition


def _impossible(space: Space, name: str, operator: str, operand: Any) -> Filters | None:
    """A term of the same shape that no run passes."""
    if space is Space.RUN:
        is_time = operator in _OF_TIMES and parse_field(name).kind is Kind.TIME
        values = _OF_TIMES if is_time else _OF_TEXTS
        fits = is_time or (isinstance(operand, str) or operator == "$in")
        return (
            {name: values[operator] if operator == "$eq" else {operator: values[operator]}}
            if (fits and operator in values)
            else None
        )
    is_positive = operator in _POSITIVE and operand is not None and not (operator == "$in" and None in operand)
    if not (is_positive or (operator == "$exists" and operand is True)):
        return None
    return {f"{_PREFIXES[space]}.{_NO_FIELD}": {operator: operand}}
