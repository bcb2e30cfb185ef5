"""Rows of a run file, by columns: only what was asked for is decoded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import field
from operator import itemgetter
from typing import Any, Final

from runql.engine.values import column as vector
from runql.semantic.values import MISSING
from runql.sources.files.wire import BYTES, VARINT, MalformedWire, after_field, fields, signed, text, varint
from runql.sources.local.items import Outsize, leaves, parse_json, put, read_item
from runql.text.frozen import changeable

_ITEM_TAG: Final = 0x0A
_STEP_TAG: Final = 0x12
_KEY_TAGS: Final = (0x0A, 0x12)
_SKIP: Final = -1
_DEEP: Final = -2
_MOST_KNOWN_KEYS: Final = 100_000
_MOST_NEEDLES: Final = 16
NOT_PLAIN: Final = object()
_ITEM_FIELD: Final = 1
_STEP_FIELD: Final = 2
_BY_PLACE: Final = itemgetter(0)
STEP: Final = "_step"
STEP_BYTES: Final = b"_step"


@changeable
class HistoryColumn:
    """The cells of one metric: `rows[i]` is the row that holds `values[i]`."""

    rows: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def dense(self, rows: Sequence[int]) -> vector.Column:
        """A cell for each of `rows`, 0 and so on. Of a key that a row holds twice (no SDK writes that) one is shown."""
        if self.rows == rows:
            return vector.column_of(self.values)
        cells: list[Any] = [MISSING] * len(rows)
        for row, value in zip(self.rows, self.values, strict=True):
            cells[row] = value
        return vector.column_of(cells)


class HistoryReader:
    """Collects the rows of one file. `keys`: the metrics to decode, nested ones joined by dots; `None` for all.

    `steps` has an entry for each row; `unnumbered` counts the rows that hold no step of their own and could not be
    numbered, because rows before them were lost.
    """

    def __init__(self, keys: Iterable[str] | None, starting_step: int = 0) -> None:
        self.steps: list[int] = []
        self.columns: dict[str, HistoryColumn] = {}
        self.unnumbered = 0
        self.outsize: Outsize = {}
        self._next_step = starting_step
        self._wanted = None if keys is None else frozenset(keys) - {STEP}
        self._prefixes = frozenset(
            ".".join(segments[:n])
            for key in self._wanted or ()
            for segments in [key.split(".")]
            for n in range(1, len(segments))
        )
        # By the bytes of an item's first key field: a place in `_flat`, or that it is skipped, or not flat.
        self._known: dict[bytes, int] = {}
        self._flat: list[HistoryColumn] = []
        self._places: dict[str, int] = {}
        # For each name with which an item that matters can begin: its length and text as they stand in the file. None
        # if there is nothing to gain: everything is wanted, or very much, or a name is too long for one byte.
        self._needles: list[tuple[bytes, HistoryColumn | None]] = []
        names = [*sorted(self._wanted or ()), *sorted(self._prefixes)]
        if len(names) <= _MOST_NEEDLES and all(len(name.encode()) <= 127 for name in names):
            for name in names:
                raw = name.encode("utf-8", "replace")
                column = self.columns.setdefault(name, HistoryColumn()) if name in (self._wanted or ()) else None
                self._needles.append((bytes([len(raw)]) + raw, column))

    def add(self, data: bytes, start: int, end: int, *, numbered: bool = True) -> None:
        """Read one history record. `numbered`: no row before it was lost, so it may be numbered by counting."""
        row = len(self.steps)
        step: int | None = None
        deep: list[tuple[int, int]] = []
        try:
            step = self._pick(data, start, end, row) if self._needles else None
            if step is None:
                self._take_back(row)
                step = self._read_items(data, start, end, row, deep)
                self._read_deep(data, deep, row)
            if step is None:
                step = own_step(data, start, end)
        except (IndexError, MalformedWire) as problem:
            self._take_back(row)
            raise MalformedWire("a history that is not understood") from problem
        if step is None:
            if not numbered:
                self._take_back(row)
                self.unnumbered += 1
                return
            step = self._next_step
        self.steps.append(step)
        self._next_step = step + 1

    def wants(self, name: str) -> bool:
        """Whether the cells of a key that is not nested are read."""
        return name != STEP and (self._wanted is None or name in self._wanted)

    def add_steps(self, steps: Sequence[int]) -> None:
        """Take in rows whose cells come by `add_cells`."""
        self.steps.extend(steps)
        self._next_step = steps[-1] + 1

    def expect(self, names: Iterable[str]) -> None:
        """Take in the names of a row: columns stand in the order of their first row."""
        for name in names:
            self.columns.setdefault(name, HistoryColumn())

    def add_cells(self, name: str, rows: Sequence[int], cells: Sequence[Any]) -> None:
        """The cells of a key in rows that hold it once."""
        column = self.columns.setdefault(name, HistoryColumn())
        column.rows.extend(rows)
        column.values.extend(cells)

    def _pick(self, data: bytes, start: int, end: int, row: int) -> int | None:
        """The wanted cells of a plain row: each name is searched for, then every item is stepped over to prove that
        what was found is an item. The step, or `None` if this row must be read item by item.
        """
        find = data.find
        hits: list[tuple[int, int, HistoryColumn]] = []
        for needle, column in self._needles:
            at = find(needle, start, end)
            if at >= 0:
                if column is None:
                    return None
                hits.append((at - 3, at + len(needle), column))
        if len(hits) > 1:
            hits.sort(key=_BY_PLACE)
        pos = start
        for item, after, column in hits:
            if pos < item:
                pos = _step_over(data, pos, item)
            # An item, a key of one segment, 0x82 0x01 (the tag of `value_json`), its value, and nothing else.
            stop = item + 2 + data[item + 1]
            if pos != item or data[item] != _ITEM_TAG or data[item + 1] > 127 or data[item + 2] not in _KEY_TAGS:
                return None
            if data[after] != 0x82 or data[after + 1] != 1 or after + 3 + data[after + 2] != stop:
                return None
            value = plain_value(data[after + 3 : stop])
            if value is NOT_PLAIN:
                return None
            column.rows.append(row)
            column.values.append(value)
            pos = stop
        pos = _step_over(data, pos, end)
        if pos + 2 > end or data[pos] != _STEP_TAG or pos + 2 + data[pos + 1] != end:
            return None
        return _step_of(data, pos + 2, end)

    def _read_items(self, data: bytes, pos: int, end: int, row: int, deep: list[tuple[int, int]]) -> int | None:
        """Walk the items; what is not a flat key with a short JSON text goes to `deep`. The step message's number."""
        known, flat = self._known, self._flat
        step: int | None = None
        while pos < end:
            tag = data[pos]
            if tag not in (_ITEM_TAG, _STEP_TAG):
                pos = after_field(data, pos, end)
                continue
            length = data[pos + 1]
            begin = pos + 2
            if length > 127:
                length, begin = varint(data, pos + 1, end)
            pos = begin + length
            if pos > end:
                raise MalformedWire("an item longer than its record")
            if tag == _STEP_TAG:
                step = _step_of(data, begin, pos)
                continue
            after = begin + 2 + data[begin + 1]
            place = known.get(data[begin:after])
            if place is None:
                place = self._learn(data, begin, pos, after)
            if place == _SKIP:
                continue
            # 0x82 0x01 is the tag of `value_json`: a key of one segment, its value, and nothing else.
            if place >= 0 and data[after] == 0x82 and data[after + 1] == 1 and after + 3 + data[after + 2] == pos:
                value = plain_value(data[after + 3 : pos])
                if value is not NOT_PLAIN:
                    column = flat[place]
                    column.rows.append(row)
                    column.values.append(value)
                    continue
            deep.append((begin, pos))
        return step

    def _learn(self, data: bytes, begin: int, end: int, after: int) -> int:
        """What to do with items that begin with this key field; remembered if the field is a plain one."""
        if after > end or data[begin + 1] > 127 or data[begin] not in _KEY_TAGS:
            return _DEEP
        name = text(data, begin + 2, after)
        if name == STEP:
            place = _SKIP
        elif self._wanted is None or name in self._wanted:
            place = self._places.setdefault(name, len(self._flat))
            if place == len(self._flat):
                self._flat.append(self.columns.setdefault(name, HistoryColumn()))
        else:
            place = _DEEP if name in self._prefixes else _SKIP
        if len(self._known) < _MOST_KNOWN_KEYS:
            self._known[data[begin:after]] = place
        return place

    def _read_deep(self, data: bytes, items: Sequence[tuple[int, int]], row: int) -> None:
        """The items of a row that are not flat: nested keys, dicts, media in parts, typed values, long texts."""
        tree: dict[str, Any] = {}
        found: list[tuple[str, Any]] = []
        for start, end in items:
            path, value = read_item(data, start, end, self.outsize)
            if len(path) == 1 and not isinstance(value, dict):
                found.append((path[0], value))
            else:
                put(tree, path, value)
        for key, below in tree.items():
            found += leaves(key, below)
        for name, value in found:
            if name == STEP or (self._wanted is not None and name not in self._wanted):
                continue
            column = self.columns.get(name)
            if column is None:
                column = self.columns[name] = HistoryColumn()
            if column.rows and column.rows[-1] == row:
                column.values[-1] = value  # nesting wins over a key that holds the dot
            else:
                column.rows.append(row)
                column.values.append(value)

    def _take_back(self, row: int) -> None:
        for column in self.columns.values():
            while column.rows and column.rows[-1] == row:
                column.rows.pop()
                column.values.pop()


