"""The commands and their options, one row each, what a call of one is, and where its command stands. Loads no parser of
options: a shell asks while somebody types.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from argparse import ArgumentTypeError

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


_LEAST_BUDGET = 100
"""As `runql.advice.schema` has it, which is not loaded to read a call."""

_QUERIES = "run explain check describe open sql"
_ANSWERS = "run describe sql"
_SERVERS = "doctor mcp pull"
_EVERY = " ".join(("run", *COMMANDS))


class CommandOption(NamedTuple):
    """One option: the commands that take it, its names, what it does, whether a value follows, and what else
    `argparse` is told of it."""

    commands: tuple[str, ...]
    names: tuple[str, ...]
    help: str
    takes_value: bool
    how: dict[str, Any]


def _flag(commands: str, names: str, does: str, **how: Any) -> CommandOption:
    return CommandOption(tuple(commands.split()), tuple(names.split()), does, False, {"action": "store_true", **how})


def _value(commands: str, names: str, metavar: str | None, does: str, **how: Any) -> CommandOption:
    return CommandOption(tuple(commands.split()), tuple(names.split()), does, True, {"metavar": metavar, **how})


def _mistake(text: str) -> ArgumentTypeError:
    from argparse import ArgumentTypeError

    return ArgumentTypeError(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise _mistake(f"`{text}` is no number of rows")
    return int(text)


def _size(text: str) -> ChartSize:
    from runql.chart_look import SIZE_FORM, ChartSize

    size = ChartSize.read(text)
    if size is None:
        raise _mistake(f"`{text}` is no size of a chart: {SIZE_FORM}")
    return size


def _budget(text: str) -> int:
    if not text.isdecimal() or int(text) < _LEAST_BUDGET:
        raise _mistake(f"`{text}` is no number of words: at least {_LEAST_BUDGET} are needed")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise _mistake(f"`{text}` is no number of seconds")
    return seconds


OPTIONS = (
    _value(
        _QUERIES,
        "-s --source",
        "SOURCE",
        "where the runs are: entity/project, a folder, tb:FOLDER, `demo`, or a name of the settings",
    ),
    _value("pull", "-s --source", "SOURCE", "what is copied, where it is not named as a word"),
    _value("pull", "--into", "STORE", "the store: a name, or a path that begins with `.`, `~` or `/`"),
    _value("lsp", "-s --source", "SOURCE", "where the runs are, of queries that name no source"),
    _value("mcp", "-s --source", "SOURCE", "where the runs are; words name further sources"),
    _value("mcp", "--http", "[HOST:]PORT", "over HTTP on this computer, at `/mcp`"),
    _value("doctor", "-s --source", "SOURCE", "the source that is looked at, instead of that of the settings"),
    _value(f"{_QUERIES} {_SERVERS}", "--api-key-file", "FILE", "the file that holds W&B's key"),
    _value(
        f"{_QUERIES} pull",
        "--timeout",
        "SECONDS",
        "the longest that a server may take for all of it",
        type=_seconds,
    ),
    _value("mcp", "--timeout", "SECONDS", "the longest that a server may take for one call (120)", type=_seconds),
    _value("doctor", "--timeout", "SECONDS", "the longest that the server may take (20)", type=_seconds),
    _value(_QUERIES, "-p --param", "NAME=VALUE", "a value for `$NAME`", dest="params", action="append"),
    _value(
        _QUERIES,
        "--allow-write",
        "PATH",
        "a folder or a file that a script or a saved query may write, besides the working folder",
        action="append",
    ),
    _value(_QUERIES, "--no", "CODE", "say no notices and warnings of that code, such as RQL211", action="append"),
    _flag(_QUERIES, "--names", "name every file and run of which a notice speaks, not only their number"),
    _flag("pull", "-q --quiet", "no progress, and no line at the end"),
    _value(
        f"{_QUERIES} pull",
        "--errors",
        None,
        "how errors are written: `text` or `json`",
        choices=("text", "json"),
        default="text",
    ),
    _value("describe", "--budget", "WORDS", "say at most so many words (by default 2000)", type=_budget),
    _value(
        _ANSWERS,
        "-o --output",
        "FORMAT|FILE",
        "table json jsonl csv tsv md tex yaml none, or a file, also .parquet; of a chart .svg .png .pdf .html .json",
    ),
    _flag(_ANSWERS, "--safe", "in csv and tsv no text is one that a spreadsheet runs as a formula"),
    _flag(_ANSWERS, "-q --quiet", "no notices and no progress"),
    _value(
        "run",
        "--theme",
        None,
        "on what the chart of a file stands",
        choices=("light", "dark"),
        default="light",
    ),
    _value("run", "--chart-size", "SIZE", "how large the chart of a file is, such as 8x5cm", type=_size),
    _flag("run", "--no-chart-notes", "say nothing under the chart of a file; its metadata do"),
    _value("run", "--max-rows", "N", "show at most so many rows of an answer, and say what was cut", type=_count),
    _value("run", "--junit", "FILE", "write what came of each assertion as JUnit XML, for a CI"),
    _flag("run", "--stats", "at the end a line of JSON on standard error: what the answers cost"),
    _flag("run", "--spec", "the language as JSON: options, statements, stages, functions, codes"),
    _flag("run", "--write-config", "write a settings file that explains every setting, and stop"),
    _flag("run explain describe", "--offline", "ask no server: a project is answered from its store (`runql pull`)"),
    _flag("store sql", "--offline", "send nothing: of a store in object storage the copy on this computer answers"),
    _flag("check", "--offline", "check the text alone, not the names in it"),
    _flag("fmt", "--check", "change nothing; fail if a text is not in the one form"),
    _flag("fmt", "--diff", "change nothing; print what would change"),
    _flag("trust", "--list", "the folders that were said yes to, and what changed there since"),
    _flag("trust", "--forget", "take the yes back"),
    _flag("store", "--yes", "of `drop`: do not ask"),
    _value("lsp", "--tcp", "HOST:PORT", "wait for one client at this address (127.0.0.1 if it has no host)"),
    _flag("lsp", "--stdio", "talk over standard input and output, as without it"),
    _flag("lsp", "--trusted", "the editor vouches for its folders: servers may be asked"),
    _value(
        "open",
        "--in",
        "PROGRAM",
        "`browser`, `leet` or `visidata`",
        dest="viewer",
        choices=("browser", "leet", "visidata"),
    ),
    _flag("open", "--print", "print the address, or the command, and start nothing", dest="prints"),
    _flag("doctor", "--json", "the report as JSON"),
    _flag("doctor", "--network", "also ask the server who is signed in"),
    _flag(_EVERY, "--version", "the version of RunQL"),
    _flag(_EVERY, "-h --help", "this text"),
)
"""In the order in which the help of a command names them."""


def command_of(argv: Sequence[str]) -> tuple[Command, list[str]]:
    """The command of a call, and its other words. It may stand behind options: `-s demo check …`.

    `explain` and `describe` begin statements of the language too, and are left where they are; `describe` with nothing
    behind it but options is the command, for the statement names a field.
    """
    takes_value = {name: option.takes_value for option in OPTIONS for name in option.names}
    at = 0
    while at < len(argv) and argv[at].startswith("-") and argv[at] not in {"-", "--"}:
        name, equals, _ = argv[at].partition("=")
        at += 2 if takes_value.get(name, False) and not equals else 1
    if at >= len(argv) or argv[at] not in COMMANDS:
        return "run", [*argv]
    is_schema = argv[at] == "describe" and (at + 1 == len(argv) or argv[at + 1].split("=")[0] in takes_value)
    if at and argv[at] not in _ONLY_COMMANDS and not is_schema:
        return "run", [*argv]
    return COMMANDS[argv[at]], [*argv[:at], *argv[at + 1 :]]


def options_of_command(command: Command) -> dict[str, tuple[str, bool]]:
    """The options of a command by each of their names: the longest name, and whether a value follows."""
    options = (option for option in OPTIONS if command in option.commands)
    return {name: (max(one.names, key=len), one.takes_value) for one in options for name in one.names}
