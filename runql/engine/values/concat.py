"""Columns under each other, as one vector."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from runql.engine.values.column import ABSENT, LARGEST_WHOLE, NULL, Column, Numbers, Repeats, column_of, every
from runql.semantic.values import Missing, Value

_GAP_OF_TYPE = {type(None): NULL, Missing: ABSENT}
_BLOCK = 2**13


def concat_columns(parts: Sequence[Iterable[Value]]) -> Column:
    """One column under the other."""
    columns = [column for part in parts if len(column := column_of(part))]
    if len(columns) == 1:
        return columns[0]
    if any(isinstance(part, Numbers) for part in columns):
        made = _joined_numbers([part if isinstance(part, Numbers) else _gaps(part) for part in columns])
        return column_of(list(chain.from_iterable(columns))) if made is None else made
    if columns and all(isinstance(part, Repeats) for part in columns):
        return _joined_repeats(columns)
    return column_of(list(chain.from_iterable(columns)))


def _gaps(part: Column) -> bytes | None:
    """What `Numbers.gaps` says of a column that holds nothing but null or nothing at all; of another one `None`."""
    if not part.types <= _GAP_OF_TYPE.keys():
        return None
    if isinstance(part, Repeats):
        runs = zip(part.values, part.counts, strict=True)
        return b"".join(bytes((_GAP_OF_TYPE[type(value)],)) * count for value, count in runs if count)
    return bytes(map(_GAP_OF_TYPE.__getitem__, map(type, part)))


def _joined_repeats(parts: Sequence[Column]) -> Repeats:
    held = [part for part in parts if isinstance(part, Repeats)]
    values = list(chain.from_iterable(part.values for part in held))
    return Repeats(values, list(chain.from_iterable(part.counts for part in held)))


def _joined_numbers(parts: Sequence[Numbers | bytes | None]) -> Numbers | None:
    """Columns of numbers, and between them gaps; `None` if a part is neither, or no array holds all the numbers."""
    held = [part for part in parts if isinstance(part, Numbers)]
    typecodes = {part.values.typecode for part in held}
    if None in parts or (len(typecodes) > 1 and not all(map(_fits_doubles, held))):
        return None
    typecode = "d" if len(typecodes) != 1 else typecodes.pop()
    values: array[Any] = array(typecode)
    for part in parts:
        _add(values, part)
    whole = gaps = None
    if typecode == "d" and any(part.is_whole or part.whole is not None for part in held):
        whole = b"".join(map(_whole, parts))
    if len(held) < len(parts) or any(part.gaps is not None for part in held):
        gaps = b"".join(part if isinstance(part, bytes) else part.gaps or bytes(len(part)) for part in parts if part)
    return Numbers(values, whole, gaps)


def _add(values: array[Any], part: Numbers | bytes | None) -> None:
    """The numbers of a part under those of an array, 0 in gaps."""
    if isinstance(part, Numbers):
        values.extend(part.values if part.values.typecode == values.typecode else array("d", part.values))
    elif part is not None:
        zeros = bytes(values.itemsize * _BLOCK)
        for start in range(0, len(part), _BLOCK):
            values.frombytes(zeros[: values.itemsize * (len(part) - start)])


def _whole(part: Numbers | bytes | None) -> bytes:
    """Which numbers are integers."""
    if isinstance(part, Numbers):
        return every(len(part)) if part.is_whole else part.whole or bytes(len(part))
    return bytes(len(part or b""))


def _fits_doubles(part: Numbers) -> bool:
    """Whether doubles hold each of these numbers exactly."""
    return not part.is_whole or (min(part.values) >= -LARGEST_WHOLE and max(part.values) <= LARGEST_WHOLE)
