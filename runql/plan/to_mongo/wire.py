"""The one writer of filters and orders in W&B's form: a dict that Python shows, the JSON and the text that are sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias, assert_never

from runql.syntax.mongo.nodes import (
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
    MongoOrder,
    MongoRegex,
    MongoSize,
)

WireFilter: TypeAlias = dict[str, Any]


def wire(filters: MongoFilter) -> WireFilter:
    """A filter as W&B takes it. What must hold together stands in one dict where no key meets itself."""
    operator: str
    operand: Any
    match filters:
        case MongoAnd(parts=parts):
            return _together([wire(part) for part in parts])
        case MongoOr(parts=parts):
            return {"$or": [wire(part) for part in parts]}
        case MongoNor(parts=parts):
            return {"$nor": [wire(part) for part in parts]}
        case MongoCompare(op=MongoOperator.EQ, value=value) if not _is_operators(value):
            return {filters.field.written: _sent(value)}
        case MongoCompare(op=op, value=value):
            operator, operand = op.value, value
        case MongoIn(values=values, negated=negated):
            operator, operand = "$nin" if negated else "$in", values
        case MongoExists(wanted=wanted):
            operator, operand = "$exists", wanted
        case MongoRegex(pattern=pattern, options=options):
            # The flags of RE2 stand in the pattern: the server takes no `$options`.
            operator, operand = "$regex", f"(?{options}){pattern}" if options else pattern
        case MongoAll(values=values):
            operator, operand = "$all", values
        case MongoSize(size=size):
            operator, operand = "$size", size
        case MongoContains(text=text):
            operator, operand = "$contains", text
        case _:
            assert_never(filters)
    return {filters.field.written: {operator: _sent(operand)}}


def wire_json(filters: MongoFilter) -> str:
    """A filter as the JSON that goes over the wire."""
    return json.dumps(wire(filters))


def wire_order(order: MongoOrder) -> str:
    """An order as W&B takes it: `+created_at`, `-summary_metrics.loss`, several keys with commas between them."""
    return ",".join(("-" if key.descending else "+") + key.field.written for key in order)


def iso(moment: datetime) -> str:
    """A time as W&B's filters take it: `2026-01-31T12:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _sent(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, list | tuple):
        return [_sent(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _sent(item) for key, item in value.items()}
    return value


def _together(parts: Iterable[WireFilter]) -> WireFilter:
    """Filters that must all hold: one dict where no key meets itself, else under `$and`."""
    merged: WireFilter = {}
    apart: list[WireFilter] = []
    for part in parts:
        both = merged.keys() & part.keys()
        if all(_is_operators(merged[key]) and _is_operators(part[key]) for key in both) and not any(
            merged[key].keys() & part[key].keys() for key in both
        ):
            merged |= {key: merged[key] | test if key in both else test for key, test in part.items()}
        else:
            apart.append(part)
    return {"$and": [merged, *apart]} if apart else merged


def _is_operators(condition: Any) -> bool:
    return isinstance(condition, Mapping) and any(key.startswith("$") for key in condition)
