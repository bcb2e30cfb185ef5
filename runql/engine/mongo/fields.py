"""The values that the fields of a filter find in a run. Of a run that has several readings of a path, nesting from the
left wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from runql.engine.fields import PART_OF_SPACE, lookup
from runql.engine.mongo.history_keys import history_keys_of
from runql.language.fields import Space
from runql.semantic.record import RunRecord, cells_of
from runql.semantic.values import MISSING, Value
from runql.syntax.mongo.nodes import FilterField


def candidates_getter(field: FilterField) -> Callable[[RunRecord], list[Value]]:
    """What gives all that a filter tests of a run: several values where the path goes through a list, `[MISSING]` where
    there is nothing."""
    first = field.segments[0]
    if field.space is Space.RUN:
        return lambda record: _run_candidates(record, first)
    part = history_keys_of if field.space is Space.LOGGED else attrgetter(PART_OF_SPACE[field.space])
    if len(field.segments) == 1:
        return lambda record: [(part(record) or {}).get(first, MISSING)]
    readings = tuple(field.readings())
    return lambda record: _first_found([candidates_at(part(record) or {}, reading) for reading in readings])


def values_in(field: FilterField, records: Sequence[RunRecord]) -> list[Value]:
    """Of each of many runs the one value that an order compares."""
    if field.space is Space.RUN:
        return [MISSING if value is None else value for value in cells_of(records, field.segments[0])]
    is_logged = field.space is Space.LOGGED
    roots = map(history_keys_of, records) if is_logged else cells_of(records, PART_OF_SPACE[field.space])
    if len(field.segments) == 1:
        only = field.segments[0]
        return [root.get(only, MISSING) if root else MISSING for root in roots]
    readings = tuple(field.readings())
    return [_value_below(readings, root or {}) for root in roots]


def _value_below(readings: Sequence[tuple[str, ...]], root: Mapping[str, Any]) -> Value:
    found = (lookup(root, reading) for reading in readings)
    return next((value for value in found if value is not MISSING), MISSING)


def candidates_at(node: Value, segments: Sequence[str]) -> list[Value]:
    """The values at a path, MongoDB's way: a list in the middle stands for each record in it, or for an index."""
    if not segments:
        return [node]
    if isinstance(node, Mapping):
        rests = ((".".join(segments[:end]), segments[end:]) for end in range(1, len(segments) + 1))
        return _first_found([candidates_at(node[key], rest) for key, rest in rests if key in node])
    if not isinstance(node, list | tuple):
        return [MISSING]
    found: list[Value] = []
    if segments[0].isdecimal():
        at = int(segments[0])
        found += candidates_at(node[at], segments[1:]) if at < len(node) else [MISSING]
    for element in node:
        if isinstance(element, Mapping):
            found += candidates_at(element, segments)
    return found


def _first_found(readings: list[list[Value]]) -> list[Value]:
    for values in readings:
        if any(value is not MISSING for value in values):
            return values
    return readings[0] if readings else [MISSING]


def _run_candidates(record: RunRecord, attribute: str) -> list[Value]:
    value = getattr(record, attribute)
    if value is None:
        return [MISSING]
    if attribute == "tags":
        # W&B gives the tags of an untagged run as null or as an empty list, so both must find it.
        return [list(value)] if value else [MISSING, []]
    return [value]
