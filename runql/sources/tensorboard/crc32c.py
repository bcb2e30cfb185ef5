"""The checksum of TFRecord files: CRC-32C (Castagnoli), then masked. Python has only the other CRC-32."""

from __future__ import annotations

import sys
from array import array
from functools import cache
from typing import Final, TypeAlias

_POLYNOMIAL: Final = 0x82F63B78
_ONES: Final = 0xFFFFFFFF
_MASK_DELTA: Final = 0xA282EAD8

_Table: TypeAlias = tuple[int, ...]


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
