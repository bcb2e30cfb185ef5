"""How a result is shown: its data, then what there is to say about it."""

from __future__ import annotations

import json
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from runql.charts.files.notices import said_of_file
from runql.config import Settings
from runql.errors import BackendError, RunQLError, wrong_call
from runql.execute.progress import RunProgress
from runql.language.formats import CHART_FORMATS
from runql.results.columns import Columns
from runql.results.formats.formats import CHARTS, FORMATS, Format, Output, chosen, said, save
from runql.results.frame import Frame
from runql.results.terminal_table.options import View
from runql.session import Explanation, Result
from runql.session.drawn_file import writes_chart
from runql.session.time_zone import LOCAL
from runql.terminal import stderr, stdout
from runql.terminal.footer import Below
from runql.terminal.progress import Progress, Waiting
from runql.terminal.stderr import Voice
from runql.text.diagnostic import Diagnostic
from runql.text.visible import harmless, visible

if TYPE_CHECKING:
    from runql.charts.terminal.look import Look

_MOST_ROWS_AT_A_TERMINAL = 60
_DEFAULT_WIDTH = 80
_DEFAULT_HEIGHT = 24
_BELOW_A_CHART = 3
"""Lines of the window for the footer and the next prompt."""

_NOT_DRAWN = Diagnostic(
    "RQL573",
    "the table of the chart is written: a chart is drawn at a terminal",
    hints=('behind `plot`: `to "chart.svg"` writes the chart itself',),
)


