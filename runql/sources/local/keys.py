"""Which metrics a run file holds, how often, of which types: counted, not decoded."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from runql.language.kinds import Kind
from runql.semantic.values import kind_of
from runql.sources.files.wire import MalformedWire, text, varint
from runql.sources.local import records
from runql.sources.local.history import own_step, step_of
from runql.sources.local.items import leaves, put, read_item
from runql.sources.local.records import Frames
from runql.text.frozen import frozen

_ITEM_TAG: Final = 0x0A
_MOST_HELD: Final = 1 << 15
_TYPE_OF_FIRST_CHARACTER: Final[Mapping[int, str]] = {
    **dict.fromkeys(b"-0123456789NI", "number"),
    ord('"'): "text",
    ord("t"): "bool",
    ord("f"): "bool",
    ord("n"): "null",
    ord("["): "list",
}
_TYPE_NAMES: Final = {
    Kind.NUMBER: "number",
    Kind.TEXT: "text",
    Kind.BOOL: "bool",
    Kind.NULL: "null",
    Kind.LIST: "list",
}


@frozen
class Logged:
    """What a run file logged: how many rows hold each metric with a value of each type, and the step of the last row.

    `last_step` is `None` if there are no rows, or the last one holds no step of its own.
    """

    counts: Counter[tuple[str, str]]
    last_step: int | None


def count_keys(path: Path) -> Logged:
    """Read a run file through. A file that is gone has logged nothing: whoever lists its folder has said so."""
    counter = KeyCounter()
    last: tuple[bytes, int, int] | None = None
    with suppress(OSError), path.open("rb") as file:
        for data, start, end, _ in Frames(file, os.fstat(file.fileno()).st_size):
            try:
                kind, begin, stop = records.locate(data, start, end)
                if kind == records.HISTORY:
                    counter.add(data, begin, stop)
                    last = (data, begin, stop)
            except MalformedWire:
                continue  # whoever reads the rows is told where
    return Logged(counter.result(), step_of(last))


class KeyCounter:
    """Counts how many rows hold each metric, by W&B's names of types."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        # What is counted at full speed: the bytes from the key up to the first character of its JSON text.
        self._heads: Counter[bytes] = Counter()
        self._held: list[bytes] = []

    def add(self, data: bytes, start: int, end: int) -> None:
        """Count the items of one history record."""
        held, pos = self._held, start
        before = len(held)
        deep: list[tuple[int, int]] = []
        try:
            while pos < end and data[pos] == _ITEM_TAG:
                length = data[pos + 1]
                begin = pos + 2
                if length > 127:
                    length, begin = varint(data, pos + 1, end)
                pos = begin + length
                after = begin + 2 + data[begin + 1]
                # A key of one segment, then a short JSON text that does not begin with a brace.
                if data[after] == 0x82 and after + 3 + data[after + 2] == pos and data[after + 3] != 0x7B:
                    held.append(data[begin : after + 4])
                else:
                    deep.append((begin, pos))
            if pos > end:
                raise MalformedWire("an item longer than its record")
            if pos < end:
                own_step(data, pos, end)  # what no reader of rows understands counts as no row
            self._add_deep(data, deep, before)
        except (IndexError, MalformedWire) as problem:
            del held[before:]
            raise MalformedWire("a history that is not understood") from problem
        if len(held) > _MOST_HELD:
            self._heads.update(held)
            held.clear()

    def _add_deep(self, data: bytes, items: list[tuple[int, int]], before: int) -> None:
        tree: dict[str, Any] = {}
        for start, end in items:
            path, value = read_item(data, start, end)
            put(tree, path, value)
        found = {name: value for key, below in tree.items() for name, value in leaves(key, below)}
        self._counts.update((name, type_name(value)) for name, value in found.items())
        if any("." in name for name in found):
            # A row has one value of a name: nesting wins over a key that holds the dot.
            self._held[before:] = [head for head in self._held[before:] if _name_of(head) not in found]

    def result(self) -> Counter[tuple[str, str]]:
        """How many rows hold each metric with a value of each type, by name and type."""
        self._heads.update(self._held)
        self._held.clear()
        counts = Counter(self._counts)
        for head, count in self._heads.items():
            name = _name_of(head)
            counts[name, _TYPE_OF_FIRST_CHARACTER.get(head[-1], "record")] += count
        return counts


def _name_of(head: bytes) -> str:
    return text(head, 2, len(head) - 4)


def type_name(value: Any) -> str:
    """What W&B calls the type of a logged value."""
    if isinstance(value, dict):
        return str(value.get("_type", "record"))
    return _TYPE_NAMES.get(kind_of(value), "record")
