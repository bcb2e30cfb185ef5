"""Hyperparameters: what the plugin `hparams` keeps in the metadata of three tags."""

from __future__ import annotations

from typing import Any, Final

from runql.sources.files.wire import BYTES, FIXED64, VARINT, MalformedWire, double, fields, signed, text
from runql.text.frozen import frozen

START_TAG: Final = "_hparams_/session_start_info"
END_TAG: Final = "_hparams_/session_end_info"
_STATES: Final = {1: "finished", 2: "failed", 3: "running"}
_START_INFO, _END_INFO = 3, 4
_MOST_DEPTH: Final = 64


@frozen
class SessionStart:
    """With what a run was started. `group` and `started` (seconds since 1970) are empty where nothing says them."""

    config: dict[str, Any]
    group: str = ""
    started: float = 0.0


@frozen
class SessionEnd:
    """How and when a run ended: `state` in W&B's words, `None` for one that is not told."""

    state: str | None = None
    ended: float = 0.0


def session_start(content: bytes) -> SessionStart:
    """What the tag `_hparams_/session_start_info` holds."""
    config: dict[str, Any] = {}
    group, started = "", 0.0
    for a, b in _messages(content, _START_INFO):
        for number, wire, start, end in fields(content, a, b):
            if number == 1 and wire == BYTES:
                key, value = _entry(content, start, end)
                config[key] = value
            elif number == 4 and wire == BYTES:
                group = text(content, start, end)
            elif number == 5 and wire == FIXED64:
                started = double(content, start)
    return SessionStart(config, group, started)


def session_end(content: bytes) -> SessionEnd:
    """What the tag `_hparams_/session_end_info` holds."""
    status, ended = 0, 0.0
    for a, b in _messages(content, _END_INFO):
        for number, wire, start, _ in fields(content, a, b):
            if number == 1 and wire == VARINT:
                status = signed(start)
            elif number == 2 and wire == FIXED64:
                ended = double(content, start)
    return SessionEnd(_STATES.get(status), ended)


def _messages(content: bytes, wanted: int) -> list[tuple[int, int]]:
    return [(a, b) for number, wire, a, b in fields(content, 0, len(content)) if number == wanted and wire == BYTES]


def _entry(data: bytes, start: int, end: int) -> tuple[str, Any]:
    key, value = "", None
    for number, wire, a, b in fields(data, start, end):
        if number == 1 and wire == BYTES:
            key = text(data, a, b)
        elif number == 2 and wire == BYTES:
            value = _value(data, a, b, 0)
    return key, value


def _value(data: bytes, start: int, end: int, depth: int) -> Any:
    """A `google.protobuf.Value`. Writers give bools, numbers and texts; lists and structures are read as well."""
    if depth > _MOST_DEPTH:
        raise MalformedWire("a value that is nested too deep")
    value: Any = None
    for number, wire, a, b in fields(data, start, end):
        match number, wire:
            case 1, 0:
                value = None
            case 2, 1:
                value = double(data, a)
            case 3, 2:
                value = text(data, a, b)
            case 4, 0:
                value = bool(a)
            case 5, 2:
                value = _structure(data, a, b, depth + 1)
            case 6, 2:
                value = [
                    _value(data, c, d, depth + 1)
                    for field, kind, c, d in fields(data, a, b)
                    if field == 1 and kind == BYTES
                ]
    return value


def _structure(data: bytes, start: int, end: int, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, wire, a, b in fields(data, start, end):
        if number != 1 or wire != BYTES:
            continue
        key, value = "", None
        for field, kind, c, d in fields(data, a, b):
            if field == 1 and kind == BYTES:
                key = text(data, c, d)
            elif field == 2 and kind == BYTES:
                value = _value(data, c, d, depth)
        found[key] = value
    return found
