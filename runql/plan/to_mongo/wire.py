"""The one writer of filters and orders in W&B's form: a dict that Python shows, the JSON and the text that are sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias, assert_never

from runql.syntax.mongo.nodes import (
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
    MongoOrder,
    MongoRegex,
    MongoSize,
)

WireFilter: TypeAlias = dict[str, Any]


def wire(filters: MongoFilter) -> WireFilter:  # noqa: PLR0911 - one a node
    """A filter as W&B takes it. What must hold together stands in one dict where no key meets itself."""
    match filters:
        case MongoAnd(parts=parts):
            return _together(wire(part) for part in parts)
        case MongoOr(parts=parts):
            return {"$or": [wire(part) for part in parts]}
        case MongoNor(parts=parts):
            return {"$nor": [wire(part) for part in parts]}
        case MongoCompare(field=field, op=op, value=value):
            is_plain = op is MongoOperator.EQ and not _is_operators(value)
            return {field.written: _sent(value)} if is_plain else _test(field, op.value, value)
        case MongoIn(field=field, values=values, negated=negated):
            return _test(field, "$nin" if negated else "$in", values)
        case MongoExists(field=field, wanted=wanted):
            return _test(field, "$exists", wanted)
        case MongoRegex(field=field, pattern=pattern, options=options):
            # The flags of RE2 stand in the pattern: the server takes no `$options`.
            return _test(field, "$regex", f"(?{options}){pattern}" if options else pattern)
        case MongoAll(field=field, values=values):
            return _test(field, "$all", values)
        case MongoSize(field=field, size=size):
            return _test(field, "$size", size)
        case MongoContains(field=field, text=text):
            return _test(field, "$contains", text)
        case _:
            assert_never(filters)


def wire_json(filters: MongoFilter) -> str:
    """A filter as the JSON that goes over the wire."""
    return json.dumps(wire(filters))


def wire_order(order: MongoOrder) -> str:
    """An order as W&B takes it: `+created_at`, `-summary_metrics.loss`, several keys with commas between them."""
    return ",".join(("-" if key.descending else "+") + key.field.written for key in order)


def iso(moment: datetime) -> str:
    """A time as W&B's filters take it: `2026-01-31T12:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _test(field: FilterField, operator: str, operand: Any) -> WireFilter:
    return {field.written: {operator: _sent(operand)}}


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
        joined = _merge(merged, part)
        if joined is None:
            apart.append(part)
        else:
            merged = joined
    return {"$and": [merged, *apart]} if apart else merged


def _merge(one: WireFilter, other: WireFilter) -> WireFilter | None:
    """Two filters as one dict; `None` where that would lose a condition."""
    merged = dict(one)
    for key, condition in other.items():
        if key not in merged:
            merged[key] = condition
            continue
        before = merged[key]
        if not (_is_operators(before) and _is_operators(condition)) or before.keys() & condition.keys():
            return None
        merged[key] = {**before, **condition}
    return merged


def _is_operators(condition: Any) -> bool:
    return isinstance(condition, Mapping) and any(key.startswith("$") for key in condition)
