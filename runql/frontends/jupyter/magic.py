"""`%rql` and `%%rql`: what they were called with, and what they give: results while they are read, and errors with
their place instead of a traceback."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import HTML, DisplayHandle, display

from runql import config
from runql.advice.doors import Door, said_at
from runql.errors import BackendError, QueryError, RunQLError, wrong_call
from runql.frontends.jupyter.call import MagicCall, called
from runql.script.options import Told
from runql.session import Explanation, Result, Session
from runql.syntax import parse, tree
from runql.syntax.tree import ParamStatement
from runql.syntax.tree.walk import nodes
from runql.terminal.progress import Waiting
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest
from runql.text.render import render
from runql.text.source import Source
from runql.text.visible import visible

if TYPE_CHECKING:
    from runql.frontends.jupyter.completion import Matcher


_PATIENCE_SECONDS: Final = 0.5
_PERIOD_SECONDS: Final = 0.25


@contextmanager
def quietly() -> Iterator[None]:
    """Errors of RunQL are shown with their place and way out; the cell fails as with any error."""
    try:
        yield
    except RunQLError as error:
        lines = render(said_at(Door.NOTEBOOK, error.diagnostics), error.source, color=True).split("\n")
        # IPython asks the error itself how it looks, and shows a traceback of those that have no answer.
        vars(error)["_render_traceback_"] = lambda: lines
        raise


def read(result: Result, waiting: Waiting) -> None:
    """Read a result whole; from half a second on a line says what goes on, which is gone at the end.

    The rows that came before an error or an interrupt are shown; what happened is raised all the same.
    """
    done = threading.Event()
    line = threading.Thread(target=_say, args=(result, waiting, done), daemon=True)
    line.start()
    try:
        _ = result.frame
    except (BackendError, KeyboardInterrupt):
        done.set()
        line.join()
        if result.partial is not None:
            display(result.partial)
            display(HTML(f"<b>not all rows: {result.partial.length:,} came before what went wrong</b>"))
        raise
    finally:
        done.set()
        line.join()


def _say(result: Result, waiting: Waiting, done: threading.Event) -> None:
    began = time.monotonic()
    if done.wait(_PATIENCE_SECONDS):
        return
    handle = DisplayHandle()
    draw = handle.display
    while True:
        text = waiting.text or f"{result.activity()} · {time.monotonic() - began:.0f} s"
        draw(HTML(f'<span style="opacity:.7">{escape(visible(text))}</span>'))
        draw = handle.update
        if done.wait(_PERIOD_SECONDS):
            break
    handle.update(HTML(""))


def show(answer: Result | Explanation) -> None:
    """One of several answers, under what it is called."""
    if isinstance(answer, Result) and answer.title:
        display(HTML(f"<b>{escape(visible(answer.title))}</b>"))
    display(answer)


@magics_class
class RqlMagics(Magics):  # type: ignore[misc, unused-ignore]
    """The magics, and the sessions that they ask: one for each source that was named."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.matcher: Matcher | None = None
        self.waiting = Waiting()
        settings = config.load()
        self.settings = replace(settings, server=replace(settings.server, on_wait=self.waiting))
        self.source: str | None = None
        """The source of cells that name none; without one, what the settings say."""
        self._sessions: dict[str | None, Session] = {}

    def session(self, source: str | None = None) -> Session:
        """The session of a source, by default of that of the notebook; opened once, so that names stay known."""
        name = self.source if source is None else source
        if name not in self._sessions:
            session = self._sessions[name] = Session(name, self.settings)
            session.state = replace(session.state, options=replace(session.state.options, told=Told()))
        return self._sessions[name]

    def close(self) -> None:
        """Close every source that was opened."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    @no_var_expand
    @line_cell_magic("runql")  # type: ignore[arg-type, unused-ignore]
    @line_cell_magic
    def rql(self, line: str, cell: str | None = None) -> Any:
        """Ask questions of machine-learning runs.

        %rql [-s SOURCE] QUERY      a query on one line; `best = %rql runs limit 3` keeps the result
        %rql -s SOURCE              the source of all that follows and names none
        %%rql [-s SOURCE] [NAME]    a query or a script in the lines below; the result is shown, and kept as NAME

        `%runql` and `%%runql` are the same magic by another name.
        SOURCE: entity/project, a folder, tb:FOLDER, demo, a name of the settings. $x is the notebook's variable x.
        A result is a value: .pandas(), .polars(), .arrow(), .runs, iteration; several results are a tuple.
        """
        with quietly():
            call = called(line)
            if cell is None:
                return self._line(call)
            return self._cell(call, cell)

    def _line(self, call: MagicCall) -> Any:
        if call.rest:
            answers = self._answers(Source(call.rest), call)
            return answers[0] if len(answers) == 1 else None
        if call.source is None:
            raise wrong_call("`%rql` wants a query", "such as `%rql runs limit 5`; `%rql?` tells more")
        self.session(call.source).place()
        self.source = call.source
        self._learn(None)
        return None

    def _cell(self, call: MagicCall, cell: str) -> Any:
        if call.rest and not call.rest.isidentifier():
            hint = "the query stands on the lines below" if " " in call.rest else "such as `%%rql best`"
            raise wrong_call(f"`{call.rest}` is no name for a result", hint)
        if not cell.strip():
            raise wrong_call("the cell holds no query", "such as `runs limit 5`")
        answers = self._answers(Source(cell), call)
        if call.rest:
            self._user_names()[call.rest] = answers[0] if len(answers) == 1 else answers
        return answers[0] if len(answers) == 1 else None

    def _answers(self, source: Source, call: MagicCall) -> tuple[Result | Explanation, ...]:
        """The answers to a text, read: whatever goes wrong with one goes wrong here."""
        session, variables = self.session(call.source), self._user_names()
        try:
            answers = session.run(source, values_for(source, variables))
        except QueryError as error:
            raise for_notebook(error, variables) from None
        for answer in answers:
            if isinstance(answer, Result):
                read(answer, self.waiting)
            if len(answers) > 1:  # a single one is given to the notebook, which shows it
                show(answer)
        self._learn(call.source)
        return answers

    def _learn(self, source: str | None) -> None:
        if self.matcher is not None:
            self.matcher.learn(self.source if source is None else source)

    def variables(self) -> dict[str, Any]:
        """The variables of the notebook that can stand for a parameter, by name."""
        return {
            name: value
            for name, value in self._user_names().items()
            if not name.startswith("_") and not isinstance(value, ModuleType) and not callable(value)
        }

    def _user_names(self) -> dict[str, Any]:
        names = self.shell.user_ns if self.shell is not None else {}
        assert isinstance(names, dict)
        return names


_NO_VALUE = "RQL207"


def values_for(source: Source, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that a text asks for by `$name`. A parameter to which the text gives a default keeps that."""
    script = parse(source).script
    with_default = {
        statement.name
        for statement in script.statements
        if isinstance(statement, ParamStatement) and (statement.default is not None or statement.values is not None)
    }
    named = {node.name for node in nodes(script) if isinstance(node, tree.Param)}
    return {name: variables[name] for name in sorted(named - with_default) if name in variables}


def for_notebook(error: QueryError, variables: Mapping[str, Any]) -> QueryError:
    """The error with the way out that a notebook has: a parameter without a value is a variable that is not there."""
    return QueryError((_with_way_out(one, variables) for one in error.diagnostics), error.source)


def _with_way_out(one: Diagnostic, variables: Mapping[str, Any]) -> Diagnostic:
    if one.code != _NO_VALUE or one.source_name is not None:
        return one
    name = one.message.partition("`$")[2].partition("`")[0]
    near = nearest(name, [each for each in variables if not each.startswith("_")])
    hints = (f"nearest: `${near[0]}`",) if near else (f"give the notebook a variable of that name: `{name} = …`",)
    return replace(one, hints=hints)
