"""The order of rows: by keys, as runs are ordered, ties as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from runql.engine.order import sorted_indices
from runql.engine.stages import rows
from runql.semantic.values import Value

Key: TypeAlias = tuple[Sequence[Value], bool]
"""The values of a key, and whether it is descending."""


def sorted_rows(keys: Sequence[Key], length: int) -> Sequence[int]:
    """The places of the rows in the order of the keys."""
    if length < rows.FAST_ROWS:
        return sorted_rows_by_reference(keys, length)
    from runql.engine.stages.arrays.ordering import sorted_rows as sorted_arrays

    return sorted_arrays(keys, length)


def sorted_rows_by_reference(keys: Sequence[Key], length: int) -> list[int]:
    """The same, by the order of runs itself: from the last key to the first, each sort stable."""
    order = list(range(length))
    for cells, descending in reversed(keys):
        places = sorted_indices([cells[row] for row in order], descending=descending)
        order = [order[place] for place in places]
    return order
