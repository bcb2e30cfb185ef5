"""Histories run by run, each along x."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from math import isfinite
from operator import le, ne

from runql.engine.compare import is_number
from runql.engine.functions import to_float
from runql.engine.stages import rows
from runql.engine.stages.context import StageContext, fault, need_columns
from runql.engine.stages.ordering import sorted_rows
from runql.engine.stages.rows import cells_of, take
from runql.engine.table import Table, concat
from runql.semantic.typed import TStage
from runql.semantic.values import Value
from runql.text.frozen import frozen


@frozen
class Run:
    """All the rows of one run, in the order of x. `metrics`: its columns that are metrics."""

    id: Value
    table: Table
    x_axis: str
    metrics: tuple[str, ...]

    @property
    def xs(self) -> Sequence[Value]:
        """The x of each row."""
        return self.table.columns[self.x_axis]

    def others(self) -> tuple[str, ...]:
        """The columns that are neither x nor metrics: those that hold the same in each row of the run."""
        return tuple(name for name in self.table.names if name != self.x_axis and name not in self.metrics)


def runs_of(stage: TStage, tables: Iterable[Table], context: StageContext) -> Iterator[Run]:
    """The runs of a history table that comes in parts: the rows of one run side by side, or all in one part.

    Raises RQL901 for a run whose rows come in parts that are apart, RQL316 without a column for x or the run.
    """
    run_id, x_axis = need_columns(stage, context)
    done: set[Value] = set()
    pieces = (piece for table in tables if table.length for piece in _pieces(table, run_id))
    for ident, parts in groupby(pieces, key=lambda piece: piece[0]):
        if ident in done:
            raise fault(f"the rows of run `{ident}` are not side by side")
        done.add(ident)
        table = _joined([part for _, part in parts])
        yield Run(ident, _along(table, x_axis), x_axis, context.metrics_in(table.names))


def _pieces(table: Table, run_id: str) -> list[tuple[Value, Table]]:
    """The table run by run, in the order in which they first occur."""
    ids = table.columns[run_id]
    stretches = [(ident, len(list(same))) for ident, same in groupby(ids)]
    if len(stretches) == 1:
        return [(ids[0], table)]
    if len({ident for ident, _ in stretches}) < len(stretches):
        places: dict[Value, list[int]] = {}
        for row, ident in enumerate(ids):
            places.setdefault(ident, []).append(row)
        return [(ident, take(table, rows_of_run)) for ident, rows_of_run in places.items()]
    pieces = []
    start = 0
    for ident, length in stretches:
        part = {name: cells[start : start + length] for name, cells in table.columns.items()}
        pieces.append((ident, Table(part, length)))
        start += length
    return pieces


def _joined(parts: Sequence[Table]) -> Table:
    return parts[0] if len(parts) == 1 else concat(parts)


def _along(table: Table, x_axis: str) -> Table:
    """The rows in the order of x, those of equal x as they stand."""
    xs = table.columns[x_axis]
    if set(map(type, xs)) <= {int, float} and all(map(le, xs, islice(xs, 1, None))):
        return table
    order = sorted_rows([(xs, False)], table.length)
    return take(table, order) if list(order) != list(range(table.length)) else table


def run_by_run(
    stage: TStage, tables: Iterable[Table], context: StageContext, work: Callable[[Run], Table]
) -> Iterator[Table]:
    """What `work` makes of each run, one table each."""
    return map(work, runs_of(stage, tables, context))


class Pace:
    """Whether arrays are worth their while, run after run: once many rows came by, and for runs that are not tiny."""

    def __init__(self) -> None:
        self._seen = 0

    def is_fast(self, run: Run) -> bool:
        """Count a run in, and say how to work on it."""
        self._seen += run.table.length
        return self._seen >= rows.FAST_ROWS and run.table.length >= min(_FAST_RUN, rows.FAST_ROWS)


_FAST_RUN = 250


def count_nan(cells: Iterable[Value]) -> int:
    """How many cells are NaN: no other value differs from itself."""
    listed = list(cells)
    return sum(map(ne, listed, listed))


def is_point(value: Value) -> bool:
    """Whether a value is a finite number, as a float has it."""
    return isfinite(value) if type(value) is float else is_number(value) and isfinite(to_float(value))


def points(run: Run, metric: str, *, fast: bool) -> tuple[list[Value], list[Value]]:
    """The x and the value of the rows where both are finite numbers, x increasing; of rows of equal x the last."""
    if fast:
        from runql.engine.stages.arrays.along import points as points_of_arrays

        return points_of_arrays(run, metric)
    return points_by_reference(run, metric)


def points_by_reference(run: Run, metric: str) -> tuple[list[Value], list[Value]]:
    """The same, one after the other."""
    found: dict[Value, Value] = {}
    for x, cell in zip(run.xs, cells_of(run.table, metric), strict=True):
        if is_point(x) and is_point(cell):
            found[x] = cell
    return list(found), list(found.values())
