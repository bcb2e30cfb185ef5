"""Rows of two tables whose keys are equal, found by the codes of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import cast

from runql.engine.stages.arrays.codes import Codes, codes_of, joined
from runql.engine.stages.arrays.sorting import stable_order
from runql.engine.stages.arrays.text_index import TextIndex
from runql.engine.stages.arrays.vectors import (
    LIST,
    NULL,
    NUMBER,
    RECORD,
    Bools,
    Ints,
    encode,
    listed,
    types_of,
)
from runql.engine.stages.shared.rows import NotHeld
from runql.engine.values.concat import concat_columns
from runql.semantic.values import Missing, Value

_TEXTS = frozenset({str})
_GAPS = frozenset({type(None), Missing})


@dataclass(slots=True)
class CodedMatches:
    """`counts`: how many each row matches. `others`: their places, row after row."""

    counts: Ints
    others: Ints
    keyless: int

    @property
    def several(self) -> int:
        return int((self.counts > 1).sum())

    def rows(self, *, matched: bool) -> Ints:
        import numpy as np

        return np.flatnonzero((self.counts > 0) == matched)

    def pairs(self, *, outer: bool) -> tuple[Ints, Ints]:
        import numpy as np

        length = len(self.counts)
        most = int(self.counts.max()) if length else 0
        is_lonely = self.counts == 0
        if most == 1 and len(self.others) == length:
            return range(length), self.others
        if not outer:
            return np.arange(length).repeat(self.counts), self.others
        if most <= 1:
            rights = np.full(length, -1, np.int64)
            rights[~is_lonely] = self.others
            return range(length), rights
        lefts = np.arange(length).repeat(np.where(is_lonely, 1, self.counts))
        rights = np.full(len(lefts), -1, np.int64)
        rights[~is_lonely[lefts]] = self.others
        return lefts, rights

    def mark(self, flags: bytearray) -> None:
        import numpy as np

        np.frombuffer(flags, np.uint8)[self.others] = 1


def indexed(keys: Sequence[Sequence[Value]], length: int) -> CodedIndex:
    """A table of so many rows, ready to be matched by its keys."""
    return CodedIndex(keys, length)


class CodedIndex:
    """The rows of a table by their keys."""

    def __init__(self, keys: Sequence[Sequence[Value]], length: int) -> None:
        self._keys = keys
        self._length = length
        self._flags: list[Bools] | None = None
        self._texts: dict[int, TextIndex] = {}

    def matches(self, keys: Sequence[Sequence[Value]], length: int) -> CodedMatches:
        """The matches of rows with these keys. Raises `NotHeld`."""
        import numpy as np

        if self._flags is None:
            self._flags = list(map(_are_keys, self._keys))
        flags = list(map(_are_keys, keys))
        total = length + self._length
        columns = [self._codes(*one) for one in zip(keys, flags, self._keys, self._flags, strict=True)]
        is_mine, is_theirs = np.logical_and.reduce(flags), np.logical_and.reduce(self._flags)
        codes = columns[0] if _is_dense(columns, total) else joined(columns, total)
        mine, theirs = codes.numbers[:length], codes.numbers[length:]
        if is_mine.all() and is_theirs.all():
            counts, others = _matched(mine, theirs, codes.count, None)
            return CodedMatches(counts, others, 0)
        there = np.flatnonzero(is_theirs)
        counts, others = _matched(mine, theirs[there], codes.count, is_mine)
        return CodedMatches(counts, there[others], int(length - is_mine.sum()))

    def _codes(self, mine: Sequence[Value], is_mine: Bools, theirs: Sequence[Value], is_theirs: Bools) -> Codes:
        """The codes of a key of both tables, those of theirs behind those of mine."""
        import numpy as np

        if not (_holds_texts(mine) and _holds_texts(theirs)):
            return codes_of(concat_columns([mine, theirs]), sort_texts=False)
        if id(theirs) not in self._texts:
            self._texts[id(theirs)] = TextIndex(_held(theirs, is_theirs))
        index = self._texts[id(theirs)]
        none = self._length  # neither a gap nor a text that the other table lacks has a code of it
        found = index.places(_held(mine, is_mine))
        found[found < 0] = none
        numbers = np.full(len(mine) + self._length, none, np.int64)
        numbers[: len(mine)][is_mine] = found
        numbers[len(mine) :][is_theirs] = index.codes
        return Codes(numbers, none + 1, in_order=False)


def _holds_texts(cells: Sequence[Value]) -> bool:
    """Whether it holds texts, and else gaps at most."""
    return _TEXTS <= types_of(cells) <= _TEXTS | _GAPS


def _held(cells: Sequence[Value], flags: Bools) -> list[str]:
    """The texts of a column of texts and gaps: their flags are set."""
    texts = listed(cells) if flags.all() else list(compress(listed(cells), flags.tolist()))
    return cast("list[str]", texts)


def _is_dense(columns: Sequence[Codes], total: int) -> bool:
    """Whether the codes of the only key are not many more than there are rows."""
    return len(columns) == 1 and columns[0].count <= 4 * total


def _matched(mine: Ints, theirs: Ints, count: int, is_key: Bools | None) -> tuple[Ints, Ints]:
    """How many of theirs each of mine equals, and the places of those."""
    import numpy as np

    found: Ints = np.bincount(theirs, minlength=count)
    counts = found[mine]
    if is_key is not None:
        counts = np.where(is_key, counts, 0)
    if not len(theirs) or found.max() <= 1:
        place = np.full(count, -1, np.int64)
        place[theirs] = np.arange(len(theirs))
        places = place[mine]
        return counts, places[counts > 0]
    order = stable_order(theirs)
    starts = np.concatenate(([0], np.cumsum(found)))[mine]
    ends = np.cumsum(counts)
    within = np.arange(ends[-1] if len(ends) else 0) - (ends - counts).repeat(counts)
    return counts, order[starts.repeat(counts) + within]


def _are_keys(cells: Sequence[Value]) -> Bools:
    """Where a cell equals itself. Raises `NotHeld`."""
    import numpy as np

    if types_of(cells) == _TEXTS:
        return np.ones(len(cells), bool)
    if _holds_texts(cells):
        return np.array([type(cell) is str for cell in cells], bool)
    vector = encode(cells)
    if ((vector.tags == LIST) | (vector.tags == RECORD)).any():
        raise NotHeld
    return (vector.tags < NULL) & ~((vector.tags == NUMBER) & np.isnan(vector.numbers))
