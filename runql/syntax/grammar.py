"""Where the grammar and its parser table come from.

The grammar stands beside this file in a wheel, and in `grammar/` at the top of a checkout. Its LALR table is packed
into the wheel when that is built; without a fresh one there it is built once and kept in the user's own cache folder.
Lark is imported only where a table is built.
"""

from __future__ import annotations

import contextlib
import os
from functools import cache
from pathlib import Path
from zlib import adler32, crc32

from runql.syntax.check_grammar import check_grammar
from runql.syntax.lr_table import ParserTable, table_from, table_of, table_text
from runql.text.replace import replace_with

STARTS = ("script", "rest")
_HERE = Path(__file__).resolve().parent
_PACKED_TABLE = _HERE / "runql.table"
_UNREADABLE = (OSError, ValueError, TypeError, KeyError, AttributeError)


def grammar_path() -> Path:
    """Where the grammar stands: beside this file, or in `grammar/` at the top of a checkout."""
    packed = _HERE / "runql.lark"
    return packed if packed.exists() else _HERE.parents[1] / "grammar" / "runql.lark"


@cache
def grammar_text() -> str:
    return grammar_path().read_text(encoding="utf-8")


def build_table(*, strict: bool = False) -> ParserTable:
    """The table, made from the grammar: takes seconds. `strict` also refuses any conflict (needs `interegular`).

    Raises:
        GrammarMismatchError: the grammar has a rule that nobody builds, or a keyword that cannot be read off it.
    """
    from lark import Lark

    parser = Lark(
        grammar_text(),
        parser="lalr",
        lexer="contextual",
        start=list(STARTS),
        maybe_placeholders=False,
        strict=strict,
    )
    table = table_of(parser)
    check_grammar(table)
    return table


def table_key() -> str:
    """What a table depends on: the grammar, and the form in which it is written.

    Sums suffice, and `hashlib` takes longer to load than they do: who could forge a grammar could write the table too.
    """
    grammar = grammar_text().encode()
    return f"runql-table 6 {len(grammar)}-{crc32(grammar):08x}-{adler32(grammar):08x}"


def table_name() -> str:
    """The name under which a table is kept: another for each key."""
    return f"{table_key().replace(' ', '-')}.table"


def write_table() -> bytes:
    """The table as it is stored: its key on a line, then itself."""
    return f"{table_key()}\n{table_text(build_table())}\n".encode()


def _read_table(path: Path) -> ParserTable | None:
    """A stored table; none if there is none, or it is of another grammar."""
    try:
        with path.open("rb") as stored:
            if stored.readline().rstrip(b"\n").decode("utf-8", "replace") != table_key():
                return None
            return table_from(stored.read())
    except _UNREADABLE:
        return None


def _cache_folder() -> Path | None:
    """The user's own folder for tables; none if it cannot be made, or somebody else could write there.

    Who can change a table can change what a text means: nobody else may put one in our way.
    """
    from platformdirs import user_cache_path

    folder = user_cache_path("runql", appauthor=False) / "grammar"
    if not folder.is_absolute():  # what a relative path leads to came with the working folder
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    if hasattr(os, "getuid") and (folder.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o022):
        return None
    return folder


def _keep(table: bytes, path: Path) -> None:
    """Write a table so that no reader ever sees half of one. A cache that cannot be written is none."""
    with contextlib.suppress(OSError):
        replace_with(path, table, mode=0o600)


@cache
def load_table() -> ParserTable:
    """The one table of the process, loaded at its first use."""
    table = _read_table(_PACKED_TABLE)
    if table is not None:
        return table
    folder = _cache_folder()
    if folder is None:
        return build_table()
    path = folder / table_name()
    table = _read_table(path)
    if table is None:
        _keep(write_table(), path)
        table = _read_table(path) or build_table()
    return table
