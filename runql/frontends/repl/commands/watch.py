"""`\\watch`: a query asked again and again, drawn in one place, until a condition holds or Ctrl-C comes."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from runql.errors import AuthError, BackendError, wrong_call
from runql.execute.progress import in_words
from runql.frontends.repl.commands.changes import Changes
from runql.frontends.repl.commands.table import BackslashCall
from runql.frontends.repl.kept_results import KeptResult
from runql.results.columns import Columns
from runql.results.formats.formats import FORMATS
from runql.results.terminal_table.layout import cut
from runql.results.terminal_table.options import View
from runql.results.terminal_table.table import table_lines
from runql.script.named_queries import LAST, text_of
from runql.session import Result
from runql.session.watch_condition import Until
from runql.syntax import parse
from runql.syntax.tokens import TokenKind
from runql.terminal import keys, stderr
from runql.terminal.region import Region
from runql.text.frozen import frozen
from runql.text.source import Source
from runql.text.visible import visible

if TYPE_CHECKING:
    from runql.frontends.repl.shell import Shell

_DEFAULT_SECONDS: Final = 30.0
_LEAST_SECONDS: Final = 1.0
_PERIOD_SECONDS: Final = 0.2
_LEAST_LINES: Final = 6
_EVERY: Final = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>s|sec|m|min|h)?(?=\s|\Z)", re.IGNORECASE)
_EVERY_BEHIND: Final = re.compile(
    r"\bevery\s+(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>s|sec|m|min|h)\w*\s*\Z", re.IGNORECASE
)
_UNITS: Final = {"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}


@frozen
class Order:
    """What is to be watched: how often, which query, and the condition that ends it."""

    seconds: float
    query: str
    until: str = ""


def read_order(rest: str) -> Order:
    """The words after `\\watch`. Raises `QueryError` for an interval that is none."""
    seconds = _DEFAULT_SECONDS
    if match := _EVERY.match(rest):
        seconds = float(match["number"]) * _UNITS[(match["unit"] or "").lower()]
        rest = rest[match.end() :].strip()
    if every := _EVERY_BEHIND.search(rest):
        written = rf"`\watch {every['number']}{every['unit'] or ''} {rest[: every.start()].strip()}`"
        raise wrong_call("how often stands before the query", f"write {written}")
    if seconds < _LEAST_SECONDS:
        raise wrong_call(f"`{match[0] if match else ''}` is too often: a second is the least")
    places = [
        token.span
        for token in parse(rest).tokens
        if token.text.lower() == "until" and token.kind not in {TokenKind.STRING, TokenKind.COMMENT}
    ]
    if not places:
        return Order(seconds, rest)
    query, until = rest[: places[-1].start].strip(), rest[places[-1].end :].strip()
    if not until:
        raise wrong_call("`until` wants a condition", r"such as `\watch 30 count runs until count > 100`")
    return Order(seconds, query, until)


def watch(shell: Shell, call: BackslashCall) -> None:
    """Ask again and again. Raises `RunQLError` for what is wrong from the start."""
    order = read_order(call.rest)
    state = shell.session.state
    if not order.query:
        if LAST not in state.lets:
            raise wrong_call("there is no last query yet", r"such as `\watch 30 runs where state = 'running'`")
        order = replace(order, query=text_of(state.lets[LAST]))
    _Watch(shell, order).run()


@dataclass(slots=True)
class _Watch:
    shell: Shell
    order: Order
    until: Until | None = None
    kept: KeptResult | None = None
    changes: Changes = field(default_factory=Changes)
    state: Any = None
    """What the session is left with."""
    times: int = 0
    asked: str = ""
    trouble: str = ""
    """What the last attempt failed with."""
    began: float = field(default_factory=time.monotonic)
    region: Region = field(default_factory=Region)

    def run(self) -> None:
        """Until it ends; then the last table stands on the screen, with a line that says why."""
        shell = self.shell
        if self.order.until:
            self._check_until()
        self.state = shell.session.state
        is_live = stderr.is_terminal() and shell.screen.is_terminal and not shell.settings.dumb_terminal
        why = "stopped"
        try:
            with keys.unseen():
                while not (self._round(is_live=is_live) and self._is_reached()):
                    self._wait(is_live=is_live)
                why = f"`{self.order.until}` holds"
        except KeyboardInterrupt:
            if not self.times:
                raise
            shell.interrupts.rearm()
        finally:
            shell.session.state = self.state
            if is_live:
                self.region.clear()
        self._end(why, is_live=is_live)

    def _check_until(self) -> None:
        """Find what is wrong with the condition before anything is asked for."""
        session = self.shell.session
        before = session.state
        try:
            gap = "\n" if "#" in self.order.query else " "
            text = f"{self.order.query}{gap}| assert {self.order.until}"
            (result,) = self._results(text)
            self.until = Until(result)
        finally:
            session.state = before

    def _results(self, text: str) -> tuple[Result]:
        results = self.shell.session.run(Source(text))
        if len(results) != 1 or not isinstance(results[0], Result):
            raise wrong_call(r"`\watch` watches one query", r"such as `\watch 30 count runs where state = 'running'`")
        return (results[0],)

    # ---------------------------------------------------------------- a round

    def _round(self, *, is_live: bool) -> bool:
        """Ask once; whether there was an answer. A source that does not answer is asked again later."""
        asked = datetime.now().strftime("%H:%M:%S")
        session, state = self.shell.session, self.shell.session.state
        try:
            with self._ticking() if is_live else nullcontext():
                (result,) = self._results(self.order.query)
                kept = self.shell.screen.gather(result, self.order.query)
        except BackendError as error:
            if not self.times or isinstance(error, AuthError):
                raise
            self.trouble = f"{asked} {error.diagnostics[0].message}"
            return False
        finally:
            # However often it is asked, it is one query among the last ones.
            after, session.state = session.state, state
        if not self.times:
            self.state = after
        before = self.kept.frame if self.kept is not None else None
        frame = kept.frame if kept.frame is not None else Columns({})
        self.changes = Changes.between(before, frame) if before is not None else Changes()
        self.kept, self.asked, self.trouble = kept, asked, ""
        self.times += 1
        if not is_live:
            self._print()
        return True

    def _is_reached(self) -> bool:
        frame = self.kept.frame if self.kept is not None else None
        return self.until is not None and frame is not None and self.until.holds(frame)

    def _wait(self, *, is_live: bool) -> None:
        end = time.monotonic() + self.order.seconds
        while (left := end - time.monotonic()) > 0:
            if is_live:
                self._draw(f"next in {in_words(left)}")
            time.sleep(min(left, _PERIOD_SECONDS))

    # ---------------------------------------------------------------- the drawing

    def _draw(self, doing: str) -> None:
        view = self.shell.screen.view(paged=False)
        status = [*([f"asked {self.asked}"] if self.asked else []), doing]
        if self.trouble:
            status.insert(0, f"failed at {self.trouble}")
        elif self.times > 1:
            status.append(str(self.changes))
        status.append(f"until {self.order.until}" if self.order.until else "Ctrl-C ends")
        line = cut(visible(" · ".join(status)), (view.width or 80) - 1, view.ellipsis)
        self.region.draw([*self._lines(), view.paint(line, "warn" if self.trouble else "dim")])

    def _lines(self) -> Iterator[str]:
        """The table, no longer than the screen, and what was counted."""
        if self.kept is None:
            return
        screen = self.shell.screen
        room = max(_LEAST_LINES, screen.height - 4)
        view = replace(screen.view(paged=False), width=screen.width - 1, turn="off", height=room)
        lines = self._table(view)
        if len(lines) > room:
            rows = max(2, room - (len(lines) - self._rows) - 1)
            lines = self._table(replace(view, most_rows=rows, head=rows - rows // 4, tail=rows // 4, way_out=""))
        yield from lines[:room]
        if self.kept.below is not None:
            said = " · ".join(filter(None, self.kept.below.counts))
            yield view.paint(cut(visible(said), (view.width or 80), view.ellipsis), "dim")

    @property
    def _rows(self) -> int:
        return self.kept.frame.length if self.kept is not None and self.kept.frame is not None else 0

    def _table(self, view: View) -> list[str]:
        assert self.kept is not None
        if self.kept.chart is not None:
            return self.shell.screen.chart_lines(self.kept.chart, view.height)
        assert self.kept.frame is not None
        return list(table_lines(self.kept.frame, view, self.kept.layout, self.changes.cells))

    @contextmanager
    def _ticking(self) -> Iterator[None]:
        """Draw again and again while something else goes on: what a server waits for is seen."""
        done = threading.Event()
        waiting = self.shell.screen.waiting

        def tick() -> None:
            while not done.wait(_PERIOD_SECONDS):
                self._draw((waiting.text if waiting is not None else "") or "asking")

        thread = threading.Thread(target=tick, daemon=True)
        self._draw("asking")
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _print(self) -> None:
        """Where nothing can be drawn in place: the table, if anything changed in it."""
        assert self.kept is not None
        shell = self.shell
        if self.times > 1 and not self.changes.cells and not self.changes.gone:
            shell.tell(f"{self.asked} · nothing changed")
            return
        shell.tell(f"{self.asked} · {self.changes}" if self.times > 1 else self.asked)
        shell.screen.put("".join(f"{line}\n" for line in self._table(shell.screen.view(paged=False))), paged=False)

    def _end(self, why: str, *, is_live: bool) -> None:
        shell = self.shell
        if self.kept is not None:
            shell.keep(self.kept, is_query=True)
            if is_live:
                shell.screen.draw(self.kept, FORMATS["table"], paged=False)
                shell.screen.say_below(self.kept)
        times = "once" if self.times == 1 else f"{self.times:,} times"
        shell.voice.say(f"{visible(why)} · asked {times} in {in_words(time.monotonic() - self.began)}")
