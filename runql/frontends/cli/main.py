"""The command: reads the call, hands it on, and turns whatever happens into an exit status."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType, MappingProxyType
from typing import Final

from runql.frontends.cli.command_table import Arguments, UsageError
from runql.terminal import stdout

FrontEnd = Callable[[Arguments], int]
"""Another front end, started with what the command was called with; gives the exit status."""

_USAGE = 2
_INTERRUPTED = 130
_ASKED_BY_A_SHELL = ["complete-line", "--"]
"""How the scripts of shells begin, while somebody types: no option can follow, so none is looked for."""
_WITHOUT_WORDS = frozenset({"describe", "trust", "pull", "store"})
"""The commands that may be called without a word."""
_ENDING: Final = tuple(number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None)


class Ended(SystemExit):
    """Somebody asked the process to end. Everything is put away on the way up; then `_die` ends it."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


def main(  # noqa: PLR0911 - one line a kind of call
    argv: Sequence[str] | None = None, others: Mapping[str, FrontEnd] = MappingProxyType({})
) -> int:
    """Run the command with these arguments (of the process, if not given) and give its exit status.

    `others` are the front ends that a call may mean instead: `prompt` for a call without words at a terminal, `lsp` for
    `runql lsp`.
    """
    given = sys.argv[1:] if argv is None else list(argv)
    try:
        with _in_order():
            if given[:2] == _ASKED_BY_A_SHELL:
                return _complete_line(Arguments("complete-line", tuple(given[2:])), others)
            from runql.frontends.cli.arguments import parse

            arguments = parse(given)
            if arguments.show is not None or arguments.write_config or arguments.spec:
                return _said(arguments)
            if arguments.command in _DOORS:
                return _DOORS[arguments.command](arguments, others)
            if not arguments.words and arguments.command not in _WITHOUT_WORDS:
                return _without_words(arguments, others)
            from runql.frontends.cli.commands import perform

            return perform(arguments)
    except UsageError as error:
        return _wrong(f"{error}\ntry `runql --help`")
    except stdout.ClosedPipe:
        return 0
    except stdout.CannotWrite as error:
        return _wrong(f"cannot write standard output: {error}")
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Ended as ended:
        return _die(ended)


@contextmanager
def _in_order() -> Iterator[None]:
    """The process as it ends in order: nothing stays behind, and no traceback is shown.

    No file that is opened takes the place of an input or an output that the process was started without. While this
    lasts Ctrl-C raises `KeyboardInterrupt`, and a signal that ends the process `Ended`; one that somebody else handles,
    or that is ignored as under `nohup`, stays theirs.
    """
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            _occupy(handle)
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken: list[int] = []
    try:
        for number in (signal.SIGINT, *_ENDING):
            if signal.getsignal(number) is signal.SIG_DFL:
                taken.append(number)
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else _end)
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _occupy(handle: int) -> None:
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != handle:
        os.dup2(opened, handle)
        os.close(opened)


def _end(number: int, _frame: FrameType | None) -> None:
    raise Ended(number)


def _die(ended: Ended) -> int:
    """End by the signal, so that whoever started the process sees which; gives a status where that fails."""
    if ended.number in _ENDING and threading.current_thread() is threading.main_thread():
        signal.signal(ended.number, signal.SIG_DFL)
        os.kill(os.getpid(), ended.number)
    return 128 + ended.number


def _wrong(text: str) -> int:
    from runql.terminal.stderr import Voice

    Voice().say(f"runql: {text}")
    return _USAGE


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


def _said(arguments: Arguments) -> int:
    """What the command says of itself: its help, its version, the language, or a settings file that explains all."""
    if arguments.show is not None:
        stdout.say(arguments.show)
    elif arguments.write_config:
        from runql import config
        from runql.frontends.cli.call import saying_errors, write_settings

        return saying_errors(lambda: write_settings(config.user_file()))
    else:
        from runql.frontends.cli.programs import spec_json

        stdout.say(spec_json())
    return 0


def _without_words(arguments: Arguments, others: Mapping[str, FrontEnd]) -> int:
    """What is piped in is the text; at a terminal the prompt begins."""
    from runql.terminal import stdin

    if stdin.is_there() and not stdin.is_terminal():
        from runql.frontends.cli.commands import perform

        return perform(arguments._replace(words=("-",)))
    if arguments.command == "run" and "prompt" in others and stdin.is_there():
        return others["prompt"](arguments)
    name = "runql" if arguments.command == "run" else f"runql {arguments.command}"
    from runql.terminal.stderr import Voice

    Voice().say(f"{name}: name a query, a file or `-` for standard input")
    return _USAGE
