"""What a run holds under the name of a field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any

from runql.errors import RunQLError
from runql.language.fields import RUN_FIELDS, Space
from runql.semantic.naming import key_text
from runql.semantic.record import RunRecord, cells_of
from runql.semantic.typed import FieldKey
from runql.semantic.values import MISSING, Value

PART_OF_SPACE: Mapping[Space, str] = {
    Space.CONFIG: "config",
    Space.SUMMARY: "summary",
    Space.SYSTEM: "system_metrics",
}
"""The attribute of `RunRecord` that holds the fields of a space."""


def value_of(record: RunRecord, key: FieldKey) -> Value:
    """The value of a field of a run, `MISSING` if it was never set.

    Raises RQL901 if the part of the run that would hold it was not loaded.
    """
    return field_getter(key)(record)


def field_getter(key: FieldKey) -> Callable[[RunRecord], Value]:
    """A function from a run to the value of the field: `value_of` with its decisions made once."""
    if key.space is Space.RUN:
        return _run_field_getter(key)
    if key.space is Space.LOGGED:
        raise RunQLError.of("RQL901", f"the history `{key_text(key)}` was read as if it were one value")
    part_of = attrgetter(PART_OF_SPACE[key.space])
    segments, exact = key.segments, key.exact
    if len(segments) == 1 and isinstance(segments[0], str):
        only = segments[0]

        def get_top(record: RunRecord) -> Value:
            part = part_of(record)
            if part is None:
                raise _not_loaded(record, key)
            return part.get(only, MISSING)

        return get_top

    def get(record: RunRecord) -> Value:
        part = part_of(record)
        if part is None:
            raise _not_loaded(record, key)
        value = part
        for segment in segments:  # plain nesting wins, and is nearly always what is there
            if type(value) is not dict or segment not in value:
                return lookup(part, segments, exact=exact)
            value = value[segment]
        return value

    return get


def values_of_runs(key: FieldKey, records: Sequence[RunRecord]) -> list[Value]:
    """`value_of` for each of many runs: a column."""
    if key.space is Space.RUN:
        _run_field_getter(key)  # says so, if there is no such field
        cells = cells_of(records, str(key.segments[0]))
        if key.segments == ("tags",):
            return list(map(list, cells))
        return [MISSING if cell is None else cell for cell in cells] if None in cells else list(cells)
    only = key.segments[0]
    if key.space in PART_OF_SPACE and len(key.segments) == 1 and isinstance(only, str):
        parts = cells_of(records, PART_OF_SPACE[key.space])
        if None not in parts:
            try:
                return list(map(itemgetter(only), parts))
            except KeyError:
                return [part.get(only, MISSING) for part in parts]
    return list(map(field_getter(key), records))


def _run_field_getter(key: FieldKey) -> Callable[[RunRecord], Value]:
    name = key.segments[0]
    if len(key.segments) != 1 or name not in RUN_FIELDS:
        raise RunQLError.of("RQL901", f"`{key_text(key)}` is no field of every run")
    if name == "tags":
        return lambda record: list(record.tags)
    attribute = attrgetter(str(name))

    def get(record: RunRecord) -> Value:
        value = attribute(record)
        return MISSING if value is None else value

    return get


def lookup(value: Value, segments: Sequence[str | int], *, exact: bool = False) -> Value:
    """The value under a path inside nested records and lists, `MISSING` if there is none.

    Unless `exact`, neighbouring segments may also be one key that holds a dot; nesting from the left wins.
    """
    if not segments:
        return value
    if isinstance(value, list | tuple):
        index = _index(segments[0])
        return MISSING if index is None or index >= len(value) else lookup(value[index], segments[1:], exact=exact)
    if not isinstance(value, Mapping):
        return MISSING
    for count in range(1, 2 if exact else len(segments) + 1):
        if isinstance(segments[count - 1], int):
            break
        key = ".".join(map(str, segments[:count]))
        found = lookup(value[key], segments[count:], exact=exact) if key in value else MISSING
        if found is not MISSING:
            return found
    return MISSING


def _index(segment: str | int) -> int | None:
    """The list index that a segment may be; `None` for a negative one or a word."""
    if isinstance(segment, int):
        return segment if segment >= 0 else None
    return int(segment) if segment.isascii() and segment.isdigit() and len(segment) < 10 else None


def leaves(part: Mapping[str, Any], prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Each value inside nested records with its path. Lists, media objects (`_type`) and empty records are leaves."""
    for name, value in part.items():
        path = (*prefix, name)
        if isinstance(value, Mapping) and value and "_type" not in value:
            yield from leaves(value, path)
        else:
            yield path, value


def _not_loaded(record: RunRecord, key: FieldKey) -> RunQLError:
    return RunQLError.of(
        "RQL901", f"the {key.space.value} of run `{record.id}` was not loaded, `{key_text(key)}` needs it"
    )
