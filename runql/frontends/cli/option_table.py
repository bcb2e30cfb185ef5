"""The options of the command: one row each, for all the commands that take it. Loads nothing of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from argparse import ArgumentTypeError

    from runql.chart_look import ChartSize

_LEAST_BUDGET = 100
"""As `runql.advice.schema` has it, which is not loaded to read a call."""

_QUERIES = "run explain check describe open sql"
_ANSWERS = "run describe sql"
_SERVERS = "doctor mcp pull"


class CommandOption(NamedTuple):
    """One option: the commands that take it, its names, what it does, and what else `argparse` is told of it."""

    commands: str
    names: str
    help: str
    how: dict[str, Any]

    @property
    def takes_value(self) -> bool:
        """Whether a value follows."""
        action: str = self.how.get("action", "append")
        return action == "append"

    def is_of(self, command: str) -> bool:
        """Whether a command takes it."""
        return not self.commands or command in self.commands.split()


def _flag(commands: str, names: str, does: str, **how: Any) -> CommandOption:
    return CommandOption(commands, names, does, {"action": "store_true", **how})


def _value(commands: str, names: str, metavar: str, does: str, **how: Any) -> CommandOption:
    return CommandOption(commands, names, does, {"metavar": metavar, **how})


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
    CommandOption(
        f"{_QUERIES} pull",
        "--errors",
        "how errors are written: `text` or `json`",
        {"choices": ("text", "json"), "default": "text"},
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
    CommandOption(
        "run", "--theme", "on what the chart of a file stands", {"choices": ("light", "dark"), "default": "light"}
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
    _flag("", "--version", "the version of RunQL"),
    _flag("", "-h --help", "this text"),
)
"""In the order in which the help of a command names them; no command: all of them take it."""
