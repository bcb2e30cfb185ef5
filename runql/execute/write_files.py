"""`to "FILE"`: what a stage writes while the rows pass."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from runql.charts.files.kinds import ChartFile, chart_file
from runql.charts.files.notices import said_of_file
from runql.config import Settings
from runql.engine.stages import Opener, StageContext
from runql.engine.table import Table
from runql.errors import QueryError, RunQLError
from runql.results.destination import Destination, DestinationKind
from runql.results.formats.formats import EXTENSIONS, Format, Output, place_of, save_at
from runql.results.frame import Frame
from runql.results.writing import GivenUp
from runql.script.permission import Permission
from runql.semantic.typed import THoles, TPlot, TStage, TTo
from runql.syntax.literals import write_string
from runql.text.diagnostic import Diagnostic, Edit, Fix
from runql.text.nearest import nearest
from runql.text.source import NOWHERE, Span

if TYPE_CHECKING:
    from runql.charts.chart import Chart
    from runql.results.columns import Columns

T = TypeVar("T")

ChartOf: TypeAlias = "Callable[[Columns, StageContext], Chart]"
"""Makes the chart of a whole table. Raises `QueryError` if none can be drawn of it."""


def located(path: str, folder: Path) -> Path:
    """The file that `to` means: `~` is the user's own folder, and a relative path begins at the session's."""
    return folder / os.path.expanduser(path)  # noqa: PTH111 - that of pathlib raises for a user who is not there


def wrong_files(stages: Sequence[TStage], settings: Settings) -> Iterator[Diagnostic]:
    """What is wrong with the files of `to`: their format, their place, who may write there. Nothing is opened."""
    targets: dict[Path, str] = {}
    draws = False
    for stage in stages:
        draws = draws or isinstance(stage, TPlot)
        if not isinstance(stage, TTo):
            continue
        try:
            place = _judged(stage, settings, draws=draws)
        except RunQLError as error:
            yield from (replace(one, span=stage.span) for one in error.diagnostics)
            continue
        if place.kind is not DestinationKind.STREAM and place.target in targets:
            yield Diagnostic("RQL506", f"`{stage.path}` is written twice: only the last would stay", stage.span)
        targets[place.target] = stage.path


def _judged(stage: TTo, settings: Settings, *, draws: bool) -> Destination:
    """Where a stage writes. Raises `OutputError` for what it cannot, and `QueryError` for what it may not write.

    `draws`: it stands behind `plot`, so what can hold a chart gets that.
    """
    if settings.read_only:
        hint = "leave `to` out: the rows are the answer"
        raise QueryError([Diagnostic("RQL535", "whoever asks here may write no file", stage.span, hints=(hint,))])
    path = located(stage.path, settings.folder)
    form, drawn = _format_of(path), chart_file(path)
    if form is None and not (draws and drawn is not None):
        raise QueryError([_no_format(stage, path) if drawn is None else _no_chart(stage)])
    if stage.safe and (form is None or not form.entry.separated):
        hint = "a format that no spreadsheet reads as formulas needs no `safe`"
        raise QueryError([Diagnostic("RQL506", "`safe` goes with `.csv` and `.tsv`", stage.span, hints=(hint,))])
    if draws and drawn is not None:
        from runql.charts.files.write import place_of_chart

        place = place_of_chart(drawn, path, stage.path)
    else:
        assert form is not None
        place = place_of(form, path, stage.path)
    refusal = Permission.of(settings).refusal(place, stage.span) if stage.guarded else None
    if refusal is not None:
        raise QueryError([refusal])
    return place


def _format_of(path: Path) -> Format | None:
    return EXTENSIONS.get(path.suffix[1:].lower())


def _no_format(stage: TTo, path: Path) -> Diagnostic:
    known = ", ".join(f"`.{end}`" for end in EXTENSIONS)
    near = nearest(path.suffix[1:], EXTENSIONS, most=1)
    hints = (*(f"nearest: `.{end}`" for end in near), f"a file that ends in {known}")
    return Diagnostic("RQL506", f"`{stage.path}` is no file of a known format", stage.span, hints=hints)


def _no_chart(stage: TTo) -> Diagnostic:
    """A file of a chart, and nothing draws one."""
    before = Span(stage.span.start, stage.span.start)
    fixes = (Fix("draw the table", (Edit(before, "plot | "),)),) if stage.span != NOWHERE else ()
    message = f"`{stage.path}` holds a chart, and nothing draws one"
    hint = f"`plot | to {write_string(stage.path)}` draws the table; `.html` and the like hold no tables"
    return Diagnostic("RQL506", message, stage.span, hints=(hint,), fixes=fixes)


class Files:
    """Opens the files of one answer, and keeps what is to be said of them.

    `fixed`: every part of the table has the same columns, so a format that can writes the rows while they come.
    `chart` makes the chart of the whole table, for files behind `plot`.
    """

    def __init__(
        self,
        stages: Sequence[TStage],
        fixed: Callable[[], bool] = lambda: False,
        settings: Settings | None = None,
        numbers: frozenset[str] = frozenset(),
        *,
        chart: ChartOf | None = None,
    ) -> None:
        self._chart = chart
        self._draws = any(isinstance(stage, TPlot) for stage in stages)
        self.said: dict[Diagnostic, None] = {}
        self.written: list[str] = []
        self._sweeps = _after_holes(stages)
        self._fixed = fixed
        self._numbers = numbers
        self._settings = Settings() if settings is None else settings

    @property
    def opener(self) -> Opener:
        """What the engine asks to open a file."""
        return self._open

    @contextmanager
    def _open(self, stage: TTo, context: StageContext) -> Iterator[Callable[[Table], None]]:
        """Take the parts; the file is in its place when the last one has passed and nothing went wrong."""
        place = _judged(stage, self._settings, draws=self._draws)  # once more: what was a file may be a link by now
        parts = _Parts()
        drawn = chart_file(place.path) if self._draws else None
        write = self._drawing(drawn, place, parts, context) if drawn else self._writing(stage, place, parts, context)
        # The formats ask for rows, and the stages hand them on: each in a thread of its own.
        written = _started(write)
        try:
            yield lambda table: parts.put(Frame(table.columns, table.length, numbers=self._numbers), written)
            parts.put(None, written)
            lost = written.result()
        except GeneratorExit:
            # Nobody waits: this may be the collector's work, in any thread, or the end of the interpreter.
            parts.give_up()
            raise
        except BaseException:
            parts.give_up()
            if drawn and not written.done():
                from runql.charts.files import engine

                engine.stop()
            wait([written])
            raise
        self.said.update(dict.fromkeys(lost))
        self.written.append(stage.path)

    def _writing(
        self, stage: TTo, place: Destination, parts: _Parts, context: StageContext
    ) -> Callable[[], tuple[Diagnostic, ...]]:
        """Writes the rows; gives what is to be said of that."""
        form = EXTENSIONS[place.path.suffix[1:].lower()]
        names = self._fixed if form.entry.streams else lambda: False
        layout, sweep = context.layout, stage.path in self._sweeps

        def write() -> tuple[Diagnostic, ...]:
            first = next(parts.frames, Frame({}))
            frames = chain([first], parts.frames)
            whole = None if names() else Frame.concat(frames)
            output = Output(
                frames if whole is None else (whole,),
                first.names if whole is None else whole.names,
                layout=lambda: layout,
                sweep=sweep,
                safe=stage.safe,
            )
            return save_at(output, form, place, parts.gave_up)

        return write

    def _drawing(
        self, kind: ChartFile, place: Destination, parts: _Parts, context: StageContext
    ) -> Callable[[], tuple[Diagnostic, ...]]:
        """Writes the chart of all rows."""
        from runql.charts.files.write import save_chart

        make, look = self._chart, self._settings.chart_look
        assert make is not None, "somebody draws"

        def write() -> tuple[Diagnostic, ...]:
            chart = make(Frame.concat(parts.frames), context)
            save_chart(chart, kind, place, look, parts.gave_up)
            return said_of_file(chart, str(place.path))

        return write


def _started(work: Callable[[], T]) -> Future[T]:
    """What some work gives, which is done in a thread that keeps no process from ending."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
            done.set_exception(error)

    Thread(target=run, name="runql-to", daemon=True).start()
    return done


