"""Histories as tables: which rows and columns there are, how metrics logged at different steps meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from runql.engine.columns import Selection
from runql.engine.evaluate import NO_AGGREGATES, AggregatesOf
from runql.engine.histories.facts import HistoryFacts
from runql.engine.histories.sampling import sample_rows
from runql.engine.histories.system_stream import TIME_AXIS, Samples, SystemStream
from runql.engine.patterns import star_matcher
from runql.engine.presence import held_rows, intersection, union
from runql.engine.table import Table
from runql.engine.values.column import Column, column_of, constant
from runql.engine.values.concat import concat_columns
from runql.errors import RunQLError
from runql.semantic.record import RunHistory, RunRecord
from runql.semantic.typed import HistoryPart
from runql.semantic.values import MISSING, Missing, Value
from runql.syntax.tree import AlignMode, Stream

RUN_ID = "run_id"
_ABSENT = frozenset({Missing})


# ---------------------------------------------------------------- what to ask for


def is_system(part: HistoryPart) -> bool:
    """Whether the rows are those of the machine metrics alone."""
    return part.stream is Stream.SYSTEM or (part.keys == () and part.system_keys != ())


def is_joined(part: HistoryPart) -> bool:
    """Whether machine metrics are joined, on time, to the rows of other metrics: then both streams are needed."""
    return not is_system(part) and part.system_keys != ()


def x_axis_of(part: HistoryPart) -> str:
    """The x axis. Machine metrics have no steps, so theirs is the time unless another is asked for."""
    return TIME_AXIS if is_system(part) and part.x_axis == "_step" else part.x_axis


def keys_wanted(part: HistoryPart) -> tuple[str, ...] | None:
    """The keys that make the rows, globs among them; `None` for every metric."""
    return part.system_keys if is_system(part) and part.system_keys != () else part.keys


def keys_to_ask(part: HistoryPart) -> tuple[str, ...] | None:
    """`keys_wanted` with the time that a join needs. Globs are the caller's to expand."""
    keys = keys_wanted(part)
    return keys if keys is None or not is_joined(part) else tuple(dict.fromkeys((*keys, TIME_AXIS)))


def fills_first(part: HistoryPart) -> bool:
    """Whether the answer is a sample of filled rows: then whoever can give every row should, to be sampled here."""
    return part.align is AlignMode.FFILL and part.samples is not None


def expand_keys(keys: Sequence[str] | None, logged: Iterable[str]) -> tuple[str, ...]:
    """The metrics that keys mean among those logged (with any value), in the order asked for, each glob alphabetically.

    A plain key stands for itself, logged or not. Neither `None` nor a glob that does not begin with `_` means a
    column that W&B adds, such as `_runtime`.
    """
    names = sorted(set(logged))
    result: dict[str, None] = {}
    for key in ("*",) if keys is None else keys:
        if "*" in key:
            matches, any_name = star_matcher(key), key.startswith("_")
            result.update((name, None) for name in names if matches(name) and (any_name or not name.startswith("_")))
        else:
            result[key] = None
    return tuple(result)


# ---------------------------------------------------------------- the tables


