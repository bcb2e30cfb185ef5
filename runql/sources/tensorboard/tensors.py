"""The one number of a tensor that was logged as a scalar."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from runql.sources.files.wire import BYTES, FIXED32, FIXED64, VARINT, MalformedWire, fields, signed, varint

Number: TypeAlias = float | int | bool

_DTYPE, _SHAPE, _CONTENT = 1, 2, 4
_DIM, _SIZE = 2, 1
_HALF, _BFLOAT16 = 19, 14

_FLOAT, _DOUBLE, _BOOL = struct.Struct("<f"), struct.Struct("<d"), 10
_CONTENT_FORMS: Final[Mapping[int, struct.Struct]] = {
    1: _FLOAT,
    2: _DOUBLE,
    3: struct.Struct("<i"),
    4: struct.Struct("<B"),
    5: struct.Struct("<h"),
    6: struct.Struct("<b"),
    9: struct.Struct("<q"),
    _BOOL: struct.Struct("<?"),
    17: struct.Struct("<H"),
    _HALF: struct.Struct("<e"),
    22: struct.Struct("<I"),
    23: struct.Struct("<Q"),
}
"""How one element lies in `tensor_content`, by the number of its type."""

_LISTS: Final[Mapping[int, int]] = {
    **dict.fromkeys((3, 4, 5, 6, 17), 7),
    1: 5,
    2: 6,
    9: 10,
    _BOOL: 11,
    _HALF: 13,
    _BFLOAT16: 13,
    22: 16,
    23: 17,
}
"""The field that lists the elements, by the number of the type."""


def scalar_of(data: bytes, start: int, end: int) -> Number | None:
    """The number of a `TensorProto` that holds exactly one; `None` if it holds several, none, or a text."""
    dtype, count, content = 0, 1, b""
    listed: dict[int, list[tuple[int, int, int]]] = {}
    for number, wire, a, b in fields(data, start, end):
        if number == _DTYPE and wire == VARINT:
            dtype = a
        elif number == _SHAPE and wire == BYTES:
            count *= _elements(data, a, b)
        elif number == _CONTENT and wire == BYTES:
            content = data[a:b]
        else:
            listed.setdefault(number, []).append((wire, a, b))
    if count != 1:
        return None
    if content:
        return _of_content(dtype, content)
    return _of_list(dtype, data, listed.get(_LISTS.get(dtype, 0), []))


def _elements(data: bytes, start: int, end: int) -> int:
    count = 1
    for number, wire, a, b in fields(data, start, end):
        if number == _DIM and wire == BYTES:
            sizes = [signed(size) for field, kind, size, _ in fields(data, a, b) if field == _SIZE and kind == VARINT]
            count *= sizes[-1] if sizes else 0
    return count


def _of_content(dtype: int, content: bytes) -> Number | None:
    if dtype == _BFLOAT16 and len(content) == 2:
        return _bfloat16(int.from_bytes(content, "little"))
    form = _CONTENT_FORMS.get(dtype)
    if form is None or len(content) != form.size:
        return None
    number: Number = form.unpack(content)[0]
    return number


def _of_list(dtype: int, data: bytes, found: list[tuple[int, int, int]]) -> Number | None:
    element = _ELEMENTS.get(dtype)
    if element is None:
        return None
    wire_of_one, read = element
    numbers: list[Number] = []
    for wire, a, b in found:
        if wire == wire_of_one:
            numbers.append(read(data, a))
        elif wire == BYTES:
            numbers += _packed(data, a, b, wire_of_one, read)
        if len(numbers) > 1:
            return None
    return numbers[0] if numbers else None


def _packed(data: bytes, a: int, b: int, wire: int, read: Callable[[bytes, int], Number]) -> list[Number]:
    """At most two of the numbers that stand one behind the other: more than one is no scalar."""
    numbers: list[Number] = []
    while a < b and len(numbers) < 2:
        if wire == VARINT:
            value, a = varint(data, a, b)
            numbers.append(read(data, value))
            continue
        size = 4 if wire == FIXED32 else 8
        if a + size > b:
            raise MalformedWire("a number that is cut off")
        numbers.append(read(data, a))
        a += size
    return numbers


def _float(data: bytes, at: int) -> float:
    number: float = _FLOAT.unpack_from(data, at)[0]
    return number


def _double(data: bytes, at: int) -> float:
    number: float = _DOUBLE.unpack_from(data, at)[0]
    return number


def _half(_: bytes, value: int) -> float:
    number: float = struct.unpack("<e", (value & 0xFFFF).to_bytes(2, "little"))[0]
    return number


def _bfloat16(value: int) -> float:
    number: float = _FLOAT.unpack((value & 0xFFFF).to_bytes(2, "little").rjust(4, b"\0"))[0]
    return number


def _narrow(form: str) -> Callable[[bytes, int], int]:
    """Reads an integer that is stored in a wider field: what is too large for its own type is cut, as NumPy does."""
    packer = struct.Struct(form)

    def read(_: bytes, value: int) -> int:
        number: int = packer.unpack((value & (1 << 8 * packer.size) - 1).to_bytes(packer.size, "little"))[0]
        return number

    return read


_ELEMENTS: Final[Mapping[int, tuple[int, Callable[[bytes, int], Number]]]] = {
    1: (FIXED32, _float),
    2: (FIXED64, _double),
    3: (VARINT, _narrow("<i")),
    4: (VARINT, _narrow("<B")),
    5: (VARINT, _narrow("<h")),
    6: (VARINT, _narrow("<b")),
    9: (VARINT, lambda _, value: signed(value)),
    _BOOL: (VARINT, lambda _, value: bool(value)),
    17: (VARINT, _narrow("<H")),
    _HALF: (VARINT, _half),
    _BFLOAT16: (VARINT, lambda _, value: _bfloat16(value)),
    22: (VARINT, lambda _, value: value),
    23: (VARINT, lambda _, value: value),
}
"""How one element is written in a list, and read, by the number of its type."""
