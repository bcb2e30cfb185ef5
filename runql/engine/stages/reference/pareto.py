"""The rows that no other row beats: at least as good in every respect and better in one."""

from __future__ import annotations

from collections.abc import Sequence

from runql.engine.compare import is_nan, is_number
from runql.engine.stages.shared.dominance import unbeaten_rows
from runql.semantic.values import Value


def undominated(columns: Sequence[Sequence[Value]], signs: Sequence[int]) -> tuple[list[int], int]:
    """These rows, in their order, and how many rows lack one of the numbers."""
    length = len(columns[0])
    held = [row for row in range(length) if all(is_number(cells[row]) and not is_nan(cells[row]) for cells in columns)]
    costs = {row: tuple(sign * cells[row] for sign, cells in zip(signs, columns, strict=True)) for row in held}
    return unbeaten_rows(costs), length - len(held)
