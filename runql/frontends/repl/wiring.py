"""The shell of a prompt: its session, and what it asks of the application around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from runql.frontends.repl.commands.editor import edited
from runql.frontends.repl.shell import Hooks, Shell
from runql.frontends.repl.start import Start
from runql.script.options import Options
from runql.script.said_once import Told
from runql.session import Session


def make_shell(start: Start, refresh: Callable[[], None]) -> Shell:
    """The shell for what the prompt was started with. `refresh` is called when it is to be looked anew."""
    session = Session(start.source, start.settings)
    options = Options() if start.options is None else start.options
    session.state = replace(session.state, options=replace(options, told=Told()))
    return Shell(
        session,
        output=start.output,
        quiet=start.quiet,
        params=start.params,
        hooks=Hooks(refresh=refresh, edit=edited),
        waiting=start.waiting,
    )
