"""Many updates of one nested dict, of which only the last of each key is decoded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from runql.sources.files.wire import BYTES, FIXED32, FIXED64, VARINT, MalformedWire, varint
from runql.sources.local.items import Outsize, put, read_item, remove

_KEY_TAGS: Final = (0x0A, 0x12)
_FIXED_LENGTHS: Final = {FIXED32: 4, FIXED64: 8}

_BATCH: Final = 64
MOST_PENDING: Final = 64 * _BATCH
_MOST_KEYS_TO_MATCH: Final = 100


class Fold:
    """A summary, a config, or the last machine metrics, while the records that change them go by.

    The two in a row of `update_tag` and `remove_tag` are the tags of the fields that hold items. `result` decodes
    what is left; updates and removals of a key and of keys inside it take effect in the order of the file. `outsize`
    has the keys at the top, as other sources name them.
    """

    __slots__ = ("_latest", "_remove_tag", "_update_tag", "outsize")

    def __init__(self, update_tag: int = 0x0A, remove_tag: int = 0x12) -> None:
        self.outsize: Outsize = {}
        self._update_tag = update_tag
        self._remove_tag = remove_tag
        # By the bytes of the key fields: the byte of the file where the record began, the place in it, the item, and
        # whether that is a removal.
        self._latest: dict[bytes, tuple[int, int, bytes, bool]] = {}

    def add(self, data: bytes, pos: int, end: int, offset: int) -> None:
        """Take the items of the message between `pos` and `end`, of the record at byte `offset` of the file."""
        latest, update_tag = self._latest, self._update_tag
        try:
            while pos < end:
                length = data[pos + 1]
                if data[pos] != update_tag or length > 127 or data[pos + 3] > 127:
                    pos = self._add_other(data, pos, end, offset)
                    continue
                begin = pos + 2
                pos = begin + length
                after = begin + 2 + data[begin + 1]
                if data[after] != 0x82:  # no `value_json` yet: the key has more segments
                    after = _end_of_keys(data, begin, pos)
                latest[data[begin:after]] = (offset, pos, data[begin:pos], False)
        except IndexError as problem:
            raise MalformedWire("a message that is cut off") from problem
        if pos > end:
            raise MalformedWire("an item longer than its record")

    def _add_other(self, data: bytes, pos: int, end: int, offset: int) -> int:
        """Take a long item or a removal, step over any other field; the place after it."""
        tag, wire, begin, pos = _any_field(data, pos, end)
        if wire == BYTES and tag in (self._update_tag, self._remove_tag):
            after = _end_of_keys(data, begin, pos)
            self._latest[data[begin:after]] = (offset, pos, data[begin:pos], tag != self._update_tag)
        return pos

    def result(self) -> tuple[dict[str, Any], list[int]]:
        """The nested dict, and the bytes of the file where items stand that cannot be read."""
        tree: dict[str, Any] = {}
        unread: list[int] = []
        for offset, _, item, removed in sorted(self._latest.values()):
            odd: Outsize = {}
            try:
                path, value = read_item(item, 0, len(item), odd)
            except MalformedWire:
                unread.append(offset)
                continue
            for what in odd.values():
                self.outsize[path[0]] = what
            if removed:
                remove(tree, path)
            else:
                put(tree, path, value)
        return tree, unread


class BatchedFold:
    """A `Fold` for the thousands of updates of one summary, most of which only set keys that are set again soon.

    Records are held back and looked at in batches, the last batch first. An earlier batch that sets none but its keys
    need not be taken apart: one regular expression proves it.
    """

    __slots__ = ("_fold", "outsize", "pending")

    def __init__(self) -> None:
        self._fold = Fold()
        self.outsize = self._fold.outsize
        """As that of a `Fold`."""
        self.pending: list[tuple[bytes, int]] = []
        """Where to put the messages, each with the byte of its record: then `flush` now and then."""

    def flush(self) -> list[int]:
        """Take in what was held back. The bytes of the file where records stand that cannot be read."""
        pending = self.pending[:]
        self.pending.clear()
        last = Fold()
        unread = _add_all(last, pending[-_BATCH:])
        keys = [key for key in last._latest if _PRINTABLE_KEY.fullmatch(key)]
        pattern = _only(keys) if 0 < len(keys) <= _MOST_KEYS_TO_MATCH else None
        for start in range(0, max(0, len(pending) - _BATCH), _BATCH):
            batch = pending[start : min(start + _BATCH, len(pending) - _BATCH)]
            if pattern is None or not pattern.fullmatch(b"".join([payload for payload, _ in batch])):
                unread += _add_all(self._fold, batch)
        _add_all(self._fold, pending[-_BATCH:])
        return unread

    def result(self) -> tuple[dict[str, Any], list[int]]:
        """As `Fold.result`."""
        unread = self.flush()
        tree, more = self._fold.result()
        return tree, [*unread, *more]


def _add_all(fold: Fold, batch: Iterable[tuple[bytes, int]]) -> list[int]:
    unread = []
    for payload, offset in batch:
        try:
            fold.add(payload, 0, len(payload), offset)
        except MalformedWire:
            unread.append(offset)
    return unread


def _only(keys: Iterable[bytes]) -> re.Pattern[bytes]:
    """Matches a row of items that all have one of these keys.

    Only items of printable ASCII are matched. In these no byte below 0x20 and none above 0x7e is part of a key or of a
    value, so the tags (0x0a, 0x12, 0x82 0x01) stand where they seem to, and there is one way to read the whole.
    """
    known = b"|".join(re.escape(key) for key in sorted(keys))
    return re.compile(rb"(?:\n[\x00-\x7f](?:" + known + rb")\x82\x01[\x00-\x7f][ -~]*+)*+", re.DOTALL)


_PRINTABLE_KEY: Final = re.compile(rb"(?:[\n\x12][\x00-\x7f][ -~]+)+", re.DOTALL)


def _any_field(data: bytes, pos: int, end: int) -> tuple[int, int, int, int]:
    """The tag, the wire type, and the start and end of a field of any kind."""
    tag, pos = varint(data, pos, end)
    wire = tag & 7
    length = _FIXED_LENGTHS.get(wire, 0)
    if wire == VARINT:
        _, pos = varint(data, pos, end)
    elif wire == BYTES:
        length, pos = varint(data, pos, end)
    elif not length:
        raise MalformedWire("a wire type that nobody writes")
    if length > end - pos:
        raise MalformedWire("a field longer than its message")
    return tag, wire, pos, pos + length


def _end_of_keys(data: bytes, begin: int, end: int) -> int:
    """The end of the key fields at the start of an item."""
    pos = begin
    while pos < end and data[pos] in _KEY_TAGS:
        length, start = varint(data, pos + 1, end)
        pos = start + length
    return min(pos, end)
