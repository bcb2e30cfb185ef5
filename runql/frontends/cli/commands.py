"""What the command does: one function for each of `run`, `explain`, `check` and `fmt`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runql import config
from runql.errors import OutputError, RunQLError
from runql.frontends.cli import stderr, stdout
from runql.frontends.cli.arguments import Arguments, Command
from runql.frontends.cli.inputs import text_of, values_of, wrong_call
from runql.frontends.cli.stderr import Voice


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the command, with what it needs."""

    arguments: Arguments
    settings: config.Settings
    voice: Voice


def perform(arguments: Arguments) -> int:
    """Carry out a call and give its exit status; every error is said on standard error."""
    voice, debug = Voice(), False
    try:
        settings = config.load()
        debug = settings.debug
        voice = _voice(settings)
        return _COMMANDS[arguments.command](Call(arguments, settings, voice))
    except RunQLError as error:
        return voice.error(error)
    except stdout.CannotWrite as error:
        return voice.error(OutputError.of("RQL506", f"cannot write standard output: {error}"))
    except stdout.ClosedPipe:
        return stderr.OK
    except Exception as error:  # noqa: BLE001 - whatever we did wrong is shown as ours, with the way to report it
        return voice.fault(error, debug=debug)


def _voice(settings: config.Settings) -> Voice:
    if not stderr.is_terminal():
        return Voice()
    return Voice(color=settings.color and not settings.dumb_terminal, columns=settings.columns or stderr.columns())


def run(call: Call) -> int:
    """Run a query or a script: data to standard output or a file, everything else to standard error."""
    from runql.frontends.cli.show import Show
    from runql.session import Session

    show = Show(call.arguments, call.settings, call.voice)
    source, params = text_of(call.arguments.words), values_of(call.arguments.params)
    with Session(call.arguments.source, call.settings) as session:
        show.results(session.run(source, params))
    return stderr.OK


def explain(call: Call) -> int:
    """Print what a text becomes."""
    from runql.session import Session

    source, params = text_of(call.arguments.words), values_of(call.arguments.params)
    with Session(call.arguments.source, call.settings) as session:
        stdout.say("\n\n".join(session.explain(source, params)))
    return stderr.OK


def check(call: Call) -> int:
    """Say every mistake of a text."""
    from runql.session import Session

    source, params = text_of(call.arguments.words), values_of(call.arguments.params)
    with Session(call.arguments.source, call.settings) as session:
        diagnostics = session.check(source, params, offline=call.arguments.offline)
    call.voice.diagnostics(diagnostics, source)
    return stderr.WRONG if any(diagnostic.is_error for diagnostic in diagnostics) else stderr.OK


def fmt(call: Call) -> int:
    """Write texts in the one form."""
    from runql.frontends.cli.fmt import format_all

    if call.arguments.check and call.arguments.diff:
        raise wrong_call("`--check` and `--diff` do not go together")
    return format_all(call.arguments, call.voice)


_COMMANDS: Mapping[Command, Callable[[Call], int]] = {
    "run": run,
    "explain": explain,
    "check": check,
    "fmt": fmt,
}
