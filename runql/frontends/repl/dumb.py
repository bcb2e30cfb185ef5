"""The prompt on a terminal that can do nothing but lines: no menu, no colours, no escape codes."""

from __future__ import annotations

from collections.abc import Sequence

from runql.frontends.repl.evaluate import evaluate
from runql.frontends.repl.history import QueryHistory
from runql.frontends.repl.parsed_text import asks_for_text, is_command
from runql.frontends.repl.secrets import secrets_of
from runql.frontends.repl.start import Start
from runql.frontends.repl.wiring import make_shell
from runql.ide.diagnostics import is_unfinished
from runql.terminal.stderr import Voice
from runql.text.render import clean


def converse(start: Start) -> int:
    """Until somebody leaves. Gives the exit status."""
    settings = start.settings
    history = QueryHistory(
        settings.data, most=settings.prompt.history, without_secrets=secrets_of(settings.server), say=Voice().say
    )
    _teach([*history.load_history_strings()][::-1])
    shell = make_shell(start, lambda: None)
    text = ""
    while not shell.leaving:
        try:
            _begin_with(shell.next_text if asks_for_text(text) else "")
            text = _read(clean(shell.prompt_name) or "runql")
        except EOFError:
            Voice().say("")
            return 0
        except KeyboardInterrupt:
            Voice().say("")
            continue
        if text.strip():
            history.append_string(text)
            with shell.session.within(start.timeout):
                evaluate(shell, text)
    return 0


def _read(name: str) -> str:
    """A statement of one line, or of as many as it takes; an empty line ends any."""
    lines = [input(f"{name}> ")]
    while lines[-1].strip() and not is_command(lines[0]) and is_unfinished("\n".join(lines)):
        lines.append(input(f"{' ' * max(0, len(name) - 3)}...> "))
    return "\n".join(lines)


def _begin_with(text: str) -> None:
    """Let the next line begin with a text, where the system's line editor can; else the text is shown above it."""
    try:
        import readline
    except ImportError:  # Windows
        if text:
            Voice().say(text)
        return
    readline.set_startup_hook((lambda: readline.insert_text(text.replace("\n", " "))) if text else None)


def _teach(entries: Sequence[str]) -> None:
    """Give the system's line editor the earlier queries, where there is one."""
    try:
        import readline
    except ImportError:  # Windows
        return
    readline.clear_history()
    for entry in entries:
        readline.add_history(entry.replace("\n", " "))
