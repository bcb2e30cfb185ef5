"""The texts of a column by their hashes, in tables of buckets: nothing is sorted, and no text is looked up far away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runql.engine.stages.arrays.vectors import Bools, Ints, Objects, objects
from runql.engine.stages.shared.rows import NotHeld
from runql.semantic.values import Value

_FACTOR = 0x9E3779B97F4A7C15
_BITS_OF_HASH = 64
_LEAST_BITS = 4
_AT_ONCE = 8192
"""How many texts are compared at once, so that those that were fetched are still at hand."""


@dataclass(slots=True)
class _Buckets:
    """`first`: a text of each bucket, -1 in empty ones. `is_shared`: where texts of other hashes lie, which the next
    table holds."""

    factor: int
    bits: int
    first: Ints
    is_shared: Bools

    def of(self, hashes: Ints) -> Ints:
        """The bucket of each hash."""
        return _bucketed(hashes, self.factor, self.bits)


class TextIndex:
    """`codes`: for each text the place of one that equals it, the same for all of them."""

    def __init__(self, cells: Sequence[Value]) -> None:
        """Raises `NotHeld` where two unlike texts have one hash."""
        import numpy as np

        self._cells = objects(cells)
        self._hashes = _hashes(cells)
        self._tables: list[_Buckets] = []
        self.codes: Ints = np.arange(len(cells))
        left = self.codes
        while len(left):
            left = self._add(left)
        moved = np.flatnonzero(self.codes != np.arange(len(cells)))
        self._verify(self._cells[moved], self.codes[moved])

    def places(self, cells: Sequence[Value]) -> Ints:
        """The code of each of other texts, -1 where none equals it. Raises `NotHeld`."""
        import numpy as np

        hashes, held = _hashes(cells), objects(cells)
        found = np.full(len(cells), -1, np.int64)
        left = np.arange(len(cells))
        for table in self._tables:
            mine = hashes[left]
            buckets = table.of(mine)
            first = table.first[buckets]
            is_same = (first >= 0) & (self._hashes[first] == mine)
            found[left[is_same]] = first[is_same]
            left = left[table.is_shared[buckets] & ~is_same]
        there = np.flatnonzero(found >= 0)
        self._verify(held[there], found[there])
        return found

    def _add(self, left: Ints) -> Ints:
        """Put texts into a table; those that no bucket of it holds are left."""
        import numpy as np

        hashes = self._hashes[left]
        factor = _FACTOR * (2 * len(self._tables) + 1) % 2**_BITS_OF_HASH
        bits = max(_LEAST_BITS, (2 * len(left)).bit_length())
        buckets = _bucketed(hashes, factor, bits)
        first = np.full(1 << bits, -1, np.int64)
        first[buckets] = left
        chosen = first[buckets]
        is_held = self._hashes[chosen] == hashes
        self.codes[left[is_held]] = chosen[is_held]
        is_shared = np.zeros(1 << bits, bool)
        is_shared[buckets[~is_held]] = True
        self._tables.append(_Buckets(factor, bits, first, is_shared))
        return left[~is_held]

    def _verify(self, cells: Objects, codes: Ints) -> None:
        """Raises `NotHeld` if a text is unlike the one at its code."""
        for start in range(0, len(codes), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            if not (cells[part] == self._cells[codes[part]]).all():
                raise NotHeld


def _hashes(cells: Sequence[Value]) -> Ints:
    import numpy as np

    return np.fromiter(map(hash, cells), np.int64, len(cells))


def _bucketed(hashes: Ints, factor: int, bits: int) -> Ints:
    import numpy as np

    mixed = hashes.view(np.uint64) * np.uint64(factor)
    return (mixed >> np.uint64(_BITS_OF_HASH - bits)).view(np.int64)
