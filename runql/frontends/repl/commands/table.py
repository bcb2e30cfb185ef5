"""The backslash commands: one table for the prompt, its help, its completion and the reference page."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from runql.text.frozen import frozen
from runql.text.nearest import nearest

MARK = "\\"


class Argument(StrEnum):
    """What is completed after the name of a command."""

    NOTHING = "nothing"
    TOPIC = "topic"
    """A command, clause, stage, function, field or code: whatever `\\help` knows."""
    FIELD = "field"
    QUERY = "query"
    SAVED = "saved"
    """The name of a saved query, without its `@`."""
    NEW_NAME = "new name"
    """A name that the user invents; a query may follow."""
    SOURCE = "source"
    FORMAT = "format"
    """The name of an output format, or a file."""
    SWITCH = "switch"
    """`on` or `off`."""
    TURN = "turn"
    """`auto`, `on` or `off`."""
    PARAMETER = "parameter"
    OPTION = "option"
    """An option of `set`."""
    WATCH = "watch"
    """Seconds, then a query."""


@frozen
class PromptCommand:
    """One command. `syntax` is how it is written, with what is to be filled in in capitals; `doc` is one sentence."""

    name: str
    syntax: str
    doc: str
    example: str
    takes: Argument = Argument.NOTHING
    more: str = ""
    """What `\\help NAME` and the reference say besides."""
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Words that may stand after the name."""


_TABLE = (
    PromptCommand(
        "help",
        r"\help [WORD]",
        "What can be written, or what a word means.",
        r"\help pivot",
        Argument.TOPIC,
        "A word is a command, a statement, a clause, a stage, a function, a field of the source, or a code such as "
        "`RQL307`. `clauses`, `operators`, `literals`, `dates`, `functions`, `stages` and `system` list all of a kind.",
        aliases=("h", "?"),
    ),
    PromptCommand(
        "fields",
        r"\fields [GLOB]",
        "The fields of the source: type, in how many runs, range or values.",
        r"\fields val/*",
        Argument.FIELD,
        "A pattern without a namespace is looked for in all of them; `*` is any text, `?` one character.",
        aliases=("d",),
    ),
    PromptCommand(
        "describe",
        r"\describe FIELD",
        "All that is known of one field.",
        r"\describe config.lr",
        Argument.FIELD,
    ),
    PromptCommand(
        "explain",
        r"\explain [QUERY]",
        "What a query becomes: its calls, filters and requests. No run is asked for.",
        r"\explain runs where config.lr > 0.01 limit 5",
        Argument.QUERY,
        "Without a query the last one is explained.",
    ),
    PromptCommand(
        "save",
        r"\save[!] NAME [QUERY]",
        "Keeps a query, the last one if none is given, as `@NAME`.",
        r"\save good runs where state = 'finished'",
        Argument.NEW_NAME,
        "It becomes a file `NAME.rql` in `.runql/` beside the project, else in the user's own folder. A query of that "
        "name is only replaced by `\\save!`.",
    ),
    PromptCommand(
        "saved",
        r"\saved [NAME]",
        "The saved queries, or the text of one.",
        r"\saved",
        Argument.SAVED,
        "`runs from @NAME` asks one, and goes on from it.",
    ),
    PromptCommand(
        "watch",
        r"\watch [SECONDS] [QUERY] [until EXPR]",
        "Asks again and again, and marks what has changed.",
        r"\watch 30 count runs where state = 'running' until count = 0",
        Argument.WATCH,
        "Every 30 seconds if no number is given, and the last query if none is given. `until` is a condition as in "
        "`assert`: of each row, or with aggregates of the whole table. Ctrl-C ends it too.",
        words=("until",),
    ),
    PromptCommand(
        "spark",
        r"\spark [QUERY]",
        "The histories of a query in one line each: a small chart, the first and last value, the smallest and largest.",
        r"\spark runs limit 5 keys loss sample 100",
        Argument.QUERY,
        "Without a query those of the last one.",
    ),
    PromptCommand(
        "last",
        r"\last [N] [all|FORMAT|FILE]",
        "The last result again, without asking for it again.",
        r"\last csv",
        Argument.FORMAT,
        "`\\last 2` is the one before, which a query calls `_2`. `all` shows every row and every column.",
        words=("all",),
    ),
    PromptCommand(
        "x",
        r"\x [auto|on|off]",
        "Turns tables: a line a field, side by side or a block a run.",
        r"\x on",
        Argument.TURN,
        "With `auto`, the default, a table is turned that is too wide and has few enough rows.",
        words=("auto", "on", "off"),
    ),
    PromptCommand(
        "o",
        r"\o [FORMAT|FILE]",
        "The format of the results that follow, or a file for the next one.",
        r"\o csv",
        Argument.FORMAT,
        "A file takes the next result alone. Without a word it says what is set.",
    ),
    PromptCommand(
        "timing",
        r"\timing [on|off]",
        "Whether the time that each part took is shown.",
        r"\timing on",
        Argument.SWITCH,
        words=("on", "off"),
    ),
    PromptCommand(
        "pager",
        r"\pager [on|off]",
        "Whether what is longer than the screen goes through a pager.",
        r"\pager off",
        Argument.SWITCH,
        words=("on", "off"),
    ),
    PromptCommand(
        "params",
        r"\params [NAME=VALUE …]",
        "The parameters of the queries that follow.",
        r"\params least=0.98",
        Argument.PARAMETER,
        "`NAME=` forgets one. Values are read as those of `-p` are.",
    ),
    PromptCommand(
        "set",
        r"\set [NAME VALUE]",
        "The options of the session, as the statement `set` sets them.",
        r"\set max_rows 100",
        Argument.OPTION,
        words=("max_rows",),
    ),
    PromptCommand(
        "source",
        r"\source [NAME]",
        "Where runs are asked for: all that is known, or another one from now on.",
        r"\source demo",
        Argument.SOURCE,
        aliases=("s", "use", "c"),
    ),
    PromptCommand(
        "refresh",
        r"\refresh",
        "Looks anew at what the source holds.",
        r"\refresh",
    ),
    PromptCommand(
        "edit",
        r"\edit [NAME]",
        "Opens the last query, or a saved one, in `$EDITOR`.",
        r"\edit good",
        Argument.SAVED,
        "What the editor gives back stands at the next prompt; a saved query is kept as it is left.",
        aliases=("e",),
    ),
    PromptCommand("quit", r"\quit", "Leaves; Ctrl-D does too.", r"\quit", aliases=("q", "exit")),
)

