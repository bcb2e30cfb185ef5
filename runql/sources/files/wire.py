"""Reading protobuf by hand: varints, fields, and the parts of a record."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, TypeAlias

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5
_GROUP: Final = 3
_END_OF_GROUP: Final = 4
_FIXED_LENGTHS: Final = {FIXED32: 4, FIXED64: 8}

Field: TypeAlias = tuple[int, int, int, int]
"""Number, wire type, then the value and 0 for a varint, or the start and the end of the value."""

_MAX_VARINT_BITS = 64
_double = struct.Struct("<d").unpack_from


class MalformedWire(Exception):  # noqa: N818 - never leaves this package
    """Bytes that passed their checksum but are not what they should be."""


def varint(data: bytes, pos: int, end: int) -> tuple[int, int]:
    """An unsigned number, and the place after it."""
    value = shift = 0
    while pos < end and shift < _MAX_VARINT_BITS:
        byte = data[pos]
        pos += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, pos
        shift += 7
    raise MalformedWire("a number that does not end")


def fields(data: bytes, pos: int, end: int) -> Iterator[Field]:
    """The fields of the message between `pos` and `end`, in the order in which they are written."""
    while pos < end:
        tag, pos = varint(data, pos, end)
        wire = tag & 7
        if wire == VARINT:
            value, pos = varint(data, pos, end)
            yield tag >> 3, wire, value, 0
            continue
        if wire == BYTES:
            length, pos = varint(data, pos, end)
        elif wire == FIXED64:
            length = 8
        elif wire == FIXED32:
            length = 4
        elif wire == _GROUP:
            pos = _after_group(data, pos, end, tag >> 3)
            continue
        else:
            raise MalformedWire("a wire type that nobody writes")
        if length > end - pos:
            raise MalformedWire("a field longer than its message")
        yield tag >> 3, wire, pos, pos + length
        pos += length


def after_field(data: bytes, pos: int, end: int) -> int:
    """The place after a field that nobody asks for, whatever it holds."""
    tag, pos = varint(data, pos, end)
    wire = tag & 7
    if wire == VARINT:
        return varint(data, pos, end)[1]
    if wire == _GROUP:
        return _after_group(data, pos, end, tag >> 3)
    length = _FIXED_LENGTHS.get(wire, end)
    if wire == BYTES:
        length, pos = varint(data, pos, end)
    if length > end - pos:
        raise MalformedWire("a field longer than its message")
    return pos + length


def _after_group(data: bytes, pos: int, end: int, number: int) -> int:
    """The place after a group: an old form of a message, which no SDK writes, and which protobuf steps over."""
    opened = [number]
    while opened and pos < end:
        tag, pos = varint(data, pos, end)
        wire = tag & 7
        if wire == _GROUP:
            opened.append(tag >> 3)
        elif wire == _END_OF_GROUP:
            if opened.pop() != tag >> 3:
                break
        elif wire == VARINT:
            _, pos = varint(data, pos, end)
        elif wire == BYTES:
            length, pos = varint(data, pos, end)
            pos += length
        else:
            pos += _FIXED_LENGTHS.get(wire, end)
        if pos > end:
            break
        if not opened:
            return pos
    raise MalformedWire("a group that does not end")


def text(data: bytes, start: int, end: int) -> str:
    """A string; bytes that are no UTF-8 become U+FFFD."""
    return data[start:end].decode("utf-8", "replace")


def signed(value: int) -> int:
    """An `int32` or `int64` that was written as an unsigned varint."""
    return value - (1 << 64) if value >= 1 << 63 else value


def zigzag(value: int) -> int:
    """An `sint64`."""
    return (value >> 1) ^ -(value & 1)


def double(data: bytes, start: int) -> float:
    """A `double`."""
    value: float = _double(data, start)[0]
    return value


def timestamp(data: bytes, start: int, end: int) -> float:
    """Seconds since 1970, from a `Timestamp` message of seconds and nanoseconds."""
    seconds = nanos = 0
    for number, wire, value, _ in fields(data, start, end):
        if wire == VARINT and number == 1:
            seconds = signed(value)
        elif wire == VARINT and number == 2:
            nanos = signed(value)
    return seconds + nanos / 1e9
