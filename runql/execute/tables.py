"""The operations of a plan that give the first table, of the runs of its sources: one class each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from runql.engine.columns import (
    Selected,
    Selection,
    expand,
    has_fixed_columns,
    run_selection,
    run_table,
    without_doubles,
)
from runql.engine.facts import MixedColumns
from runql.engine.histories.tables import HistoryTables, expand_keys, streams_of
from runql.engine.table import Table
from runql.errors import BackendError
from runql.execute.executor import Executor
from runql.execute.pages import FoundRun, by_project, records_in
from runql.language.fields import Space
from runql.plan.columns import run_field
from runql.plan.nodes import Histories, Projection
from runql.semantic.catalog import Catalog
from runql.semantic.typed import HistoryPart, TFold
from runql.sources.protocol import HistoryRequest
from runql.syntax.tree import AlignMode
from runql.text.diagnostic import Diagnostic

if TYPE_CHECKING:
    from runql.engine.stages.layout import PivotLayout
    from runql.engine.stages.shared.aggregates import FoldColumn
    from runql.engine.stages.shared.groups import Groups
    from runql.execute.columns.run_digests import DigestTable

COUNT = "count"
STOPPED = "stopped after"
_RUNS_A_ROUND = 1000
"""Of how many runs histories are asked for in one go."""


class TableOperator:
    """One execution of an operation that gives a table; calling `tables` anew reads it anew.

    `is_whole`: all was read that the plan asks of its sources.
    """

    is_whole = False

    @property
    def names(self) -> tuple[str, ...] | None:
        """The columns, if they are known before anything is read."""
        raise NotImplementedError

    @property
    def final_names(self) -> tuple[str, ...]:
        """The columns, once everything was read: in their order, though a part of the table may lack some."""
        return self.names or ()

    @property
    def layout(self) -> PivotLayout | None:
        """How the table reads, if it is a pivot that was read."""
        return None

    def tables(self) -> Iterator[Table]:
        """The table in parts, as they are read."""
        raise NotImplementedError

    def notices(self) -> Iterable[Diagnostic]:
        """What is to be said of the table, as far as it was read."""
        return ()

    def footer(self, counted: tuple[str, ...]) -> tuple[str, ...]:
        """What stands under the table; `counted`: what was counted of the runs and rows that came."""
        return counted


class CountOperator(TableOperator):
    """A table of one number."""

    def __init__(self, executor: Executor) -> None:
        self.is_whole = False
        self._executor = executor

    @cached_property
    def count(self) -> int:
        """How many runs match."""
        count = self._executor.count()
        self.is_whole = True
        return count

    @property
    def names(self) -> tuple[str, ...]:
        return (COUNT,)

    def tables(self) -> Iterator[Table]:
        yield Table({COUNT: [self.count]}, 1)


class ProjectionOperator(TableOperator):
    """A row for each run."""

    def __init__(self, node: Projection, executor: Executor) -> None:
        self.is_whole = False
        self._columns = node.columns
        self._executor = executor
        self._mixed = MixedColumns()
        self._digest: DigestTable | None = None
        self._said: dict[Diagnostic, None] = {}

    @property
    def names(self) -> tuple[str, ...] | None:
        selection = self._fixed_selection
        return None if selection is None else tuple(column.name for column in selection.columns)

    @property
    def _fixed_selection(self) -> Selection | None:
        """The columns, if they do not depend on what the runs hold."""
        is_open = any(column.glob is not None for column in self._columns or ())
        return None if is_open or not has_fixed_columns(self._columns) else self._selection(())[0]

    def _selection(self, found: Sequence[FoundRun]) -> tuple[Selection, tuple[Diagnostic, ...]]:
        selection = run_selection(self._columns, records_in(found))
        columns = selection.columns
        return Selection(_with_project(columns) if len(self._executor.places) > 1 else columns), selection.notices

    def _of_columns(self, selection: Selection) -> Table | None:
        """The table of all runs at once, where every source has its runs as columns."""
        if not all(place.service.capabilities.columns for place in self._executor.places):
            return None
        from runql.execute.columns.run_columns import whole_table

        table = whole_table(self._executor, selection)
        if table is not None:
            self._mixed.add(table)
        return table

    def _of_digest(self, selection: Selection) -> Table | None:
        """What the first stage needs of all runs, where the source says that with less than the runs."""
        if not all(place.service.capabilities.digests for place in self._executor.places):
            return None
        from runql.execute.columns.run_digests import digest_table

        found = digest_table(self._executor, selection.columns)
        if found is None:
            return None
        self._mixed.add(found.of_all)
        self._digest = found
        return found.table

    def folded(self, node: TFold, groups: Groups) -> FoldColumn | None:
        """What an aggregate of the first stage comes to, where the source said it."""
        return None if self._digest is None else self._digest.folded(node, groups)

    def tables(self) -> Iterator[Table]:
        """A table for each part of the runs; a single one where all of them must be known for the columns."""
        self._mixed, self._said, self._digest = MixedColumns(), {}, None
        selection = self._fixed_selection
        table = None if selection is None else self._of_digest(selection) or self._of_columns(selection)
        if table is not None:
            yield table
        elif selection is not None and self._executor.streams:
            yield from self._parts(selection)
        else:
            yield from self._whole()
        self.is_whole = True

    def _parts(self, selection: Selection) -> Iterator[Table]:
        is_empty = True
        for found in self._executor.parts():
            is_empty = False
            yield self._table(selection, found)
            self._executor.forget(found)
        if is_empty:
            yield self._table(selection, ())

    def _whole(self) -> Iterator[Table]:
        try:
            yield self._of_all(self._executor.found())
        except (BackendError, KeyboardInterrupt):
            # What came before it is shown all the same; whoever shows it says that it is not all.
            if came := self._executor.came():
                yield self._of_all(came)
            raise

    def _of_all(self, found: Sequence[FoundRun]) -> Table:
        selection, said = self._selection(found)
        self._said.update(dict.fromkeys(said))
        return self._table(selection, found)

    def _table(self, selection: Selection, found: Sequence[FoundRun]) -> Table:
        table = run_table(selection, records_in(found), self._executor.aggregates_of)
        self._mixed.add(table)
        return table

    def notices(self) -> Iterable[Diagnostic]:
        return (*self._said, *self._mixed.notices())


class HistoriesOperator(TableOperator):
    """The rows that the runs logged, aligned. `read`: what was read so far."""

    names: tuple[str, ...] | None = None

    def __init__(self, node: Histories, executor: Executor, catalog: Catalog) -> None:
        self.is_whole = False
        self.part = node.part
        self.read: HistoryTables | None = None
        self._columns = node.columns
        self._executor = executor
        self._requests = requests_of(node.part, catalog)
        self._is_open = any(column.glob is not None for column in node.columns)
        """Whether a column stands for fields that only the runs tell."""
        has_columns = bool(node.columns) or len(executor.places) > 1
        self._selected = self._selection(()) if has_columns and not self._is_open else None
        self._has_stages = executor.plan is not node
        if not self._is_open and (empty := HistoryTables(self.part, self._selected)).has_fixed_names:
            self.names = empty.names

    @property
    def final_names(self) -> tuple[str, ...]:
        return self.read.names if self.read is not None else self.names or ()

    def _selection(self, found: Sequence[FoundRun]) -> Selection | None:
        """The columns of the run that stand on each row: those selected."""
        columns = without_doubles(expand(self._columns, records_in(found))) if self._columns else ()
        columns = _with_project(columns) if len(self._executor.places) > 1 else columns
        return Selection(columns) if columns else None

    def tables(self) -> Iterator[Table]:
        ends = self._ends() if self._has_stages and not self._is_open else None
        if ends is not None:
            if ends.length:
                yield ends
            self.is_whole = True
            return
        parts, selected = self._executor.parts(least=_RUNS_A_ROUND), self._selected
        if self._is_open:
            found = self._executor.found()
            parts, selected = iter((found,)), self._selection(found)
        request, system = self._requests
        read = HistoryTables(self.part, selected)
        for part in parts:
            self.read = read
            # One call of `tables` for each project: a run id is only unique within one.
            for stretch in by_project(part):
                machines = stretch.histories(system) if system is not None else ()
                # To fill a row, the rows before it are needed that a sample would leave out.
                whole = read.fills_first and stretch.service.capabilities.cheap_pages
                rows = stretch.histories(replace(request, samples=None) if whole else request)
                yield from read.tables(stretch.records, rows, machines, self._executor.aggregates_of)
            if self._executor.aggregates.nodes:
                self._executor.forget(part)
        self.read = read
        self.is_whole = True

    def _ends(self) -> Table | None:
        """The rows that the first stage keeps of each run, where every source has its runs as columns."""
        if not all(place.service.capabilities.columns for place in self._executor.places):
            return None
        from runql.execute.columns.run_ends import ends_of_runs

        read = HistoryTables(self.part, self._selected)
        ends = ends_of_runs(self._executor, self.part, self._selected, read)
        self.read = None if ends is None else read
        return ends

    def left_out_nan(self) -> int:
        """How many NaN stand in rows that were not read, since the first stage keeps none of them."""
        return 0 if self.read is None else self.read.left_out_nan

    def columns_of_runs(self) -> tuple[str, ...]:
        """The columns of the run that are repeated on each row; reads the runs if only they tell."""
        selection = self._selection(self._executor.found()) if self._is_open else self._selected
        return tuple(column.name for column in selection.columns) if selection is not None else ()

    def is_sampled(self) -> bool:
        """Whether any history was sampled, of those that were read."""
        return self.read is not None and self.read.facts.sampled_runs > 0

    def notices(self) -> Iterable[Diagnostic]:
        return () if self.read is None else self.read.facts.notices()


BottomOperator: TypeAlias = CountOperator | ProjectionOperator | HistoriesOperator
"""What makes the first table of a plan, of its sources."""


def _with_project(columns: Sequence[Selected]) -> tuple[Selected, ...]:
    """With several sources, the column that tells them apart stands after the id, or first."""
    if any(column.name == "project" for column in columns):
        return tuple(columns)
    at = 1 if columns and columns[0].name == "id" else 0
    return (*columns[:at], Selected("project", run_field("project")), *columns[at:])


def requests_of(part: HistoryPart, catalog: Catalog) -> tuple[HistoryRequest, HistoryRequest | None]:
    """What to ask of the stream that makes the rows, and of the machine metrics that are joined to it."""
    streams = streams_of(part)
    own, keys = Space.SYSTEM if streams.is_system else Space.LOGGED, streams.asked
    if keys is not None and "*" in "".join(keys):
        keys = _expanded(keys, own, catalog)
    is_inner = part.align is AlignMode.INNER and keys is not None and keys == streams.keys
    request = HistoryRequest(
        entity="",
        project="",
        run_ids=(),
        keys=keys,
        samples=part.samples,
        rows="all" if is_inner else "any",
        x_axis=streams.x_axis,
        min_step=part.min_step,
        max_step=part.max_step,
        min_x=part.min_x,
        max_x=part.max_x,
        stream="system" if own is Space.SYSTEM else "default",
    )
    if not streams.is_joined:
        return request, None
    machine_keys = None if part.system_keys is None else _expanded(part.system_keys, Space.SYSTEM, catalog)
    return request, HistoryRequest("", "", (), machine_keys, None, "any", "_timestamp", stream="system")


def _expanded(keys: tuple[str, ...], space: Space, catalog: Catalog) -> tuple[str, ...] | None:
    """The keys without globs, if the catalog knows what was logged; else every key is asked for."""
    if not any("*" in key for key in keys):
        return keys
    logged = [*catalog.index.metrics[space]]
    return expand_keys(keys, logged) if logged else None
