"""Which record a frame holds, and where its message lies."""

from __future__ import annotations

from typing import Final

from runql.sources.files.wire import BYTES, fields, varint

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
