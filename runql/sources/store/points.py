"""The rows of histories as columns of a part: numbers in arrays, other values in rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from runql.engine.values.column import Column, Numbers, column_of
from runql.engine.values.numpy_arrays import doubles, gap_mask, integers
from runql.semantic.json_text import whole_text
from runql.semantic.values import MISSING, Value
from runql.sources.store.duck import SqlColumn, array_column, column_of_values, named_column
from runql.sources.store.layout import FACTS, Fact
from runql.sources.store.values import cell_of

_EXACT: Final = 2**53
_LEAST, _MOST = -(2**63), 2**63


class _StepCells(NamedTuple):
    """The steps of some rows, and which rows have one: `None` if all have."""

    known: Any
    steps: Any


class _Chunk(NamedTuple):
    """The numbers of one metric of one run. `whole` is `True` or `False` where it is so of all."""

    run: int
    key: int
    rows: Any
    steps: _StepCells
    values: Any
    whole: Any


@dataclass(slots=True)
class PointRows:
    """Rows of one stream, of several runs, until they are parts. `cells`: how many values they hold, about.

    `places`: the texts in them, each by its number.
    """

    pull: int
    places: dict[str, int] = field(default_factory=dict)
    chunks: list[_Chunk] = field(default_factory=list)
    others: list[tuple[Any, ...]] = field(default_factory=list)
    cells: int = 0
    _shared: Any = None

    def add(self, run: str, columns: Mapping[str, Sequence[Value]], first_row: int) -> None:
        """Add rows of a run, of which the first has this number."""
        length = len(next(iter(columns.values()), ()))
        steps = _steps_of(column_of(columns.get("_step", [MISSING] * length)))
        for name, cells in columns.items():
            self._add_column(run, whole_text(name), column_of(cells), steps, first_row)
            self.cells += length

    def _add_column(self, run: str, name: str, column: Column, steps: _StepCells, first_row: int) -> None:
        import numpy as np

        if not (length := len(column)):
            return
        if (plain := _plain_numbers(column)) is not None:  # mostly: then nothing is copied
            rows = self._rows(first_row, length)
            self.chunks.append(_Chunk(self._place(run), self._place(name), rows, steps, *plain))
            return
        is_number, values, whole = _numbers_of(column)
        at = np.flatnonzero(is_number)
        if len(at):
            own = _StepCells(None if steps.known is None else steps.known[at], steps.steps[at])
            chunk = _Chunk(self._place(run), self._place(name), at + first_row, own, values[at], whole[at])
            self.chunks.append(chunk)
        for place, (done, value) in enumerate(zip(is_number.tolist(), column, strict=True)):
            if not done and value is not MISSING:
                step = int(steps.steps[place]) if steps.known is None or steps.known[place] else None
                self.others.append((run, self.pull, name, place + first_row, step, *cell_of(value)))

    def _rows(self, first: int, length: int) -> Any:
        """The numbers of so many rows. The metrics of a run share them."""
        import numpy as np

        if self._shared is None or len(self._shared) != length or self._shared[0] != first:
            self._shared = np.arange(first, first + length)
        return self._shared

    def _place(self, text: str) -> int:
        return self.places.setdefault(text, len(self.places))

    def _sorted(self) -> list[_Chunk]:
        """The chunks by key, then by run: so their rows stand in the order of the part, without being sorted."""
        texts = [*self.places]
        return sorted(self.chunks, key=lambda chunk: (texts[chunk.key], texts[chunk.run], chunk.rows[0]))

    def tables(self, numbers: Fact, others: Fact) -> Iterator[tuple[Fact, dict[str, SqlColumn], int]]:
        """The columns of the parts that these rows make, and how many rows each has. Numbers are in their order."""
        if self.chunks:
            columns = _columns_of(self._sorted(), self.pull)
            yield numbers, columns, sum(len(chunk.rows) for chunk in self.chunks)
        if self.others:
            yield others, columns_of_rows(others, self.others), len(self.others)


def columns_of_rows(fact: Fact, rows: Sequence[Sequence[Any]]) -> dict[str, SqlColumn]:
    """The columns of rows, whose values stand in the order of the layout."""
    kinds = FACTS[fact].columns
    by_column = zip(kinds.items(), zip(*rows, strict=True), strict=True)
    return {name: column_of_values(name, values, kind) for (name, kind), values in by_column}


def _columns_of(chunks: Sequence[_Chunk], pull: int) -> dict[str, SqlColumn]:
    import numpy as np

    sizes = [len(chunk.rows) for chunk in chunks]
    step = array_column("step", np.concatenate([chunk.steps.steps for chunk in chunks]), "long")
    known = _flags([True if chunk.steps.known is None else chunk.steps.known for chunk in chunks], sizes)
    whole = _flags([chunk.whole for chunk in chunks], sizes)
    return {
        "run": named_column("run", np.repeat(np.array([chunk.run for chunk in chunks], np.int32), sizes)),
        "pull": SqlColumn({}, f"{pull}::BIGINT"),
        "key": named_column("key", np.repeat(np.array([chunk.key for chunk in chunks], np.int32), sizes)),
        "row": array_column("row", np.concatenate([chunk.rows for chunk in chunks]), "long"),
        "step": step
        if known.all()
        else SqlColumn({**step.arrays, "step known": known}, f'CASE WHEN "step known" THEN {step.made} END'),
        "val": array_column("val", np.concatenate([chunk.values for chunk in chunks]), "double"),
        "whole": array_column("whole", whole, "boolean"),
    }


def _flags(given: Sequence[Any], sizes: Sequence[int]) -> Any:
    """One array of the flags of chunks, each of which is an array or one flag for all its rows."""
    import numpy as np

    if all(isinstance(flag, bool) for flag in given):
        return np.repeat(np.array(given, np.bool_), sizes)
    pairs = zip(given, sizes, strict=True)
    return np.concatenate([np.full(size, flag) if isinstance(flag, bool) else flag for flag, size in pairs])


def _plain_numbers(column: Column) -> tuple[Any, bool] | None:
    """The cells as doubles and whether they are integers, where all are one or the other, and held exactly."""
    import numpy as np

    if not isinstance(column, Numbers) or column.has_gaps or column.whole is not None:
        return None
    if not column.is_whole:
        return np.frombuffer(column.values), False
    digits = np.frombuffer(column.values, np.int64)
    is_exact = digits.min() > -_EXACT and digits.max() < _EXACT
    return (digits.astype(np.float64), True) if is_exact else None


def _numbers_of(column: Column) -> tuple[Any, Any, Any]:
    """Which cells are numbers that a double holds exactly, all cells as doubles, and which are integers."""
    import numpy as np

    if not isinstance(column, Numbers):
        return _numbers_among(column)
    values, is_number = doubles(column), ~gap_mask(column)
    if column.is_whole:
        digits = integers(column)
        return is_number & (digits > -_EXACT) & (digits < _EXACT), values, np.ones(len(column), np.bool_)
    if column.whole is None:
        return is_number, values, np.zeros(len(column), np.bool_)
    whole = np.frombuffer(column.whole, np.uint8) != 0
    return is_number & (~whole | (np.abs(values) < _EXACT)), values, whole


def _numbers_among(cells: Sequence[Value]) -> tuple[Any, Any, Any]:
    import numpy as np

    is_whole = [isinstance(cell, int) and not isinstance(cell, bool) for cell in cells]
    held = [
        isinstance(cell, float) or (whole and -_EXACT < cell < _EXACT)
        for whole, cell in zip(is_whole, cells, strict=True)
    ]
    values = [float(cell) if ok else 0.0 for ok, cell in zip(held, cells, strict=True)]
    return np.array(held, np.bool_), np.array(values, np.float64), np.array(is_whole, np.bool_)


def _steps_of(column: Column) -> _StepCells:
    """The steps that are whole numbers of 64 bits."""
    import numpy as np

    if isinstance(column, Numbers) and column.is_whole:
        return _StepCells(~gap_mask(column) if column.has_gaps else None, integers(column))
    known = [type(cell) is int and _LEAST <= cell < _MOST for cell in column]
    steps = [cell if ok else 0 for ok, cell in zip(known, column, strict=True)]
    return _StepCells(np.array(known, np.bool_), np.array(steps, np.int64))
