"""Rows of two tables whose keys are equal, found by a stand-in for each key that can be looked up."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from runql.engine.compare import as_number, equal, identity, is_nan
from runql.semantic.values import MISSING, Value
from runql.text.frozen import frozen


@frozen
class ListedMatches:
    """For each row the places of those that it matches, all of one `Matches`."""

    found: Sequence[Sequence[int]]
    keyless: int

    @property
    def several(self) -> int:
        return sum(len(others) > 1 for others in self.found)

    def rows(self, *, matched: bool) -> list[int]:
        return [row for row, others in enumerate(self.found) if bool(others) is matched]

    def pairs(self, *, outer: bool) -> tuple[list[int], list[int]]:
        pairs = [(row, other) for row, others in enumerate(self.found) for other in others or ((-1,) if outer else ())]
        return [row for row, _ in pairs], [other for _, other in pairs]

    def mark(self, flags: bytearray) -> None:
        for others in self.found:
            for other in others:
                flags[other] = 1


def indexed(keys: Sequence[Sequence[Value]], length: int) -> RowIndex:
    """A table of so many rows, ready to be matched by its keys."""
    return RowIndex(keys, length)


class RowIndex:
    """The rows of a table by their keys."""

    def __init__(self, keys: Sequence[Sequence[Value]], length: int) -> None:
        self._rows: dict[Hashable, list[int]] = {}
        for row, key in enumerate(_identities(keys, length)):
            if key is not None:
                self._rows.setdefault(key, []).append(row)

    def matches(self, keys: Sequence[Sequence[Value]], length: int) -> ListedMatches:
        """The matches of rows with these keys."""
        mine = list(_identities(keys, length))
        found = [self._rows.get(key, ()) if key is not None else () for key in mine]
        return ListedMatches(found, mine.count(None))


def _identities(keys: Sequence[Sequence[Value]], length: int) -> Iterator[Hashable | None]:
    """A stand-in for the keys of each row; `None` where one of them equals nothing."""
    for row in range(length):
        cells = [column[row] for column in keys]
        yield tuple(identity(as_number(cell)) for cell in cells) if all(map(is_key, cells)) else None


def is_key(value: Value) -> bool:
    """Whether a value equals itself: null and missing match nothing, nor does NaN, nor a list that holds one."""
    if value is None or value is MISSING or is_nan(value):
        return False
    return not isinstance(value, list | tuple | dict) or equal(value, value)
