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
    return _joined(reduce(or_, map(_as_int, flags), 0), length)


def intersection(flags: Iterable[bytes], length: int) -> bytes:
    """The rows that all of the flags have; all if there are no flags."""
    full = every(length)
    some = [each for each in flags if each is not full]
    return _joined(reduce(and_, map(_as_int, some), _as_int(full)), length) if some else full


def _as_int(flags: bytes) -> int:
    return int.from_bytes(flags, "little")


def _joined(number: int, length: int) -> bytes:
    return number.to_bytes(length, "little")
