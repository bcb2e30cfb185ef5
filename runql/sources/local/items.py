"""The items of histories, summaries and configs: a key, and a value as JSON text or as a typed member."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from runql.semantic.json_text import Reading, read_json
from runql.sources.files.wire import BYTES, FIXED64, VARINT, double, fields, text, zigzag

Outsize: TypeAlias = dict[str, str]
"""Why a value is no number, or not nested, but a text: by its name."""

Path: TypeAlias = tuple[str, ...]
"""The keys of a value, outermost first. A key may hold dots."""

_KEY, _NESTED_KEY, _VALUE_JSON = 1, 2, 16
_NONE, _BOOLEAN, _INTEGER, _NUMBER, _TEXT, _JSON = 3, 4, 5, 6, 7, 8
_ABSENT: Final = object()


def read_item(data: bytes, start: int, end: int, outsize: Outsize | None = None) -> tuple[Path, Any]:
    """The path and the value of one item; the value is `None` where there is none (an item of a removal).

    `outsize` is told of a value that stays a text because no number or table can hold it.
    """
    key = ""
    nested: list[str] = []
    value_json: bytes | None = None
    typed: Any = _ABSENT
    for number, wire, a, b in fields(data, start, end):
        if wire == BYTES and number == _KEY:
            key = text(data, a, b)
        elif wire == BYTES and number == _NESTED_KEY:
            nested.append(text(data, a, b))
        elif wire == BYTES and number == _VALUE_JSON:
            value_json = data[a:b]
        elif _WIRE_OF_TYPED.get(number) == wire:
            typed = _typed(data, number, a, b)
    path = tuple(nested) if nested else (key,)
    if typed is not _ABSENT:
        return path, typed
    if not value_json:
        return path, None
    reading = read_as_written(value_json)
    if reading.oddities and outsize is not None:
        first = reading.oddities[0]
        inner = first.path[:1] if isinstance(reading.value, dict) else ()  # a list is named as a whole
        outsize[".".join((*path, *inner))] = first.what
    return path, reading.value


_WIRE_OF_TYPED: Final = {
    _NONE: VARINT,
    _BOOLEAN: VARINT,
    _INTEGER: VARINT,
    _NUMBER: FIXED64,
    _TEXT: BYTES,
    _JSON: BYTES,
}
"""A field of another wire type is none of ours: protobuf steps over it."""


def _typed(data: bytes, number: int, a: int, b: int) -> Any:
    match number:
        case 4:
            return bool(a)
        case 5:
            return zigzag(a)
        case 6:
            return double(data, a)
        case 7:
            return text(data, a, b)
        case 8:
            return parse_json(data[a:b])
    return None


def parse_json(raw: bytes) -> Any:
    """The value of a JSON text with bare `NaN` and `Infinity`, as every SDK writes it.

    What is no JSON is the text itself: SDK 0.19.0 writes `NVIDIA H100` without quotes.
    """
    return read_as_written(raw).value


def read_as_written(raw: bytes) -> Reading:
    """A JSON text, or what is none as the text that it is."""
    try:
        return read_json(raw)
    except ValueError:
        return Reading(raw.decode("utf-8", "replace"))


def put(tree: dict[str, Any], path: Path, value: Any) -> None:
    """Set the value at a path; what stands in the way and is no dict is replaced."""
    for key in path[:-1]:
        below = tree.get(key)
        if not isinstance(below, dict):
            below = tree[key] = {}
        tree = below
    tree[path[-1]] = value


def remove(tree: dict[str, Any], path: Path) -> None:
    """Take out the value at a path, and the dicts above it that are empty then.

    What stands in the way and is no dict goes too: when the removal was written, there was a dict in its place.
    """
    above: list[tuple[dict[str, Any], str]] = []
    for key in path[:-1]:
        below = tree.get(key)
        if not isinstance(below, dict):
            tree.pop(key, None)
            break
        above.append((tree, key))
        tree = below
    else:
        tree.pop(path[-1], None)
    for outer, key in reversed(above):
        if not outer[key]:
            del outer[key]


def leaves(name: str, value: Any) -> list[tuple[str, Any]]:
    """A logged value by columns: a plain dict is a column for each of its leaves, named with dots; a media object
    (it holds `_type`) and an empty dict are one value."""
    found: list[tuple[str, Any]] = []
    pending = [(name, value)]
    while pending:
        name, value = pending.pop()
        if isinstance(value, Mapping) and value and "_type" not in value:
            pending += [(f"{name}.{key}", below) for key, below in reversed(list(value.items()))]
        else:
            found.append((name, value))
    return found
