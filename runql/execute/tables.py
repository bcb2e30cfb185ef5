"""The operations of a plan that give the first table, of the runs of its sources: one class each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias, assert_never

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
from runql.engine.histories.tables import HistoryTables
from runql.engine.table import Table
from runql.errors import BackendError
from runql.execute.executor import Executor
from runql.execute.found_run import FoundRun, records_in
from runql.execute.histories import histories_of, requests_of
from runql.plan.columns import run_field
from runql.plan.nodes import Count, Histories, Projection
from runql.semantic.catalog import Catalog
from runql.semantic.typed import TColumn, TFold
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
    def bottom(self) -> TableOperator:
        """What makes the first table, of the sources."""
        return self

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


def bottom_of(table: Count | Projection | Histories, executor: Executor, catalog: Catalog) -> BottomOperator:
    """The operator of what makes the first table."""
    match table:
        case Count():
            return CountOperator(executor)
        case Projection():
            return ProjectionOperator(table, executor)
        case Histories():
            return HistoriesOperator(table, executor, catalog)
        case _:
            assert_never(table)


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
        if _has_patterns(self._columns) or not has_fixed_columns(self._columns):
            return None
        return self._selection(())[0]

    def _selection(self, found: Sequence[FoundRun]) -> tuple[Selection, tuple[Diagnostic, ...]]:
        selection = run_selection(self._columns, records_in(found))
        return Selection(with_project(selection.columns, self._executor)), selection.notices

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
        table = run_table(selection, records_in(found), self._executor.aggregates.of)
        self._mixed.add(table)
        return table

    def notices(self) -> Iterable[Diagnostic]:
        return (*self._said, *self._mixed.notices())


class HistoriesOperator(TableOperator):
    """The rows that the runs logged, aligned."""

    def __init__(self, node: Histories, executor: Executor, catalog: Catalog) -> None:
        self.is_whole = False
        self.part = node.part
        self._columns = node.columns
        self._executor = executor
        self._requests = requests_of(node.part, catalog)
        self.read: HistoryTables | None = None
        """What was read so far."""

    @property
    def names(self) -> tuple[str, ...] | None:
        if _has_patterns(self._columns):
            return None
        read = HistoryTables(self.part, self._selection(()))
        return read.names if read.has_fixed_names else None

    @property
    def final_names(self) -> tuple[str, ...]:
        return self.read.names if self.read is not None else self.names or ()

    def _selection(self, found: Sequence[FoundRun]) -> Selection | None:
        """The columns of the run that stand on each row: those selected."""
        selected = without_doubles(expand(self._columns, records_in(found))) if self._columns else ()
        selected = with_project(selected, self._executor)
        return Selection(selected) if selected else None

    def tables(self) -> Iterator[Table]:
        is_open = _has_patterns(self._columns)
        ends = None if is_open else self._ends()
        if ends is not None:
            if ends.length:
                yield ends
            self.is_whole = True
            return
        parts = [self._executor.found()] if is_open else _gathered(self._executor.parts())
        read: HistoryTables | None = None
        for found in parts:
            self.read = read = read or HistoryTables(self.part, self._selection(found))
            # A run id is only unique within a project: one call of `tables` for each stretch of one.
            for _, group in groupby(found, key=lambda one: (one.place.service, one.entity, one.project)):
                yield from self._of_project(read, tuple(group))
            self._executor.forget(found)
        self.is_whole = True

    def _ends(self) -> Table | None:
        """The rows that the first stage keeps of each run, where every source has its runs as columns."""
        if not all(place.service.capabilities.columns for place in self._executor.places):
            return None
        from runql.execute.columns.run_ends import ends_of_runs

        selection = self._selection(())
        read = HistoryTables(self.part, selection)
        ends = ends_of_runs(self._executor, self.part, selection, read)
        self.read = None if ends is None else read
        return ends

    def left_out_nan(self) -> int:
        """How many NaN stand in rows that were not read, since the first stage keeps none of them."""
        return 0 if self.read is None else self.read.left_out_nan

    def _of_project(self, read: HistoryTables, stretch: Sequence[FoundRun]) -> Iterator[Table]:
        request, system = self._requests
        machines = histories_of(stretch, system) if system is not None else ()
        # To fill a row, the rows before it are needed that a sample would leave out.
        whole = read.fills_first and stretch[0].place.service.capabilities.cheap_pages
        rows = histories_of(stretch, replace(request, samples=None) if whole else request)
        records = [one.record for one in stretch]
        return read.tables(records, rows, machines, self._executor.aggregates.of)

    def columns_of_runs(self) -> tuple[str, ...]:
        """The columns of the run that are repeated on each row; reads the runs if only they tell."""
        selection = self._selection(self._executor.found() if _has_patterns(self._columns) else ())
        return tuple(column.name for column in selection.columns) if selection is not None else ()

    def is_sampled(self) -> bool:
        """Whether any history was sampled, of those that were read."""
        return self.read is not None and self.read.facts.sampled_runs > 0

    def notices(self) -> Iterable[Diagnostic]:
        return () if self.read is None else self.read.facts.notices()


BottomOperator: TypeAlias = CountOperator | ProjectionOperator | HistoriesOperator
"""What makes the first table of a plan, of its sources."""


def with_project(columns: Sequence[Selected], executor: Executor) -> tuple[Selected, ...]:
    """With several sources, the column that tells them apart stands after the id, or first."""
    if len(executor.places) < 2 or any(column.name == "project" for column in columns):
        return tuple(columns)
    at = 1 if columns and columns[0].name == "id" else 0
    return (*columns[:at], Selected("project", run_field("project")), *columns[at:])


def _has_patterns(columns: Sequence[TColumn] | None) -> bool:
    """Whether a column stands for fields that only the runs tell."""
    return any(column.glob is not None for column in columns or ())


def _gathered(parts: Iterable[Sequence[FoundRun]]) -> Iterator[Sequence[FoundRun]]:
    """The runs in parts that are worth a round of requests for their histories; one at least, if an empty one."""
    waiting: list[FoundRun] = []
    is_first = True
    for part in parts:
        waiting += part
        if len(waiting) >= _RUNS_A_ROUND:
            yield waiting
            waiting, is_first = [], False
    if waiting or is_first:
        yield waiting
