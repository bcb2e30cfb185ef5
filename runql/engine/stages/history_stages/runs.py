"""Histories run by run, each along x."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from runql.engine.stages.context import StageContext, fault, need_columns
from runql.engine.stages.dispatch import rising, sorted_rows, take
from runql.engine.stages.shared.numbers import LeftOut
from runql.engine.table import Table, concat
from runql.engine.values.column import Repeats
from runql.errors import QueryError
from runql.semantic.typed import TStage
from runql.semantic.typed.stages import stage_name
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen


@frozen
class RunTable:
    """All the rows of one run, in the order of x.

    `metrics`: its columns that are metrics. `more`: the rows of the next run are at hand too.
    """

    id: Value
    table: Table
    x_axis: str
    metrics: tuple[str, ...]
    more: bool = False

    @property
    def xs(self) -> Sequence[Value]:
        """The x of each row."""
        return self.table.columns[self.x_axis]

    def others(self) -> tuple[str, ...]:
        """The columns that are neither x nor metrics: those that hold the same in each row of the run."""
        return tuple(name for name in self.table.names if name != self.x_axis and name not in self.metrics)


def runs_of(stage: TStage, tables: Iterable[Table], context: StageContext) -> Iterator[RunTable]:
    """The runs of a history table that comes in parts: the rows of one run side by side, or all in one part.

    Raises RQL901 for a run whose rows come in parts that are apart, RQL316 without a column for x or the run.
    """
    run_id, x_axis = need_columns(stage, context)
    done: set[Value] = set()
    pieces = (piece for table in tables if table.length for piece in _pieces(table, run_id, x_axis))
    for ident, parts in groupby(pieces, key=lambda piece: piece.id):
        if ident in done:
            raise fault(f"the rows of run `{ident}` are not side by side")
        done.add(ident)
        own = list(parts)
        table = _along(own, x_axis)
        yield RunTable(ident, table, x_axis, context.metrics_in(table.names), own[-1].more)


@frozen
class _Piece:
    """Rows of one run. `rises`: it is known that x never falls in them. `more`: behind them stand those of another."""

    id: Value
    table: Table
    rises: bool = False
    more: bool = False


def _pieces(table: Table, run_id: str, x_axis: str) -> list[_Piece]:
    """The table run by run, in the order in which they first occur."""
    ids = table.columns[run_id]
    stretches = _stretches(ids)
    if len({ident for ident, _ in stretches}) < len(stretches):
        places: dict[Value, list[int]] = {}
        for row, ident in enumerate(ids):
            places.setdefault(ident, []).append(row)
        return [_Piece(ident, take(table, rows_of_run)) for ident, rows_of_run in places.items()]
    flags = rising(table.columns[x_axis], [length for _, length in stretches])
    if len(stretches) == 1:
        return [_Piece(ids[0], table, flags[0])]
    pieces = []
    start = 0
    for (ident, length), rises in zip(stretches, flags, strict=True):
        part = {name: cells[start : start + length] for name, cells in table.columns.items()}
        start += length
        pieces.append(_Piece(ident, Table(part, length), rises, start < table.length))
    return pieces


def _stretches(ids: Sequence[Value]) -> list[tuple[Value, int]]:
    """The ids with the numbers of rows in which each stands side by side."""
    if isinstance(ids, Repeats):
        counted = [(ident, count) for ident, count in zip(ids.values, ids.counts, strict=True) if count]
        groups = groupby(counted, key=itemgetter(0))
        return [(ident, sum(count for _, count in same)) for ident, same in groups]
    return [(ident, len(list(same))) for ident, same in groupby(ids)]


def _along(parts: Sequence[_Piece], x_axis: str) -> Table:
    """The rows of a run in the order of x, those of equal x as they stand."""
    table = parts[0].table if len(parts) == 1 else concat([part.table for part in parts])
    xs = table.columns[x_axis]
    if parts[0].rises if len(parts) == 1 else rising(xs, [table.length])[0]:
        return table
    order = sorted_rows([(xs, False)], table.length)
    return take(table, order) if list(order) != list(range(table.length)) else table


def out_of_range(stage: TStage, message: str) -> QueryError:
    """An amount that the stage does not take (RQL209)."""
    return QueryError([Diagnostic("RQL209", message, stage.span)])


def said_of_skipped(stage: TStage, skipped: Mapping[str, LeftOut]) -> Iterator[Diagnostic]:
    """How many values of each metric did not count (RQL312)."""
    for metric, left in skipped.items():
        parts = ((left.nan, "NaN"), (left.infinite, "infinite"), (left.other, "of another type"))
        said = ", ".join(f"{count:,} {what}" for count, what in parts if count)
        if said:
            yield Diagnostic("RQL312", f"`{metric}`: {said} skipped by `{stage_name(stage)}`", stage.span)
