"""Results on the screen of the prompt: read with what goes on in sight, kept, drawn so that they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runql.config import Settings
from runql.errors import BackendError
from runql.execute.progress import RunProgress
from runql.frontends.repl.kept_results import KeptResult
from runql.frontends.repl.standing import StandingChart
from runql.results.columns import Columns
from runql.results.formats.formats import FORMATS, Format, chosen, said, save
from runql.results.terminal_table.options import Turn, View
from runql.session import Result
from runql.session.time_zone import LOCAL
from runql.terminal import pager, stderr, stdout
from runql.terminal.progress import Progress, Waiting
from runql.terminal.show import Below, chart_look
from runql.terminal.stderr import Voice
from runql.text.visible import harmless

if TYPE_CHECKING:
    from runql.charts.chart import Chart

_DEFAULT_WIDTH: Final = 80
_DEFAULT_HEIGHT: Final = 24
_BELOW: Final = 4
"""Lines of the screen that are left for the footer and the next prompt."""
_MENU: Final = 7
"""Lines that the prompt keeps free below it for what it offers: a chart stands above these whole."""
_LEAST_HEIGHT: Final = 20
_PREVIEWED: Final = 10
"""How many rows are shown before all have come."""
_MOST_PAGED: Final = 10_000
"""Of a longer table the ends are shown, also in the pager: a format holds all of it."""
_WITHOUT_PAGER: Final = 60


@dataclass(slots=True)
class Looks:
    """How results are shown; changed by commands."""

    form: Format
    path: Path | None = None
    """Where the next result goes."""
    turn: Turn = "auto"
    timing: bool = True
    paged: bool = True

    def take(self, spec: str) -> None:
        """A format for what follows, or a file for the next result. Raises `OutputError`."""
        form, path = chosen(spec)
        if path is None:
            self.form = form
        self.path = path


class Stopped(Exception):  # noqa: N818 - the user's wish
    """Ctrl-C, or a source that gave up, after some of a result came: it is kept."""

    def __init__(self, kept: KeptResult, cause: BaseException) -> None:
        super().__init__()
        self.kept = kept
        self.cause = cause


@dataclass(slots=True)
class Screen:
    """Where the prompt shows things."""

    settings: Settings
    voice: Voice
    looks: Looks
    waiting: Waiting | None = None
    quiet: bool = False
    standing: StandingChart | None = None
    """The chart that was drawn last, as long as it may stand above the prompt."""
    is_terminal: bool = field(default_factory=stdout.is_terminal)

    # ---------------------------------------------------------------- reading

    def read(self, result: Result, title: str) -> KeptResult:
        """All of a result, with what goes on in sight. Raises `Stopped` with what came if that was not all."""
        frames: list[Columns] = []
        try:
            with self._watching(RunProgress(result.going), () if result.draws else frames):
                return self.gather(result, title, frames)
        except (KeyboardInterrupt, BackendError) as error:
            if result.draws or not any(frame.length for frame in frames):  # half of a table is no chart
                if isinstance(error, KeyboardInterrupt) and (left := result.kept_by_stopping()):
                    raise KeyboardInterrupt(left) from error
                raise
            raise Stopped(KeptResult(title, Columns.concat(frames), whole=False), error) from error

    def gather(self, result: Result, title: str, frames: list[Columns] | None = None) -> KeptResult:
        """All of a result; its parts are added to `frames` as they come."""
        frames = [] if frames is None else frames
        output = result.output(self.view(), cut=not result.draws)
        for frame in output.frames:
            frames.append(frame)  # one by one: they are looked at while they come
        names = output.names if output.names is not None or output.settle is None else output.settle()
        whole = frames[0] if len(frames) == 1 and frames[0].names == names else Columns.concat(frames, names)
        chart = result.answer.chart(whole) if result.draws else None
        below = Below.of(result, quiet=self.quiet)
        return KeptResult(
            title, whole, "", output.scalar, output.sweep, output.layout(), below, chart=chart, look=result.chart_look
        )

    def progress(self, describe: Callable[[], str]) -> AbstractContextManager[object]:
        """A line that says what goes on."""
        line = Progress(describe, waiting=self.waiting, color=self.settings.color)
        return line if self._is_watched else nullcontext()

    def _watching(self, pace: RunProgress, frames: Sequence[Columns]) -> AbstractContextManager[object]:
        """The first rows that have come, and below them a line that says how far it is."""
        above = Preview(frames, self) if self.height >= _LEAST_HEIGHT else tuple
        line = Progress(pace, waiting=self.waiting, timed=False, above=above, color=self.settings.color)
        return line if self._is_watched else nullcontext()

    @property
    def _is_watched(self) -> bool:
        return stderr.is_terminal() and not self.quiet and not self.settings.dumb_terminal

    # ---------------------------------------------------------------- showing

    def show(self, kept: KeptResult, *, turn: Turn | None = None, whole: bool = False) -> None:
        """Draw it in the format that is set, or write it to the file that the next result goes to."""
        path, self.looks.path = self.looks.path, None
        if path is not None and kept.frame is not None:
            self.save(kept, self.looks_of(path), path)
            return
        draws = self._draws(kept, self.looks.form, whole=whole)
        with self.voice.heard() as said:
            lost = self.draw(kept, self.looks.form, turn=turn, whole=whole)
            self.say_below(kept, *lost)
        if draws and kept.chart is not None:
            lines = (*self.chart_lines(kept.chart), *said)
            self.standing = StandingChart.of(kept, lines, (self.width, self.height))

    def redraw(self, rows: int) -> None:
        """Draw the chart anew that stands above the prompt, which takes so many rows, for the window as it is now."""
        standing, self.standing = self.standing, None
        if standing is None or not standing.is_last:
            return
        size = self.width, self.height
        if size == standing.size:
            self.standing = standing
            return
        stderr.raw(standing.way_back(*size, is_plain=rows == 1))
        self.show(standing.kept)

    @property
    def has_changed(self) -> bool:
        """Whether the window is no longer that for which a chart was drawn that stands above the prompt."""
        standing = self.standing
        return standing is not None and standing.is_last and standing.size != (self.width, self.height)

    def show_part(self, kept: KeptResult, *, failed: bool) -> None:
        """Draw what came of a result before it was stopped or failed, at once: nobody wants a pager then."""
        frame = kept.frame
        rows = frame.length if frame is not None else 0
        form = self.looks.form if rows <= _WITHOUT_PAGER else FORMATS["table"]
        self.looks.path = None
        self.draw(kept, form, paged=False)
        word = "failed" if failed else "stopped"
        self.voice.say(f"{word} · {rows:,} row{'s' * (rows != 1)} came, not all")

    def looks_of(self, path: Path) -> Format:
        """The format of a file by its name. Raises `OutputError`."""
        return chosen(str(path))[0]

    def save(self, kept: KeptResult, form: Format, path: Path) -> None:
        """Write it to a file. Raises `OutputError`."""
        output = kept.output(self.view())
        lost = save(output, form, path)
        self.say_below(kept, f"wrote {path}", *(notice.message for notice in lost))

    def draw(
        self, kept: KeptResult, form: Format, *, turn: Turn | None = None, whole: bool = False, paged: bool = True
    ) -> tuple[str, ...]:
        """Put it on the screen; gives what the format could not hold."""
        if kept.frame is None:
            self.put(f"{kept.text}\n")
            return ()
        if kept.chart is not None and self._draws(kept, form, whole=whole):
            stdout.write([f"{line}\n".encode() for line in self.chart_lines(kept.chart)])
            return ()
        output = kept.output(self.view(turn=turn, whole=whole, paged=paged))
        pieces = form.pieces(output)
        if self.is_terminal and form is not FORMATS["table"]:
            pieces = map(harmless, pieces)
        if paged:
            self._page(pieces, wide=whole)
        else:
            stdout.write(pieces)
        return tuple(notice.message for notice in said(output.lost))

    def _draws(self, kept: KeptResult, form: Format, *, whole: bool) -> bool:
        """Whether the chart of a result is drawn, and not its table written."""
        return kept.chart is not None and form is FORMATS["table"] and not whole and self.is_terminal

    def chart_lines(self, chart: Chart, height: int | None = None) -> list[str]:
        """A chart as wide as the screen; with a height no taller than that."""
        from runql.charts.terminal.draw import chart_lines

        dumb = self.settings.dumb_terminal
        look = chart_look(replace(self.view(paged=False), width=self.width), self.height - _MENU, dumb=dumb)
        return [*chart_lines(chart, look if height is None else replace(look, height=height, tight=True))]

    def put(self, text: str, *, paged: bool = True) -> None:
        """Write a text, through the pager if it is long."""
        if paged:
            self._page(iter([text.encode()]))
        else:
            stdout.write([text.encode()])

    def say_below(self, kept: KeptResult, *more: str) -> None:
        """The footer and what else there is to say."""
        below = kept.below
        if below is not None:
            replace(below, cost=below.cost if self.looks.timing else "").say(self.voice, *more)
        elif more:
            self.voice.quiet(*more)

    def _page(self, pieces: Iterator[bytes], *, wide: bool = False) -> None:
        command = pager.pager_command(self.settings.pager) if self._may_page else ()
        pager.write(pieces, command, self.height - _BELOW, wide=wide)

    @property
    def _may_page(self) -> bool:
        return self.looks.paged and self.is_terminal and not self.settings.dumb_terminal

    # ---------------------------------------------------------------- sizes

    @property
    def width(self) -> int:
        """The width of the screen in cells."""
        width = self.settings.columns or stdout.width() or _DEFAULT_WIDTH
        return min(width, self.settings.prompt.width or width)

    @property
    def height(self) -> int:
        """The height of the screen in lines."""
        return stdout.height() or _DEFAULT_HEIGHT

    def view(self, *, turn: Turn | None = None, whole: bool = False, paged: bool = True) -> View:
        """How tables are shown."""
        if not self.is_terminal:
            return View(zone=LOCAL, unicode=stdout.takes_unicode(), turn=turn or self.looks.turn)
        is_paged = paged and self._may_page and bool(pager.pager_command(self.settings.pager))
        most = _MOST_PAGED if is_paged else _WITHOUT_PAGER
        return View(
            width=None if whole and is_paged else self.width,
            most_rows=None if whole else most,
            head=most * 3 // 4 if is_paged else 20,
            tail=most // 4 if is_paged else 5,
            color=self.settings.color and not self.settings.dumb_terminal,
            unicode=stdout.takes_unicode(),
            zone=LOCAL,
            way_out=r"; `\last all` for all of them",
            wider=r"; `\x` turns the table, `\last all` scrolls" if is_paged else r"; `\x` turns the table",
            turn=turn or self.looks.turn,
            height=self.height - _BELOW,
        )


class Preview:
    """The first rows of what has come so far, as lines; made anew when there are more."""

    def __init__(self, frames: Sequence[Columns], screen: Screen) -> None:
        self._frames = frames
        self._screen = screen
        self._rows = 0
        self._lines: tuple[str, ...] = ()

    def __call__(self) -> tuple[str, ...]:
        if self._rows < _PREVIEWED:
            rows = sum(frame.length for frame in list(self._frames))
            if rows != self._rows:
                self._rows = rows
                self._lines = tuple(self._drawn())
        return self._lines

    def _drawn(self) -> Iterator[str]:
        from runql.results.terminal_table.table import table_lines

        some: list[Columns] = []
        left = _PREVIEWED
        for frame in list(self._frames):
            some.append(frame.slice(0, left))
            left -= some[-1].length
            if left <= 0:
                break
        view = replace(self._screen.view(), turn="off", brief=True, width=self._screen.width - 1)
        yield from table_lines(Columns.concat(some), view)