class ResultWriter:
    """Writes results one after the other, in the format that was asked for."""

    def __init__(
        self,
        settings: Settings,
        voice: Voice,
        waiting: Waiting | None = None,
        *,
        output: str | None = None,
        quiet: bool = False,
        safe: bool = False,
    ) -> None:
        self._voice = voice
        self._waiting = waiting
        self._quiet = quiet
        self._terminal = stdout.is_terminal()
        self._write: Callable[[Iterable[bytes]], None] = stdout.write
        self._wrote_rows = False
        default = "table" if self._terminal else "csv"
        self._format, self._path = chosen(output or default)
        self._safe = safe
        if safe and not self._format.entry.separated:
            raise wrong_call(f"`--safe` goes with csv and tsv, not with {self._format.name}", "add `-o csv`")
        self._view = self._view_of(settings)
        self._color = settings.color
        self._dumb = settings.dumb_terminal
        self._progress = stderr.is_terminal() and not quiet and not settings.dumb_terminal

    def results(self, results: Sequence[Result | Explanation]) -> None:
        """Read the results and write them, one after the other. JSON is one document: several make an array.

        Raises `QueryError` for several results that are to go into one file.
        """
        count = sum(isinstance(result, Result) for result in results)
        if self._path is not None and count != 1:
            raise wrong_call(
                f"the text has {count or 'no'} result{'s' * (count != 1)}, and `-o {self._path}` takes one",
                *self._ways_for_several(count),
            )
        if self._format in CHARTS.values():
            results = [result.with_chart() if isinstance(result, Result) else result for result in results]
        if self._path is None and self._format is FORMATS["json"] and len(results) > 1:
            self._array(results)
            return
        are_titled = self._titled and len(results) > 1
        for at, result in enumerate(results):
            led_by = self._gap() if at else ""
            try:
                if isinstance(result, Explanation):
                    self._put(f"{led_by}{result.text}\n")
                else:
                    led_by += self._heading(result) if are_titled else ""
                    self._say(result, self._written(result, led_by))
            except stdout.ClosedPipe:
                self._finish(results[at + 1 :])
                raise

    def _finish(self, results: Sequence[Result | Explanation]) -> None:
        """Read on where nobody takes the output any more: assertions are judged and files written all the same."""
        for result in results:
            if isinstance(result, Result) and (result.answer.has_assertion or result.answer.files):
                with HeldBack() as held:
                    self._write = held.write
                    try:
                        self._say(result, self._written(result, ""))
                    finally:
                        self._write = stdout.write

    def _ways_for_several(self, count: int) -> tuple[str, ...]:
        """How more than one result reaches files."""
        if count < 2:
            return ()
        path = self._path
        assert path is not None
        own = f'a file for each: `… | to "{path.stem}-1{path.suffix}"; … | to "{path.stem}-2{path.suffix}"`'
        return (own, f"all in one array: `-o json > {path}`") if path.suffix == ".json" else (own,)

    def frame(self, frame: Frame, notices: Iterable[Diagnostic]) -> None:
        """Write a table that is there, and then what there is to say of it."""
        output = replace(Output([frame], frame.names, view=self._view), safe=self._safe)
        if self._path is not None:
            lost = save(output, self._format, self._path)
        else:
            with self.progress(lambda: "", timed=False) as progress:
                self._write(self._pieces(output, self._format, progress))
            lost = said(output.lost)
        self._voice.diagnostics([*notices, *lost])
        if self._path is not None and not self._quiet:
            self._voice.say(f"wrote {self._path}")

    @property
    def _titled(self) -> bool:
        """Whether tables have headings: where a person reads them, and no program."""
        return self._terminal and self._path is None and self._format is FORMATS["table"]

    def _heading(self, result: Result) -> str:
        """What the answer is called, in a line that fits."""
        from runql.results.terminal_table.layout import cut

        title = cut(f"# {visible(result.title)}", self._view.width or _DEFAULT_WIDTH, self._view.ellipsis)
        return f"{self._view.paint(title, 'header')}\n" if result.title else ""

    def progress(self, describe: Callable[[], str], *, timed: bool = True) -> Progress:
        """A line at a terminal that says what goes on, or why nothing does."""
        return Progress(describe, enabled=self._progress, waiting=self._waiting, timed=timed, color=self._color)

    def _array(self, results: Sequence[Result | Explanation]) -> None:
        """One JSON array of all results, and only then what there is to say: nothing comes between its lines.

        It is written when it is whole. An interrupt, or a source that fails, ends it after the rows that came; any
        other error, such as that of an assertion, after the results before.
        """
        told: list[tuple[Result, tuple[Diagnostic, ...]]] = []
        with HeldBack() as held:
            self._write = held.write
            whole = 0
            try:
                for at, result in enumerate(results):
                    whole = held.length
                    led_by = ",\n" if at else "[\n"
                    if isinstance(result, Explanation):
                        self._put(led_by + json.dumps(result.text, ensure_ascii=False))
                    else:
                        told.append((result, self._written(result, led_by, chomps=True)))
                self._put("\n]\n")
                held.release()
            except (KeyboardInterrupt, RunQLError) as error:
                if not (self._wrote_rows and isinstance(error, KeyboardInterrupt | BackendError)):
                    held.cut(whole)
                if held.length:
                    self._put("\n]\n")
                    held.release()
                raise
            finally:
                self._write = stdout.write
                for result, lost in told:
                    self._say(result, lost)

    def _gap(self) -> str:
        """What parts one result from the next, so that no two tables look like one; a line of JSON parts itself."""
        return "" if self._path is not None or self._format.name in {"json", "jsonl"} else "\n"

    def _put(self, text: str) -> None:
        if text:
            self._write([text.encode()])

    def _written(self, result: Result, led_by: str, *, chomps: bool = False) -> tuple[Diagnostic, ...]:
        """Read a result and write it; gives what the format could not hold.

        An interrupt, or a source that fails, leaves the rows that were read so far.
        """
        if result.answer.has_assertion and self._write is stdout.write:
            # A program must not take for an answer what turns out to be refused.
            with HeldBack() as held:
                self._write = held.write
                try:
                    lost = self._read(result, led_by, chomps=chomps)
                except (KeyboardInterrupt, BackendError):
                    held.release()
                    raise
                finally:
                    self._write = stdout.write
                held.release()
                return lost
        return self._read(result, led_by, chomps=chomps)

    def _read(self, result: Result, led_by: str, *, chomps: bool) -> tuple[Diagnostic, ...]:
        """Read a result and write it as it comes; gives what the format could not hold."""
        output = replace(result.output(self._view), safe=self._safe)
        frames = _UntilCutShort(output.frames)
        self._wrote_rows = False
        try:
            with self.progress(RunProgress(result.going), timed=False) as progress:
                if result.draws and self._titled:
                    lines = [*self._chart(result)]
                    progress.stop()
                    self._write([led_by.encode(), *lines])
                    return ()
                if self._path is not None:
                    draws = result.draws and self._format.name in CHART_FORMATS
                    lost = save(output, self._format, self._path)
                    return (*lost, *(said_of_file(result.chart, str(self._path)) if draws else ()))
                pieces = self._pieces(replace(output, frames=frames), self._format, progress, led_by)
                self._write(_without_last_line_end(pieces) if chomps else pieces)
            if frames.cut is not None:
                self._wrote_rows = True
                raise frames.cut
        except (stdout.ClosedPipe, stdout.CannotWrite):
            _finish_files(result, output)
            raise
        except KeyboardInterrupt:
            stdout.flush()
            self._voice.say(f"interrupted · {self._left(result, frames)}")
            raise
        except BackendError as error:
            stdout.flush()
            if frames.rows or self._path is not None:
                first, *others = error.diagnostics
                left = self._left(result, frames)
                error.diagnostics = (replace(first, hints=(left, *first.hints)), *others)
            raise
        is_written = self._path is None and self._format is not FORMATS["none"]
        is_nowhere = result.draws and is_written and not writes_chart(result.answer.plan)
        return (*said(output.lost), *([_NOT_DRAWN] if is_nowhere else []))

    def _chart(self, result: Result) -> Iterator[bytes]:
        """The chart of a result, as large as the window."""
        from runql.charts.terminal.draw import chart_lines

        look = chart_look(self._view, stdout.height(), dumb=self._dumb)
        return (f"{line}\n".encode() for line in chart_lines(result.chart, look))

    def _left(self, result: Result, frames: _UntilCutShort) -> str:
        """What an interrupt or an error left of the output, and of the files that were to be written."""
        shown = f"{frames.rows:,} row{'s' * (frames.rows != 1)} shown, not all"
        if self._path is not None:
            shown = result.activity()
        elif not frames.rows:
            shown = f"{result.activity()} · nothing is shown"
        files = [*result.answer.files, *([] if self._path is None else [self._path])]
        return " · ".join([shown, *(f"`{one}` is as it was" for one in files)])

    def _say(self, result: Result, lost: tuple[Diagnostic, ...]) -> None:
        """What there is to say: warnings with their places, the footer, why no run passes, then the ways out."""
        wrote = [f"wrote {self._path}"] if self._path is not None and not self._quiet else []
        Below.of(result, lost, quiet=self._quiet).say(self._voice, *wrote)

    def _pieces(self, output: Output, form: Format, progress: Progress, led_by: str = "") -> Iterator[bytes]:
        """The pieces; at a terminal without what could steer it, and not before the progress line is gone.

        What leads them comes only if there are any: an error writes nothing.
        """
        first = led_by.encode()
        for piece in form.pieces(output):
            if self._terminal:
                progress.stop()
                yield first + (piece if form is FORMATS["table"] else harmless(piece))
            else:
                yield first + piece
            first = b""

    def _view_of(self, settings: Settings) -> View:
        if not self._terminal:
            # Elsewhere a table is as wide as its cells, but for a width that was asked for. All rows are there.
            return View(width=settings.columns, zone=LOCAL, unicode=stdout.takes_unicode())
        return View(
            width=settings.columns or stdout.width() or _DEFAULT_WIDTH,
            most_rows=_MOST_ROWS_AT_A_TERMINAL,
            color=settings.color and not settings.dumb_terminal,
            unicode=stdout.takes_unicode(),
            zone=LOCAL,
            way_out="; `-o csv` for all",
        )


