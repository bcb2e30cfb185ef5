"""The answer to a query: its table, made when it is asked for, and what is to be said about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, assert_never

from runql.advice.not_logged import not_logged
from runql.advice.under_answers import summed
from runql.config import Settings
from runql.errors import AssertionFailed, BackendError, QueryError
from runql.execute.executor import Executor
from runql.execute.inner_query import InnerQuery
from runql.execute.progress import Shown, Spent
from runql.execute.questions import Questions
from runql.execute.tables import (
    STOPPED,
    BottomOperator,
    CountOperator,
    HistoriesOperator,
    ProjectionOperator,
    TableOperator,
)
from runql.plan.answers import Asked
from runql.plan.columns import known_columns
from runql.plan.nodes import (
    Combine,
    Count,
    Filter,
    Histories,
    Plan,
    Projection,
    TableStage,
    limit_of,
    offset_of,
    stages_of,
    table_of,
    those,
)
from runql.results.columns import Columns
from runql.results.frame import Frame
from runql.semantic.catalog import Catalog
from runql.semantic.record import RunRecord
from runql.semantic.typed import TAssert, TPlot, TTo
from runql.sources.catalogs import known_runs
from runql.sources.paging import asking, question
from runql.text.diagnostic import Diagnostic, Severity, folded, without_secrets
from runql.text.hidden import SecretText
from runql.text.source import Source

if TYPE_CHECKING:
    from runql.charts.chart import Chart
    from runql.charts.sparks import HistorySparks
    from runql.engine.stages.layout import PivotLayout
    from runql.execute.stages import StagesOperator


class Answer:
    """The table of a plan. Nothing is read before it is asked for. `source` is the text of the query, `inner` are the
    questions inside of it; one of these is told of all of them (`questions`)."""

    def __init__(
        self,
        executor: Executor,
        catalog: Catalog,
        source: Source,
        spent: Spent | None = None,
        settings: Settings | None = None,
        *,
        top: TableOperator | None = None,
        inner: Mapping[Asked, InnerQuery] | None = None,
        secrets: Sequence[SecretText] = (),
        questions: Questions | None = None,
    ) -> None:
        self.catalog = catalog
        self.spent = Spent() if spent is None else spent
        self.was_read = False
        self._known = known_columns(executor.plan)
        self._source = source
        self._question = question()
        self._settings = settings
        self._questions = Questions(inner, self._of_inner) if inner else questions
        self._secrets = secrets
        stages = stages_of(executor.plan)
        self.is_count = isinstance(executor.plan, Count)
        """Whether the answer is one number; what comes out of a stage is a table, also of a count."""
        self.has_assertion = any(isinstance(stage, TAssert) for stage in stages)
        """Whether the answer may be refused when its rows were read."""
        self.acts = self.has_assertion or any(isinstance(stage, TTo) for stage in stages)
        """Whether reading it does more than give rows: it writes a file, or may be refused."""
        self.draws = any(isinstance(stage, TPlot) for stage in stages)
        """Whether a chart is made of the table."""
        self._work_with(executor, top)

    def _work_with(self, executor: Executor, top: TableOperator | None = None) -> None:
        """Makes what gives the first table, and the stages over it, if nothing else gives the table."""
        self.plan, self.executor = executor.plan, executor
        bottom: BottomOperator
        match table_of(self.plan):
            case Count():
                bottom = CountOperator(executor)
            case Projection() as node:
                bottom = ProjectionOperator(node, executor)
            case Histories() as node:
                bottom = HistoriesOperator(node, executor, self.catalog)
            case node:
                assert_never(node)
        self._histories = bottom if isinstance(bottom, HistoriesOperator) and top is None else None
        self._top = self._bottom = top or bottom
        if top is None and isinstance(self.plan, TableStage | Combine):
            from runql.execute.stages import StagesOperator

            self._top = StagesOperator(
                self.plan,
                bottom,
                executor,
                settings=self._settings,
                questions=self._questions,
                text=self._source.text,
                counted=self._counted,
            )

    def _of_inner(self, one: InnerQuery, questions: Questions) -> Answer:
        """The answer of a question inside of this one: it is a part of what this one costs."""
        executor = Executor(one.plan, one.places, one.catalog, one.doubt)
        settings, secrets = self._settings, self._secrets
        return Answer(executor, one.catalog, self._source, self.spent, settings, secrets=secrets, questions=questions)

    def asked(self) -> Executor:
        """The runs of the answer: its inner questions are asked first, once."""
        if self._questions is not None:
            plan = self._questions.put_into(self.plan)
            if plan is not self.plan:
                before = self.executor
                self._work_with(Executor(plan, before.places, self.catalog, before.doubt))
        return self.executor

    # ---------------------------------------------------------------- the table

    @property
    def settings(self) -> Settings:
        """What bounds it."""
        return Settings() if self._settings is None else self._settings

    @property
    def count(self) -> int:
        """How many runs match, for an answer that is a count."""
        if not isinstance(self._top, CountOperator):
            raise TypeError("the answer is a table")
        with self._working():
            self.asked()
            assert isinstance(self._top, CountOperator)
            return self._top.count

    @property
    def names(self) -> tuple[str, ...] | None:
        """The columns, if they are known before anything is read."""
        return self._top.names

    @property
    def names_while_read(self) -> tuple[str, ...] | None:
        """The columns of rows that may be given while they are read; `None` where all must be read before the first is
        given: for the columns, for a file that would else not be written, for an assertion that could refuse them."""
        return None if self.files or self.has_assertion else self.names

    @property
    def files(self) -> tuple[str, ...]:
        """The files that are written while its rows are read; they are there when all of them were."""
        return tuple(stage.path for stage in stages_of(self.plan) if isinstance(stage, TTo))

    @property
    def final_names(self) -> tuple[str, ...]:
        """The columns, once everything was read: in their order, though a part of the table may lack some."""
        return self._top.final_names

    @property
    def layout(self) -> PivotLayout | None:
        """How the table reads, if it is a pivot that was read."""
        return self._top.layout

    def chart(self, frame: Columns) -> Chart:
        """The chart of the whole table, once that was read.

        Raises `QueryError` if none can be drawn of it, and `TypeError` for an answer without stages.
        """
        try:
            return self._staged.chart(frame)
        except QueryError as error:
            raise QueryError(error.diagnostics, error.source or self._source) from error

    def sparks(self, frame: Columns, width: int) -> HistorySparks:
        """The histories of a table that is drawn, in at most so many values each. Raises as `chart` does."""
        return self._staged.sparks(frame, width)

    @property
    def _staged(self) -> StagesOperator:
        from runql.execute.stages import StagesOperator

        if not isinstance(self._top, StagesOperator):
            raise TypeError("the answer has no stage `plot`")
        return self._top

    def frames(self, shown: Shown | None = None) -> Iterator[Frame]:
        """The table in parts, as they are read; of those that are not `shown` only the rows are counted."""
        with self._working():
            if self._questions is not None:
                self.asked()
            tables = self._top.tables()
        while True:
            try:
                with self._working():
                    table = next(tables, None)
            except (KeyboardInterrupt, BackendError) as error:
                if shown is None or not shown.ends_by(error):
                    raise
                return
            if table is None:
                return
            frame = Frame(table.columns, table.length, self._known.durations, self._known.numbers)
            part = frame if shown is None else shown.part(frame)
            if part is not None:
                yield part

    @contextmanager
    def _working(self) -> Iterator[None]:
        """What the block takes is counted, and an error in it points into the text of the query."""
        self.was_read = True
        services = [place.service for place in self.executor.places]
        services += self._questions.services if self._questions is not None else ()
        try:
            with asking(self._question), self.spent.measured(lambda: services):
                yield
        except (QueryError, AssertionFailed) as error:
            raise type(error)(error.diagnostics, error.source or self._source) from error
        except BackendError as error:
            # A server may repeat in its error what it was asked for.
            error.diagnostics = tuple(without_secrets(error.diagnostics, self._secrets))
            error.args = (str(error),)
            raise

    @property
    def rows_read(self) -> int:
        """How many rows of histories there are so far."""
        read = self._histories.read if self._histories is not None else None
        return 0 if read is None else read.facts.rows

    @property
    def runs_done(self) -> int | None:
        """Of how many runs the histories were read so far; `None` before the first and where none is read."""
        read = self._histories.read if self._histories is not None else None
        return None if read is None else read.facts.runs

    # ---------------------------------------------------------------- what there is to say

    @property
    def notices(self) -> tuple[Diagnostic, ...]:
        """What is to be said, as far as the table was read."""
        # Nothing is explained of an answer that was not read to its end.
        why = without_secrets(self._why_nothing, self._secrets) if self._bottom.is_whole else ()
        found = {**self.noticed, **dict.fromkeys(why)}
        return folded(summed(found) if any(one.count for one in found) else found)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What must be said even to somebody who wants to hear nothing."""
        return folded(notice for notice in self.noticed if notice.severity is not Severity.NOTICE)

    @property
    def noticed(self) -> dict[Diagnostic, None]:
        """What is to be said but why there is nothing."""
        of_questions = self._questions.said if self._questions is not None else ()
        said = (*of_questions, *self.executor.facts.notices(), *self._top.notices())
        return dict.fromkeys(without_secrets(said, self._secrets))

    @cached_property
    def _why_nothing(self) -> tuple[Diagnostic, ...]:
        """Why there is no run, or no value of a metric."""
        is_empty = not self.executor.facts.passed
        if isinstance(table_of(self.plan), Count):
            # A count is one request, so its explanation may not cost more where requests are what costs.
            is_free = all(place.service.capabilities.cheap_pages for place in self.executor.places)
            is_empty = self.is_count and is_free and self.count == 0
        if is_empty:
            return self._why_empty()
        rows = self._histories
        of_rows = None if rows is None or rows.read is None else (rows.part, rows.read.facts)
        lacking = partial(not_logged, self.executor.aggregates.passed, of_rows)
        if not any(lacking(self.catalog)):
            return ()
        with self._working():
            return tuple(lacking(self.executor.known(self.catalog)))

    def _why_empty(self) -> tuple[Diagnostic, ...]:
        """Why there is no run."""
        if left_out := self.executor.facts.left_out:
            match = "1 run matches" if left_out == 1 else f"{left_out:,} runs match"
            last = f"the last of them stands behind `offset {left_out - 1}`"
            return (Diagnostic("RQL307", f"{match}, and `offset {offset_of(self.plan)}` leaves out all: {last}"),)
        if stages := stages_of(self.plan):
            from runql.engine.stages.assertions import counts_rows  # an answer without stages needs none of them

            if any(map(counts_rows, stages)):
                return ()
        from runql.advice.why_empty import why_empty

        with self._working():
            catalog = self.executor.known(self.catalog)
            why = why_empty(self.plan, self.executor.places, catalog, self._source.text, self._runs_of)
            return (why, *not_logged(self.executor.aggregates.looked_at, None, catalog))

    def _runs_of(self, plan: Plan) -> list[RunRecord]:
        """The runs that another plan takes of the same sources."""
        return [found.record for found in Executor(plan, self.executor.places, self.catalog).found()]

    def footer(self) -> tuple[str, ...]:
        """What was counted, in a few words each: how many rows, of how many runs."""
        return self._top.footer(self._counted())

    def _counted(self) -> tuple[str, ...]:
        if isinstance(table_of(self.plan), Count):
            return ()
        if self._histories is None or self._histories.read is None:
            return (self._runs_said(),)
        rows, nan = self._histories.read.facts.rows, self._histories.read.facts.nan_values
        return (f"{rows:,} row{'s' * (rows != 1)}", self._runs_said(), *([f"{nan:,} NaN"] if nan else []))

    def _runs_said(self) -> str:
        executor, facts, limit = self.executor, self.executor.facts, limit_of(self.plan)
        shown = facts.passed
        if not self._bottom.is_whole:
            if self._histories is not None and self._histories.read is not None:
                shown = min(shown, self._histories.read.facts.runs_begun)
            if shown != (selected := executor.selected):
                return _stopped(shown, selected, is_filtered=limit is None and bool(those(self.plan, Filter)))
        known = known_runs(executor.places)
        if known is None:
            known = self.catalog.run_count or executor.known(self.catalog).run_count
        total, matching = max(known, facts.fetched) - facts.doubles, facts.matching
        noun = "run" if total == 1 else "runs"
        offset = offset_of(self.plan)
        behind = f", behind the first {offset:,}" if offset else ""
        if limit is None or shown + offset < limit or matching == shown:
            return f"{shown:,} of {total:,} {noun}{behind}" if shown != total else f"{total:,} {noun}"
        if matching is None:
            return f"the {'next' if offset else 'first'} {shown:,} that match of {total:,} {noun}{behind}"
        return f"{shown:,} of {matching:,} matching {'run' if matching == 1 else 'runs'}{behind}"


def _stopped(shown: int, selected: int | None, *, is_filtered: bool) -> str:
    """After how many of its runs the reading stopped: a stage needed no more of them, or an error ended it."""
    of_all = "" if selected is None else f" of {selected:,}"
    what = "matching " * is_filtered
    return f"{STOPPED} {shown:,}{of_all} {what}{'run' if (selected or shown) == 1 else 'runs'}"
