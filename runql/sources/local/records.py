"""The records of a `.wandb` file: blocks, chunks, checksums; and which message a record holds.

A file is a header of 7 bytes, then blocks of 32 KiB (counted from byte 0, the header included). A block holds chunks:
checksum (u32), payload length (u16), type (u8), payload, all little endian; the checksum is a plain CRC-32 of type and
payload. A record is one FULL chunk, or FIRST, MIDDLE…, LAST. Fewer than 7 bytes at the end of a block are padding.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import field
from enum import StrEnum
from typing import BinaryIO, Final, TypeAlias

from runql.sources.files.wire import BYTES, MalformedWire, fields, varint
from runql.text.frozen import changeable

MAGIC: Final = b":W&B\xe1\xbe"
HEADER_SIZE: Final = len(MAGIC) + 1
BLOCK: Final = 32 * 1024
VERSIONS: Final = (0, 1)

_CHUNK_HEADER = struct.Struct("<IHB")
_CHUNK_HEADER_SIZE = _CHUNK_HEADER.size
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_PIECE = 64 * BLOCK
"""How much is read at once: whole blocks, so no chunk lies across two pieces."""

Frame: TypeAlias = tuple[bytes, int, int, int]
"""A whole record: the buffer that holds it, its start and end there, and the byte of the file where it begins."""


class DamageKind(StrEnum):
    """What is wrong at a place of a file."""

    HEADER = "header"
    VERSION = "version"
    CHECKSUM = "checksum"
    ZEROS = "zeros"
    ORDER = "order"
    RECORD = "record"
    TORN = "torn"


@changeable
class Damage:
    """A place where records were lost. `resumed` is the byte where whole records go on, `lost` how many were lost:
    both `None` where nothing tells."""

    offset: int
    kind: DamageKind
    resumed: int | None = None
    lost: int | None = None

    @property
    def is_open_end(self) -> bool:
        """Whether the file just stops there, as one whose writer was killed: in a record, or in zeros."""
        return self.kind in (DamageKind.TORN, DamageKind.ZEROS) and self.resumed is None


@changeable
class Frames:
    """The whole records of a file, in order. Iterate once; `damages` and `version` are known as far as it was read.

    Every record that is given has passed its checksum. After damage the reader goes on with the next chunk that does,
    as the SDK's own reader goes on with the next block.
    """

    file: BinaryIO
    size: int
    version: int | None = None
    damages: list[Damage] = field(default_factory=list)
    _open: list[bytes] = field(default_factory=list)
    _open_offset: int = 0
    _skipping: bool = False
    # Whether a record is open or damage lies right behind: then a whole record is more than just the next one.
    _disturbed: bool = False
    _last: Frame | None = None

    def __iter__(self) -> Iterator[Frame]:
        head = self.file.read(HEADER_SIZE)
        self.file.seek(0)
        is_ours = MAGIC.startswith(head[: len(MAGIC)])
        if not is_ours:
            self._hurt(0, DamageKind.HEADER)
        if len(head) < HEADER_SIZE:
            return  # where it is ours, it is that of a run that just started
        if is_ours:
            self.version = head[-1]
            if self.version not in VERSIONS:
                self.damages.append(Damage(HEADER_SIZE - 1, DamageKind.VERSION))
                return
        base = 0
        while base < self.size and (data := self.file.read(min(_PIECE, self.size - base))):
            yield from self._piece(data, base)
            base += len(data)
        if self._open:
            self._drop_open(DamageKind.TORN)

    def _piece(self, data: bytes, base: int) -> Iterator[Frame]:
        unpack, crc32 = _CHUNK_HEADER.unpack_from, zlib.crc32
        last: Frame | None = self._last
        for block in range(0, len(data), BLOCK):
            stop = min(block + BLOCK, len(data))
            pos = block + (HEADER_SIZE if base + block == 0 else 0)
            while stop - pos >= _CHUNK_HEADER_SIZE:
                checksum, length, kind = unpack(data, pos)
                end = pos + _CHUNK_HEADER_SIZE + length
                if end > stop or not 0 < kind <= _LAST or crc32(data[pos + 6 : end]) != checksum:
                    self._last = last
                    pos = self._damaged(data, base, block, pos)
                    continue
                frame: Frame | None
                if kind == _FULL:
                    frame = (data, pos + _CHUNK_HEADER_SIZE, end, base + pos)
                else:
                    self._last = last
                    frame = self._fragment(kind, data[pos + _CHUNK_HEADER_SIZE : end], base + pos)
                if frame is not None:
                    if self._disturbed:
                        self._last = last
                        self._settle(frame)
                    last = frame
                    yield frame
                pos = end
            # What is left at the end of the file is the begin of a chunk, unless it is padding of the block.
            if pos < stop < block + BLOCK and block + BLOCK - pos >= _CHUNK_HEADER_SIZE:
                self._hurt(self._open_offset if self._open else base + pos, DamageKind.TORN)
                self._open = []
        self._last = last

    def _fragment(self, kind: int, payload: bytes, offset: int) -> Frame | None:
        if kind == _FIRST:
            if self._open:
                self._drop_open(DamageKind.ORDER)
            self._open, self._open_offset, self._skipping = [payload], offset, False
            self._disturbed = True
            return None
        if not self._open:
            if not self._skipping:
                self._hurt(offset, DamageKind.ORDER)
            return None
        self._open.append(payload)
        if kind == _MIDDLE:
            return None
        whole = b"".join(self._open)
        self._open = []
        self._disturbed = bool(self.damages) and self.damages[-1].resumed is None
        return whole, 0, len(whole), self._open_offset

    def _damaged(self, data: bytes, base: int, block: int, pos: int) -> int:
        """Note a damaged chunk. Where to read on: at the next chunk if that is whole, else at the next block."""
        stop = min(block + BLOCK, len(data))
        _, length, _ = _CHUNK_HEADER.unpack_from(data, pos)
        end = pos + _CHUNK_HEADER_SIZE + length
        at_end_of_file = base + stop == self.size and stop < block + BLOCK
        if not any(data[pos:stop]):
            kind = DamageKind.ZEROS
        elif at_end_of_file and stop < end <= block + BLOCK:
            kind = DamageKind.TORN
        else:
            kind = DamageKind.CHECKSUM
        if self._open:
            self._open = []
            self._hurt(self._open_offset, kind)
        else:
            self._hurt(base + pos, kind)
        return end if _is_whole(data, end, stop) else stop

    def _drop_open(self, kind: DamageKind) -> None:
        self._open = []
        self._hurt(self._open_offset, kind)

    def _hurt(self, offset: int, kind: DamageKind) -> None:
        """One damage for all that lies between two whole records."""
        self._skipping = self._disturbed = True
        if not self.damages or self.damages[-1].resumed is not None:
            self.damages.append(Damage(offset, kind))

    def _settle(self, frame: Frame) -> None:
        """A whole record after something else: parts before it are lost, and damage ends here."""
        if self._open:
            self._drop_open(DamageKind.ORDER)
        self._skipping = self._disturbed = False
        if not self.damages or self.damages[-1].resumed is not None:
            return
        damage = self.damages[-1]
        damage.resumed = frame[3]
        before, after = number_of(self._last), number_of(frame)
        if after and (before or self._last is None):
            damage.lost = max(0, after - before - 1)


def _is_whole(data: bytes, pos: int, stop: int) -> bool:
    if stop - pos < _CHUNK_HEADER_SIZE:
        return False
    checksum, length, kind = _CHUNK_HEADER.unpack_from(data, pos)
    end = pos + _CHUNK_HEADER_SIZE + length
    return 0 < kind <= _LAST and end <= stop and bool(zlib.crc32(data[pos + 6 : end]) == checksum)


def number_of(frame: Frame | None) -> int:
    """The running number that the SDK gave a record; 0 where there is none (SDKs before 0.13)."""
    if frame is None or frame[1] >= frame[2] or frame[0][frame[1]] != 0x08:
        return 0
    try:
        return varint(frame[0], frame[1] + 1, frame[2])[0]
    except MalformedWire:
        return 0


# ---------------------------------------------------------------- which message a record holds


HISTORY: Final = 2
SUMMARY: Final = 3
CONFIG: Final = 5
STATS: Final = 7
RUN: Final = 17
EXIT: Final = 18
ENVIRONMENT: Final = 26

_WANTED = frozenset({HISTORY, SUMMARY, CONFIG, STATS, RUN, EXIT, ENVIRONMENT})

_MESSAGES = frozenset({*range(2, 14), 17, 18, *range(20, 28), 100})
"""The numbers of which a record has one."""

_NUM_TAG: Final = 0x08
_HISTORY_TAG: Final = HISTORY << 3 | BYTES
_SUMMARY_TAG: Final = SUMMARY << 3 | BYTES
_LONGEST_HEAD: Final = 16
_LONGEST_NUM: Final = 11
"""A number of ten bytes behind its tag: a longer one is none, and what lies behind it is not looked at."""


def locate(data: bytes, start: int, end: int) -> tuple[int, int, int]:
    """The kind of the record between `start` and `end`, and the start and end of its message; kind 0 if we want none.

    Nine in ten records are `num`, then a history or a summary that fills the rest: these are found without a loop.
    """
    pos = start
    if end - start > _LONGEST_HEAD:
        if data[pos] == _NUM_TAG:
            pos += 2
            last = start + _LONGEST_NUM
            while data[pos - 1] > 127 and pos < last:
                pos += 1
        tag = data[pos]
        if tag in (_HISTORY_TAG, _SUMMARY_TAG):
            length, second = data[pos + 1], data[pos + 2]
            if length < 128:
                begin = pos + 2
            elif second < 128:
                length, begin = length & 127 | second << 7, pos + 3
            else:
                length, begin = varint(data, pos + 1, end)
            if begin + length == end:
                return tag >> 3, begin, end
    found = (0, end, end)
    for number, wire, a, b in fields(data, start, end):
        # Of several messages in one record the last one counts; a number of another wire type is no message of ours.
        if wire == BYTES and number in _MESSAGES:
            found = (number, a, b) if number in _WANTED else (0, end, end)
    return found
