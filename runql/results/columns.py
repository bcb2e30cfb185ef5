"""Named columns in order: what converters and formats take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

from runql.engine.values.column import Column, column_of, constant
from runql.engine.values.concat import concat_columns
from runql.results.column_types import Shape, shape_of
from runql.semantic.values import MISSING, Value


class Columns:
    """Columns of equal length, each with a name, in order. Immutable.

    A cell is a Python value (see `runql.semantic.values`), `None` where the field was set to null, `MISSING`
    where it was never set. `names`: those of the columns, in order; `durations`: the columns of seconds that a view
    shows as lengths of time; `numbers`: those of which it is known that they hold numbers, if anything. Raises
    `ValueError` if the columns differ in length.
    """

    __slots__ = ("_shapes", "_typed", "columns", "durations", "length", "names", "numbers")

    def __init__(
        self,
        columns: Mapping[str, Sequence[Value]],
        length: int | None = None,
        durations: frozenset[str] = frozenset(),
        numbers: frozenset[str] = frozenset(),
    ) -> None:
        self.durations = durations
        self.numbers = numbers
        self.columns: Mapping[str, Sequence[Value]] = MappingProxyType(dict(columns))
        self.names = tuple(self.columns)
        lengths = {len(values) for values in self.columns.values()} | ({length} if length is not None else set())
        if len(lengths) > 1:
            raise ValueError(f"columns differ in length: {sorted(lengths)}")
        self.length = lengths.pop() if lengths else 0
        self._shapes: dict[str, Shape] = {}
        self._typed: dict[str, Column] = {}

    @classmethod
    def of_rows(cls, names: Sequence[str], rows: Iterable[Sequence[Value]]) -> Self:
        """A frame of rows that each hold one value a column."""
        listed = list(rows)
        columns = zip(*listed, strict=True) if listed else ((),) * len(names)
        return cls(dict(zip(names, columns, strict=True)), len(listed))

    @classmethod
    def concat(cls, frames: Iterable[Columns], names: Sequence[str] | None = None) -> Self:
        """One frame under the other. Columns: `names`, then any others in the order they first occur."""
        parts = list(frames)
        order = dict.fromkeys([*(names or ()), *(name for part in parts for name in part.columns)])
        columns = {
            name: concat_columns([part.columns.get(name, constant(MISSING, part.length)) for part in parts])
            for name in order
        }
        durations = frozenset().union(*(part.durations for part in parts))
        numbers = frozenset().union(*(part.numbers for part in parts))
        return cls(columns, sum(part.length for part in parts), durations, numbers)

    def __len__(self) -> int:
        return self.length

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Columns):
            return NotImplemented
        return self.names == other.names and [*self.tuples()] == [*other.tuples()]

    __hash__ = None  # type: ignore[assignment]

    def shape(self, name: str) -> Shape:
        """What the column holds as a whole. Raises `KeyError` for a name that is no column."""
        if name not in self._shapes:
            self._shapes[name] = shape_of(self.column(name))
        return self._shapes[name]

    def stored_shape(self, name: str) -> Shape:
        """The same, for a library that keeps a column without a value: one of numbers is one of floats.

        Raises `KeyError` for a name that is no column.
        """
        shape = self.shape(name)
        return Shape.FLOAT if shape is Shape.EMPTY and name in self.numbers else shape

    def column(self, name: str) -> Column:
        """The column as a vector. Raises `KeyError` for a name that is no column."""
        if name not in self._typed:
            self._typed[name] = column_of(self.columns[name])
        return self._typed[name]

    @property
    def untyped(self) -> tuple[str, ...]:
        """The columns of numbers that no type of 64 bits holds exactly, as far as `shape` was asked for."""
        return tuple(name for name, shape in self._shapes.items() if shape is Shape.BIG)

    def tuples(self) -> Iterator[tuple[Value, ...]]:
        """The rows, one value a column; a cell that was never set is `MISSING`."""
        return zip(*self.columns.values(), strict=True) if self.columns else iter(((),) * self.length)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows as dictionaries by column; a cell that was never set is `None`."""
        for row in self.tuples():
            yield {name: None if cell is MISSING else cell for name, cell in zip(self.columns, row, strict=True)}

    def slice(self, start: int, stop: int) -> Self:
        """The rows from `start` up to `stop`, as Python slices count."""
        columns = {name: values[start:stop] for name, values in self.columns.items()}
        return type(self)(columns, None, self.durations, self.numbers)
