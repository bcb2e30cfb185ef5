"""Which rows of a table match which of another, by keys: what both rooms give for a join."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Matches(Protocol):
    """The rows of another table that each row of this one matches, in their order."""

    @property
    def keyless(self) -> int:
        """How many rows have a key that equals nothing: null, missing or NaN."""
        ...

    @property
    def several(self) -> int:
        """How many rows match more than one."""
        ...

    def rows(self, *, matched: bool) -> Sequence[int]:
        """The places of the rows that match some, or none."""
        ...

    def pairs(self, *, outer: bool) -> tuple[Sequence[int], Sequence[int]]:
        """The places of rows and of those that they match; if `outer`, a row that matches none once, with -1."""
        ...

    def mark(self, flags: bytearray) -> None:
        """Set the flag of each row of the other table that is matched."""
        ...


class RowMatcher(Protocol):
    """The other table of a join, ready to be matched with the parts of this one."""

    def matches(self, keys: Sequence[Sequence[object]], length: int) -> Matches:
        """The matches of rows with these keys."""
        ...
