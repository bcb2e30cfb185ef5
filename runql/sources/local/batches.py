"""History records on their way to a reader: rows that are alike are read many at once, the others one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from runql.sources.files.wire import MalformedWire
from runql.sources.local.bulk import MOST_ROWS, Found, read_rows
from runql.sources.local.history import HistoryReader

_Row: TypeAlias = tuple[bytes, int, int, int, bool]
"""Its bytes, its start and its end in them, its place in the file, and whether it may be numbered by counting."""


class Batches:
    """Collects the rows of one file for a reader. `malformed`: the places of those that are not understood."""

    def __init__(self, reader: HistoryReader) -> None:
        self.malformed: list[int] = []
        self._reader = reader
        self._rows: list[_Row] = []

    def add(self, data: bytes, start: int, end: int, offset: int, *, numbered: bool) -> None:
        """Take in one history record."""
        self._rows.append((data, start, end, offset, numbered))
        if len(self._rows) >= MOST_ROWS:
            self.flush()

    def flush(self) -> None:
        """Give the reader all that was taken in."""
        rows, self._rows = self._rows, []
        reader = self._reader
        alike = read_rows([(data, start, end) for data, start, end, _, _ in rows], reader.wants)
        first = len(reader.steps)
        if len(alike) == 1 and len(alike[0].places) == len(rows):
            reader.add_steps(alike[0].steps)
            numbers: Sequence[int] = range(first, first + len(rows))
        else:
            numbers = self._number(rows, alike)
        for cells in (cells for found in alike for cells in found.cells):
            is_whole = len(cells.places) == len(numbers) and isinstance(numbers, range)
            own = numbers if is_whole else [numbers[place] for place in cells.places]
            reader.add_cells(cells.name, own, cells.values)

    def _number(self, rows: Sequence[_Row], alike: Sequence[Found]) -> list[int]:
        """Gives the reader the steps of the rows that were read, and the other rows to read; the number of each row."""
        reader = self._reader
        steps = {place: step for found in alike for place, step in zip(found.places, found.steps, strict=True)}
        begins: dict[int, list[str]] = {}
        for found in alike:
            for cells in found.cells:
                begins.setdefault(cells.places[0], []).append(cells.name)
        numbers = []
        for place, (data, start, end, offset, numbered) in enumerate(rows):
            numbers.append(len(reader.steps))
            if place in steps:
                reader.add_steps([steps[place]])
                reader.expect(begins.get(place, ()))
                continue
            try:
                reader.add(data, start, end, numbered=numbered and not self.malformed)
            except MalformedWire:
                self.malformed.append(offset)
        return numbers
