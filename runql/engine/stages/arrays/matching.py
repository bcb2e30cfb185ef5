"""Rows of two tables whose keys are equal, found by the codes of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runql.engine.stages.arrays.codes import codes_of, joined
from runql.engine.stages.arrays.sorting import stable_order
from runql.engine.stages.arrays.vectors import LIST, NULL, NUMBER, RECORD, Bools, Ints, encode, types_of
from runql.engine.stages.shared.rows import NotHeld
from runql.engine.values.concat import concat_columns
from runql.semantic.values import Value

_TEXTS = frozenset({str})


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

        places = np.arange(len(self.counts))
        is_lonely = self.counts == 0
        if not outer or not is_lonely.any():
            return places.repeat(self.counts), self.others
        times = np.where(is_lonely, 1, self.counts)
        lefts = places.repeat(times)
        rights = np.full(len(lefts), -1, np.int64)
        rights[~is_lonely[lefts]] = self.others
        return lefts, rights

    def mark(self, flags: bytearray) -> None:
        import numpy as np

        np.frombuffer(flags, np.uint8)[self.others] = 1


class CodedIndex:
    """The rows of a table by their keys."""

    def __init__(self, keys: Sequence[Sequence[Value]], length: int) -> None:
        self._keys = keys
        self._length = length

    def matches(self, keys: Sequence[Sequence[Value]], length: int) -> CodedMatches:
        """The matches of rows with these keys. Raises `NotHeld`."""
        import numpy as np

        both = [concat_columns([mine, theirs]) for mine, theirs in zip(keys, self._keys, strict=True)]
        total = length + self._length
        is_key = np.logical_and.reduce([_are_keys(cells) for cells in both])
        codes = joined([codes_of(cells, sort_texts=False) for cells in both], total)
        mine, theirs = codes.numbers[:length], codes.numbers[length:]
        there = np.flatnonzero(is_key[length:])
        counts, others = _matched(mine, theirs[there], codes.count, is_key[:length])
        return CodedMatches(counts, there[others], int(length - is_key[:length].sum()))


def _matched(mine: Ints, theirs: Ints, count: int, is_key: Bools) -> tuple[Ints, Ints]:
    """How many of theirs each of mine equals, and the places of those."""
    import numpy as np

    found: Ints = np.bincount(theirs, minlength=count)
    counts = found[mine]
    if not is_key.all():
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
    vector = encode(cells)
    if ((vector.tags == LIST) | (vector.tags == RECORD)).any():
        raise NotHeld
    return (vector.tags < NULL) & ~((vector.tags == NUMBER) & np.isnan(vector.numbers))