def _step_over(data: bytes, pos: int, end: int) -> int:
    """The place of the first thing from `pos` on that is no item, or lies at `end` or after it."""
    while pos < end and data[pos] == _ITEM_TAG:
        length = data[pos + 1]
        if length > 127:
            high = data[pos + 2]
            if high > 127:
                return end + 1
            length += (high << 7) - 127
        pos += length + 2
    return pos


def plain_value(raw: bytes) -> Any:
    """The value of a JSON text, unless it is an object."""
    try:
        return float(raw) if b"." in raw else int(raw)
    except ValueError:
        value = parse_json(raw)
        return NOT_PLAIN if isinstance(value, dict) else value


def _step_of(data: bytes, start: int, end: int) -> int:
    if end - start == 3 and data[start] == 0x08 and data[start + 1] > 127 > data[start + 2]:
        return data[start + 1] & 127 | data[start + 2] << 7
    step = 0
    for number, wire, value, _ in fields(data, start, end):
        if wire == VARINT and number == 1:
            step = signed(value)
    return step


def own_step(data: bytes, start: int, end: int) -> int | None:
    """The step that a row holds, as a message or as its `_step` item; `None` if it is to be counted."""
    item: int | None = None
    for number, wire, a, b in fields(data, start, end):
        if wire == BYTES and number == _STEP_FIELD:
            return _step_of(data, a, b)
        if wire == BYTES and number == _ITEM_FIELD and item is None and data.find(STEP_BYTES, a, b) >= 0:
            path, value = read_item(data, a, b)
            if path == (STEP,) and isinstance(value, int | float) and math.isfinite(value):
                item = int(value)
    return item


def step_of(row: tuple[bytes, int, int] | None) -> int | None:
    """As `own_step`, of a row that may not be there, or is not understood: whoever reads the rows is told where."""
    try:
        return None if row is None else own_step(*row)
    except MalformedWire:
        return None
