"""Columns under each other, as one vector."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from runql.engine.values.column import ABSENT, LARGEST_WHOLE, NULL, Column, Numbers, Repeats, column_of, every
from runql.semantic.values import Missing, Value

_GAP_OF_TYPE = {type(None): NULL, Missing: ABSENT}


def concat_columns(parts: Sequence[Iterable[Value]]) -> Column:
    """One column under the other."""
    columns = [column for part in parts if len(column := column_of(part))]
    if len(columns) == 1:
        return columns[0]
    columns = _with_gaps_as_numbers(columns)
    if not all(isinstance(part, Numbers) for part in columns):
        if columns and all(isinstance(part, Repeats) for part in columns):
            return _joined_repeats(columns)
        return column_of(list(chain.from_iterable(columns)))
    return _joined_numbers(columns)


def _with_gaps_as_numbers(parts: list[Column]) -> list[Column]:
    """Columns of numbers, and among them those that hold nothing but null or nothing at all as gaps of numbers."""
    code = next((part.values.typecode for part in parts if isinstance(part, Numbers)), None)
    if code is None or not all(isinstance(part, Numbers) or part.types <= _GAP_OF_TYPE.keys() for part in parts):
        return parts
    return [part if isinstance(part, Numbers) else _gaps(part, code) for part in parts]


def _gaps(part: Column, code: str) -> Numbers:
    if isinstance(part, Repeats):
        runs = zip(part.values, part.counts, strict=True)
        gaps = b"".join(bytes((_GAP_OF_TYPE[type(value)],)) * count for value, count in runs if count)
    else:
        gaps = bytes(map(_GAP_OF_TYPE.__getitem__, map(type, part)))
    return Numbers(array(code, bytes(8 * len(gaps))), None, gaps)


def _joined_repeats(parts: Sequence[Column]) -> Repeats:
    held = [part for part in parts if isinstance(part, Repeats)]
    values = list(chain.from_iterable(part.values for part in held))
    return Repeats(values, list(chain.from_iterable(part.counts for part in held)))


def _joined_numbers(parts: Sequence[Column]) -> Column:
    held = [part for part in parts if isinstance(part, Numbers)]
    typecodes = {part.values.typecode for part in held}
    if len(typecodes) > 1 and not all(map(_fits_doubles, held)):
        return column_of(list(chain.from_iterable(held)))
    typecode = "d" if len(typecodes) != 1 else typecodes.pop()
    arrays = [part.values if part.values.typecode == typecode else array("d", part.values) for part in held]
    values: array[Any] = array(typecode, b"".join(arrays))
    whole = gaps = None
    if typecode == "d" and any(part.is_whole or part.whole is not None for part in held):
        whole = b"".join(every(len(part)) if part.is_whole else part.whole or bytes(len(part)) for part in held)
    if any(part.gaps is not None for part in held):
        gaps = b"".join(part.gaps or bytes(len(part)) for part in held)
    return Numbers(values, whole, gaps)


def _fits_doubles(part: Numbers) -> bool:
    """Whether doubles hold each of these numbers exactly."""
    return not part.is_whole or (min(part.values) >= -LARGEST_WHOLE and max(part.values) <= LARGEST_WHOLE)
