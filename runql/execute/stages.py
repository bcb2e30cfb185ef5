"""An answer with stages: the table of the query goes through them, in parts where they can pass rows on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from runql.config import Settings
from runql.engine.histories.tables import x_axis_of
from runql.engine.stages import Flow, PivotLayout, StageContext, column_order, run_stages
from runql.engine.table import Table
from runql.errors import AssertionFailed, QueryError
from runql.execute.answer import COUNT, STOPPED, Answer, has_patterns
from runql.execute.cost import Spent
from runql.execute.executor import Executor
from runql.execute.write_files import Files
from runql.plan.nodes import Count, Histories, Projection, stages_of
from runql.results.frame import Frame
from runql.semantic.catalog import Catalog
from runql.semantic.typed import TDistinct, TGroup, THoles, TPivot, TSelect
from runql.text.diagnostic import Diagnostic
from runql.text.source import Source

_NAME_THEIR_COLUMNS = (TDistinct, TGroup, THoles, TPivot, TSelect)
"""Stages whose table has the columns that they name: which ones stood on the left of the pipe is no matter there."""


class StagedAnswer(Answer):
    """What comes out of the last stage, and what is to be said about the query and all the stages."""

    def __init__(
        self,
        executor: Executor,
        catalog: Catalog,
        source: Source,
        spent: Spent,
        *,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(executor, catalog, source.text, spent)
        self._source = source
        self.stages = stages_of(executor.plan)
        fixed = lambda: super(StagedAnswer, self).names is not None  # noqa: E731
        self.files = Files(self.stages, fixed, settings)
        self._flow: Flow | None = None
        self._rows = 0
        self._seen: dict[str, None] = {}

    @property
    def _is_of_count(self) -> bool:
        return isinstance(self.table, Count)

    # ---------------------------------------------------------------- the table

    @property
    def names(self) -> tuple[str, ...] | None:
        """The columns, if they are known before anything is read."""
        before = super().names
        return None if before is None else column_order(self.stages, before, self._context())

    @property
    def final_names(self) -> tuple[str, ...]:
        """The columns, once everything was read: a part of a history may lack some that others have."""
        before = (COUNT,) if self._is_of_count else super().final_names
        known = column_order(self.stages, before, self._context()) if before else None
        if known is None or not set(self._seen) <= set(known):
            return tuple(self._seen)
        return tuple(name for name in known if name in self._seen)

    def frames(self) -> Iterator[Frame]:
        """The table in parts, as they come out of the last stage."""
        tables = (Table(frame.columns, frame.length) for frame in super().frames())
        self._rows = 0
        self._flow = run_stages(self.stages, tables, self._context())
        try:
            for table in _timed(iter(self._flow), self.spent):
                self._rows += table.length
                self._seen.update(dict.fromkeys(table.names))
                yield Frame(table.columns, table.length)
        except QueryError as error:
            raise QueryError(error.diagnostics, error.source or self._source) from error
        except AssertionFailed as error:
            raise AssertionFailed(error.diagnostics, error.source or self._source) from error

    @property
    def layout(self) -> PivotLayout | None:
        """How the table reads, if it is a pivot that was read."""
        return None if self._flow is None else self._flow.context.layout

    def _context(self) -> StageContext:
        """What the stages are told of the table. Whether an aggregate may take a sample, the checker has seen to."""
        match self.table:
            case Count():
                context = StageContext()
            case Projection():
                context = StageContext.of_runs()
            case Histories(part=part, columns=columns):
                selection = self._selection(columns, self.executor.found() if has_patterns(columns) else ())
                fixed = [column.name for column in selection.columns] if selection is not None else []
                context = StageContext.of_histories(x_axis_of(part), None, fixed)
            case _:
                assert_never(self.table)
        return replace(context, open=self.files.opener, approx=True)

    # ---------------------------------------------------------------- what there is to say

    def _noticed(self) -> dict[Diagnostic, None]:
        of_stages = self._flow.notices if self._flow is not None else ()
        is_read = not self._is_of_count and self._flow is not None
        meant = dict.fromkeys(self.executor.facts.compared.said(self.stages) if is_read else ())
        said = super()._noticed()
        if any(isinstance(stage, _NAME_THEIR_COLUMNS) for stage in self.stages):
            said = {notice: None for notice in said if notice.code != "RQL513"}
        return {**said, **dict.fromkeys(of_stages), **meant, **self.files.said}

    @property
    def _why_empty(self) -> tuple[Diagnostic, ...]:
        return () if self._is_of_count else super()._why_empty

    def footer(self) -> tuple[str, ...]:
        """How many rows came out, and of what."""
        rows = f"{self._rows:,} row{'s' * (self._rows != 1)}"
        of = () if self._is_of_count else super().footer()
        wrote = [f"wrote {path}" for path in self.files.written]
        if of and not of[0].startswith(STOPPED):
            of = (f"from {of[0]}", *of[1:])
        return (rows, *of, *wrote)


def _timed(tables: Iterator[Table], spent: Spent) -> Iterator[Table]:
    """The tables, with the time that the stages themselves take added: that of reading is counted where it is done."""
    while True:
        began, read = time.perf_counter(), spent.seconds
        table = next(tables, None)
        spent.seconds += time.perf_counter() - began - (spent.seconds - read)
        if table is None:
            return
        yield table
