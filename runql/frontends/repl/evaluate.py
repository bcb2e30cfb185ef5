"""What the prompt does with a text that was entered: it carries it out, and goes on whatever happens."""

from __future__ import annotations

from runql.advice.doors import Door, said_at
from runql.config import with_saved
from runql.errors import OutputError, RunQLError
from runql.frontends.repl.commands.table import read_call
from runql.frontends.repl.shell import Shell, WasStopped
from runql.syntax import parse
from runql.terminal import stdout


def evaluate(shell: Shell, text: str) -> None:
    """Carry out a text: statements, or one backslash command. Whatever goes wrong is said; nothing is raised.

    Ctrl-C stops what goes on and keeps what came.
    """
    shell.next_text = ""
    with shell.interrupts:
        try:
            shell.settings = shell.session.settings = with_saved(shell.settings)
            _carry_out(shell, text)
        except KeyboardInterrupt as stop:
            shell.voice.say(f"stopped · {stop}" if stop.args else "stopped · nothing is shown")
        except WasStopped:
            pass  # it was said beside what came
        except RunQLError as error:
            error.diagnostics = tuple(said_at(Door.PROMPT, error.diagnostics))
            shell.voice.error(error)
            _offer(shell, text, error)
        except stdout.CannotWrite as error:
            shell.voice.error(OutputError.of("RQL506", f"cannot write standard output: {error}"))
            shell.leaving = True
        except stdout.ClosedPipe:
            shell.leaving = True
        except Exception as error:  # noqa: BLE001 - whatever we did wrong is shown as ours, and the prompt goes on
            shell.voice.fault(error, debug=shell.settings.debug)


def _carry_out(shell: Shell, text: str) -> None:
    call = read_call(text)
    if call is not None:
        from runql.frontends.repl.commands.actions import carry_out

        carry_out(shell, call)
    elif text.strip():
        shell.run(shell.query_of(text))


def _offer(shell: Shell, text: str, error: RunQLError) -> None:
    """Begin the next prompt with the text put right, if there is just one way to do that for each mistake."""
    from runql.ide.code_actions import single_fixes

    if error.source is None or error.source.text != text or shell.next_text:
        return
    if text.lstrip().startswith(("_", "@")) and parse(f"runs from {text.lstrip()}").ok:
        shell.next_text = f"runs from {text.lstrip()}"
        shell.tell("a query goes on from another like this: Enter runs it, Ctrl-C clears it")
        return
    edits, fixed = single_fixes(error.diagnostics)
    if len(fixed) == sum(one.is_error for one in error.diagnostics):
        for edit in reversed(edits):
            text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        if parse(text).ok:
            shell.next_text = text
            shell.tell(f"put right: {text}" if shell.settings.dumb_terminal else "put right below: Right takes it")
