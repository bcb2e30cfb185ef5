"""The shell of a prompt: it runs statements, shows what they give, and holds what the commands work on."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import FrameType, TracebackType
from typing import Any, Final, assert_never

from runql.config import Settings
from runql.errors import BackendError
from runql.frontends.repl.kept_results import KeptResult, Shelf
from runql.frontends.repl.results import Looks, Screen, Stopped
from runql.results.formats.formats import FORMATS, chosen
from runql.results.frame import Frame
from runql.script.pasted import check_server, read
from runql.session import Explanation, Result, Session
from runql.syntax import parse, tree
from runql.syntax.tree import DescribeStatement, ShowStatement
from runql.terminal import stderr
from runql.terminal.progress import Waiting
from runql.terminal.stderr import Voice
from runql.text.signals import AGAIN_SECONDS, interrupt_main_thread, is_importing
from runql.text.source import Source
from runql.text.visible import visible

_LONGEST_NAME: Final = 30


def _nothing() -> None:
    """What a hook does that nobody set."""


class WasStopped(Exception):  # noqa: N818 - the user's wish
    """Ctrl-C, and what came was shown."""


@dataclass(slots=True)
class Hooks:
    """What the shell asks of the application around it.

    `source_changed`: another source is the one of queries that name none. `refresh`: look anew at what it holds.
    `edit`: let the user edit a text; gives what it became, `None` if it was left as it is.
    """

    source_changed: Callable[[], None] = _nothing
    refresh: Callable[[], None] = _nothing
    edit: Callable[[str], str | None] | None = None


class Shell:
    """What is entered at the prompt is carried out on it, one text at a time, by `evaluate`.

    Args:
        session: What the queries are asked of; its state goes on from text to text.
        output: The format of results, as `-o` has it; by default the settings'.
        quiet: No notices and no progress.
        params: Values of parameters, as `-p` gives them.
        hooks: What the application does for the shell.
        waiting: Where the session's server says why nothing comes.
    """

    def __init__(
        self,
        session: Session,
        settings: Settings | None = None,
        *,
        output: str | None = None,
        quiet: bool = False,
        params: Mapping[str, Any] | None = None,
        hooks: Hooks | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        self.session = session
        self.settings = session.settings if settings is None else settings
        self.hooks = Hooks() if hooks is None else hooks
        session.state = replace(session.state, params={**session.state.params, **(params or {})})
        self.shelf = Shelf()
        self.leaving = False
        """Whether the user wants to go."""
        self.next_text = ""
        """What the next prompt begins with."""
        color = self.settings.color and not self.settings.dumb_terminal and stderr.is_terminal()
        self.voice = Voice(color=color, columns=self._width)
        form, path = chosen(output or self.settings.prompt.format)
        looks = Looks(form, path, timing=self.settings.prompt.timing, paged=self.settings.prompt.pager == "auto")
        self.screen = Screen(self.settings, self.voice, looks, waiting, quiet)
        self.interrupts = Interrupts()

    def _width(self) -> int | None:
        """How wide what is said may be: the window may change."""
        return self.settings.columns or stderr.columns() if stderr.is_terminal() else None

    @property
    def source(self) -> str | None:
        """The source of queries that name none, if anything says which."""
        return self.session.source_name

    @property
    def prompt_name(self) -> str:
        """The source, short enough to stand in the prompt; empty if there is none."""
        name = visible(self.source or "")
        return name if len(name) <= _LONGEST_NAME else f"…{name[1 - _LONGEST_NAME :]}"

    # ---------------------------------------------------------------- statements

    def query_of(self, text: str) -> str:
        """The query that a text means which was pasted from elsewhere, and is said; any other text as it is.

        Raises `RunQLError`: the language cannot say what it asks, or another server would be asked.
        """
        found = read(text)
        if found is None:
            return text
        if not self.screen.quiet:
            self.voice.read_as(found.query, found.kind, found.notes)
        check_server(found, self.settings)
        return found.query

    def run(self, text: str) -> None:
        """Run the statements of a text and show what they give. Raises `RunQLError`."""
        before = self.source
        with self.screen.progress(lambda: "looking at what there is"):
            results = self.session.run(Source(text))
        titles = _titles(text)
        if len(titles) != len(results):
            titles = [(text.strip(), True)] * len(results)
        waiting = deque(zip(results, titles, strict=True))
        try:
            while waiting:
                result, (title, is_query) = waiting.popleft()
                if len(results) > 1:
                    self._head(title, first=len(waiting) == len(results) - 1)
                self.show(result, title, is_query=is_query)
        finally:
            for _, (title, is_query) in waiting:
                self._keep_nothing(title, is_query=is_query)
            if self.source != before:
                self.hooks.source_changed()

    def show(self, result: Result | Explanation, title: str, *, is_query: bool) -> None:
        """Read a result, keep it and draw it. What came before Ctrl-C or an error is kept and drawn too."""
        if isinstance(result, Explanation):
            kept = KeptResult(title, text=result.text)
        else:
            try:
                kept = self.screen.read(result, title)
            except Stopped as stopped:
                self.interrupts.rearm()
                self.keep(stopped.kept, is_query=is_query)
                self.screen.show_part(stopped.kept, failed=isinstance(stopped.cause, BackendError))
                raise (WasStopped if isinstance(stopped.cause, KeyboardInterrupt) else stopped.cause) from None
            except BaseException:
                self._keep_nothing(title, is_query=is_query)
                raise
        self.keep(kept, is_query=is_query)
        self.screen.show(kept)

    def _keep_nothing(self, title: str, *, is_query: bool) -> None:
        """A query that was not read has a name all the same, so it has a place among the results too."""
        if is_query:
            self.keep(KeptResult(title, gone="nothing of it was read"), is_query=True)

    def keep(self, kept: KeptResult, *, is_query: bool) -> None:
        """Keep a result; what had to go for it is said."""
        for line in self.shelf.add(kept, is_query=is_query):
            self.voice.quiet(line)

    def _head(self, title: str, *, first: bool) -> None:
        line = visible(" ".join(title.split()))
        width = self.screen.width
        line = line if len(line) <= width else f"{line[: width - 1]}…"
        self.screen.put(("" if first else "\n") + self.screen.view().paint(line, "header") + "\n")

    def tell(self, text: str) -> None:
        """A line about what was done."""
        self.voice.quiet(text)

    def table(self, frame: Frame, title: str, *said: str) -> None:
        """Show a table that no query gave, and a line below it."""
        kept = KeptResult(title, frame)
        self.keep(kept, is_query=False)
        self.screen.draw(kept, FORMATS["table"])
        self.voice.quiet(*map(visible, said))


def _titles(text: str) -> list[tuple[str, bool]]:
    """The statements of a text that give a result, as they are written; and of each whether it is a query."""
    found = []
    for statement in parse(text).script.statements:
        written = text[statement.span.start : statement.span.end].strip()
        match statement:
            case tree.QueryStatement() | tree.ExplainStatement():
                found.append((written, True))
            case ShowStatement() | DescribeStatement() | tree.PullStatement():
                found.append((written, False))
            case tree.BrokenStatement() | tree.UseStatement() | tree.LetStatement() | tree.ParamStatement():
                pass
            case tree.SetStatement():
                pass
            case _:
                assert_never(statement)
    return found


class Interrupts:
    """A context in which Ctrl-C raises `KeyboardInterrupt` once; further ones do nothing while that is dealt with.

    Outside the main thread, where no signal arrives, it does nothing.
    """

    def __init__(self) -> None:
        self._armed = False
        self._depth = 0
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        self._depth += 1
        if self._depth == 1 and threading.current_thread() is threading.main_thread():
            self._armed = True
            self._before = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth == 0 and self._before is not None:
            before, self._before = self._before, None
            signal.signal(signal.SIGINT, before)

    def rearm(self) -> None:
        """What was stopped is dealt with: the next Ctrl-C stops what comes now."""
        self._armed = True

    def _stop(self, _number: int, frame: FrameType | None) -> None:
        if not self._armed:
            return
        if is_importing(frame):
            again = threading.Timer(AGAIN_SECONDS, self._ask_again)
            again.daemon = True
            again.start()
            return
        self._armed = False
        raise KeyboardInterrupt

    def _ask_again(self) -> None:
        """From a thread of its own: the signal once more, if what it was to stop still goes on."""
        if self._armed and self._depth and signal.getsignal(signal.SIGINT) == self._stop:
            interrupt_main_thread()
