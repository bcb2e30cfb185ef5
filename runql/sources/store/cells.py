"""What was read of the histories of one run, and the columns that it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runql.engine.values.column import column_of
from runql.semantic.values import MISSING, Value


class RowPlaces:
    """Which rows hold a number: all from one to another, or those of a list."""

    __slots__ = ("first", "last", "rows")

    def __init__(self, first: int, last: int, count: int, rows: list[int]) -> None:
        self.first, self.last = first, last
        self.rows: Sequence[int] = range(first, last + 1) if last - first + 1 == count else rows


class RunCells:
    """What was read of one run."""

    __slots__ = ("numbers", "others")

    def __init__(self) -> None:
        self.numbers: dict[str, tuple[Sequence[int], list[Value]]] = {}
        self.others: dict[str, dict[int, Value]] = {}

    def add_numbers(self, key: str, places: RowPlaces, values: list[float], whole: list[bool] | bool | None) -> None:
        """Add the numbers of a metric: `whole` says of each, or of all, whether it is an integer."""
        cells: list[Value] = values
        if whole is True:
            cells = [int(value) for value in values]
        elif whole:
            cells = [int(value) if is_whole else value for value, is_whole in zip(values, whole, strict=True)]
        self.numbers[key] = (places.rows, cells)

    def columns(self, names: Sequence[str]) -> dict[str, Sequence[Value]]:
        """Columns of equal length, in the order of these names: a row wherever one of them has a value."""
        held = [rows for rows, _ in self.numbers.values()] + [others.keys() for others in self.others.values()]
        if not held:
            return {}
        longest = max(held, key=len)
        rows = sorted(set(longest).union(*held)) if any(each != longest for each in held) else [*longest]
        at = {row: place for place, row in enumerate(rows)}
        ordered = [name for name in names if name in self.numbers or name in self.others]
        return {name: column_of(self._column(name, rows, at)) for name in ordered}

    def _column(self, name: str, rows: Sequence[int], at: Mapping[int, int]) -> list[Value]:
        own, values = self.numbers.get(name, ((), []))
        others = self.others.get(name)
        if others is None and len(values) == len(rows):
            return values
        cells: list[Value] = [MISSING] * len(rows)
        for row, value in zip(own, values, strict=True):
            cells[at[row]] = value
        for row, value in (others or {}).items():
            cells[at[row]] = value
        return cells
