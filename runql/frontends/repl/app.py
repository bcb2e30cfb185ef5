"""The prompt: reads a line, evaluates it, and so on until somebody leaves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from runql import __version__
from runql.errors import RunQLError
from runql.frontends.repl.parsed_text import asks_for_text
from runql.frontends.repl.start import Start
from runql.terminal import stdout
from runql.text.render import clean

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from runql.frontends.repl.knowledge import Knowledge
    from runql.frontends.repl.line.line import Line
    from runql.frontends.repl.shell import Shell

_NO_NAME: Final = "runql"
_EACH_BY_ITSELF: Final = (
    "several lines came at once: each is run by itself, as this terminal does not say what is pasted; "
    r"`\edit` takes them as one text"
)


def main(start: Start) -> int:
    """Run the prompt and give the exit status."""
    stdout.say(banner(start))
    if start.settings.dumb_terminal:
        from runql.frontends.repl.dumb import converse

        return converse(start)
    return Conversation(start).run()


def banner(start: Start) -> str:
    """The line above the first prompt."""
    name = start.source_name
    source = clean(name) if name is not None else "no source: `use demo`"
    return f"runql {__version__} · {source} · \\help helps, Ctrl-D leaves"


class Conversation:
    """One prompt, from its first line to its last. Keys come from `input`, lines go to `output`, if they are given."""

    def __init__(self, start: Start, *, input: Input | None = None, output: Output | None = None) -> None:  # noqa: A002
        from runql.frontends.repl.history import QueryHistory
        from runql.frontends.repl.knowledge import Knowledge
        from runql.frontends.repl.line.line import Line
        from runql.frontends.repl.secrets import secrets_of

        self._start = start
        settings = start.settings
        self.knowledge: Knowledge = Knowledge(start, self._make_shell, changed=self._changed, trouble=self._trouble)
        history = QueryHistory(
            settings.data, most=settings.prompt.history, without_secrets=secrets_of(settings.server), say=self._say
        )
        self.line: Line = Line(self.knowledge, history, settings, input=input, output=output)

    def run(self) -> int:
        """Until somebody leaves."""
        self.line.app.after_render += lambda _: self.knowledge.begin()
        try:
            with unseen():
                self._converse()
        finally:
            self.knowledge.end()
        return 0

    def _converse(self) -> None:
        name, text, offer = self._start.source_name or _NO_NAME, "", ""
        told = False
        while True:
            try:
                typed = self.line.read(name, text, offer)
            except KeyboardInterrupt:
                text = offer = ""
                continue
            except EOFError:
                return
            finally:
                self.line.window.changed = None  # what stood above that line stands above another now
            try:
                shell = self.knowledge.shell()
            except KeyboardInterrupt:
                text = typed
                continue
            from runql.frontends.repl.evaluate import evaluate

            shell.screen.standing = None
            with shell.session.within(self._start.timeout):
                evaluate(shell, typed)
            if self.line.has_more and not told:
                told = True
                shell.tell(_EACH_BY_ITSELF)
            if shell.leaving:
                return
            self.line.window.changed = shell.screen.redraw if shell.screen.standing is not None else None
            name, text, offer = shell.prompt_name or _NO_NAME, shell.next_text, ""
            if not asks_for_text(typed):
                text, offer = "", text
            self.knowledge.look()

    def _make_shell(self) -> Shell:
        from runql.frontends.repl.wiring import make_shell

        return make_shell(self._start, lambda: self.knowledge.look(anew=True))

    def _changed(self) -> None:
        self.line.look_again()

    def _trouble(self, error: RunQLError) -> None:
        from runql.terminal import stderr
        from runql.terminal.stderr import Voice

        settings = self._start.settings
        voice = Voice(color=settings.color, columns=settings.columns or stderr.columns())

        def say() -> None:
            voice.diagnostics(error.diagnostics, error.source)
            voice.quiet("`\\source NAME` asks another source, `\\source demo` the runs that come with RunQL")

        self.line.above(say)

    def _say(self, text: str) -> None:
        from runql.terminal.stderr import Voice

        self.line.above(lambda: Voice().say(text))


@contextmanager
def unseen() -> Iterator[None]:
    """While this lasts the terminal itself writes no key among the rows of a result; Ctrl-C goes on to interrupt.

    The line editor writes what is typed at the prompt, in a mode of its own.
    """
    try:
        import termios
    except ImportError:  # Windows writes none by itself
        yield
        return
    if sys.stdin is None or not sys.stdin.isatty():
        yield
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    during = termios.tcgetattr(terminal)
    during[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(terminal, termios.TCSANOW, during)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)