class _Parts:
    """Parts of a table on their way from one thread to another; few are on the way at a time."""

    _MOST = 4
    _LOOKS_EVERY_SECONDS = 0.05

    def __init__(self) -> None:
        self._queue: Queue[Frame | GivenUp | None] = Queue(self._MOST)
        self._gave_up = False
        self.frames = iter(self._taken())

    def put(self, frame: Frame | None, reader: Future[Any]) -> None:
        """Hand a part on, `None` behind the last. Raises what made the reader stop, if it did."""
        while True:
            try:
                self._queue.put(frame, timeout=self._LOOKS_EVERY_SECONDS)
            except Full:
                if reader.done():
                    reader.result()
            else:
                return

    def gave_up(self) -> bool:
        """Whether what came is not to be kept."""
        return self._gave_up

    def give_up(self) -> None:
        """Nothing comes any more, and what came is not to be kept."""
        self._gave_up = True
        with suppress(Full):
            self._queue.put_nowait(GivenUp())

    def _taken(self) -> Iterator[Frame]:
        while (part := self._queue.get()) is not None:
            if self._gave_up or isinstance(part, GivenUp):
                raise GivenUp
            yield part


def _after_holes(stages: Sequence[TStage]) -> frozenset[str]:
    """The files that get the combinations which never ran: as YAML, they are the parameters of a sweep."""
    places = [place for place, stage in enumerate(stages) if isinstance(stage, THoles)]
    if not places:
        return frozenset()
    return frozenset(stage.path for stage in stages[places[-1] :] if isinstance(stage, TTo))
