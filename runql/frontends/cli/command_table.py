"""The commands, what a call of one is, and where its words stand. Loads no parser of options: a shell asks while
somebody types.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from runql.frontends.cli.option_table import OPTIONS

if TYPE_CHECKING:
    from runql.chart_look import ChartSize

Command: TypeAlias = Literal[
    "run",
    "explain",
    "check",
    "fmt",
    "describe",
    "trust",
    "pull",
    "store",
    "sql",
    "lsp",
    "doctor",
    "completion",
    "mcp",
    "open",
    "complete-line",
]

COMMANDS: dict[str, Command] = {
    "explain": "explain",
    "check": "check",
    "fmt": "fmt",
    "describe": "describe",
    "trust": "trust",
    "pull": "pull",
    "store": "store",
    "sql": "sql",
    "lsp": "lsp",
    "doctor": "doctor",
    "completion": "completion",
    "mcp": "mcp",
    "open": "open",
    "complete-line": "complete-line",
}

_ONLY_COMMANDS = {"check", "fmt", "pull", "sql", "lsp", "doctor", "completion", "mcp", "open"}
HIDDEN: frozenset[Command] = frozenset({"complete-line"})
"""Commands for programs alone: no help names them."""


class UsageError(Exception):
    """The command was called wrongly; the text says how."""


class Arguments(NamedTuple):
    """A call of the command. `words` are the query, or the names of files."""

    command: Command
    words: tuple[str, ...]
    source: str | None = None
    output: str | None = None
    params: tuple[str, ...] = ()
    quiet: bool = False
    offline: bool = False
    check: bool = False
    diff: bool = False
    api_key_file: str | None = None
    timeout: float | None = None
    no: tuple[str, ...] = ()
    allow_write: tuple[str, ...] = ()
    safe: bool = False
    max_rows: int | None = None
    theme: str = "light"
    chart_size: ChartSize | None = None
    no_chart_notes: bool = False
    names: bool = False
    errors: str = "text"
    stats: bool = False
    spec: bool = False
    write_config: bool = False
    budget: int | None = None
    tcp: str | None = None
    stdio: bool = False
    trusted: bool = False
    list: bool = False
    forget: bool = False
    into: str | None = None
    yes: bool = False
    json: bool = False
    network: bool = False
    junit: str | None = None
    http: str | None = None
    viewer: str | None = None
    prints: bool = False
    show: str | None = None
    """A text to print instead of doing anything: that of `--version` or `--help`."""


def command_first(argv: Sequence[str]) -> list[str]:
    """The arguments with a command that stands behind options (`-s demo check …`) before them.

    `explain` and `describe` begin statements of the language too, and are left where they are; `describe` with nothing
    behind it but options is the command, for the statement names a field.
    """
    takes_value = {name: option.takes_value for option in OPTIONS for name in option.names.split()}
    index = 0
    while index < len(argv) and argv[index].startswith("-") and argv[index] not in {"-", "--"}:
        name, equals, _ = argv[index].partition("=")
        index += 2 if takes_value.get(name, False) and not equals else 1
    if index == 0 or index >= len(argv):
        return [*argv]
    is_schema = argv[index] == "describe" and (index + 1 == len(argv) or argv[index + 1].split("=")[0] in takes_value)
    if argv[index] not in _ONLY_COMMANDS and not is_schema:
        return [*argv]
    return [argv[index], *argv[:index], *argv[index + 1 :]]


def options_of_command(command: Command) -> dict[str, tuple[str, bool]]:
    """The options of a command by each of their names: the longest name, and whether a value follows."""
    options = ((option.names.split(), option) for option in OPTIONS if option.is_of(command))
    return {name: (max(names, key=len), option.takes_value) for names, option in options for name in names}
