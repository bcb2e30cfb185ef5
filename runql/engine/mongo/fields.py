"""The names that W&B's filters and orders use, and the values that they find in a run.

`config.…`, `summary_metrics.…` and `keys_info.…` are paths; every other name is a field of the run itself. A dot
in a path either steps into a record or is part of a key; of a run that has both, nesting from the left wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runql.engine.fields import lookup
from runql.engine.mongo.history_keys import history_keys_of
from runql.errors import ArgumentError
from runql.language.fields import FILTER_NAMES, RUN_FIELD_SPELLINGS, Space
from runql.language.kinds import Kind
from runql.semantic.record import RunRecord
from runql.semantic.values import MISSING, Value
from runql.text.frozen import frozen
from runql.text.nearest import nearest
from runql.text.visible import short_repr

_PREFIXES: Mapping[str, Space] = {
    "config": Space.CONFIG,
    "summary_metrics": Space.SUMMARY,
    "keys_info": Space.LOGGED,
}

_OTHER_PREFIXES: Mapping[str, str] = {
    "summary": "summary_metrics",
    "summaryMetrics": "summary_metrics",
    "metrics": "summary_metrics",
    "logged": "keys_info.keys",
}
"""What people write instead, and what is right."""

_WRAPPER = "value"
"""W&B's server keeps each config value in a record `{"value": …}`; here it is unwrapped."""


@frozen
class FilterField:
    """One field, as a filter or an order names it. For `Space.RUN`, `segments` is the attribute of `RunRecord`."""

    written: str
    space: Space
    segments: tuple[str, ...]
    kind: Kind = Kind.UNKNOWN

    def candidates(self, record: RunRecord) -> list[Value]:
        """All that a filter tests: several where the path goes through a list, `[MISSING]` where there is nothing."""
        if self.space is Space.RUN:
            return _run_candidates(record, self.segments[0])
        root = self._root(record)
        return _first_found([candidates_at(root, reading) for reading in self.readings()])

    def value(self, record: RunRecord) -> Value:
        """The one value that an order compares."""
        if self.space is Space.RUN:
            value = getattr(record, self.segments[0])
            return MISSING if value is None else value
        root = self._root(record)
        found = (lookup(root, reading) for reading in self.readings())
        return next((value for value in found if value is not MISSING), MISSING)

    def readings(self) -> Iterator[tuple[str, ...]]:
        """The paths it may mean, the likeliest first: a `value` after the first key is W&B's wrapper, or a key."""
        if self.space is Space.CONFIG:
            for at, segment in enumerate(self.segments):
                if at and segment == _WRAPPER:
                    yield self.segments[:at] + self.segments[at + 1 :]
        yield self.segments

    def _root(self, record: RunRecord) -> Mapping[str, Any]:
        if self.space is Space.LOGGED:
            return history_keys_of(record)
        return (record.config if self.space is Space.CONFIG else record.summary) or {}


def parse_field(name: object) -> FilterField:
    """Read the name of a field.

    Raises:
        ArgumentError: it is no name that W&B's filters know; the nearest that is, is named.
    """
    if not isinstance(name, str):
        raise ArgumentError.because(f"a filter names its fields by text, not by `{short_repr(name)}`")
    prefix, dot, path = name.partition(".")
    if dot and prefix in _PREFIXES:
        if not path.strip("."):
            raise ArgumentError.because(f"`{name}` names no field: a key must stand after the dot")
        return FilterField(name, _PREFIXES[prefix], tuple(path.split(".")))
    if name in FILTER_NAMES:
        field = FILTER_NAMES[name]
        return FilterField(name, Space.RUN, (field.name,), field.kind)
    raise _unknown(name, prefix, path)


def _unknown(name: str, prefix: str, path: str) -> ArgumentError:
    if prefix in _OTHER_PREFIXES:
        right = f"{_OTHER_PREFIXES[prefix]}.{path or 'KEY'}"
        return ArgumentError.because(f"no field `{name}` in W&B's filters: write `{right}`")
    if prefix in _PREFIXES:
        return ArgumentError.because(f"`{name}` is not one field: write `{name}.KEY`")
    spelling = RUN_FIELD_SPELLINGS.get(name)
    if spelling is not None and spelling.filter_name:
        return ArgumentError.because(f"no field `{name}` in W&B's filters: write `{spelling.filter_name}`")
    if spelling is not None:
        return ArgumentError.because(f"W&B's filters and orders do not take `{name}`")
    near = nearest(name, FILTER_NAMES, 1)
    hints = [f"nearest: `{near[0]}`"] if near else []
    hints.append(f"a config value is `config.{name}`, a summary value `summary_metrics.{name}`")
    return ArgumentError.because(f"no field `{name}` in W&B's filters", *hints)


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
