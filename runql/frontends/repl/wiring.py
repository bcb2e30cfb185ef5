"""The shell of a prompt: its session, and what it asks of the application around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from prompt_toolkit.application import Application, create_app_session
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_input, create_pipe_input
from prompt_toolkit.layout import BufferControl, Layout, Window
from prompt_toolkit.output import DummyOutput

from runql.frontends.repl.shell import Hooks, Shell
from runql.frontends.repl.start import Start
from runql.script.options import Options, Told
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


def edited(text: str) -> str | None:
    """What a text became in the editor that `VISUAL` or `EDITOR` names; none if it was left as it is."""
    buffer = Buffer(document=Document(text), tempfile_suffix=".rql")
    with create_input().cooked_mode(), create_pipe_input() as no_keys, create_app_session(no_keys, DummyOutput()):
        app: Application[None] = Application(Layout(Window(BufferControl(buffer))))

        async def edit() -> None:
            await buffer.open_in_editor()
            app.exit()

        def begin() -> None:
            app.create_background_task(edit())

        app.run(pre_run=begin, handle_sigint=False)
    return buffer.text if buffer.text != text else None
