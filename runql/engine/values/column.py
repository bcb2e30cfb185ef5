"""The typed column: one vector of cells, made where bytes are decoded and handed on to filters, stages and frames.

A column is a sequence of values (`runql.semantic.values`), so that rows can be read off it at the edges. Whoever works
on many cells uses what the vector holds instead:

- `Numbers`: an array of the standard library, of doubles or of integers of 64 bits, with flags beside it for cells that
  are null or missing, and, among doubles, for those that are whole;
- `Repeats`: a few values, each so many times in a row, as the columns of a run beside the rows of its history;
- `Objects`: a list, for texts, times, lists, records and unlike values, with the types that are in it.

`column_of` makes a column of any cells, and gives one back as it is. Every value comes back as it went in: where an
array would not hold an integer exactly the column is one of `Objects`. Columns are immutable.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, reduce
from itertools import accumulate, chain, compress, repeat
from operator import and_, or_
from typing import Any, Final, TypeAlias, overload

from runql.language.kinds import Kind
from runql.semantic.values import MISSING, Missing, Value, kind_of

Flags: TypeAlias = bytes
"""One byte a cell, 1 or 0, so that whole columns combine at once."""

LARGEST_WHOLE: Final = 2**53
"""Up to here a double is one integer and no other."""

LONG: Final = 50_000
"""From so many cells on, work on whole vectors is worth loading NumPy, which takes longer than fewer cells do."""

HELD, NULL, ABSENT = 0, 1, 2
"""What a cell of `Numbers.gaps` says: there is a number, it was set to null, it was never set."""

_NULL_TYPE: Final = type(None)
_FLOATS: Final = frozenset({float})
_GAPS: Final = frozenset({_NULL_TYPE, Missing})
_NUMBERS: Final = frozenset({int, float})
_ALL_BUT_ABSENT: Final = bytes((1, 1, 0)) + bytes(253)
_IS_HELD: Final = bytes((1, 0, 0)) + bytes(253)
_GAP_VALUES: Final = (None, None, MISSING)


@lru_cache(maxsize=256)
def every(length: int) -> Flags:
    """A flag that is set for each of so many cells."""
    return b"\x01" * length


def union(flags: Iterable[Flags], length: int) -> Flags:
    """The rows that any of the flags has; none if there are no flags."""
    return reduce(or_, (int.from_bytes(each, "little") for each in flags), 0).to_bytes(length, "little")


def intersection(flags: Iterable[Flags], length: int) -> Flags:
    """The rows that all of the flags have; all if there are no flags."""
    full = every(length)
    some = [int.from_bytes(each, "little") for each in flags if each is not full]
    return reduce(and_, some, int.from_bytes(full, "little")).to_bytes(length, "little") if some else full


class Column(Sequence[Value]):
    """A vector of cells."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    @property
    @abstractmethod
    def types(self) -> frozenset[type]:
        """The Python types of the cells."""

    @property
    def held(self) -> Flags:
        """Set for each cell that is not `MISSING`."""
        if Missing not in self.types:
            return every(len(self))
        return bytes([cell is not MISSING for cell in self])

    @property
    def has_gaps(self) -> bool:
        """Whether a cell is null or `MISSING`."""
        return not _GAPS.isdisjoint(self.types)

    def kinds(self) -> Counter[Kind]:
        """How many cells are of each kind, missing ones included."""
        if len(self.types) == 1 and len(self):
            return Counter({kind_of(self[0]): len(self)})
        kinds = {type(cell): kind_of(cell) for cell in dict(zip(map(type, self), self, strict=True)).values()}
        found = Counter[Kind]()
        for each, count in Counter(map(type, self)).items():
            found[kinds[each]] += count
        return found

    @abstractmethod
    def nan_count(self) -> int:
        """How many cells are NaN."""

    @abstractmethod
    def compress(self, flags: Flags) -> Column:
        """The cells whose flag is set."""

    @abstractmethod
    def take(self, rows: Sequence[int]) -> Column:
        """These cells, in this order."""

    def __eq__(self, other: object) -> bool:
        """Equal to a column, a list or a tuple of equal cells."""
        if not isinstance(other, Column | list | tuple):
            return NotImplemented
        return len(self) == len(other) and list(self) == list(other)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"

    @overload
    def __getitem__(self, at: int) -> Value: ...
    @overload
    def __getitem__(self, at: slice) -> Column: ...
    @abstractmethod
    def __getitem__(self, at: int | slice) -> Value: ...


