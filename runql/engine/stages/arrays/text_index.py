"""The texts of a column in tables of buckets: nothing is sorted, and no text is looked up far away.

Short texts of ASCII are compared as words of eight characters, in arrays; others by the hashes that Python keeps of
them, and then one by one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

from runql.engine.stages.arrays.vectors import Bools, Ints, Objects, objects
from runql.engine.stages.shared.rows import NotHeld

_FACTOR = (0x9E3779B97F4A7C15 ^ (hash(__name__) & ~1)) % 2**64
"""An odd number that Python draws anew for each process, so that no texts can be made which share a bucket."""

_BITS_OF_HASH = 64
_LEAST_BITS = 4
_AT_ONCE = 8192
"""How many texts are compared at once, so that those that were fetched are still at hand."""

_LETTERS = 8
_MOST_WORDS = 8


class _Comparable:
    """Texts that can be compared many at once: unequal ones may share a hash."""

    hashes: Ints

    @abstractmethod
    def like(self, cells: Sequence[str]) -> tuple[_Comparable, Bools | None]:
        """Other texts in the same form, and which of the cells they are if some are none that could be among these."""

    @abstractmethod
    def equals(self, rows: Ints, others: _Comparable, places: Ints) -> bool:
        """Whether each text at these rows is the one at its place among others of the same form."""


class _Words(_Comparable):
    """Texts of ASCII, filled up with zeros: `words[n]` holds the nth eight characters of each."""

    def __init__(self, words: list[Ints]) -> None:
        self.words = words
        self.hashes = _mixed(words)

    def like(self, cells: Sequence[str]) -> tuple[_Comparable, Bools | None]:
        import numpy as np

        if (words := _words(cells, len(self.words))) is not None:
            return _Words(words), None
        most = _LETTERS * len(self.words)
        fits = [len(cell) <= most and cell.isascii() and "\0" not in cell for cell in cells]
        words = _words(list(compress(cells, fits)), len(self.words))
        return _Words(words or [np.zeros(0, np.uint64) for _ in self.words]), np.array(fits, bool)

    def equals(self, rows: Ints, others: _Comparable, places: Ints) -> bool:
        assert isinstance(others, _Words)
        if len(self.words) == 1:
            return True  # the hash of one word is told by no other word
        return all((mine[rows] == theirs[places]).all() for mine, theirs in zip(self.words, others.words, strict=True))


class _Hashed(_Comparable):
    """Texts of any kind, by the hashes that Python has of them."""

    def __init__(self, cells: Sequence[str]) -> None:
        import numpy as np

        self.cells: Objects = objects(cells)
        self.hashes = np.fromiter(map(hash, cells), np.int64, len(cells)).view(np.uint64)

    def like(self, cells: Sequence[str]) -> tuple[_Comparable, Bools | None]:
        return _Hashed(cells), None

    def equals(self, rows: Ints, others: _Comparable, places: Ints) -> bool:
        assert isinstance(others, _Hashed)
        parts = [slice(start, start + _AT_ONCE) for start in range(0, len(rows), _AT_ONCE)]
        return all((self.cells[rows[part]] == others.cells[places[part]]).all() for part in parts)


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

    def __init__(self, cells: Sequence[str]) -> None:
        """Raises `NotHeld` where two unlike texts have one hash."""
        import numpy as np

        words = _words(cells)
        self._texts: _Comparable = _Hashed(cells) if words is None else _Words(words)
        self._tables: list[_Buckets] = []
        self.codes: Ints = np.arange(len(cells), dtype=np.int32)
        left = self.codes
        while len(left):
            left = self._add(left)
        moved = np.flatnonzero(self.codes != np.arange(len(cells)))
        self._verify(self._texts, moved, self.codes[moved])

    def places(self, cells: Sequence[str]) -> Ints:
        """The code of each of other texts, -1 where none equals it. Raises `NotHeld`."""
        import numpy as np

        others, fits = self._texts.like(cells)
        found = self._found(others)
        if fits is None:
            return found
        places = np.full(len(cells), -1, np.int32)
        places[fits] = found
        return places

    def _found(self, others: _Comparable) -> Ints:
        import numpy as np

        hashes = others.hashes
        found = np.full(len(hashes), -1, np.int32)
        left = np.arange(len(hashes), dtype=np.int32)
        for table in self._tables:
            mine = hashes if len(left) == len(hashes) else hashes[left]
            buckets = table.of(mine)
            first = table.first[buckets]
            is_same = (first >= 0) & (self._texts.hashes[first] == mine)
            found[left[is_same]] = first[is_same]
            left = left[table.is_shared[buckets] & ~is_same]
        there = np.flatnonzero(found >= 0)
        self._verify(others, there, found[there])
        return found

    def _add(self, left: Ints) -> Ints:
        """Put texts into a table; those that no bucket of it holds are left."""
        import numpy as np

        hashes = self._texts.hashes[left]
        factor = _FACTOR * (2 * len(self._tables) + 1) % 2**_BITS_OF_HASH
        bits = max(_LEAST_BITS, (2 * len(left)).bit_length())
        buckets = _bucketed(hashes, factor, bits)
        first = np.full(1 << bits, -1, np.int32)
        first[buckets] = left
        chosen = first[buckets]
        is_held = self._texts.hashes[chosen] == hashes
        self.codes[left[is_held]] = chosen[is_held]
        is_shared = np.zeros(1 << bits, bool)
        is_shared[buckets[~is_held]] = True
        self._tables.append(_Buckets(factor, bits, first, is_shared))
        return left[~is_held]

    def _verify(self, texts: _Comparable, rows: Ints, places: Ints) -> None:
        """Raises `NotHeld` if a text is unlike the one at its code."""
        if not texts.equals(rows, self._texts, places):
            raise NotHeld


def _words(cells: Sequence[str], count: int | None = None) -> list[Ints] | None:
    """The words of texts, so many of each, or as many as the longest has; `None` where that would lose a letter."""
    import numpy as np

    text = "".join(cells)
    if not len(cells) or not text.isascii() or "\0" in text:
        return None
    lengths = np.fromiter(map(len, cells), np.int32, len(cells))
    longest = int(lengths.max())
    count = count or max(1, -(-longest // _LETTERS))
    width = _LETTERS * count
    if longest > width or count > _MOST_WORDS:
        return None
    letters = np.frombuffer(text.encode(), np.uint8)
    filled = np.zeros((len(cells), width), np.uint8)
    if 0 < longest == lengths.min():
        filled[:, :longest] = letters.reshape(-1, longest)
    else:
        filled[np.arange(width, dtype=np.int32) < lengths[:, None]] = letters
    return [np.ascontiguousarray(word) for word in filled.view(np.uint64).T]


def _mixed(words: Sequence[Ints]) -> Ints:
    """One number of each text's words. That of a single word tells it from every other."""
    import numpy as np

    factor, half = np.uint64(_FACTOR), np.uint64(_BITS_OF_HASH // 2)
    mixed = words[0] * factor
    for word in words[1:]:
        mixed ^= mixed >> half
        mixed += word
        mixed *= factor
    return mixed


def _bucketed(hashes: Ints, factor: int, bits: int) -> Ints:
    import numpy as np

    mixed = hashes * np.uint64(factor)
    return (mixed >> np.uint64(_BITS_OF_HASH - bits)).astype(np.int32)
