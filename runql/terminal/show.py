"""How a result is shown: its data, then what there is to say about it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from runql.advice.under_answers import MOST_OF_A_KIND
from runql.charts.files.notices import said_of_file
from runql.config import Settings
from runql.errors import BackendError, RunQLError, wrong_call
from runql.execute.progress import Going, RunProgress
from runql.language.formats import CHART_FORMATS
from runql.results.formats.formats import CHARTS, FORMATS, Output, chosen, said, save
from runql.results.frame import Frame
from runql.results.terminal_table.options import View
from runql.session import Explanation, Result
from runql.session.drawn_file import writes_chart
from runql.session.time_zone import LOCAL
from runql.terminal import stderr, stdout
from runql.terminal.progress import Progress, Waiting
from runql.terminal.stderr import Voice
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import Source
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
        self._is_cut = False
        """Whether an interrupt, or a source that failed, ended the last result after its first row."""
        self._format, self._path = chosen(output or ("table" if self._terminal else "csv"))
        self._safe = safe
        if safe and not self._format.entry.separated:
            raise wrong_call(f"`--safe` goes with csv and tsv, not with {self._format.name}", "add `-o csv`")
        is_table = self._format is FORMATS["table"]
        self._view = self._view_of(settings) if is_table else View()
        self._titled = self._terminal and self._path is None and is_table
        """Whether tables have headings: where a person reads them, and no program."""
        self._settings = settings
        self._is_watched = stderr.is_terminal() and not quiet and not settings.dumb_terminal
        self._wrote = (f"wrote {self._path}",) if self._path is not None and not quiet else ()

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
        for at, result in enumerate(results):
            # What parts it from the one before, so that no two tables look like one; a line of JSON parts itself.
            led_by = "\n" if at and self._path is None and self._format.name not in {"json", "jsonl"} else ""
            try:
                if isinstance(result, Explanation):
                    stdout.write([f"{led_by}{result.text}\n".encode()])
                    continue
                if self._titled and len(results) > 1:
                    led_by += self._heading(result)
                read = self._read_whole if result.answer.has_assertion else self._read
                lost = read(result, led_by)
                Below.of(result, lost, quiet=self._quiet).say(self._voice, *self._wrote)
            except stdout.ClosedPipe:
                self._finish(results[at + 1 :])
                raise

    def _finish(self, results: Sequence[Result | Explanation]) -> None:
        """Read on where nobody takes the output any more: assertions are judged and files written all the same."""
        for result in results:
            if isinstance(result, Result) and (result.answer.has_assertion or result.answer.files):
                with stdout.HeldBack() as held:
                    lost = self._read(result, "", held)
                Below.of(result, lost, quiet=self._quiet).say(self._voice, *self._wrote)

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
            with self._watching() as line:
                self._put(output, line)
            lost = said(output.lost)
        self._voice.diagnostics([*notices, *lost])
        for line_below in self._wrote:
            self._voice.say(line_below)

    def _heading(self, result: Result) -> str:
        """What the answer is called, in a line that fits."""
        from runql.results.terminal_table.layout import cut

        title = cut(f"# {visible(result.title)}", self._view.width or _DEFAULT_WIDTH, self._view.ellipsis)
        return f"{self._view.paint(title, 'header')}\n" if result.title else ""

    def _watching(self, going: Callable[[], Going] | None = None) -> AbstractContextManager[Progress | None]:
        """A line at a terminal that says how far it is, or why nothing comes; none where nobody sees it."""
        if not self._is_watched:
            return nullcontext()
        pace = (lambda: "") if going is None else RunProgress(going)
        return Progress(pace, waiting=self._waiting, timed=False, color=self._settings.color)

    def _array(self, results: Sequence[Result | Explanation]) -> None:
        """One JSON array of all results, and only then what there is to say: nothing comes between its lines.

        It is written when it is whole. An interrupt, or a source that fails, ends it after the rows that came; any
        other error, such as that of an assertion, after the results before.
        """
        told: list[tuple[Result, tuple[Diagnostic, ...]]] = []
        with stdout.HeldBack() as held:
            whole = 0
            try:
                for at, result in enumerate(results):
                    held.chomp()
                    whole = held.length
                    led_by = ",\n" if at else "[\n"
                    if isinstance(result, Explanation):
                        held.put((led_by + json.dumps(result.text, ensure_ascii=False)).encode())
                    else:
                        told.append((result, self._read(result, led_by, held)))
                held.chomp()
                held.put(b"\n]\n")
                held.release()
            except (KeyboardInterrupt, RunQLError) as error:
                held.chomp()
                if not (self._is_cut and isinstance(error, KeyboardInterrupt | BackendError)):
                    held.cut(whole)
                if held.length:
                    held.put(b"\n]\n")
                    held.release()
                raise
            finally:
                for result, lost in told:
                    Below.of(result, lost, quiet=self._quiet).say(self._voice, *self._wrote)

    def _read_whole(self, result: Result, led_by: str) -> tuple[Diagnostic, ...]:
        """Read a result with an assertion, then write it: no program must take for an answer what is refused later.

        An interrupt, or a source that fails, leaves the rows that were read so far.
        """
        with stdout.HeldBack() as held:
            try:
                lost = self._read(result, led_by, held)
            except (KeyboardInterrupt, BackendError):
                held.release()
                raise
            held.release()
            return lost

    def _read(self, result: Result, led_by: str, held: stdout.HeldBack | None = None) -> tuple[Diagnostic, ...]:
        """Read a result and write it as it comes, or have it held back; gives what the format could not hold."""
        output = replace(result.output(self._view, ends_at_cut=self._path is None), safe=self._safe)
        self._is_cut = False
        try:
            with self._watching(result.going) as line:
                if result.draws and self._titled:
                    self._draw(result, line, led_by, held)
                    return ()
                if self._path is not None:
                    draws = result.draws and self._format.name in CHART_FORMATS
                    lost = save(output, self._format, self._path)
                    return (*lost, *(said_of_file(result.chart, str(self._path)) if draws else ()))
                self._put(output, line, led_by, held)
            if result.shown.cut is not None:
                self._is_cut = True
                raise result.shown.cut
        except (stdout.ClosedPipe, stdout.CannotWrite):
            if result.answer.files:  # nobody takes the output any more: they are wanted all the same
                deque(output.frames, 0)
                if result.shown.cut is not None:
                    raise result.shown.cut from None
            raise
        except KeyboardInterrupt:
            stdout.flush()
            self._voice.say(f"interrupted · {self._left(result)}")
            raise
        except BackendError as error:
            stdout.flush()
            if result.shown.shown or self._path is not None:
                first, *others = error.diagnostics
                left = self._left(result)
                error.diagnostics = (replace(first, hints=(left, *first.hints)), *others)
            raise
        is_nowhere = result.draws and self._format is not FORMATS["none"] and not writes_chart(result.answer.plan)
        return (*said(output.lost), *([_NOT_DRAWN] if is_nowhere else []))

    def _put(
        self, output: Output, line: Progress | None, led_by: str = "", held: stdout.HeldBack | None = None
    ) -> None:
        """Write an output; at a terminal without what could steer it, and not before the progress line is gone.

        What leads it comes only if there is any of it: an error writes nothing.
        """
        out = stdout.StandardOutput() if held is None else held
        is_made_harmless = self._terminal and self._format is not FORMATS["table"]
        first = led_by.encode()
        for piece in self._format.pieces(output):
            if self._terminal and line is not None:
                line.stop()
            out.put(first + (harmless(piece) if is_made_harmless else piece))
            first = b""
        out.flush()

    def _draw(self, result: Result, line: Progress | None, led_by: str, held: stdout.HeldBack | None) -> None:
        """Draw the chart of a result, as large as the window."""
        from runql.charts.terminal.draw import chart_lines

        look = chart_look(self._view, stdout.height(), dumb=self._settings.dumb_terminal)
        drawn = [*chart_lines(result.chart, look)]
        if line is not None:
            line.stop()
        out = stdout.StandardOutput() if held is None else held
        for one in (led_by, *(f"{one}\n" for one in drawn)):
            out.put(one.encode())
        out.flush()

    def _left(self, result: Result) -> str:
        """What an interrupt or an error left of the output, and of the files that were to be written."""
        rows = result.shown.shown
        shown = f"{rows:,} row{'s' * (rows != 1)} shown, not all"
        if self._path is not None:
            shown = result.activity()
        elif not rows:
            shown = f"{result.activity()} · nothing is shown"
        files = [*result.answer.files, *([] if self._path is None else [self._path])]
        return " · ".join([shown, *(f"`{one}` is as it was" for one in files)])

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


@frozen
class Below:
    """What there is to say about a result that was read: `counts` and `cost` make the footer, `lines` come after it."""

    warnings: tuple[Diagnostic, ...]
    source: Source
    counts: tuple[str, ...]
    cost: str
    lines: tuple[str, ...]

    @classmethod
    def of(cls, result: Result, lost: Sequence[Diagnostic] = (), *, quiet: bool = False) -> Below:
        """Of a result; `lost` is what its format could not hold. `quiet`: only what is wrong, and nothing is asked."""
        if quiet:
            return cls(_few_of_each(result.fresh_warnings), result.source, (), "", ())
        below = result.under()
        hints = [f"{notice.code} {hint}" for notice in lost for hint in notice.hints]
        return cls(
            _few_of_each(below.warnings) if below.warnings else (),
            result.source,
            (*below.counts, *(notice.message for notice in lost)),
            below.cost,
            (*below.ladder, *below.ways_out, *hints),
        )

    def say(self, voice: Voice, *before: str) -> None:
        """Say all of it; the footer begins with some words of the caller."""
        # A warning says that something is wrong with the answer: to want quiet is not to want that unsaid.
        if self.warnings:
            voice.diagnostics(self.warnings, self.source)
        voice.quiet(*(visible(part) for part in (*before, *self.counts, self.cost) if part))
        for line in self.lines:
            voice.quiet(f"  {visible(line)}", indent=9)


def _few_of_each(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """At most a few of each code; the last of them says how many more there are."""
    by_code: dict[str, list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        by_code.setdefault(diagnostic.code, []).append(diagnostic)
    few: list[Diagnostic] = []
    for alike in by_code.values():
        *shown, last = alike[:MOST_OF_A_KIND]
        more = len(alike) - MOST_OF_A_KIND
        hints = (*last.hints, *([f"and {more:,} more like it"] if more > 0 else []))
        few += (*shown, replace(last, hints=hints))
    return tuple(few)