class Numbers(Column):
    """Numbers, null and missing cells.

    `values`: an array of type `d` or `q`, 0 in the gaps. `whole`: among doubles, which are integers (of at most 2^53);
    `None` if none is. Those of `q` all are (`is_whole`). `gaps`: `HELD`, `NULL` or `ABSENT` for each cell; `None` if
    every one holds a number.
    """

    __slots__ = ("_types", "gaps", "is_whole", "values", "whole")

    def __init__(self, values: array[Any], whole: Flags | None = None, gaps: bytes | None = None) -> None:
        self.values = values
        self.whole = whole
        self.gaps = None if gaps is None or gaps.count(HELD) == len(gaps) else gaps
        self.is_whole = values.typecode == "q"
        self._types: frozenset[type] | None = None

    @property
    def types(self) -> frozenset[type]:
        if self._types is None:
            found: set[type] = set()
            gaps = self.gaps or b""
            if NULL in gaps:
                found.add(_NULL_TYPE)
            if ABSENT in gaps:
                found.add(Missing)
            if HELD in gaps or (not gaps and self.values):
                if self.is_whole:
                    found.add(int)
                elif self.whole is None:
                    found.add(float)
                else:
                    kinds = set(self.whole if not gaps else compress(self.whole, gaps.translate(_IS_HELD)))
                    found.update(int if kind else float for kind in kinds)
            self._types = frozenset(found)
        return self._types

    @property
    def held(self) -> Flags:
        return every(len(self.values)) if self.gaps is None else self.gaps.translate(_ALL_BUT_ABSENT)

    @property
    def has_gaps(self) -> bool:
        return self.gaps is not None

    def nan_count(self) -> int:
        if self.is_whole or not math.isnan(sum(self.values)):
            return 0  # without a NaN, only infinities of both signs have such a sum
        return sum(map(math.isnan, self.values))

    def compress(self, flags: Flags) -> Numbers:
        if 0 not in flags:
            return self
        whole, gaps = (None if each is None else bytes(compress(each, flags)) for each in (self.whole, self.gaps))
        return Numbers(array(self.values.typecode, compress(self.values, flags)), whole, gaps)

    def take(self, rows: Sequence[int]) -> Numbers:
        whole, gaps = (
            None if each is None else bytes([*map(each.__getitem__, rows)]) for each in (self.whole, self.gaps)
        )
        return Numbers(array(self.values.typecode, [*map(self.values.__getitem__, rows)]), whole, gaps)

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Value]:
        if self.gaps is None and self.whole is None:
            return iter(self.values)
        cells: list[Value] = self.values.tolist()
        if self.whole is not None:
            cells = [int(cell) if whole else cell for cell, whole in zip(cells, self.whole, strict=True)]
        if self.gaps is not None:
            cells = [_GAP_VALUES[gap] if gap else cell for cell, gap in zip(cells, self.gaps, strict=True)]
        return iter(cells)

    @overload
    def __getitem__(self, at: int) -> Value: ...
    @overload
    def __getitem__(self, at: slice) -> Numbers: ...
    def __getitem__(self, at: int | slice) -> Value:
        if isinstance(at, slice):
            whole, gaps = (None if each is None else each[at] for each in (self.whole, self.gaps))
            return Numbers(self.values[at], whole, gaps)
        if self.gaps is not None and self.gaps[at]:
            return _GAP_VALUES[self.gaps[at]]
        return int(self.values[at]) if self.whole is not None and self.whole[at] else self.values[at]


class Objects(Column):
    """Cells of any kind, as a list.

    `codes`, `vector`: what stages of many rows made of texts, and of times, to compare them: it does not change.
    """

    __slots__ = ("_types", "cells", "codes", "vector")

    def __init__(self, cells: list[Value], types: frozenset[type] | None = None) -> None:
        self.cells = cells
        self._types = types
        self.codes: Any = None
        self.vector: Any = None

    @property
    def types(self) -> frozenset[type]:
        if self._types is None:
            self._types = frozenset(map(type, self.cells))
        return self._types

    def nan_count(self) -> int:
        has_floats = any(issubclass(each, float) for each in self.types)
        return sum(isinstance(cell, float) and math.isnan(cell) for cell in self.cells) if has_floats else 0

    def compress(self, flags: Flags) -> Column:
        return self if 0 not in flags else column_of(list(compress(self.cells, flags)))

    def take(self, rows: Sequence[int]) -> Column:
        return column_of([*map(self.cells.__getitem__, rows)])

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.cells)

    @overload
    def __getitem__(self, at: int) -> Value: ...
    @overload
    def __getitem__(self, at: slice) -> Column: ...
    def __getitem__(self, at: int | slice) -> Value:
        return Objects(self.cells[at]) if isinstance(at, slice) else self.cells[at]


