"""The items of histories, summaries and configs: a key, and a value as JSON text or as a typed member.

Of many updates of one nested dict only the last of each key is decoded (`Fold`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Final, TypeAlias

from runql.semantic.json_text import read_json
from runql.sources.files.wire import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    MalformedWire,
    double,
    fields,
    text,
    varint,
    zigzag,
)
from runql.text.frozen import changeable

Outsize: TypeAlias = dict[str, str]
"""Why a value is no number, or not nested, but a text: by its name."""

Path: TypeAlias = tuple[str, ...]
"""The keys of a value, outermost first. A key may hold dots."""

_KEY, _NESTED_KEY, _VALUE_JSON = 1, 2, 16
_NONE, _BOOLEAN, _INTEGER, _NUMBER, _TEXT, _JSON = 3, 4, 5, 6, 7, 8
_ABSENT: Final = object()
_KEY_TAGS: Final = (0x0A, 0x12)
_FIXED_LENGTHS: Final = {FIXED32: 4, FIXED64: 8}
_BATCH: Final = 64
MOST_PENDING: Final = 64 * _BATCH
_MOST_KEYS_TO_MATCH: Final = 100


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
    try:
        reading = read_json(value_json)
    except ValueError:
        return path, value_json.decode("utf-8", "replace")
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
    try:
        return read_json(raw).value
    except ValueError:
        return raw.decode("utf-8", "replace")


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


# ---------------------------------------------------------------- many updates of one nested dict


@changeable
class Fold:
    """A summary, a config, or the last machine metrics, while the records that change them go by.

    The two in a row of `update_tag` and `remove_tag` are the tags of the fields that hold items. `result` decodes
    what is left; updates and removals of a key and of keys inside it take effect in the order of the file. `outsize`
    has the keys at the top, as other sources name them. `latest`: by the bytes of the key fields the byte of the file
    where the record began, the place in it, the item, and whether that is a removal.
    """

    update_tag: int = 0x0A
    remove_tag: int = 0x12
    outsize: Outsize = field(default_factory=dict)
    latest: dict[bytes, tuple[int, int, bytes, bool]] = field(default_factory=dict)

    def add(self, data: bytes, pos: int, end: int, offset: int) -> None:
        """Take the items of the message between `pos` and `end`, of the record at byte `offset` of the file."""
        latest, update_tag = self.latest, self.update_tag
        try:
            while pos < end:
                length = data[pos + 1]
                if data[pos] != update_tag or length > 127 or data[pos + 3] > 127:
                    pos = self._add_other(data, pos, end, offset)
                    continue
                begin = pos + 2
                pos = begin + length
                after = begin + 2 + data[begin + 1]
                if data[after] != 0x82:  # no `value_json` yet: the key has more segments
                    after = _end_of_keys(data, begin, pos)
                latest[data[begin:after]] = (offset, pos, data[begin:pos], False)
        except IndexError as problem:
            raise MalformedWire("a message that is cut off") from problem
        if pos > end:
            raise MalformedWire("an item longer than its record")

    def _add_other(self, data: bytes, pos: int, end: int, offset: int) -> int:
        """Take a long item or a removal, step over any other field; the place after it."""
        tag, begin = varint(data, pos, end)
        wire = tag & 7
        length = _FIXED_LENGTHS.get(wire, 0)
        if wire == VARINT:
            return varint(data, begin, end)[1]
        if wire == BYTES:
            length, begin = varint(data, begin, end)
        elif not length:
            raise MalformedWire("a wire type that nobody writes")
        if length > end - begin:
            raise MalformedWire("a field longer than its message")
        if wire == BYTES and tag in (self.update_tag, self.remove_tag):
            item = data[begin : begin + length]
            key = data[begin : _end_of_keys(data, begin, begin + length)]
            self.latest[key] = (offset, begin + length, item, tag != self.update_tag)
        return begin + length

    def add_all(self, messages: Sequence[tuple[bytes, int]]) -> list[int]:
        """Take messages, each with the byte of its record. The bytes of those that cannot be read."""
        unread = []
        for message, offset in messages:
            try:
                self.add(message, 0, len(message), offset)
            except MalformedWire:
                unread.append(offset)
        return unread

    def result(self) -> tuple[dict[str, Any], list[int]]:
        """The nested dict, and the bytes of the file where items stand that cannot be read."""
        tree: dict[str, Any] = {}
        unread: list[int] = []
        for offset, _, item, removed in sorted(self.latest.values()):
            odd: Outsize = {}
            try:
                path, value = read_item(item, 0, len(item), odd)
            except MalformedWire:
                unread.append(offset)
                continue
            for what in odd.values():
                self.outsize[path[0]] = what
            if removed:
                remove(tree, path)
            else:
                put(tree, path, value)
        return tree, unread


def _end_of_keys(data: bytes, begin: int, end: int) -> int:
    """The end of the key fields at the start of an item."""
    pos = begin
    while pos < end and data[pos] in _KEY_TAGS:
        length, start = data[pos + 1], pos + 2
        if length > 127 or start > end:
            length, start = varint(data, pos + 1, end)
        pos = start + length
    return min(pos, end)


def lasting(messages: Sequence[tuple[bytes, int]]) -> Sequence[tuple[bytes, int]]:
    """Messages without the batches of which each key is set again by the last few, as that of nearly all are.

    One regular expression proves it, and no item is taken apart. It matches items of printable ASCII alone: in these no
    byte below 0x20 and none above 0x7e is part of a key or of a value, so the tags (0x0a, 0x12, 0x82 0x01) stand where
    they seem to, and there is one way to read the whole.
    """
    if len(messages) <= _BATCH:
        return messages
    last, before = Fold(), len(messages) - _BATCH
    last.add_all(messages[before:])
    keys = sorted(re.escape(key) for key in last.latest if _PRINTABLE_KEY.fullmatch(key))
    if not 0 < len(keys) <= _MOST_KEYS_TO_MATCH:
        return messages
    known = b"|".join(keys)
    again = re.compile(rb"(?:\n[\x00-\x7f](?:" + known + rb")\x82\x01[\x00-\x7f][ -~]*+)*+", re.DOTALL)
    lasting: list[tuple[bytes, int]] = []
    for start in range(0, before, _BATCH):
        batch = messages[start : min(start + _BATCH, before)]
        if not again.fullmatch(b"".join([message for message, _ in batch])):
            lasting += batch
    return [*lasting, *messages[before:]]


_PRINTABLE_KEY: Final = re.compile(rb"(?:[\n\x12][\x00-\x7f][ -~]+)+", re.DOTALL)
