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
from runql.engine.table import Table
from runql.engine.values.column import Column, Flags, column_of, constant, intersection, union
from runql.engine.values.concat import concat_columns
from runql.errors import RunQLError
from runql.semantic.record import RunHistory, RunRecord
from runql.semantic.typed import HistoryPart
from runql.semantic.values import MISSING, Missing, Value
from runql.syntax.tree import AlignMode, Stream
from runql.text.frozen import frozen

RUN_ID = "run_id"
_ABSENT = frozenset({Missing})


# ---------------------------------------------------------------- what to ask for


@frozen
class Streams:
    """Which streams of metrics make the rows of an answer.

    `is_system`: the machine metrics alone. `is_joined`: these are joined, on time, to the rows of other metrics, so
    that both streams are needed. `x_axis`: machine metrics have no steps, so theirs is the time unless another is asked
    for. `keys`: what makes the rows, globs among them; `None` for every metric. `asked`: these, with the time that a
    join needs; globs are the caller's to expand.
    """

    is_system: bool
    is_joined: bool
    x_axis: str
    keys: tuple[str, ...] | None
    asked: tuple[str, ...] | None


def streams_of(part: HistoryPart) -> Streams:
    """The streams that a query for histories asks."""
    has_machine = part.system_keys != ()
    is_system = part.stream is Stream.SYSTEM or (part.keys == () and has_machine)
    is_joined = has_machine and not is_system
    keys = part.system_keys if is_system and has_machine else part.keys
    return Streams(
        is_system=is_system,
        is_joined=is_joined,
        x_axis=TIME_AXIS if is_system and part.x_axis == "_step" else part.x_axis,
        keys=keys,
        asked=tuple(dict.fromkeys((*keys, TIME_AXIS))) if is_joined and keys is not None else keys,
    )


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

    `names`: the columns of all the tables so far, in their order. `has_fixed_names`: they are known before the first
    row, since no key is a glob, nor is every metric asked for.
    `fills_first`: the answer is a sample of filled rows; then whoever can give every row should, to be sampled here.
    """

    def __init__(self, part: HistoryPart, selection: Selection | None = None) -> None:
        self.part = part
        self.facts = HistoryFacts(part.align)
        self.left_out_nan = 0
        """How many NaN stand in rows that are counted and were not read."""
        self.fills_first = part.align is AlignMode.FFILL and part.samples is not None
        self._streams = streams_of(part)
        self._machine_keys = part.system_keys if self._streams.is_joined else ()
        self._readers = selection.readers() if selection else []
        self._selected = [name for name, _ in self._readers]
        self._logged: dict[str, None] = {}
        self._machine: dict[str, None] = {}
        asked = (self._streams.keys, self._machine_keys)
        self.has_fixed_names = not any(keys is None or any("*" in key for key in keys) for keys in asked)
        self._fixed = self._columns((), ())
        self.names = (RUN_ID, self._streams.x_axis, *self._fixed.values(), *self._selected)

    def _columns(self, logged: Iterable[str], machine: Iterable[str]) -> Mapping[str, str]:
        """The metrics that the keys mean among these, without the x axis, in order, with the column of each."""
        metrics = (*expand_keys(self._streams.keys, logged), *expand_keys(self._machine_keys, machine))
        return {
            name: f"logged.{name}" if name == RUN_ID or name in self._selected else name
            for name in metrics
            if name != self._streams.x_axis
        }

    def tables(
        self,
        records: Iterable[RunRecord],
        histories: Iterable[RunHistory],
        system: Iterable[RunHistory] = (),
        aggregates_of: AggregatesOf | None = None,
    ) -> Iterator[Table]:
        """A table for each part of a history that has rows, in the order of `histories`.

        `system` are the histories of the machine metrics of the same runs, read only for a join: each row gets the
        latest machine value at or before its `_timestamp`. In memory are the part at hand, the machine metrics of its
        run, and for `align inner` of globs all the parts of the run.
        """
        by_id = {record.id: record for record in records}
        machines = SystemStream(system) if self._streams.is_joined else None
        # Which metrics a row must hold, and which rows are a sample, is known only when all the parts are.
        at_once = self.fills_first or (self.part.align is AlignMode.INNER and not self.has_fixed_names)
        for run_id, parts in groupby(histories, key=lambda history: history.run_id):
            record = by_id.get(run_id)
            if record is None:
                raise RunQLError.of("RQL901", f"a history came of run `{run_id}`, which was not asked for")
            known = NO_AGGREGATES if aggregates_of is None else aggregates_of(record)
            fixed = {name: read(record, known) for name, read in self._readers}
            machine = {} if machines is None else machines.of_run(run_id)
            carried: dict[str, Value] = {}
            for part in [_merged(list(parts))] if at_once else parts:
                columns = self._aligned(part, machine, carried)
                length = len(columns[self._streams.x_axis])
                if length:
                    repeated = {name: constant(value, length) for name, value in fixed.items()}
                    yield Table({RUN_ID: constant(run_id, length), **columns, **repeated}, length)
            self.facts.close_run()

    def _aligned(
        self, part: RunHistory, machine: Mapping[str, Samples], carried: dict[str, Value]
    ) -> dict[str, Column]:
        """The x axis and the metrics of the rows that stay. `carried`: what `align ffill` takes from part to part, and
        from rows that a sample leaves out."""
        x_axis, length = self._streams.x_axis, part.length
        cells = {name: column_of(column) for name, column in part.columns.items()}
        columns = self._fixed
        if not self.has_fixed_names:
            logged = [name for name, column in cells.items() if column.types - _ABSENT]
            columns = self._columns((*logged, *carried), machine)
            self._learn(logged, machine)
        held = {name: cells[name].held for name in columns if name in cells}
        times = cells.get(TIME_AXIS, constant(MISSING, length)) if machine else ()
        joined = {name: column_of(machine[name].at(times)) for name in columns if name in machine and name not in cells}
        cells |= joined
        keep = self._kept(cells, columns, held, length)
        if self.part.align is AlignMode.FFILL:
            self.facts.carried_samples |= part.sampled
            if self.fills_first and not part.sampled:
                chosen = self._sampled(cells, held, keep)
                part, keep = replace(part, sampled=chosen != keep), chosen
        kept = {name: cells[name].compress(keep) for name in (x_axis, *columns) if name in cells}
        self.facts.count(part, held, keep, [kept[name] for name in columns if name in kept], joined)
        if self.part.align is AlignMode.FFILL:
            absent = constant(MISSING, length)
            kept |= {name: _carried(name, cells.get(name, absent), carried).compress(keep) for name in columns}
        absent = constant(MISSING, keep.count(1))
        return {title: kept.get(name, absent) for name, title in ((x_axis, x_axis), *columns.items())}

    def _learn(self, logged: Iterable[str], machine: Iterable[str]) -> None:
        """Take note of what there is: the columns of all the tables follow from it."""
        known = len(self._logged), len(self._machine)
        self._logged.update(dict.fromkeys(logged))
        self._machine.update(dict.fromkeys(machine))
        if (len(self._logged), len(self._machine)) != known:
            columns = self._columns(self._logged, self._machine)
            self.names = (RUN_ID, self._streams.x_axis, *columns.values(), *self._selected)

    def _kept(
        self, cells: Mapping[str, Column], metrics: Iterable[str], held: Mapping[str, Flags], length: int
    ) -> Flags:
        """A flag a row: whether it holds any metric, or with `align inner` all of them, and an x."""
        x_axis, nowhere = self._streams.x_axis, bytes(length)
        with_x = cells[x_axis].held if x_axis in cells else nowhere
        if self._streams.keys and set(self._streams.keys) == {x_axis}:
            return with_x
        keep = union(held.values(), length)
        if self.part.align is AlignMode.INNER:
            all_held = [cells[name].held if name in cells else nowhere for name in metrics]
            keep = intersection([keep, *all_held], length)
        rows = intersection([keep, with_x], length)
        self.facts.without_x += keep.count(1) - rows.count(1)
        return rows

    def _sampled(self, cells: Mapping[str, Column], logged: Iterable[str], keep: Flags) -> Flags:
        """The rows of `keep` that a sample has: chosen as the source would have, and told by what was logged."""
        rows = [row for row, kept in enumerate(keep) if kept]
        samples = self.part.samples
        if samples is None or len(rows) <= samples:
            return keep
        flags = bytearray(len(keep))
        own = list(logged) or [self._streams.x_axis]
        for place in sample_rows({name: cells[name].compress(keep) for name in own}, samples):
            flags[rows[place]] = 1
        return bytes(flags)


def _carried(name: str, column: Column, carried: dict[str, Value]) -> Column:
    """The column with its gaps filled, by the value before it, if there was one."""
    if len(column) and 0 not in column.held:
        carried[name] = column[-1]
        return column
    value = carried.get(name, MISSING)
    filled = [value := cell if cell is not MISSING else value for cell in column]
    carried[name] = value
    return column_of(filled)


def _merged(parts: Sequence[RunHistory]) -> RunHistory:
    """The parts of one run as one."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.columns)
    columns = {
        name: concat_columns([part.columns.get(name, constant(MISSING, part.length)) for part in parts])
        for name in names
    }
    notices = tuple(dict.fromkeys(notice for part in parts for notice in part.notices))
    return RunHistory(parts[0].run_id, columns, parts[0].rows_of, any(part.sampled for part in parts), notices)
