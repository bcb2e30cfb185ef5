"""The table: named columns of equal length, as the engine passes them on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat

from runql.engine.values.column import LONG, column_of, constant
from runql.engine.values.concat import concat_columns
from runql.engine.values.memory import keep_freed_memory
from runql.errors import RunQLError
from runql.language.kinds import Kind
from runql.semantic.values import MISSING, Value
from runql.text.frozen import frozen


@frozen
class Table:
    """Columns in order, each a sequence of `length` values; a cell that was never set is `MISSING`.

    From `LONG` rows on each column is a vector, made here if it was none, since all that is done to so many rows works
    on vectors. Raises RQL901 if a column has another length.
    """

    columns: Mapping[str, Sequence[Value]]
    length: int

    def __post_init__(self) -> None:
        for name, cells in self.columns.items():
            if len(cells) != self.length:
                raise RunQLError.of("RQL901", f"the column `{name}` has {len(cells)} of {self.length} cells")
        if self.length >= LONG:
            keep_freed_memory()
            typed = {name: column_of(cells) for name, cells in self.columns.items()}
            object.__setattr__(self, "columns", typed)

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[Value]]) -> Table:
        """A table as long as its columns, empty if there are none."""
        return cls(columns, len(next(iter(columns.values()), ())))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(self.columns)

    def rows(self) -> Iterator[dict[str, Value]]:
        """Each row as a dictionary by column, `MISSING` cells included."""
        names = self.names
        for cells in zip(*self.columns.values(), strict=True) if names else repeat((), self.length):
            yield dict(zip(names, cells, strict=True))

    def kinds(self, name: str) -> Counter[Kind]:
        """How many cells of a column are of each kind, missing ones included."""
        return column_of(self.columns[name]).kinds()


def concat(tables: Iterable[Table], names: Sequence[str] | None = None) -> Table:
    """One table under the other; where one lacks a column its cells are `MISSING`.

    The columns are `names` if given (others are an error, RQL901), else in the order of their first occurrence.
    """
    parts = list(tables)
    order = tuple(dict.fromkeys(name for part in parts for name in part.columns))
    if names is not None:
        if extra := [name for name in order if name not in names]:
            raise RunQLError.of("RQL901", f"the column `{extra[0]}` has no place in the table")
        order = tuple(names)
    columns = {
        name: concat_columns([part.columns.get(name, constant(MISSING, part.length)) for part in parts])
        for name in order
    }
    return Table(columns, sum(part.length for part in parts))