COMMANDS: Mapping[str, PromptCommand] = MappingProxyType({one.name: one for one in _TABLE})
"""By name, in the order of help."""

SPELLINGS: Mapping[str, PromptCommand] = MappingProxyType(
    {name: one for one in _TABLE for name in (one.name, *one.aliases)}
)
"""By every name, short ones included."""


@frozen
class BackslashCall:
    """A command as it was written: its word without the mark, whether a `!` follows, and all that stands after it."""

    word: str
    force: bool
    rest: str

    @property
    def command(self) -> PromptCommand | None:
        return SPELLINGS.get(self.word.lower())


_PLAIN: Mapping[str, str] = MappingProxyType({"help": "help", "?": "help", "quit": "quit", "exit": "quit"})
"""What may be written without the mark: no statement begins so, and everybody tries it."""


def read_call(text: str) -> BackslashCall | None:
    """The command of a text; `None` for a text that is none."""
    stripped = text.strip()
    if stripped.lower().rstrip(";") in _PLAIN:
        return BackslashCall(_PLAIN[stripped.lower().rstrip(";")], False, "")
    if not stripped.startswith(MARK):
        return None
    word, *rest = stripped[1:].split(maxsplit=1) or [""]
    bare = word.removesuffix("!")
    return BackslashCall(bare, bare != word, "".join(rest).strip())


def nearest_command(word: str) -> str | None:
    """The command that was perhaps meant: spelled nearly so, or beginning so."""
    near = nearest(word.lower(), SPELLINGS, most=1)
    if near:
        return SPELLINGS[near[0]].name
    return next((name for name in COMMANDS if word and name.startswith(word.lower())), None)
