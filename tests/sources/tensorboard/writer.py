"""A writer of event files that is nobody's: TFRecord frames around protobuf, byte by byte."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

FIRST_TIME = 1.7e9
VERSION = "brain.Event:2"


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def message(number: int, body: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(body)) + body


def text(number: int, value: str) -> bytes:
    return message(number, value.encode())


def integer(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def double(number: int, value: float) -> bytes:
    return varint(number << 3 | 1) + struct.pack("<d", value)


def single(number: int, value: float) -> bytes:
    return varint(number << 3 | 5) + struct.pack("<f", value)


def frame(payload: bytes) -> bytes:
    head = struct.pack("<Q", len(payload))
    return head + struct.pack("<I", masked_crc32c(head)) + payload + struct.pack("<I", masked_crc32c(payload))


def event(body: bytes, step: int = 0, at: float = FIRST_TIME) -> bytes:
    return frame(double(1, at) + (integer(2, step) if step else b"") + body)


def version(name: str = VERSION, at: float = FIRST_TIME) -> bytes:
    return event(text(3, name), at=at)


def start(step: int, at: float = FIRST_TIME) -> bytes:
    """A session log that says START."""
    return event(message(7, integer(1, 1)), step, at)


def summary(values: Iterable[bytes], step: int, at: float = FIRST_TIME) -> bytes:
    return event(message(5, b"".join(message(1, value) for value in values)), step, at)


def simple(tag: str, value: float) -> bytes:
    return text(1, tag) + single(2, value)


def metadata(plugin: str, content: bytes = b"", data_class: int = 0) -> bytes:
    inner = text(1, plugin) + (message(2, content) if content else b"")
    return message(9, message(1, inner) + (integer(4, data_class) if data_class else b""))


def tensor(tag: str, body: bytes, plugin: str | None = "scalars") -> bytes:
    return text(1, tag) + message(8, body) + (metadata(plugin) if plugin is not None else b"")


def number_tensor(dtype: int, form: str, value: float) -> bytes:
    """A tensor without dimensions whose number lies in `tensor_content`."""
    return integer(1, dtype) + message(2, b"") + message(4, struct.pack(form, value))


def protobuf_value(value: Any) -> bytes:
    """A `google.protobuf.Value`."""
    match value:
        case None:
            return integer(1, 0)
        case bool():
            return integer(4, value)
        case int() | float():
            return double(2, value)
        case str():
            return text(3, value)
        case Mapping():
            entries = (message(1, text(1, key) + message(2, protobuf_value(one))) for key, one in value.items())
            return message(5, b"".join(entries))
        case Sequence():
            return message(6, b"".join(message(1, protobuf_value(one)) for one in value))
    raise TypeError(value)


def session_start(config: Mapping[str, Any], group: str = "", started: float = 0.0, at: float = FIRST_TIME) -> bytes:
    """What the plugin `hparams` writes when a run begins."""
    body = b"".join(message(1, text(1, key) + message(2, protobuf_value(one))) for key, one in config.items())
    body += (text(4, group) if group else b"") + (double(5, started) if started else b"")
    return summary([text(1, "_hparams_/session_start_info") + metadata("hparams", message(3, body))], 0, at)


def session_end(status: int, ended: float = 0.0, at: float = FIRST_TIME) -> bytes:
    """What it writes when a run ends: 1 is success, 2 failure, 3 running."""
    body = integer(1, status) + (double(2, ended) if ended else b"")
    return summary([text(1, "_hparams_/session_end_info") + metadata("hparams", message(4, body))], 0, at)


def write(folder: Path, *records: bytes, name: str = "events.out.tfevents.1700000000.node-1.7.0") -> Path:
    """An event file with these records, in a folder that is made if it is not there. Nobody wrote to it for long."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(b"".join(records))
    os.utime(path, (FIRST_TIME, FIRST_TIME))
    return path
