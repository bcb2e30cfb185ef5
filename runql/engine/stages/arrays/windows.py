"""Windows over many rows: their order inside of groups, and the places of rows in it.

`moving.py` has the functions of one argument.
"""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.stages.arrays.groups import CodedGroups, coded
from runql.engine.stages.arrays.ordering import SortKey, cells_at, plain_numbers, ranks_of, sort_key, sorted_rows
from runql.engine.stages.arrays.sorting import order_of_codes
from runql.engine.stages.arrays.vectors import (
    LIST,
    NULL,
    NUMBER,
    RECORD,
    TEXT,
    TIME,
    Bools,
    Ints,
    decode,
    encode,
    integers_column,
    of_numbers,
)
from runql.engine.stages.shared.aggregates import NOTHING_SKIPPED, Skipped
from runql.engine.stages.shared.groups import Groups
from runql.engine.stages.shared.rows import Key, NotHeld
from runql.engine.stages.shared.windows import WindowColumn
from runql.engine.values.column import Column, column_of, constant
from runql.semantic.values import Value

_SOME = 4096
"""Rows that are mostly out of order tell so soon."""


def spread(values: Sequence[Value], groups: Groups, length: int) -> Column:
    """The value of its group for each row."""
    if len(values) == 1:
        return constant(values[0], length)
    return cells_at(column_of(values), coded(groups, length).of_row)


def arranged(groups: Groups, keys: Sequence[Key], length: int) -> CodedGroups:
    """The same groups, the rows of each in the order of the keys."""
    of = coded(groups, length)
    if len(keys) > 1:
        return CodedGroups(of.of_row, len(of), _by_group(of, sorted_rows(keys, length)))
    [(cells, descending)] = keys
    try:
        key = sort_key(cells, descending=descending)
    except NotHeld:
        return CodedGroups(of.of_row, len(of), _by_group(of, sorted_rows(keys, length)))
    if key.rises():
        return of
    if not of.is_table and _rises(of, key, of.order[:_SOME]) and _rises(of, key, of.order):
        return of
    return CodedGroups(of.of_row, len(of), key.order_within(of.of_row, len(of)))


def _rises(of: CodedGroups, key: SortKey, rows: Ints) -> bool:
    """Whether rows that stand by group are in order inside of each."""
    return key.at(rows).rises(of.of_row[rows])


def _by_group(of: CodedGroups, order: Ints) -> Ints:
    """Rows in an order, those of a group side by side."""
    return order if len(of) == 1 else order[order_of_codes(of.of_row[order], len(of))]


# ---------------------------------------------------------------- places


def numbered(groups: Groups, length: int) -> Column:
    """The number of each row in its group, from 1."""
    of = coded(groups, length)
    return integers_column(_by_row(_places(of, length) + 1, of))


def parted(key: Sequence[Value] | None, groups: Groups, length: int, parts: int) -> WindowColumn:
    """Which of so many parts of its group each row is in; missing where the key of their order has no value."""
    import numpy as np

    of = coded(groups, length)
    known, skipped = (None, NOTHING_SKIPPED) if key is None else _known(key)
    if known is None:
        return WindowColumn(integers_column(_by_row(_parts(_places(of, length), of.row_counts, parts), of)), skipped)
    # What has no value stands behind the others of its group, in both directions.
    sizes = np.add.reduceat(of.by_group(known).astype(np.int64), of.starts[:-1])
    found = _by_row(_parts(_places(of, length), sizes, parts, of.row_counts), of)
    return WindowColumn(decode(of_numbers(found.astype(np.float64), known, known)), skipped)


def _places(of: CodedGroups, length: int) -> Ints:
    """The place of each row in its group, from 0, the rows of a group side by side."""
    import numpy as np

    return np.arange(length) - np.repeat(of.starts[:-1], of.row_counts)


def _by_row(found: Ints, of: CodedGroups) -> Ints:
    """What stands group by group, in the order of the table."""
    import numpy as np

    if of.is_table:
        return found
    result = np.empty(len(found), np.int64)
    result[of.order] = found
    return result


def _parts(places: Ints, sizes: Ints, count: int, rows: Ints | None = None) -> Ints:
    """Which of so many parts of its group each place is in, from 1: the first ones have a row more, if any has.

    `sizes`: how many rows of each group are parted; `rows`: how many it has, where those behind are not.
    """
    import numpy as np

    rows = sizes if rows is None else rows

    small, larger = sizes // count, sizes % count
    edge = np.repeat(larger * (small + 1), rows)
    # Quotients of floats, rounded down, are those of integers so small; NumPy has them sooner.
    early = places / np.repeat(small + 1, rows)
    late = np.repeat(larger, rows) + (places - edge) / np.repeat(np.maximum(small, 1), rows)
    return np.where(places < edge, early, late).astype(np.int64) + 1


def ranks(keys: Sequence[Sequence[Value]], groups: Groups, length: int, *, dense: bool) -> WindowColumn:
    """The rank of each row by the keys in whose order the rows of its group stand. Raises `NotHeld`."""
    import numpy as np

    of = coded(groups, length)
    is_new = np.ones(length, bool)
    is_new[1:] = _unlike(keys[0], of)
    for cells in keys[1:]:
        is_new[1:] |= _unlike(cells, of)
    starts = of.starts[:-1]
    is_new[starts] = True
    if dense:
        found = np.cumsum(is_new)
        found -= np.repeat(found[starts] - 1, of.row_counts)
    else:
        found = np.maximum.accumulate(np.where(is_new, np.arange(length), 0))
        found -= np.repeat(starts - 1, of.row_counts)
    result = np.empty(length, np.int64)
    result[of.order] = found
    known, skipped = _known(keys[0])
    if known is None:
        return WindowColumn(integers_column(result), skipped)
    return WindowColumn(decode(of_numbers(result.astype(np.float64), known, known)), skipped)


def _known(cells: Sequence[Value]) -> tuple[Bools | None, Skipped]:
    """Where a cell has a place in the order, or `None` if all have; and what has none."""
    import numpy as np

    if plain_numbers(cells) is not None:
        return None, NOTHING_SKIPPED
    vector = encode(cells)
    is_nan = (vector.tags == NUMBER) & np.isnan(vector.numbers)
    known = (vector.tags <= TIME) & ~is_nan
    missing, nan = int((vector.tags >= NULL).sum()), int(is_nan.sum())
    skipped = Skipped(missing, nan, len(cells) - int(known.sum()) - missing - nan)
    return None if known.all() else known, skipped


def _unlike(cells: Sequence[Value], of: CodedGroups) -> Bools:
    """Where a cell looks other than the one before it, group by group."""
    import numpy as np

    plain = plain_numbers(cells)
    if plain is not None:
        plain = of.by_group(plain)
        return plain[1:] != plain[:-1]
    vector = encode(cells)
    tags = of.by_group(vector.tags)
    if (tags == LIST).any() or (tags == RECORD).any():
        raise NotHeld
    numbers = of.by_group(np.where(np.isnan(vector.numbers), 0.0, vector.numbers))
    ranks = of.by_group(ranks_of(vector))
    unlike: Bools = (ranks[1:] != ranks[:-1]) | (numbers[1:] != numbers[:-1])
    texts = tags == TEXT
    if texts.any():
        assert vector.cells is not None
        cells = of.by_group(vector.cells)
        both = texts[1:] & texts[:-1]
        unlike[both] |= (cells[1:][both] != cells[:-1][both]).astype(bool)
    return unlike
