"""Which rows belong together: those whose keys look the same, so 1 and 1.0, and missing with missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

from runql.text.frozen import frozen


class Groups(Protocol):
    """Rows by group."""

    def __len__(self) -> int: ...

    def firsts(self) -> Sequence[int]:
        """The place of the first row of each group."""
        ...

    def sizes(self) -> Sequence[int]:
        """How many rows each group has."""
        ...

    def rows(self) -> Iterator[Sequence[int]]:
        """The places of the rows of each group, in the order of the table or of a window."""
        ...


@frozen
class ListedGroups:
    """Groups as lists. `order`: the places of all rows, those of a group side by side.

    `starts`: where each group begins in it, and one past the last.
    """

    order: Sequence[int]
    starts: Sequence[int]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def firsts(self) -> list[int]:
        return [self.order[start] for start in self.starts[:-1]]

    def sizes(self) -> list[int]:
        return [end - start for start, end in pairwise(self.starts)]

    def rows(self) -> Iterator[Sequence[int]]:
        return (self.order[start:end] for start, end in pairwise(self.starts))


def all_rows(length: int) -> ListedGroups:
    """One group of all the rows."""
    return ListedGroups(range(length), (0, length))