class Repeats(Column):
    """Each of `values`, `counts` times in a row."""

    __slots__ = ("_length", "counts", "values")

    def __init__(self, values: Sequence[Value], counts: Sequence[int]) -> None:
        self.values = values
        self.counts = counts
        self._length = sum(counts)

    @property
    def types(self) -> frozenset[type]:
        return frozenset(type(value) for value, count in zip(self.values, self.counts, strict=True) if count)

    def nan_count(self) -> int:
        pairs = zip(self.values, self.counts, strict=True)
        return sum(count for value, count in pairs if isinstance(value, float) and math.isnan(value))

    def compress(self, flags: Flags) -> Column:
        if 0 not in flags:
            return self
        if len(self.values) == 1:
            return Repeats(self.values, [flags.count(1)])
        return column_of(list(compress(self, flags)))

    def take(self, rows: Sequence[int]) -> Column:
        if len(self.values) == 1:
            return Repeats(self.values, [len(rows)])
        if len(rows) and min(rows) < 0:
            return column_of([*map(list(self).__getitem__, rows)])
        places = map(bisect_right, repeat(list(accumulate(self.counts))), rows)
        return column_of([*map(self.values.__getitem__, places)])

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Value]:
        return chain.from_iterable(map(repeat, self.values, self.counts))

    @overload
    def __getitem__(self, at: int) -> Value: ...
    @overload
    def __getitem__(self, at: slice) -> Column: ...
    def __getitem__(self, at: int | slice) -> Value:
        if isinstance(at, slice):
            start, stop, step = at.indices(self._length)
            return self._stretch(start, stop) if step == 1 else column_of(list(self)[at])
        if not -self._length <= at < self._length:
            raise IndexError("column index out of range")
        at %= self._length
        for value, count in zip(self.values, self.counts, strict=True):
            if at < count:
                return value
            at -= count
        raise AssertionError("counts that do not add up")

    def _stretch(self, start: int, stop: int) -> Repeats:
        ends = list(accumulate(self.counts))
        first, last = bisect_right(ends, start), bisect_left(ends, stop)
        counts = [
            max(0, min(end, stop) - max(end - count, start))
            for end, count in zip(ends[first : last + 1], self.counts[first : last + 1], strict=True)
        ]
        return Repeats(self.values[first : last + 1], counts)


# ---------------------------------------------------------------- making columns

_COLUMNS: Final = frozenset({Numbers, Objects, Repeats})


def column_of(cells: Iterable[Value]) -> Column:
    """A column of these cells; one that is a column already as it is."""
    if type(cells) in _COLUMNS or isinstance(cells, Column):
        return cells  # type: ignore[return-value]  # the types of columns are told more quickly than the class of all
    held = cells if type(cells) is list else list(cells)
    types = frozenset(map(type, held))
    made: Column | None = None
    if types == _FLOATS:
        made = Numbers(array("d", held))
    elif types - _GAPS <= _NUMBERS and not types <= _GAPS:
        made = _numbers(held, types)
    return Objects(held, types) if made is None else made


def _numbers(cells: list[Value], types: frozenset[type]) -> Numbers | None:
    """A column of numbers and gaps; `None` if no array holds each of them exactly."""
    gaps, filled = None, cells
    if not types <= _NUMBERS:
        gaps = bytes([NULL if cell is None else ABSENT if cell is MISSING else HELD for cell in cells])
        filled = [0 if gap else cell for cell, gap in zip(cells, gaps, strict=True)]
    if float not in types:
        try:
            return Numbers(array("q", filled), None, gaps)
        except OverflowError:
            return None
    if int not in types:
        return Numbers(array("d", filled), None, gaps)
    whole = bytes([type(cell) is int for cell in cells])
    if not all(-LARGEST_WHOLE <= cell <= LARGEST_WHOLE for cell in compress(cells, whole)):
        return None
    return Numbers(array("d", filled), whole, gaps)


def constant(value: Value, length: int) -> Repeats:
    """The same value in every cell."""
    return Repeats((value,), (length,))
