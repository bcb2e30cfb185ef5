"""Reads what the command was called with. Loads its options and nothing else of ours: `--help` is quick."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NoReturn

from runql.frontends.cli.command_table import COMMANDS, HIDDEN, OPTIONS, Arguments, Command, UsageError, command_of

_DESCRIPTION = """\
Ask questions of machine-learning runs.

  runql -s demo "runs where config.lr > 0.01 order -summary.loss sample 200 keys loss,acc"
  runql -s ./wandb "runs where state = 'finished' order -created limit 20"
"""

_COMMANDS_HELP = """\
commands:
  explain QUERY        what the query becomes, without asking for anything
  check QUERY|FILE     every mistake of a text (with --offline: without looking at the source)
  fmt FILE…|-          write a text in the one form: files in place, standard input to standard output
  describe SOURCE [FIELD]  what a source holds, in few words: fields, types, ranges, values; or one field of it
  trust [FOLDER]       say yes to the settings that came with a folder, as they are now
  pull SOURCE          copy runs to a store on this computer; the next time only those that changed
  store list|info|check|compact|history|drop [STORE]  the stores: which there are, what one holds, whether it is whole
  sql QUESTION         ask the tables of a store in SQL: runs, config, summary, points, system
  lsp                  the language server, for editors: on standard input and output, or over TCP
  mcp [SOURCE…]        the server for agents: on standard input and output, or over HTTP on this computer
  open QUERY           the answer in W&B's pages, in LEET (one run on disk) or in VisiData (any table)
  doctor               versions, extras, sources, where keys are, network, trust, stores: for a report, without secrets
  completion SHELL     the script that completes at a prompt of bash, zsh or fish: options, sources, files, queries

A query may stand without quotes, as far as the shell leaves it alone. An option after its first word must stand
alone (`-o csv`), for a word such as `-summary.loss` belongs to the query.

exit status: 0; 1 an assertion failed; 2 the query or the call is wrong; 3 the source cannot be read or reached;
             70 a fault of RunQL; 130 interrupted
"""


_ANY_WIDTH = 80
_ELSEWHERE: Final = {
    **dict.fromkeys(("--format", "--fmt", "--output-format", "-f"), "a format is `-o csv`, a file `-o runs.csv`"),
    **{f"--{form}": f"it is `-o {form}`" for form in ("csv", "tsv", "md", "tex", "parquet", "yaml", "jsonl", "table")},
    "--latex": "it is `-o tex`",
    "--markdown": "it is `-o md`",
    **{
        f"--{word}": f"it is a part of the query, `{query}`"
        for word, query in (
            ("limit", "runs limit 5"),
            ("where", "runs where config.lr > 0.01"),
            ("filter", "runs where config.lr > 0.01"),
            ("order", "runs order -summary.acc"),
            ("sort", "runs order -summary.acc"),
            ("select", "runs select name, config.lr"),
            ("keys", "runs keys loss"),
        )
    },
    **dict.fromkeys(("--project", "--entity"), "a project is a source, `-s entity/project`"),
}
"""What other tools have as options, and where it is here."""
_ONE_QUERY: Final = re.compile(r"(?i)(?:runs|sweeps|count|show|explain|from|select|let)\s")
_OPTION: Final = re.compile(r"--[a-z][\w-]*(?:=|$)")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong instead of leaving the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)

    def format_help(self) -> str:
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        return super().format_help()


class _Once(argparse.Action):
    """Takes a value, and no other one behind it: of two sources, or two files, one would be left out in silence."""

    given: Any = None

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - argparse gives it
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if self.given is not None and self.given != values:
            both = "; several sources are one answer of `runs from A, B`" if self.dest == "source" else ""
            raise UsageError(f"`{option_string}` is given twice: `{self.given}` and `{values}`{both}")
        self.given = values
        setattr(namespace, self.dest, values)


def parse(argv: Sequence[str]) -> Arguments:
    """Read a command line, without the program's name. Raises `UsageError`."""
    argv = ["--version"] if list(argv) == ["version"] else list(argv)
    if argv[:1] == ["help"] and all(word in COMMANDS for word in argv[1:]):
        argv = [*argv[1:2], "--help"]
    command, rest = command_of(argv)
    parser = _parser(command)
    options, words = _split(rest, parser)
    read, unknown = parser.parse_known_args(options)
    if unknown:
        raise UsageError(_unknown(unknown[0].partition("=")[0], parser))
    values = [one for value in vars(read).values() for one in (value if isinstance(value, list) and value else [value])]
    if any(value in ([], "--") for value in values):  # as older and newer versions of `argparse` take it
        raise UsageError("an option takes a value, and `--` is none")
    if read.version:
        from runql import __version__

        return Arguments(command, (), show=f"runql {__version__}")
    if read.help:
        return Arguments(command, (), show=parser.format_help().rstrip())
    given = {name: value for name, value in vars(read).items() if name not in {"version", "help"}}
    several = {name: tuple(given.get(name) or ()) for name in ("params", "no", "allow_write")}
    if not all(text.isprintable() for text in (*words, *several["params"])):
        _refuse_bytes([*words, *several["params"]])
    if words[:1] in (["run"], ["query"]) and len(words) == 2 and _ONE_QUERY.match(words[1]):
        raise UsageError(f"a query needs no command before it: `runql '{words[1]}'`")
    return Arguments(command, tuple(words), **{**given, **several})


