"""Which rows hold a value: one byte a row, 1 or 0, so that whole columns combine at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_

from runql.engine.values.column import Column, every
from runql.semantic.values import MISSING, Value


def held_rows(cells: Sequence[Value]) -> bytes:
    """A flag for each cell: 1 unless it is `MISSING`."""
    return cells.held if isinstance(cells, Column) else bytes([cell is not MISSING for cell in cells])


def union(flags: Iterable[bytes], length: int) -> bytes:
    """The rows that any of the flags has; none if there are no flags."""
    return reduce(or_, (int.from_bytes(each, "little") for each in flags), 0).to_bytes(length, "little")


def intersection(flags: Iterable[bytes], length: int) -> bytes:
    """The rows that all of the flags have; all if there are no flags."""
    full = every(length)
    some = [int.from_bytes(each, "little") for each in flags if each is not full]
    return reduce(and_, some, int.from_bytes(full, "little")).to_bytes(length, "little") if some else full
