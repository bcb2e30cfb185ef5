"""Machine metrics of a run file, by columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from runql.semantic.values import Value
from runql.sources.files.wire import MalformedWire, after_field, text, timestamp, varint
from runql.sources.local.history import NOT_PLAIN, HistoryColumn, plain_value
from runql.sources.local.items import leaves, read_item
from runql.sources.local.run import SYSTEM_PREFIX

_TIME_TAG: Final = 0x12
_ITEM_TAG: Final = 0x1A
_KEY_TAG: Final = 0x0A
_MOST_KNOWN_KEYS: Final = 100_000
_SKIP: Final = HistoryColumn()
"""What an item is put into that is not wanted."""


class SampleReader:
    """Collects the samples of one file. `keys` are `system.…` names; `None` for all. `began` is the run's start."""

    def __init__(self, keys: Iterable[str] | None, began: float) -> None:
        self._wanted = None if keys is None else frozenset(keys)
        self._began = began
        self._times: list[float] = []
        self._columns: dict[str, HistoryColumn] = {}
        # By the bytes of an item's key field: where its values go.
        self._known: dict[bytes, HistoryColumn] = {}

    def add(self, data: bytes, start: int, end: int, *, numbered: bool = True) -> None:  # noqa: ARG002 - as a history
        """Read one stats record. Nearly all items are a known key and a number: these take no call but that of it."""
        known, row, pos = self._known, len(self._times), start
        time = 0.0
        deep: list[tuple[int, int]] = []
        try:
            while pos < end:
                tag = data[pos]
                if tag not in (_ITEM_TAG, _TIME_TAG):
                    pos = after_field(data, pos, end)
                    continue
                length, begin = data[pos + 1], pos + 2
                if length > 127:
                    length, begin = varint(data, pos + 1, end)
                pos = begin + length
                if pos > end:
                    raise MalformedWire("an item longer than its record")
                if tag == _TIME_TAG:
                    time = timestamp(data, begin, pos)
                    continue
                after = begin + 2 + data[begin + 1]
                column = known.get(data[begin:after])
                if column is None:
                    column = self._learn(data, begin, pos, after)
                if column is _SKIP:
                    continue
                # 0x82 0x01 is the tag of `value_json`: a key, its value, and nothing else.
                # Behind one that is not plain the others wait too: of a name that comes twice the first counts.
                if (
                    column is not None
                    and not deep
                    and data[after] == 0x82
                    and data[after + 1] == 1
                    and after + 3 + data[after + 2] == pos
                ):
                    value = plain_value(data[after + 3 : pos])
                    if value is not NOT_PLAIN:
                        rows = column.rows
                        if not rows or rows[-1] != row:
                            rows.append(row)
                            column.values.append(value)
                        continue
                deep.append((begin, pos))
            self._add_deep(data, deep, row)
        except (IndexError, MalformedWire) as problem:
            self._take_back(row)
            raise MalformedWire("a sample that is not understood") from problem
        self._times.append(time)

    def _learn(self, data: bytes, begin: int, end: int, after: int) -> HistoryColumn | None:
        """Where the values of items go that begin with this key field; `None` if that must be seen item by item."""
        if after > end or data[begin] != _KEY_TAG or data[begin + 1] > 127:
            return None
        name = SYSTEM_PREFIX + text(data, begin + 2, after)
        if self._wanted is None or name in self._wanted:
            column = self._columns.setdefault(name, HistoryColumn())
        elif any(key.startswith(name + ".") for key in self._wanted):
            return None
        else:
            column = _SKIP
        if len(self._known) < _MOST_KNOWN_KEYS:
            self._known[data[begin:after]] = column
        return column

    def _add_deep(self, data: bytes, items: Iterable[tuple[int, int]], row: int) -> None:
        """The items that are no known key with a short value."""
        found: list[tuple[str, Value]] = []
        for start, end in items:
            path, value = read_item(data, start, end)
            found += leaves(SYSTEM_PREFIX + path[-1], value)
        for name, value in found:
            if self._wanted is None or name in self._wanted:
                column = self._columns.setdefault(name, HistoryColumn())
                if not column.rows or column.rows[-1] != row:
                    column.rows.append(row)
                    column.values.append(value)

    def _take_back(self, row: int) -> None:
        for column in self._columns.values():
            if column.rows and column.rows[-1] == row:
                column.rows.pop()
                column.values.pop()

    def columns(self) -> dict[str, Sequence[Value]]:
        """`_timestamp`, `_runtime` if the start is known, and the metrics; nothing if there are no samples."""
        if not self._times:
            return {}
        axes: dict[str, Sequence[Value]] = {"_timestamp": list(self._times)}
        if self._began:
            axes["_runtime"] = [time - self._began for time in self._times]
        columns = {name: column for name, column in self._columns.items() if column.rows}
        every = list(range(len(self._times)))
        return axes | {name: column.dense(every) for name, column in columns.items()}
