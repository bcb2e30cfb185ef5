"""Which rows belong together: those whose keys look the same, so 1 and 1.0, and missing with missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from runql.text.frozen import frozen


@frozen
class Groups:
    """Rows by group. `order`: the places of all rows, those of a group side by side, in the order of the table.

    `starts`: where each group begins in it, and one past the last. Both are lists, or arrays of NumPy.
    """

    order: Sequence[int]
    starts: Sequence[int]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def firsts(self) -> list[int]:
        """The place of the first row of each group."""
        return [int(self.order[start]) for start in self.starts[:-1]]

    def sizes(self) -> list[int]:
        """How many rows each group has."""
        return [int(end - start) for start, end in pairwise(self.starts)]

    def rows(self) -> Iterator[Sequence[int]]:
        """The places of the rows of each group."""
        return (self.order[start:end] for start, end in pairwise(self.starts))
