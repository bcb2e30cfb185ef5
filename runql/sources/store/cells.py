"""What was read of the histories of runs, and the columns that it makes."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeAlias, TypeVar

from runql.engine.values.column import Column, Numbers, column_of
from runql.plan.to_sql.texts import text_sql
from runql.semantic.values import MISSING, Value

_Run = TypeVar("_Run")


def portions(runs: Sequence[_Run], size: Callable[[_Run], int], most: int) -> Iterator[list[_Run]]:
    """Runs in portions, in their order, each with at most so many cells or with one run; `size`: the cells of a run."""
    portion: list[_Run] = []
    held = 0
    for run in runs:
        own = size(run)
        if portion and held + own > most:
            yield portion
            portion, held = [], 0
        portion.append(run)
        held += own
    if portion:
        yield portion


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
        self.numbers: dict[str, tuple[Sequence[int], Sequence[Value]]] = {}
        self.others: dict[str, dict[int, Value]] = {}

    def add_column(self, key: str, places: RowPlaces, cells: Sequence[Value]) -> None:
        """Add the numbers of a metric."""
        self.numbers[key] = (places.rows, cells)

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
        at = cache(lambda: {row: place for place, row in enumerate(rows)})  # asked for by a column with gaps
        ordered = [name for name in names if name in self.numbers or name in self.others]
        return {name: column_of(self._column(name, rows, at)) for name in ordered}

    def _column(self, name: str, rows: Sequence[int], at: Callable[[], Mapping[int, int]]) -> Sequence[Value]:
        own, values = self.numbers.get(name, ((), []))
        others = self.others.get(name)
        if others is None and len(values) == len(rows):
            return values
        places = at()
        cells: list[Value] = [MISSING] * len(rows)
        for row, value in zip(own, values, strict=True):
            cells[places[row]] = value
        for row, value in (others or {}).items():
            cells[places[row]] = value
        return cells


_LARGEST: Final = 2**62
NumbersOfRun: TypeAlias = tuple[int, int, RowPlaces, Column]
"""The places of a run and of a metric among those that were asked for, the rows that hold a number, and the numbers."""


def series_sql(runs: int, keys: Sequence[str]) -> str:
    """The points of so many runs and of these metrics. Runs, pulls and names are given as lists."""
    of_runs = f"SELECT unnest(?::VARCHAR[]) AS run, unnest(?::BIGINT[]) AS pull, unnest(range({runs})) AS run_at"
    of_keys = f"SELECT unnest(?::VARCHAR[]) AS key, unnest(range({len(keys)})) AS key_at"
    written = [text_sql(key) for key in keys]
    among = "" if None in written or not keys else f" WHERE key IN ({', '.join(map(str, written))})"
    joined = f"JOIN ({of_runs}) AS r USING (run, pull) JOIN ({of_keys}) AS k USING (key)"
    at = f"r.run_at * {max(1, len(keys))} + k.key_at AS at"
    return f"SELECT {at}, p.row, p.val, p.whole FROM {{files}} AS p {joined}{among}"


def series_of(arrays: Sequence[Any], keys: int) -> Iterator[NumbersOfRun]:
    """The columns of the arrays of that question."""
    import numpy as np

    if not arrays or not len(arrays[0]):
        return
    at, rows, values, whole = map(np.asarray, arrays)
    is_same = at[1:] == at[:-1]
    if (at[1:] < at[:-1]).any() or (is_same & (rows[1:] < rows[:-1])).any():
        order = _order(at, rows)
        at, rows, values, whole = at[order], rows[order], values[order], whole[order]
        is_same = at[1:] == at[:-1]
    ends = [*(np.flatnonzero(~is_same) + 1).tolist(), len(at)]
    start = 0
    for end in ends:
        run, key = divmod(int(at[start]), keys)
        own = rows[start:end]
        first, last = int(own[0]), int(own[-1])
        is_dense = last - first + 1 == end - start
        places = RowPlaces(first, last, end - start, [] if is_dense else own.tolist())
        yield run, key, places, _numbers(values[start:end], whole[start:end])
        start = end


def _order(at: Any, rows: Any) -> Any:
    """The order by series and rows. They come in stretches that are sorted, which a stable sort by one key joins."""
    import numpy as np

    width = int(rows.max()) + 1
    if int(rows.min()) < 0 or int(at.max()) >= _LARGEST // width:
        return np.lexsort((rows, at))
    return np.argsort(at * width + rows, kind="stable")


def _numbers(values: Any, whole: Any) -> Column:
    import numpy as np

    if whole.all():
        integers = array("q")
        integers.frombytes(values.astype(np.int64).tobytes())
        return Numbers(integers)
    if not whole.any():
        return Numbers(array("d", values.tobytes()))
    cells: list[Value] = [
        int(value) if is_whole else value for value, is_whole in zip(values.tolist(), whole.tolist(), strict=True)
    ]
    return column_of(cells)
