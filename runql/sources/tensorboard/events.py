"""The events of a file: `tensorflow.Event` messages, decoded as far as RunQL reads them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from runql.sources.files.wire import BYTES, FIXED32, FIXED64, VARINT, double, fields, signed, text, varint

_WALL_TIME, _STEP, _FILE_VERSION, _SUMMARY, _SESSION_LOG = 1, 2, 3, 5, 7
_OTHER_EVENTS: Final = {4: "graph", 6: "log message", 8: "run profile", 9: "graph"}
_SOURCE_METADATA: Final = 10
_TAG_OF_TIME, _TAG_OF_STEP, _TAG_OF_SUMMARY, _TAG_OF_VALUE = 0x09, 0x10, 0x2A, 0x0A
_START: Final = 1
_VERSION_MARK: Final = ".Event:"

SCALARS: Final = "scalars"
HPARAMS: Final = "hparams"
"""The plugins whose data is read."""

_MOST_SCALAR_BYTES: Final = 1 << 10

_OLD_VALUES: Final = {3: "histogram", 4: "image", 5: "histogram", 6: "audio clip"}
"""The values of TensorFlow 1 that are no numbers, by their field."""

_float = struct.Struct("<f").unpack_from


@dataclass(slots=True)
class Value:
    """One value of a summary: a `number`, the place of a `tensor`, or something else, whose `kind` says what.

    `plugin` and `content` come with the first value of a tag in each file only; `is_scalar_class` is that the
    metadata calls the tag a scalar, whatever the plugin.
    """

    tag: str = ""
    number: float | None = None
    tensor: tuple[int, int] | None = None
    kind: str = ""
    plugin: str | None = None
    content: bytes = b""
    is_scalar_class: bool = False
    node_name: str = ""

    @property
    def is_used(self) -> bool:
        """Whether it may be a scalar or a hyperparameter. A tensor of one number is short."""
        is_short = self.tensor is not None and self.tensor[1] - self.tensor[0] <= _MOST_SCALAR_BYTES
        return self.number is not None or is_short or self.plugin in (SCALARS, HPARAMS)


@dataclass(slots=True)
class Event:
    """One event. `other` names what it is, if it is nothing that is read; `is_known` whether it is anything."""

    wall_time: float = 0.0
    step: int = 0
    values: list[Value] | None = None
    version: float | None = None
    is_start: bool = False
    other: str = ""
    is_known: bool = False

    @property
    def is_used(self) -> bool:
        """Whether anything that is shown may come from it."""
        used = self.values is not None and any(value.is_used for value in self.values)
        return used or self.version is not None or self.is_start


def read_event(data: bytes, end: int) -> Event:
    """The event in the first `end` bytes.

    Raises:
        Malformed: no protobuf.
    """
    plain = _plain_event(data, end)
    if plain is not None:
        return plain
    event, is_strange = Event(), False
    # One of `what` counts, the last: so protobuf has it.
    for number, wire, a, b in fields(data, 0, end):
        if number == _WALL_TIME and wire == FIXED64:
            event.wall_time = double(data, a)
        elif number == _STEP and wire == VARINT:
            event.step = signed(a)
        elif number == _SUMMARY and wire == BYTES:
            values = event.values or []
            _reset(event)
            event.values = values
            _read_summary(data, a, b, values)
        elif number == _FILE_VERSION and wire == BYTES:
            _reset(event)
            event.version = _version(text(data, a, b))
        elif number == _SESSION_LOG and wire == BYTES:
            _reset(event)
            event.is_start = any(
                field == 1 and kind == VARINT and value == _START for field, kind, value, _ in fields(data, a, b)
            )
        elif number in _OTHER_EVENTS and wire == BYTES:
            _reset(event)
            event.other = _OTHER_EVENTS[number]
        elif number != _SOURCE_METADATA:
            is_strange = True
    if is_strange and not event.is_known:
        event.other = "unknown event"
    return event


def _plain_event(data: bytes, end: int) -> Event | None:
    """A time, a step, and one plain value, as nearly all events are; else `None`, and they are read field by field."""
    if end < 18 or data[0] != _TAG_OF_TIME:
        return None
    at, step = 9, 0
    if data[at] == _TAG_OF_STEP:
        step, at = varint(data, at + 1, end)
    if at + 4 >= end or data[at] != _TAG_OF_SUMMARY or data[at + 1] != end - at - 2 or data[at + 1] > 127:
        return None
    if data[at + 2] != _TAG_OF_VALUE or data[at + 3] != end - at - 4:
        return None
    value = _plain_value(data, at + 4, end)
    return None if value is None else Event(double(data, 1), signed(step), [value])


def _reset(event: Event) -> None:
    event.values, event.version, event.is_start, event.other, event.is_known = None, None, False, "", True


def _version(name: str) -> float:
    """The number in `brain.Event:2`; -1 if there is none."""
    _, mark, number = name.rpartition(_VERSION_MARK)
    try:
        return float(number) if mark else -1.0
    except ValueError:
        return -1.0


def _read_summary(data: bytes, pos: int, end: int, values: list[Value]) -> None:
    for number, wire, a, b in fields(data, pos, end):
        if number == 1 and wire == BYTES:
            values.append(_plain_value(data, a, b) or _value(data, a, b))


def _plain_value(data: bytes, start: int, end: int) -> Value | None:
    """A tag of less than 128 bytes and a simple value, which is what nearly all of them are; else `None`."""
    if end - start < 7 or data[start] != 0x0A or data[start + 1] > 127:
        return None
    at = start + 2 + data[start + 1]
    if at + 5 != end or data[at] != 0x15:
        return None
    return Value(_tag(data[start + 2 : at]), _float(data, at + 1)[0])


@lru_cache(maxsize=4096)
def _tag(name: bytes) -> str:
    """A tag as text: files hold few of them, again and again."""
    return text(name, 0, len(name))


def _value(data: bytes, pos: int, end: int) -> Value:
    value, is_strange = Value(), False
    for number, wire, a, b in fields(data, pos, end):
        if number == 1 and wire == BYTES:
            value.tag = text(data, a, b)
        elif number == 2 and wire == FIXED32:
            value.number, value.tensor, value.kind = _float(data, a)[0], None, ""
        elif number == 8 and wire == BYTES:
            value.number, value.tensor, value.kind = None, (a, b), ""
        elif number in _OLD_VALUES and wire == BYTES:
            value.number, value.tensor, value.kind = None, None, _OLD_VALUES[number]
        elif number == 7 and wire == BYTES:
            value.node_name = text(data, a, b)
        elif number == 9 and wire == BYTES:
            _read_metadata(data, a, b, value)
        else:
            is_strange = True
    if is_strange and value.number is None and value.tensor is None:
        value.kind = value.kind or "unknown value"
    if value.tensor is not None and not value.tag:
        value.tag = value.node_name
    return value


def _read_metadata(data: bytes, pos: int, end: int, value: Value) -> None:
    value.plugin = value.plugin or ""
    for number, wire, a, b in fields(data, pos, end):
        if number == 1 and wire == BYTES:
            for field, kind, c, d in fields(data, a, b):
                if field == 1 and kind == BYTES:
                    value.plugin = text(data, c, d)
                elif field == 2 and kind == BYTES:
                    value.content = data[c:d]
        elif number == 4 and wire == VARINT:
            value.is_scalar_class = a == 1
