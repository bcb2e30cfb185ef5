"""The command: reads the call, hands it on, and turns whatever happens into an exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from runql.frontends.cli.command_table import Arguments, UsageError
from runql.terminal import signals, stdout

FrontEnd = Callable[[Arguments], int]
"""Another front end, started with what the command was called with; gives the exit status."""

_USAGE = 2
_INTERRUPTED = 130
_ASKED_BY_A_SHELL = ["complete-line", "--"]
"""How the scripts of shells begin, while somebody types: no option can follow, so none is looked for."""


def main(argv: Sequence[str] | None = None, others: Mapping[str, FrontEnd] = MappingProxyType({})) -> int:
    """Run the command with these arguments (of the process, if not given) and give its exit status.

    `others` are the front ends that a call may mean instead: `prompt` for a call without words at a terminal, `lsp` for
    `runql lsp`.
    """
    signals.occupy_closed()
    try:
        with signals.heard():
            return _main(sys.argv[1:] if argv is None else list(argv), others)
    except stdout.ClosedPipe:
        return 0
    except stdout.CannotWrite as error:
        from runql.terminal.stderr import Voice

        Voice().say(f"runql: cannot write standard output: {error}")
        return _USAGE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except signals.Ended as ended:
        return signals.die(ended)


def _main(argv: list[str], others: Mapping[str, FrontEnd]) -> int:  # noqa: PLR0911 - one line a kind of call
    if argv[:2] == _ASKED_BY_A_SHELL:
        return _complete_line(Arguments("complete-line", tuple(argv[2:])), others)
    from runql.frontends.cli.arguments import parse

    try:
        arguments = parse(argv)
    except UsageError as error:
        from runql.terminal.stderr import Voice

        Voice().say(f"runql: {error}\ntry `runql --help`")
        return _USAGE
    if arguments.show is not None:
        stdout.say(arguments.show)
        return 0
    if arguments.write_config or arguments.spec:
        return _write_settings() if arguments.write_config else _say_spec()
    if arguments.command in _DOORS:
        return _DOORS[arguments.command](arguments, others)
    if not arguments.words and arguments.command not in {"describe", "trust", "pull", "store"}:
        from runql.terminal import stdin

        if stdin.is_terminal() or not stdin.is_there():
            return _without_words(arguments, others)
        arguments = arguments._replace(words=("-",))
    from runql.frontends.cli.commands import perform

    return perform(arguments)


def _lsp(arguments: Arguments, others: Mapping[str, FrontEnd]) -> int:
    if arguments.words or "lsp" not in others:
        from runql.terminal.stderr import Voice

        Voice().say("runql lsp: takes no query and no file; an editor starts it\ntry `runql lsp --help`")
        return _USAGE
    return others["lsp"](arguments)


def _doctor(arguments: Arguments, _others: Mapping[str, FrontEnd]) -> int:
    from runql.frontends.cli.doctor.main import examine

    return examine(arguments)


def _mcp(arguments: Arguments, others: Mapping[str, FrontEnd]) -> int:
    return others["mcp"](arguments)


def _completion(arguments: Arguments, _others: Mapping[str, FrontEnd]) -> int:
    from runql.frontends.cli.shells.main import write_script

    return write_script(arguments)


def _complete_line(arguments: Arguments, _others: Mapping[str, FrontEnd]) -> int:
    from runql.frontends.cli.shells.main import answer

    return answer(arguments)


_DOORS: Mapping[str, Callable[[Arguments, Mapping[str, FrontEnd]], int]] = {
    "lsp": _lsp,
    "mcp": _mcp,
    "doctor": _doctor,
    "completion": _completion,
    "complete-line": _complete_line,
}
"""The commands that need no query, and not always whole settings."""


def _say_spec() -> int:
    from runql.frontends.cli.programs import spec_json

    stdout.say(spec_json())
    return 0


def _write_settings() -> int:
    from runql import config
    from runql.frontends.cli.call_settings import saying_errors, write_settings

    return saying_errors(lambda: write_settings(config.user_file()))


def _without_words(arguments: Arguments, others: Mapping[str, FrontEnd]) -> int:
    from runql.terminal import stdin

    if arguments.command == "run" and "prompt" in others and stdin.is_there():
        return others["prompt"](arguments)
    from runql.terminal.stderr import Voice

    name = "runql" if arguments.command == "run" else f"runql {arguments.command}"
    Voice().say(f"{name}: name a query, a file or `-` for standard input")
    return _USAGE
