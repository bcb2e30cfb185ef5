"""The outer layer of an event file: TFRecord.

A record is its length (u64), the checksum of these eight bytes, the payload, and the checksum of the payload, all
little endian; the checksums are masked CRC-32C (see `crc32c`). There is no header, and nothing stands between records.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import BinaryIO, Final, TypeAlias

_POLYNOMIAL: Final = 0x82F63B78
_ONES: Final = 0xFFFFFFFF
_MASK_DELTA: Final = 0xA282EAD8

_Table: TypeAlias = tuple[int, ...]

MOST_BYTES: Final = 1 << 26
"""A record that is longer is stepped over: no scalar and no hyperparameter is that long."""

_HEAD = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_PIECE: Final = 1 << 20


class EventDamageKind(StrEnum):
    """What is wrong at a place of a file."""

    LENGTH = "length"
    CHECKSUM = "checksum"
    RECORD = "record"
    TORN = "torn"


@dataclass(slots=True)
class EventDamage:
    """A place where a record was lost. Behind a wrong length and a torn record nothing can be read."""

    offset: int
    kind: EventDamageKind

    @property
    def is_end(self) -> bool:
        """Whether reading ended there."""
        return self.kind in (EventDamageKind.LENGTH, EventDamageKind.TORN)


class Records:
    """The records of a file from a place on, in order. Iterate once; `end`, `damages` and how many were `too_long` are
    known as far as it was read. The checksum of a payload is asked for by whoever uses the payload: see `is_whole`.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self.end = start
        self.damages: list[EventDamage] = []
        self.too_long = 0
        self._file = file
        self._size = size

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        """The payload with its checksum behind it, and where the record begins."""
        read, unpack = self._file.read, _HEAD.unpack
        while (left := self._size - self.end) > 0:
            head = read(_HEAD.size) if left >= _HEAD.size else b""
            if len(head) < _HEAD.size:
                self.damages.append(EventDamage(self.end, EventDamageKind.TORN))
                return
            length, checksum = unpack(head)
            if _checksum_of_length(head[:8]) != checksum:
                kind = EventDamageKind.LENGTH if any(head) or self._goes_on() else EventDamageKind.TORN
                self.damages.append(EventDamage(self.end, kind))
                return
            size = length + _CHECKSUM.size
            if size > left - _HEAD.size:
                self.damages.append(EventDamage(self.end, EventDamageKind.TORN))
                return
            offset = self.end
            if length > MOST_BYTES:
                self.too_long += 1
                self._file.seek(size, 1)
            else:
                payload = read(size)
                if len(payload) < size:  # it was cut while it was read
                    self.damages.append(EventDamage(offset, EventDamageKind.TORN))
                    return
                yield payload, offset
            self.end = offset + _HEAD.size + size

    def _goes_on(self) -> bool:
        """Whether anything but zeros follows: some systems leave those at the end of a file when they crash."""
        while piece := self._file.read(_PIECE):
            if piece.count(0) < len(piece):
                return True
        return False


def is_whole(payload: bytes) -> bool:
    """Whether a payload is what was written, by the checksum behind it."""
    end = len(payload) - _CHECKSUM.size
    expected: int = _CHECKSUM.unpack_from(payload, end)[0]
    return masked_crc32c(payload, 0, end) == expected


@lru_cache(maxsize=4096)
def _checksum_of_length(length: bytes) -> int:
    """Most records of a file have one of a few lengths."""
    return masked_crc32c(length, 0, len(length))


def masked_crc32c(data: bytes, start: int, end: int) -> int:
    """The checksum as it is stored: TFRecord turns and shifts it, since CRCs of data that hold CRCs are weak."""
    crc = crc32c(data, start, end)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & _ONES


def crc32c(data: bytes, start: int, end: int) -> int:
    """CRC-32C of a part of the data. Four bytes a step: this is where most of the reading time would go."""
    bytewise, two, four = _tables()
    whole = end - (end - start) % 4
    words = array("I", data[start:whole])
    if sys.byteorder == "big":
        words.byteswap()
    crc = _ONES
    for word in words:
        crc ^= word
        crc = four[crc & 0xFFFF] ^ two[crc >> 16]
    for byte in data[whole:end]:
        crc = bytewise[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ _ONES


@cache
def _tables() -> tuple[_Table, _Table, _Table]:
    """What one byte, two bytes, and two bytes with two more behind them do to a checksum. Takes 30 ms, once."""
    bytewise = tuple(_shifted(byte) for byte in range(256))
    two = tuple(
        bytewise[(first & 0xFF) ^ (word >> 8)] ^ first >> 8
        for word in range(1 << 16)
        for first in (bytewise[word & 0xFF],)
    )
    four = tuple(two[after & 0xFFFF] ^ after >> 16 for after in two)
    return bytewise, two, four


def _shifted(byte: int) -> int:
    crc = byte
    for _ in range(8):
        crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc
