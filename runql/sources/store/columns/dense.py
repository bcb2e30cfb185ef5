"""Fields of all runs of a version as typed columns, by the numbers of the runs; those that were asked for last stay.

They are made from the arrays that DuckDB gives, without a record for each run. What a record holds under the name of a
field is what stands in the column, of the same type.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from runql.engine.values.coded import Coded
from runql.engine.values.column import ABSENT, HELD, NULL, Column, Numbers, column_of
from runql.language.kinds import Kind
from runql.plan.to_sql.fields import AttrField, Odd, RunColumn
from runql.semantic.values import MISSING, Value
from runql.sources.store.records import moment_of
from runql.sources.store.values import value_of
from runql.sources.store.views import StoreViews
from runql.text.frozen import frozen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    RunNumbers: TypeAlias = NDArray[np.int64]
else:
    RunNumbers = Any

Place: TypeAlias = AttrField | RunColumn

_MOST: Final = 64
"""So many fields are held, those that were asked for last."""
_FEW: Final = 4
"""Texts that occur so often on average are held once each."""
_CODES: Final = "CASE f.t WHEN 'n' THEN 0 WHEN 'q' THEN 1 WHEN 'z' THEN 2 WHEN 'o' THEN 4 ELSE 3 END::TINYINT"
_NAN, _NULL, _OTHER, _RECORD = 1, 2, 3, 4


class DenseColumn(Protocol):
    """A field of all runs."""

    def at(self, numbers: RunNumbers) -> Column:
        """That of some runs, in this order."""
        ...


class DenseFields:
    """The fields of a version that were asked for. Threads may share it."""

    def __init__(self, views: StoreViews) -> None:
        self._views = views
        self._lock = RLock()
        self._generation = views.generation
        self._held: dict[Place, DenseColumn | None] = {}
        self._asked: set[Place] = set()

    def is_worth(self, places: Sequence[Place]) -> bool:
        """Whether all of these are there, or were asked for before: what few runs have of a field is read of them alone
        the first time, and from then on all runs have it in memory."""
        with self._lock:
            is_known = self._generation == self._views.generation
            found = all((is_known and place in self._held) or place in self._asked for place in places)
            self._asked.update(places)
            return found

    def of(self, place: Place, length: int) -> DenseColumn | None:
        """A field of all the runs, of which there are so many; `None` for one that is a record of some run, whose
        values have rows of their own."""
        with self._lock:
            if self._generation != self._views.generation:
                self._held.clear()
                self._generation = self._views.generation
            if place in self._held:
                found = self._held.pop(place)
            else:
                found = self._of_rows(place, length) if isinstance(place, AttrField) else self._of_column(place)
            if self._generation == self._views.generation:
                self._held[place] = found
            if len(self._held) > _MOST:
                del self._held[next(iter(self._held))]
            return found

    # ------------------------------------------------------------ rows of `attr`

    def _of_rows(self, field: AttrField, length: int) -> DenseColumn | None:
        import numpy as np

        rows = f"FROM runs JOIN ({field.sql}) AS f USING (run)"
        at, codes, numbers, whole = self._views.arrays(
            f"SELECT runs.nr, {_CODES} AS code, coalesce(f.num, 0e0) AS num, coalesce(f.whole, false) AS whole {rows}"
        )
        is_odd = Odd.LARGE in self._views.odd_of(field.space, field.path)
        if (codes == _RECORD).any():
            return None
        if (codes == _OTHER).any() or is_odd or not (codes < _NULL).any():
            return _of_cells(self._cells(rows, length))
        gaps = np.full(length, ABSENT, np.uint8)
        gaps[at] = np.where(codes == _NULL, NULL, HELD)
        numbers[codes == _NAN] = np.nan
        numbers[codes == _NULL] = 0.0
        return _numbers_at(at, numbers, whole, codes != _NULL, gaps)

    def _cells(self, rows: str, length: int) -> list[Value]:
        cells: list[Value] = [MISSING] * length
        for at, *cell in self._views.ask(f"SELECT runs.nr, f.t, f.num, f.str, f.whole {rows}"):
            cells[at] = value_of(*cell)
        return cells

    # ------------------------------------------------------------ columns of `runs`

    def _of_column(self, column: RunColumn) -> DenseColumn:
        name = column.sql.removeprefix("r.")
        sql = f"epoch_us({name})" if column.kind is Kind.TIME else name
        found = [cell for (cell,) in self._views.ask(f"SELECT {sql} FROM runs ORDER BY nr", [column.name])]
        if column.kind is Kind.TIME:
            found = [moment_of(cell) for cell in found]
        if column.kind is Kind.LIST:
            return _of_cells([list(cell or ()) for cell in found])
        return _of_cells([MISSING if cell is None else cell for cell in found])


@frozen
class DenseNumbers:
    """Numbers and gaps: what `Numbers` holds, as arrays."""

    values: Any
    whole: Any
    gaps: Any

    def at(self, numbers: RunNumbers) -> Column:
        values: array[Any] = array("q" if self.values.dtype.kind == "i" else "d")
        values.frombytes(self.values[numbers].tobytes())
        gaps = None if self.gaps is None else self.gaps[numbers]
        if gaps is not None and not (gaps == HELD).any():
            return column_of([None if gap == NULL else MISSING for gap in gaps.tolist()])
        kept = None if gaps is None or not gaps.any() else gaps.tobytes()
        if self.whole is None:
            return Numbers(values, None, kept)
        return _typed(values, self.whole[numbers], gaps, kept)


def _typed(values: array[Any], whole: Any, gaps: Any, kept: bytes | None) -> Column:
    """Numbers of which some are integers; if all that are left are, or none is, as one column of that type."""
    held = whole if gaps is None else whole[gaps == HELD]
    if not held.any():
        return Numbers(values, None, kept)
    if held.all():
        return Numbers(array("q", map(int, values)), None, kept)
    return Numbers(values, whole.tobytes(), kept)


@frozen
class DenseCodes:
    """Few values, and which of them each run has."""

    values: list[Value]
    places: Any

    def at(self, numbers: RunNumbers) -> Column:
        import numpy as np

        places = self.places[numbers]
        there = np.bincount(places, minlength=len(self.values)) > 0
        if there.all():
            return Coded(self.values, places)
        kept = [value for value, is_there in zip(self.values, there.tolist(), strict=True) if is_there]
        return Coded(kept, (np.cumsum(there) - 1)[places])


@frozen
class DenseCells:
    """Cells of any kind."""

    cells: Any

    def at(self, numbers: RunNumbers) -> Column:
        return column_of(self.cells[numbers].tolist())


def _numbers_at(at: Any, numbers: Any, whole: Any, is_number: Any, gaps: Any) -> DenseNumbers:
    """The numbers of the runs at some places, of which `whole` says whether they are integers, beside gaps."""
    import numpy as np

    if whole[is_number].all():
        values = np.zeros(len(gaps), np.int64)
        values[at] = numbers.astype(np.int64)
        return DenseNumbers(values, None, gaps if gaps.any() else None)
    values = np.zeros(len(gaps), np.float64)
    values[at] = numbers
    flags = None
    if whole[is_number].any():
        flags = np.zeros(len(gaps), np.uint8)
        flags[at] = whole
    return DenseNumbers(values, flags, gaps if gaps.any() else None)


def dense_numbers(length: int, at: Any, numbers: Any, whole: Any) -> DenseColumn:
    """The numbers of the runs at some places; all other runs have none."""
    import numpy as np

    if not len(at):
        return dense_of([MISSING] * length)
    gaps = np.full(length, ABSENT, np.uint8)
    gaps[at] = HELD
    return _numbers_at(at, numbers, whole, np.ones(len(at), np.bool_), gaps)


def dense_of(cells: list[Value]) -> DenseColumn:
    """Cells of all runs, as what holds them best."""
    import numpy as np

    column = column_of(cells)
    if not isinstance(column, Numbers):
        return _of_cells(cells)
    whole, gaps = (None if each is None else np.frombuffer(each, np.uint8) for each in (column.whole, column.gaps))
    return DenseNumbers(np.array(column.values), whole, gaps)


def _of_cells(cells: list[Value]) -> DenseColumn:
    """Texts and gaps that occur often once each; anything else as it is."""
    import numpy as np

    different = dict.fromkeys(cells) if {str}.issuperset({*map(type, cells)} - {type(MISSING), type(None)}) else {}
    if different and len(different) * _FEW <= len(cells):
        place: Mapping[Value, int] = dict(zip(different, range(len(different)), strict=True))
        return DenseCodes([*different], np.fromiter(map(place.__getitem__, cells), np.int64, len(cells)))
    held = np.empty(len(cells), object)
    held[:] = cells
    return DenseCells(held)
