"""What is different in a table from how it was before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from itertools import repeat

from runql.results.columns import Columns
from runql.semantic.values import Value
from runql.text.frozen import frozen

_KEYS = (("id",), ("run_id", "_step"), ("run_id",))
"""The columns that tell the rows of a table apart, the first that are there."""


@frozen
class Changes:
    """`cells`: by column the rows that hold another value than before; of a new row the first cell. `new`, `gone`: how
    many rows there are more and less."""

    cells: Mapping[str, frozenset[int]] = field(default_factory=dict)
    new: int = 0
    gone: int = 0

    @classmethod
    def between(cls, before: Columns, now: Columns) -> Changes:
        """What changed. Rows are the same by the columns that tell them apart, else by their place."""
        names = now.names
        key = next((key for key in _KEYS if set(key) <= set(names) and set(key) <= set(before.names)), ())
        old = {identity: row for row, identity in enumerate(_identities(before, key))}
        cells: dict[str, set[int]] = {}
        seen = set()
        new = 0
        for row, identity in enumerate(_identities(now, key)):
            place = old.get(identity)
            seen.add(identity)
            if place is None:
                new += 1
                cells.setdefault(names[0], set()).add(row)
                continue
            for name in names:
                other = before.columns.get(name)
                if other is None or not _same(other[place], now.columns[name][row]):
                    cells.setdefault(name, set()).add(row)
        gone = sum(identity not in seen for identity in old)
        return cls({name: frozenset(rows) for name, rows in cells.items()}, new, gone)

    def __str__(self) -> str:
        changed = sum(map(len, self.cells.values())) - self.new
        parts = [
            f"{changed:,} cell{'s' * (changed != 1)} changed" if changed else "",
            f"{self.new:,} new" if self.new else "",
            f"{self.gone:,} gone" if self.gone else "",
        ]
        return ", ".join(filter(None, parts)) or "nothing changed"


def _identities(frame: Columns, key: Sequence[str]) -> list[tuple[object, ...]]:
    """What each row is known by; of rows that are alike by the key, by their number too."""
    columns = [map(repr, frame.columns[name]) for name in key]
    parts: Iterable[tuple[str, ...]] = zip(*columns, strict=True) if columns else repeat((), frame.length)
    counts: dict[tuple[object, ...], int] = {}
    found = []
    for part in parts:
        counts[part] = counts.get(part, 0) + 1
        found.append((*part, counts[part]))
    return found


def _same(one: Value, other: Value) -> bool:
    return one is other or repr(one) == repr(other)
