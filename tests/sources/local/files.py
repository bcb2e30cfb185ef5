"""Writes run files byte by byte, for what no SDK writes today, or not on demand."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

BLOCK = 32768
HEADER = b":W&B\xe1\xbe"

Path_ = tuple[str, ...]


def varint(value: int) -> bytes:
    out = bytearray()
    value &= (1 << 64) - 1
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def message(number: int, content: bytes | str) -> bytes:
    """A field that holds bytes, text or a message."""
    raw = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def item(path: Path_ | str, value: Any = None, *, value_json: str | None = None, typed: bytes = b"") -> bytes:
    """The content of an item: with a tuple the key is nested, with a text it is flat, as old SDKs have it."""
    key = message(1, path) if isinstance(path, str) else b"".join(message(2, segment) for segment in path)
    text = json.dumps(value) if value_json is None else value_json
    return key + typed + (message(16, text) if text else b"")


def items(values: Mapping[Any, Any], field: int = 1) -> bytes:
    return b"".join(message(field, item(path, value)) for path, value in values.items())


def row(values: Mapping[Any, Any], step: int | None = None) -> bytes:
    """A history record; a text as key is flat, a tuple nested."""
    tail = b"" if step is None else message(2, number(1, step) if step else b"")
    return message(2, items(values) + tail)


def summary(values: Mapping[Any, Any], removed: Iterable[Path_] = ()) -> bytes:
    return message(3, _changes(values, removed))


def config(values: Mapping[Any, Any], removed: Iterable[Path_] = ()) -> bytes:
    return message(5, _changes(values, removed))


def _changes(values: Mapping[Any, Any], removed: Iterable[Path_]) -> bytes:
    return items(values) + b"".join(message(2, item(path, value_json="")) for path in removed)


def stats(time: float, values: Mapping[str, Any]) -> bytes:
    when = number(1, int(time)) + number(2, round(time % 1 * 1e9))
    return message(7, message(2, when) + items(values, field=3))


_RUN_TEXTS = {"group": 6, "job_type": 7, "name": 8, "notes": 9, "sweep": 12, "host": 13}


def run(run_id: str = "abc", project: str = "p", *, entity: str = "", started: float = 1.7e9, **more: Any) -> bytes:
    """A run record. `more`: `tags`, `config`, `starting_step`, and the texts above."""
    body = message(1, run_id) + message(2, entity) + message(3, project)
    for name, field in _RUN_TEXTS.items():
        if name in more:
            body += message(field, more[name])
    body += b"".join(message(10, tag) for tag in more.get("tags", ()))
    body += message(4, items(more.get("config", {})))
    if "starting_step" in more:
        body += number(14, more["starting_step"])
    return message(17, body + message(17, number(1, int(started)) + number(2, round(started % 1 * 1e9))))


def exit_(code: int = 0) -> bytes:
    return message(18, number(1, code) if code else b"")


def log(bodies: Iterable[bytes], *, version: int = 0, numbered: bool = True) -> bytes:
    """The bytes of a run file with these records."""
    out = bytearray(HEADER + bytes([version]))
    for index, body in enumerate(bodies, 1):
        _append(out, (number(1, index) if numbered else b"") + body)
    return bytes(out)


def _append(out: bytearray, payload: bytes) -> None:
    first = True
    while True:
        room = BLOCK - len(out) % BLOCK
        if room < 7:
            out += bytes(room)
            continue
        part, payload = payload[: room - 7], payload[room - 7 :]
        kind = (1 if first else 4) if not payload else (2 if first else 3)
        checked = bytes([kind]) + part
        out += struct.pack("<IH", zlib.crc32(checked), len(part)) + checked
        first = False
        if not payload:
            return


def write(root: Path, content: bytes, run_id: str = "abc", stamp: str = "20260101_000000") -> Path:
    """Put a run file where the SDK would, below `root`."""
    folder = root / "wandb" / f"offline-run-{stamp}-{run_id}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"run-{run_id}.wandb"
    path.write_bytes(content)
    return path


def records(content: bytes) -> list[tuple[int, int]]:
    """Where the whole records of a file begin and end, for a file in which nothing is broken but its end."""
    found, pos, start = [], 7, None
    while pos + 7 <= len(content):
        if BLOCK - pos % BLOCK < 7:
            pos += BLOCK - pos % BLOCK
            continue
        _, length, kind = struct.unpack_from("<IHB", content, pos)
        if pos + 7 + length > len(content):
            break
        start = pos if kind in (1, 2) else start
        pos += 7 + length
        if kind in (1, 4) and start is not None:
            found.append((start, pos))
    return found