def chart_look(view: View, height: int | None, *, dumb: bool = False) -> Look:
    """How a chart is drawn where tables are shown so, in a window of that height."""
    from runql.charts.terminal.look import Look

    lines = (height or _DEFAULT_HEIGHT) - _BELOW_A_CHART
    return Look(view.width or _DEFAULT_WIDTH, lines, view.color, view.unicode and not dumb, view.zone)


class _UntilCutShort:
    """The frames of a result up to an interrupt or an error of its source, if there is one after the first row."""

    def __init__(self, frames: Iterable[Columns]) -> None:
        self._frames = frames
        self.rows = 0
        self.cut: KeyboardInterrupt | BackendError | None = None

    def __iter__(self) -> Iterator[Columns]:
        try:
            for frame in self._frames:
                self.rows += frame.length
                yield frame
        except (KeyboardInterrupt, BackendError) as error:
            if not self.rows:
                raise
            self.cut = error


def _finish_files(result: Result, output: Output) -> None:
    """Read on where nobody takes the output any more: the files that are written meanwhile are wanted all the same."""
    if result.answer.files:
        deque(output.frames, 0)


def _without_last_line_end(pieces: Iterator[bytes]) -> Iterator[bytes]:
    last = b""
    for piece in pieces:
        yield last
        last = piece
    yield last.removesuffix(b"\n")


_IN_MEMORY = 8 * 2**20
_CHUNK = 2**16


class HeldBack:
    """Takes pieces as standard output does, in memory and then on disk; `release` writes them. Else they are gone."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by `__exit__`

    def __enter__(self) -> HeldBack:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, pieces: Iterable[bytes]) -> None:
        """Hold the pieces back. Raises `CannotWrite` when there is no room for them."""
        for piece in pieces:
            try:
                self._file.write(piece)
            except OSError as error:
                raise stdout.CannotWrite(f"there is no room to hold it back: {error.strerror or error}") from error

    @property
    def length(self) -> int:
        """How many bytes are held back."""
        return self._file.tell()

    def cut(self, length: int) -> None:
        """Keep only the first bytes."""
        self._file.truncate(length)
        self._file.seek(length)

    def release(self) -> None:
        """Write all of it. Raises as `stdout.write` does."""
        self._file.seek(0)
        stdout.write(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while chunk := self._file.read(_CHUNK):
            yield chunk
