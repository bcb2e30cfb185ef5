"""Rows of two tables whose keys are equal, found by the codes of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runql.engine.stages.arrays.codes import Codes, codes_of, joined
from runql.engine.stages.arrays.sorting import stable_order
from runql.engine.stages.arrays.vectors import (
    LIST,
    NULL,
    NUMBER,
    RECORD,
    Bools,
    Ints,
    Objects,
    encode,
    listed,
    objects,
    types_of,
)
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

    def matches(self, keys: Sequence[Sequence[Value]], length: int) -> CodedMatches:
        """The matches of rows with these keys. Raises `NotHeld`."""
        import numpy as np

        pairs = list(zip(keys, self._keys, strict=True))
        if len(pairs) == 1 and self._length and types_of(pairs[0][0]) == types_of(pairs[0][1]) == _TEXTS:
            return _of_texts(listed(pairs[0][0]), listed(pairs[0][1]))
        both = [concat_columns([mine, theirs]) for mine, theirs in pairs]
        total = length + self._length
        is_key = np.logical_and.reduce([_are_keys(cells) for cells in both])
        columns = [codes_of(cells, sort_texts=False) for cells in both]
        codes = columns[0] if _is_dense(columns, total) else joined(columns, total)
        mine, theirs = codes.numbers[:length], codes.numbers[length:]
        if is_key.all():
            counts, others = _matched(mine, theirs, codes.count, None)
            return CodedMatches(counts, others, 0)
        there = np.flatnonzero(is_key[length:])
        counts, others = _matched(mine, theirs[there], codes.count, is_key[:length])
        return CodedMatches(counts, there[others], int(length - is_key[:length].sum()))


def _is_dense(columns: Sequence[Codes], total: int) -> bool:
    """Whether the codes of the only key are not many more than there are rows."""
    return len(columns) == 1 and columns[0].count <= 4 * total


def _of_texts(mine: list[str], theirs: list[str]) -> CodedMatches:
    """One key of texts, by their hashes: nothing is looked up far away. Raises `NotHeld` where two unlike texts
    have one hash."""
    import numpy as np

    here, there = (np.fromiter(map(hash, cells), np.int64, len(cells)) for cells in (mine, theirs))
    order = np.argsort(there, kind="stable")
    ordered = there[order]
    starts = np.searchsorted(ordered, here)
    is_new = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    is_unique = bool(is_new.all())
    place = np.minimum(starts, len(ordered) - 1)
    is_there = ordered[place] == here
    if is_unique:
        others = order[place[is_there]]
        counts = is_there.astype(np.int64)
    else:
        ends = np.searchsorted(ordered, here, side="right")
        counts = ends - starts
        stops = np.cumsum(counts)
        within = np.arange(stops[-1]) - (stops - counts).repeat(counts)
        others = order[starts.repeat(counts) + within]
    _verify(objects(mine).repeat(counts), objects(theirs)[others])
    return CodedMatches(counts, others, 0)


def _verify(mine: Objects, theirs: Objects) -> None:
    """Raises `NotHeld` if any two are unlike."""
    if not (mine == theirs).all():
        raise NotHeld


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
    vector = encode(cells)
    if ((vector.tags == LIST) | (vector.tags == RECORD)).any():
        raise NotHeld
    return (vector.tags < NULL) & ~((vector.tags == NUMBER) & np.isnan(vector.numbers))
