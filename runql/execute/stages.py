"""The stages of a plan: the table of the query goes through them, in parts where they can pass rows on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from runql.config import Settings
from runql.engine.histories.tables import streams_of
from runql.engine.stages import Flow, PivotLayout, StageContext, StageResult, column_order, run_stages
from runql.engine.stages.assertions import counts_rows
from runql.engine.stages.reads import may_read
from runql.engine.stages.shared.filtered import Unpassed
from runql.engine.table import Table
from runql.execute.charts import ChartMaker
from runql.execute.executor import Executor
from runql.execute.progress import WROTE
from runql.execute.questions import Questions
from runql.execute.tables import (
    STOPPED,
    BottomOperator,
    CountOperator,
    HistoriesOperator,
    ProjectionOperator,
    TableOperator,
)
from runql.execute.write_files import Files
from runql.plan.columns import known_columns
from runql.plan.nodes import Combine, Count, TableStage, stages_of, table_of
from runql.semantic.typed import (
    TAlignStage,
    TAssert,
    TColumn,
    TCountStage,
    TDerive,
    TDistinct,
    TGroup,
    THistogram,
    THoles,
    TLimit,
    TPivot,
    TSelect,
    TSort,
    TSql,
    TWhere,
)
from runql.text.diagnostic import Diagnostic

if TYPE_CHECKING:
    from runql.charts.chart import Chart
    from runql.charts.sparks import HistorySparks
    from runql.results.columns import Columns

_NAME_THEIR_COLUMNS = (TDistinct, TGroup, THistogram, THoles, TPivot, TSelect)
"""Stages whose table has the columns that they name: which ones stood on the left of the pipe is no matter there."""
_LET_THROUGH = (TWhere, TSort, TLimit, TDerive, TCountStage)
"""Stages that read no column but those that they name."""


class StagesOperator(TableOperator):
    """What comes out of the last stage: the engine takes the table below through all of them, in parts where it can."""

    def __init__(
        self,
        plan: TableStage | Combine,
        below: BottomOperator,
        executor: Executor,
        *,
        settings: Settings | None = None,
        questions: Questions | None = None,
        text: str = "",
        counted: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        self._questions = questions
        self._text = text
        self._stages = stages_of(plan)
        self._charts = ChartMaker(
            self._stages,
            executor,
            text,
            lambda: (*executor.facts.notices(), *self.notices()),
            lambda: self._from(counted()),
        )
        self._files = Files(
            self._stages,
            lambda: below.names is not None,
            settings,
            known_columns(plan).numbers,
            chart=self._charts.chart,
        )
        self._sql_bounds = (Settings() if settings is None else settings).sql
        self._rows = 0
        self._below = below
        self._executor = executor
        self._flow: Flow | None = None
        self._seen: dict[str, None] = {}

    @property
    def bottom(self) -> BottomOperator:
        return self._below

    @property
    def names(self) -> tuple[str, ...] | None:
        before = self._below.names
        return None if before is None else column_order(self._stages, before, self._context())

    @property
    def final_names(self) -> tuple[str, ...]:
        before = self._below.final_names
        known = column_order(self._stages, before, self._context()) if before else None
        if known is None or not set(self._seen) <= set(known):
            return tuple(self._seen)
        return tuple(name for name in known if name in self._seen)

    def _context(self) -> StageContext:
        """What the first stage is told. Whether an aggregate may take a sample, the checker has seen to."""
        ask = self._questions.other if self._questions is not None else None
        context = _context_of(self._below)
        wheres = [place for place, stage in enumerate(self._stages) if isinstance(stage, TWhere)]
        is_asked = any(map(counts_rows, self._stages[wheres[-1] :] if wheres else ()))
        unpassed = None if is_asked else self._unpassed
        return replace(context, open=self._files.opener, approx=True, ask=ask, sql=self._ask_sql, unpassed=unpassed)

    def _unpassed(self, found: Unpassed) -> Diagnostic:
        from runql.advice.why_empty import why_no_row

        return why_no_row(found, self._text)

    def _ask_sql(self, stage: TSql, table: Table, context: StageContext) -> StageResult:
        from runql.execute.sql.ask import answer

        return answer(stage, table, context, self._sql_bounds)

    def tables(self) -> Iterator[Table]:
        self._rows = 0
        self._flow = run_stages(self._stages, self._below.tables(), self._context())
        for table in self._flow:
            self._rows += table.length
            self._seen.update(dict.fromkeys(table.names))
            yield table

    @property
    def layout(self) -> PivotLayout | None:
        """How the table reads, if it is a pivot that was read."""
        return None if self._flow is None else self._flow.context.layout

    def chart(self, frame: Columns) -> Chart:
        """The chart of the whole table, once that was read. Raises `QueryError` if none can be drawn of it."""
        return self._charts.chart(frame, self._last_context())

    def sparks(self, frame: Columns, width: int) -> HistorySparks:
        """The histories of the whole table, once that was read, in at most so many values each."""
        return self._charts.sparks(frame, self._last_context(), width)

    def _last_context(self) -> StageContext:
        """What is known of the table behind all stages."""
        return self._context() if self._flow is None else self._flow.context

    @property
    def _selected(self) -> tuple[TColumn, ...]:
        table = table_of(self._executor.plan)
        return () if isinstance(table, Count) else table.columns or ()

    def notices(self) -> Iterable[Diagnostic]:
        names_them = any(isinstance(stage, _NAME_THEIR_COLUMNS) for stage in self._stages)
        aligned = {stage.mode for stage in self._stages if isinstance(stage, TAlignStage)} - {"outer"}
        for one in self._below.notices():
            if one.code == "RQL507" and aligned:  # that is seen to: `inner` leaves rows out, others fill the gaps
                if aligned == {"inner"}:
                    yield replace(one, hints=())
            elif one.code == "RQL509" and all(map(self._is_unseen, one.names)):
                continue
            elif not (names_them and one.code == "RQL513"):
                yield one
        if self._flow is not None:
            yield from self._flow.notices
            if not isinstance(self._below, CountOperator):
                metrics = self._executor.metrics_known
                yield from self._executor.facts.compared.said(self._stages, self._selected, metrics)
        yield from self._files.said

    def _is_unseen(self, column: str) -> bool:
        """Whether a column stood left of the pipe alone, where nothing was named, and nobody reads it."""
        if column in self._seen:
            return False
        for stage in self._stages:
            if may_read(stage, column) or not isinstance(stage, (*_NAME_THEIR_COLUMNS, *_LET_THROUGH)):
                return False
            if isinstance(stage, _NAME_THEIR_COLUMNS):
                return not isinstance(stage, TDistinct) or bool(stage.columns)
        return False

    def footer(self, counted: tuple[str, ...]) -> tuple[str, ...]:
        rows = f"{self._rows:,} row{'s' * (self._rows != 1)}"
        counted = counted[1:] if counted[:1] == (rows,) else self._from(counted)  # all rows came through
        return (rows, *counted, *self._asserted(), *(f"{WROTE}{path}" for path in self._files.written))

    def _asserted(self) -> tuple[str, ...]:
        """How many assertions the table passed: one that does not hold ends the answer, and nothing stands below it."""
        count = sum(isinstance(stage, TAssert) for stage in self._stages)
        return () if not count else ("1 assertion holds",) if count == 1 else (f"{count} assertions hold",)

    @staticmethod
    def _from(counted: tuple[str, ...]) -> tuple[str, ...]:
        """What was counted of the table below, as it stands behind the rows of this one."""
        if counted and not counted[0].startswith(STOPPED):
            return (f"from {counted[0]}", *counted[1:])
        return counted


def _context_of(below: BottomOperator) -> StageContext:
    match below:
        case CountOperator():
            return StageContext()
        case ProjectionOperator():
            return replace(StageContext.of_runs(), folded=below.folded)
        case HistoriesOperator(part=part):
            made = StageContext.of_histories(streams_of(part).x_axis, None, below.columns_of_runs())
            return replace(made, is_sampled=below.is_sampled, left_out_nan=below.left_out_nan)
        case _:
            assert_never(below)
