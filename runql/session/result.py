"""What a query gives: nothing is read before it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, overload

from runql.advice.under_answers import UnderAnswer, under_answer
from runql.chart_look import ChartLook
from runql.errors import BackendError, QueryError
from runql.execute.answer import Answer
from runql.execute.progress import WROTE, Going, Shown, Stats
from runql.results.formats.formats import Output, untyped_notices
from runql.results.frame import Frame
from runql.results.terminal_table.options import View
from runql.script.options import Options
from runql.script.titles import heading
from runql.session.drawn_file import drawn_file
from runql.session.parts_read import PartsRead
from runql.text.diagnostic import Diagnostic, Severity
from runql.text.source import Source, Span
from runql.text.visible import visible

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from runql.charts.chart import Chart
    from runql.charts.sparks import HistorySparks
    from runql.session.drawn import DrawnChart, MimeBundle
    from runql.session.sql_answer import SqlAnswer
    from runql.syntax.tree import PlotStage
    from runql.wandb_api.runs import Runs

_NO_CHART = "no chart is drawn of this answer: it is no table of a query"


class NotOneNumberError(TypeError, AttributeError):
    """`value` of an answer that is a table: it has none."""


class Result:
    """The answer to one query. Iterate it for rows as dictionaries, or take it as a frame of some library.

    The source is asked when the first row, or anything else about the answer, is wanted, and read as far as is wanted.
    What was read stays: rows can be looked at again, `result[0]` and `result[:5]` read no more than they need. Whatever
    wants a row may raise the `BackendError` family. `source` is the text of the query.
    """

    def __init__(
        self,
        answer: Answer,
        source: Source,
        said_before: tuple[Diagnostic, ...],
        explained: Callable[[], str],
        options: Options | None = None,
        *,
        drawn: Callable[[PlotStage], Result] | None = None,
        place: Span | None = None,
    ) -> None:
        self.source = source
        self.answer = answer
        """The table as it is made, for the floors beside this one."""
        self.draws = answer.draws
        """Whether the query ends in `plot`, so that its answer is a chart."""
        self._said_before = said_before
        self._explained = explained
        self._drawn = drawn
        self._options = Options() if options is None else options
        self.shown = Shown()  # of the last output
        self._fresh: frozenset[Diagnostic] | None = None
        """The notices and warnings that were not shown before, once that was asked."""
        self._reading = PartsRead(answer.frames)
        self.place = place  # of its statement in the text
        self.partial: Frame | None = None
        """The rows that came before `frame` failed or was interrupted."""

    @cached_property
    def title(self) -> str:
        """What the answer is called among others: the comment above its statement, or that statement."""
        return "" if self.place is None else heading(self.source.text, self.place)

    @cached_property
    def frame(self) -> Frame:
        """The whole answer, in memory.

        Raises the `BackendError` family; `partial`, of the error too, then holds the rows that came before.
        """
        reading = self._current()
        try:
            for _ in reading:
                pass
        except (BackendError, KeyboardInterrupt) as error:
            if reading.parts:
                self.partial = Frame.concat(reading.parts, self.answer.final_names)
            if isinstance(error, BackendError):
                error.partial = self.partial
            raise
        whole = Frame.concat(reading.parts, self.answer.final_names)
        self._reading = PartsRead(self.answer.frames, [whole], is_whole=True)
        return whole

    def _current(self) -> PartsRead:
        """The reading of the answer; a new one after one that failed."""
        if self._reading.error is not None:
            self._reading = PartsRead(self.answer.frames)
        return self._reading

    @property
    def theme(self) -> str:
        """On what its chart stands: `light` or `dark`."""
        return self.chart_look.theme

    @property
    def chart_look(self) -> ChartLook:
        """How its chart looks in files and notebooks."""
        return self._options.chart_look

    @cached_property
    def chart(self) -> Chart:
        """The chart of the answer, of a query that ends in `plot`. Raises `QueryError` if none can be drawn of it."""
        frame = self.frame  # read first: what is known of the table comes with its rows
        return self.answer.chart(frame)

    def sparks(self, width: int) -> HistorySparks:
        """The histories of an answer that is drawn, in at most so many values each."""
        frame = self.frame
        return self.answer.sparks(frame, width)

    @cached_property
    def runs(self) -> Runs:
        """The runs of the answer, exactly and in its order, as W&B's `Runs`; more than a thousand are read again."""
        from runql.session.runs import ChosenRuns

        return ChosenRuns(self.answer.asked())

    @property
    def value(self) -> int:
        """The number that `count` gives. Raises `NotOneNumberError` for an answer that is a table."""
        if not self.answer.is_count:
            raise NotOneNumberError("only the answer of `count` is one number: this one is a table")
        return self.answer.count

    def plot(
        self,
        *y: str,
        vs: str | None = None,
        by: str | None = None,
        shape: str | None = None,
        log: str | Sequence[str] = (),
        band: bool = False,
        title: str | None = None,
        theme: str | None = None,
        size: str | None = None,
        notes: bool | None = None,
    ) -> DrawnChart:
        """A chart of the answer, as the stage `plot` draws it: of what fits the rows, or as the arguments say.

        A notebook shows it; `.save("x.svg")` writes it. What was read without a chart is asked for anew, with the names
        of the runs; `title` stands over it. Raises `QueryError` for arguments of which no chart can be drawn.

        Args:
            y: The columns along y, as the language writes them: `"val/loss"`, `"config.lr"`, `"val/*"`.
            vs: The column along x.
            by: The field that parts the rows into series.
            shape: `line`, `scatter`, `bar`, `hist`, `heat`, `box` or `parallel`.
            log: The axes that are logarithmic: `"y"`, `"x"` or `"x y"`.
            band: Median, quartiles and extremes instead of a line a run.
            theme: `light` or `dark`.
            size: How large it is in files, such as `8x5cm`.
            notes: Whether what it leaves out is said under it.
        """
        from runql.session.drawn import DrawnChart, changed, plot_stage

        look = changed(self.chart_look, theme, size, notes)
        if self.draws and not (y or vs or by or shape or log or band or title):
            return DrawnChart(self.chart, look)
        if self.answer.is_count or self._drawn is None:
            raise QueryError.of("RQL216", _NO_CHART)
        stage = plot_stage(y, vs=vs, by=by, shape=shape, log=log, band=band, title=title)
        return DrawnChart(self._drawn(stage).chart, look)

    def with_chart(self) -> Result:
        """The answer of the same query with `plot` at its end; of one that draws it itself. Nothing is read for it."""
        from runql.session.drawn import plot_stage

        if self.draws:
            return self
        if self.answer.is_count or self._drawn is None:
            raise QueryError.of("RQL216", _NO_CHART)
        return self._drawn(plot_stage(()))

    def say_first(self, *said: Diagnostic) -> None:
        """Puts what there is to say of the text before what there is to say of its answer."""
        self._said_before = (*said, *self._said_before)

    @property
    def notices(self) -> tuple[Diagnostic, ...]:
        """What is to be said about the answer. Reads it, if nothing was read yet."""
        if not self.answer.was_read:
            _ = self.frame
        untyped = untyped_notices(self.frame.untyped) if "frame" in self.__dict__ else ()
        cut = (self.shown.said(),) if self.shown.shown < self.shown.total else ()
        return (*self._options.heard((*self._said_before, *self.answer.notices, *untyped)), *cut)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """Of the notices those that tell of something wrong, such as a run that could not be read."""
        if not self.answer.was_read:
            _ = self.frame
        said = (notice for notice in self._said_before if notice.severity is not Severity.NOTICE)
        return self._options.heard((*said, *self.answer.warnings))

    @property
    def fresh_warnings(self) -> tuple[Diagnostic, ...]:
        """Those of the warnings that are to be shown: where a person reads, what tells of a file is shown once."""
        return self.under().warnings

    def explain(self) -> str:
        """What the query becomes: its one form, the calls, what is done here. Asks for no run."""
        return self._explained()

    def pandas(self) -> pandas.DataFrame:
        """The answer as a pandas frame: see `Frame.pandas`."""
        return self.frame.pandas()

    def polars(self) -> polars.DataFrame:
        """The answer as a polars frame: see `Frame.polars`."""
        return self.frame.polars()

    def arrow(self) -> pyarrow.Table:
        """The answer as an Arrow table: see `Frame.arrow`."""
        return self.frame.arrow()

    def sql(self, question: str, **params: Any) -> SqlAnswer:
        """The answer of DuckDB to a question about this one, which is the table `_`, as the stage `sql` gives it.

        Raises `QueryError` for a question that is refused.
        """
        from runql.execute.sql.outside import SqlCall
        from runql.session.sql_answer import SqlAnswer
        from runql.session.time_zone import LOCAL

        call = SqlCall(Source(question), params, LOCAL, self.answer.settings.sql)
        return SqlAnswer(*call.of_frame(self.frame))

    def output(self, view: View, *, cut: bool = True, ends_at_cut: bool = False) -> Output:
        """The answer on its way to a file or a screen, read while it is written; `cut` to as many rows as were asked
        for. `ends_at_cut`: see `Shown`."""
        self.shown = Shown(None if self.answer.is_count or not cut else self._options.max_rows, ends_at_cut)
        read = self.__dict__.get("frame")
        first = None if read is None else self.shown.part(read)
        return Output(
            self.answer.frames(self.shown) if first is None else (first,),
            self.answer.names if read is None else read.names,
            scalar=self.answer.is_count,
            view=view,
            settle=lambda: self.answer.final_names,
            layout=lambda: self.answer.layout,
            draw=partial(drawn_file, lambda: self.chart, self.chart_look) if self.draws else None,
        )

    def stats(self) -> Stats:
        """What the answer cost, and how much of it was shown."""
        spent, shown = self.answer.spent, self.shown
        return Stats(spent.requests, shown.shown, shown.shown < shown.total, spent.seconds)

    def under(self) -> UnderAnswer:
        """All that stands under the answer, of one look at what there is to say."""
        notices, told = self.notices, self._options.told
        if self._fresh is None:
            self._fresh = frozenset(notices) if told is None else told.fresh(notices)
        fresh = tuple(one for one in notices if one.severity is not Severity.NOTICE and one in self._fresh)
        return under_answer(fresh, self.answer.footer(), str(self.answer.spent), notices, self._fresh)

    def footer(self) -> tuple[str, ...]:
        """What stands under the answer: how many of how many, the notices (few of each code), and what it cost."""
        below = self.under()
        return (*below.counts, below.cost)

    def ways_out(self) -> tuple[str, ...]:
        """What would give another answer, a line for each notice that knows: its code and the way."""
        return self.under().ways_out

    def ladder(self) -> tuple[str, ...]:
        """Why no run passes, a line a term of the condition; nothing for an answer that has runs."""
        return self.under().ladder

    def activity(self) -> str:
        """What goes on while it is read, in a few words."""
        fetched = self.answer.executor.facts.fetched
        looked = f"{fetched:,} run{'s' * (fetched != 1)} read"
        read = self.answer.executor.aggregates.runs_read
        rows = self.answer.rows_read
        return " · ".join(
            [looked, *([f"{read:,} histories scanned"] if read else []), *([f"{rows:,} rows"] if rows else [])]
        )

    def kept_by_stopping(self) -> str:
        """What an interrupt left besides rows, in words: the files that were written; empty where that is nothing."""
        return " · ".join(one for one in self.answer.footer() if one.startswith(WROTE))

    def going(self) -> Going:
        """How far the reading is."""
        answer, executor = self.answer, self.answer.executor
        rows = (f"{answer.rows_read:,} rows",) if answer.rows_read else ()
        if answer.runs_done is not None:
            return Going("histories", answer.runs_done, executor.facts.passed, rows)
        read = executor.aggregates.runs_read
        scanned = (f"{read:,} histories scanned",) if read else ()
        return Going("runs", executor.facts.fetched, executor.announced, scanned)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self.answer.names_while_read is None:
            yield from self.frame.rows()
            return
        for frame in self._current():
            yield from frame.rows()

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> Frame: ...

    def __getitem__(self, index: int | slice) -> dict[str, Any] | Frame:
        """A row as a dictionary, or rows as a frame. Of an answer that comes in parts no more is read than that."""
        if isinstance(index, slice):
            return self._rows(index)
        start = index if index >= 0 else len(self) + index
        found = self._rows(slice(start, start + 1)) if start >= 0 else None
        if found is None or not found.length:
            raise IndexError(f"the answer has no row {index}: it has {len(self):,}")
        return next(found.rows())

    def _rows(self, index: slice) -> Frame:
        """The rows of a slice."""
        start, stop = index.start or 0, index.stop
        names = self.answer.names_while_read
        if names is not None and stop is not None and start >= 0 and stop >= 0 and index.step in (None, 1):
            first = Frame.concat(self._current().until(stop), names)
            return first.slice(min(start, first.length), min(max(start, stop), first.length))
        start, stop, step = index.indices(len(self))
        if step == 1:
            return self.frame.slice(start, max(start, stop))
        return Frame.of_rows(self.frame.names, list(self.frame.tuples())[index])

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The answer as a stream of Arrow: see `Frame.__arrow_c_stream__`."""
        return self.frame.__arrow_c_stream__(requested_schema)

    def __dataframe__(self, nan_as_null: bool = False, allow_copy: bool = True) -> object:
        """The answer by the interchange protocol: see `Frame.__dataframe__`."""
        return self.frame.__dataframe__(nan_as_null, allow_copy)

    def __len__(self) -> int:
        return len(self.frame)

    def __bool__(self) -> bool:
        return len(self.frame) > 0

    def __int__(self) -> int:
        return self.value

    def __repr__(self) -> str:
        if self.answer.is_count:
            return f"{self.value:,}"
        from runql.results.brief import brief

        frame = self.frame  # read first: the footer tells of the reading
        shown = brief(frame, layout=self.answer.layout)
        below = self.under()
        footer = visible(" · ".join((*below.counts, below.cost)))
        return "\n".join([f"{shown} · {footer}", *(visible(f"  {line}") for line in below.ladder)])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> MimeBundle | None:
        """A chart, for a query that ends in `plot`, with what is to be said of the answer below it."""
        return self.plot()._repr_mimebundle_(include, exclude) if self.draws else None

    def _repr_html_(self) -> str | None:
        if self.draws:  # it would be shown instead of the chart
            return None
        from runql.results.formats.html import html, notes
        from runql.text.render import render

        # The table is read first: what is to be said tells of the reading.
        table = f"<b>{self.value:,}</b>" if self.answer.is_count else html(self.frame, layout=self.answer.layout)
        below = self.under()
        warnings = render(below.warnings, self.source)
        return table + notes(warnings, (*below.counts, below.cost), (*below.ladder, *below.ways_out))
