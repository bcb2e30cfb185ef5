"""A column of few values, many rows: each value once, and which of them each row has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from runql.engine.values.column import Column, Flags, column_of
from runql.semantic.values import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Places: TypeAlias = NDArray[np.int64]
else:
    Places = Any


class Coded(Column):
    """`values`, each of which occurs, and for each row the place of its own among them.

    Made by stages of many rows, so NumPy is there. The cells become a list the first time that all are read.
    """

    __slots__ = ("_cells", "places", "values")

    def __init__(self, values: list[Value], places: Places) -> None:
        self.values = values
        self.places = places
        self._cells: list[Value] | None = None

    @property
    def cells(self) -> list[Value]:
        """All cells, which are not to be changed."""
        if self._cells is None:
            self._cells = list(map(self.values.__getitem__, self.places.tolist()))
        return self._cells

    @property
    def types(self) -> frozenset[type]:
        return frozenset(map(type, self.values))

    def nan_count(self) -> int:
        return column_of(self.cells).nan_count()

    def compress(self, flags: Flags) -> Column:
        import numpy as np

        return self if 0 not in flags else self._at(self.places[np.frombuffer(flags, np.uint8) != 0])

    def take(self, rows: Sequence[int]) -> Column:
        import numpy as np

        return self._at(self.places[np.asarray(rows, np.intp)])

    def _at(self, places: Places) -> Column:
        return column_of(list(map(self.values.__getitem__, places.tolist())))

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.cells)

    @overload
    def __getitem__(self, at: int) -> Value: ...
    @overload
    def __getitem__(self, at: slice) -> Column: ...
    def __getitem__(self, at: int | slice) -> Value:
        return self._at(self.places[at]) if isinstance(at, slice) else self.values[self.places[at]]


def counted_cells(column: Column) -> Counter[Value]:
    """How often each cell of a column occurs, which holds no lists."""
    if not isinstance(column, Coded):
        return Counter(column)
    import numpy as np

    counts = np.bincount(column.places, minlength=len(column.values))
    return Counter(dict(zip(column.values, counts.tolist(), strict=True)))