def _refuse_bytes(texts: Sequence[str]) -> None:
    """Raises `UsageError` for a query or a value that is no UTF-8. The name of a file may be any bytes."""
    for text in texts:
        if not text.isascii() and not text.isprintable() and not os.path.lexists(text):
            try:
                os.fsencode(text).decode("utf-8")
            except UnicodeDecodeError as error:
                shown = text.encode("utf-8", "replace").decode()
                raise UsageError(
                    f"`{shown[:60]}` is not UTF-8: byte {error.start + 1} is 0x{error.object[error.start]:02x}"
                ) from None


def described_options() -> list[dict[str, str | list[str] | None]]:
    """Every option of every command: how it is written, the commands that take it, what it does."""
    found: dict[tuple[str, ...], dict[str, str | list[str] | None]] = {}
    for command in (one for one in _USAGES if one not in HIDDEN):
        for option in (one for one in OPTIONS if command in one.commands):
            first = {"names": list(option.names), "value": option.how.get("metavar"), "help": option.help}
            commands = found.setdefault(option.names, first).setdefault("commands", [])
            assert isinstance(commands, list)
            commands.append(command)
    return list(found.values())


def _parser(command: Command) -> _Parser:
    name = "" if command == "run" else f" {command}"
    parser = _Parser(
        prog=f"runql{name}",
        usage=_USAGES[command],
        description=_DESCRIPTION if command == "run" else None,
        epilog=_COMMANDS_HELP if command == "run" else None,
        # Options are looked at with a formatter: to ask how wide the terminal is loads more than all else here.
        formatter_class=partial(argparse.RawDescriptionHelpFormatter, width=_ANY_WIDTH),
        add_help=False,
        allow_abbrev=False,
    )
    parser.register("action", None, _Once)
    for option in OPTIONS:
        if command in option.commands:
            parser.add_argument(*option.names, help=option.help, **option.how)
    return parser


_USAGES: dict[Command, str] = {
    "run": "runql [-s SOURCE] [-o FORMAT|FILE] [-p NAME=VALUE]… [--quiet] QUERY | FILE.rql | -\n"
    "       runql explain|check|fmt|describe|pull|store|sql|trust|open|doctor|completion|lsp|mcp …",
    "explain": "runql explain [-s SOURCE] [-p NAME=VALUE]… QUERY | FILE.rql | -",
    "check": "runql check [-s SOURCE] [-p NAME=VALUE]… [--offline] QUERY | FILE.rql… | -",
    "fmt": "runql fmt [--check] [--diff] FILE.rql… | QUERY | -",
    "trust": "runql trust [--list | --forget] [FOLDER]",
    "pull": "runql pull [--into STORE] SOURCE",
    "store": "runql store list\n       runql store info|check|compact|history STORE\n"
    "       runql store drop [--yes] STORE",
    "sql": "runql sql [-s STORE] [-o FORMAT|FILE] [-p NAME=VALUE]… QUESTION | -",
    "lsp": "runql lsp [-s SOURCE] [--tcp HOST:PORT] [--trusted]",
    "mcp": "runql mcp [-s SOURCE] [--http [HOST:]PORT] [SOURCE…]",
    "open": "runql open [-s SOURCE] [-p NAME=VALUE]… [--in PROGRAM] [--print] QUERY | FILE.rql | -",
    "doctor": "runql doctor [-s SOURCE] [--json] [--network]",
    "completion": "runql completion bash|zsh|fish",
    "complete-line": "runql complete-line SHELL WORD LINE",
    "describe": "runql describe [-o FORMAT|FILE] [--budget WORDS] SOURCE [FIELD]",
}


def _split(argv: Sequence[str], parser: argparse.ArgumentParser) -> tuple[list[str], list[str]]:
    """The options with their values, and the words.

    After the first word of a query `-summary.loss` is no option, so only options that stand alone are taken there, and
    what can be nothing else: two dashes and a name.
    """
    known = parser._option_string_actions
    options: list[str] = []
    words: list[str] = []
    rest = iter(argv)
    for item in rest:
        name, equals, _ = item.partition("=")
        if item == "--":
            words.extend(rest)
        elif name in known and (not equals or name.startswith("--")):
            options.append(item)
            if known[name].nargs is None and not equals and (value := next(rest, None)) is not None:
                options[-1:] = [f"{item}={value}"] if item.startswith("--") else [item + value]
        elif _OPTION.match(item) or (item.startswith("-") and item != "-" and not words):
            options.append(item)
        else:
            words.append(item)
    return options, words


def _unknown(name: str, parser: argparse.ArgumentParser) -> str:
    from runql.text.nearest import nearest

    if (instead := _ELSEWHERE.get(name)) is not None:
        return f"there is no option `{name}`: {instead}"
    near = nearest(name, [one for one in parser._option_string_actions if one.startswith("--")], most=1)
    return f"there is no option `{name}`" + "".join(f"; nearest: `{one}`" for one in near)