class HistoryTables:
    """The answer to a query for histories, run by run, with what must be said about it in `facts`.

    Columns: `run_id`, the x axis, the metrics in the order asked for, then the selected columns of the run, repeated
    on each row. A metric that has the name of one of these others is called by its full name, `logged.NAME`.
    One object serves all the sources of a query, with one call of `tables` each.
    """

    def __init__(self, part: HistoryPart, selection: Selection | None = None) -> None:
        self.part = part
        self.facts = HistoryFacts(part.align)
        self.left_out_nan = 0
        """How many NaN stand in rows that are counted and were not read."""
        self._layout = _Layout(part, [column.name for column in selection.columns] if selection else [])
        self._readers = selection.readers() if selection else []

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of all the tables so far, in their order; final from the start if `has_fixed_names`."""
        return self._layout.names

    @property
    def has_fixed_names(self) -> bool:
        """Whether `names` is known before the first row: no key is a glob, nor is every metric asked for."""
        return self._layout.is_fixed

    def tables(
        self,
        records: Iterable[RunRecord],
        histories: Iterable[RunHistory],
        system: Iterable[RunHistory] = (),
        aggregates_of: AggregatesOf | None = None,
    ) -> Iterator[Table]:
        """A table for each part of a history that has rows, in the order of `histories`.

        `system` are the histories of the machine metrics of the same runs, read only for a join (`is_joined`): each
        row gets the latest machine value at or before its `_timestamp`. In memory are the part at hand, the machine
        metrics of its run, and for `align inner` of globs all the parts of the run.
        """
        by_id = {record.id: record for record in records}
        machines = SystemStream(system) if is_joined(self.part) else None
        for run_id, parts in groupby(histories, key=lambda history: history.run_id):
            record = by_id.get(run_id)
            if record is None:
                raise RunQLError.of("RQL901", f"a history came of run `{run_id}`, which was not asked for")
            known = NO_AGGREGATES if aggregates_of is None else aggregates_of(record)
            fixed = {name: read(record, known) for name, read in self._readers}
            machine = {} if machines is None else machines.of_run(run_id)
            yield from self._tables_of_run(run_id, parts, machine, fixed)
            self.facts.close_run()

    def _tables_of_run(
        self, run_id: str, parts: Iterable[RunHistory], machine: Mapping[str, Samples], fixed: Mapping[str, Value]
    ) -> Iterator[Table]:
        if (self.part.align is AlignMode.INNER and not self.has_fixed_names) or fills_first(self.part):
            # Which metrics a row must hold, and which rows are a sample, is known only when all the parts are.
            parts = [_merged(list(parts))]
        run = _RunRows(self._layout, self.part, machine, self.facts)
        for part in parts:
            columns = run.align(part)
            length = len(columns[self._layout.x_axis])
            if length:
                repeated = {name: constant(value, length) for name, value in fixed.items()}
                yield Table({RUN_ID: constant(run_id, length), **columns, **repeated}, length)


class _Layout:
    """Which columns the answer has: known from the keys, or learned from what was logged."""

    def __init__(self, part: HistoryPart, selected: Sequence[str]) -> None:
        self.x_axis = x_axis_of(part)
        self.keys = keys_wanted(part)
        self._system_keys = part.system_keys if is_joined(part) else ()
        self._selected = selected
        self._logged: dict[str, None] = {}
        self._machine: dict[str, None] = {}
        self.is_fixed = not any(
            keys is None or any("*" in key for key in keys) for keys in (self.keys, self._system_keys)
        )

    def metrics(self, logged: Iterable[str], machine: Iterable[str]) -> tuple[str, ...]:
        """The metrics that the keys mean among these, without the x axis, in order."""
        names = (*expand_keys(self.keys, logged), *expand_keys(self._system_keys, machine))
        return tuple(name for name in dict.fromkeys(names) if name != self.x_axis)

    def learn(self, logged: Iterable[str], machine: Iterable[str]) -> None:
        """Take note of what there is."""
        self._logged.update(dict.fromkeys(logged))
        self._machine.update(dict.fromkeys(machine))

    def title(self, metric: str) -> str:
        """The column of a metric."""
        return f"logged.{metric}" if metric == RUN_ID or metric in self._selected else metric

    @property
    def names(self) -> tuple[str, ...]:
        """All the columns so far."""
        metrics = self.metrics(self._logged, self._machine)
        return (RUN_ID, self.x_axis, *map(self.title, metrics), *self._selected)


class _RunRows:
    """The rows of one run; `align ffill` carries values from part to part, and from rows that a sample leaves out."""

    def __init__(self, layout: _Layout, part: HistoryPart, machine: Mapping[str, Samples], facts: HistoryFacts) -> None:
        self._layout = layout
        self._mode = part.align
        self._samples = part.samples if fills_first(part) else None
        self._machine = machine
        self._facts = facts
        self._carried: dict[str, Value] = {}

    def align(self, part: RunHistory) -> dict[str, Column]:
        """The x axis and the metrics of the rows that stay."""
        layout = self._layout
        logged = [name for name, column in part.columns.items() if column_of(column).types - _ABSENT]
        layout.learn(logged, self._machine)
        metrics = layout.metrics((*logged, *self._carried), self._machine)
        cells = {name: self._cells(part, name) for name in metrics}
        held = {name: held_rows(column) for name, column in cells.items() if name in part.columns}
        keep = self._keep(part, cells, held)
        self._facts.carried_samples |= part.sampled and self._mode is AlignMode.FFILL
        if self._samples is not None and not part.sampled:
            chosen = self._sampled(part, cells, keep, self._samples)
            part, keep = replace(part, sampled=chosen != keep), chosen
        self._facts.count(part, held, keep, cells)
        if self._mode is AlignMode.FFILL:
            cells = {name: self._carry(name, column) for name, column in cells.items()}
        columns = {layout.x_axis: _column(part, layout.x_axis).compress(keep)}
        return columns | {layout.title(name): column.compress(keep) for name, column in cells.items()}

    def _cells(self, part: RunHistory, name: str) -> Column:
        if name not in part.columns and name in self._machine:
            return column_of(self._machine[name].at(_column(part, TIME_AXIS)))
        return _column(part, name)

    def _keep(self, part: RunHistory, cells: Mapping[str, Column], held: Mapping[str, bytes]) -> bytes:
        """A flag a row: whether it holds any metric, or with `align inner` all of them, and an x."""
        x_axis, length = self._layout.x_axis, part.length
        with_x = held_rows(_column(part, x_axis))
        if self._layout.keys and set(self._layout.keys) == {x_axis}:
            return with_x
        keep = union(held.values(), length)
        if self._mode is AlignMode.INNER:
            keep = intersection([keep, *map(held_rows, cells.values())], length)
        rows = intersection([keep, with_x], length)
        self._facts.without_x += keep.count(1) - rows.count(1)
        return rows

    def _sampled(self, part: RunHistory, cells: Mapping[str, Column], keep: bytes, samples: int) -> bytes:
        """The rows of `keep` that a sample has: chosen as the source would have, and told by what was logged."""
        rows = [row for row, kept in enumerate(keep) if kept]
        own = [name for name in cells if name in part.columns] or [self._layout.x_axis]
        chosen = sample_rows({name: _column(part, name).compress(keep) for name in own}, samples)
        flags = bytearray(len(keep))
        for place in chosen if len(rows) > samples else range(len(rows)):
            flags[rows[place]] = 1
        return bytes(flags)

    def _carry(self, name: str, column: Column) -> Column:
        if len(column) and 0 not in column.held:
            self._carried[name] = column[-1]
            return column
        value = self._carried.get(name, MISSING)
        filled = [value := cell if cell is not MISSING else value for cell in column]
        self._carried[name] = value
        return column_of(filled)


def _column(part: RunHistory, name: str) -> Column:
    return column_of(part.columns[name]) if name in part.columns else constant(MISSING, part.length)


def _merged(parts: Sequence[RunHistory]) -> RunHistory:
    """The parts of one run as one."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.columns)
    columns = {name: concat_columns([_column(part, name) for part in parts]) for name in names}
    notices = tuple(dict.fromkeys(notice for part in parts for notice in part.notices))
    return RunHistory(parts[0].run_id, columns, parts[0].rows_of, any(part.sampled for part in parts), notices)
