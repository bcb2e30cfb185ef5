"""What is said of a question in SQL that is refused: in our manner, with its place inside the string."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from runql.config import SqlBounds
from runql.errors import QueryError
from runql.execute.sql.to_sql import TABLE, quoted, sql_names
from runql.semantic.spelling import code
from runql.semantic.typed import TSql
from runql.syntax.literals import string_places
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest
from runql.text.source import NOWHERE, Span

if TYPE_CHECKING:
    import duckdb

_QUOTED: Final = re.compile(r'"((?:[^"\n]|"")+)"')
HINT_OF_TABLE: Final = f"the table so far is `{TABLE}`: `select … from {TABLE}`"
_MOST_HINTS: Final = 3
_LONGEST: Final = 300
_SPACES: Final = ("config.", "summary.")
_READS: Final = frozenset({"SELECT", "MULTI"})
"""What may be asked. DuckDB makes several statements of one `pivot`, and calls that `MULTI`."""


class OutOfBounds(Exception):  # noqa: N818 - it says what is so
    """A question took its time, or its answer more memory than it may."""

    def __init__(self, *, memory: bool) -> None:
        super().__init__()
        self.memory = memory


def only_one_question(
    connection: duckdb.DuckDBPyConnection, question: str, stage: TSql, tables: str = HINT_OF_TABLE
) -> duckdb.Statement:
    """The one statement of a text, which only asks. Raises `QueryError` for anything else."""
    try:
        statements = connection.extract_statements(question)
        kinds = [statement.type.name for statement in statements]
    except ValueError:  # a statement that the client has no name for
        kinds, statements = ["OTHER"], []
    if len(kinds) == 1 and kinds[0] in _READS:
        return statements[0]
    if not kinds:
        message, hint = "`sql` asks nothing: there is only a comment", tables
    elif len(kinds) > 1:
        message = f"`sql` takes one question, and these are {len(kinds)} statements"
        hint = "ask another one in a stage of its own: `| sql … | sql …`"
    else:
        word = (re.findall(r"[^\W\d]+", question) or ["this"])[0].lower()
        message = f"`sql` only asks, and `{word}` does something else"
        hint = "a file is written by the stage `to`" if word in {"copy", "export"} else tables
    raise QueryError([Diagnostic("RQL246", message, _in_string(stage), hints=(hint,))])


def refusal(
    error: Exception,
    question: str,
    stage: TSql,
    names: Sequence[str],
    bounds: SqlBounds,
    *,
    tables: str = HINT_OF_TABLE,
) -> Diagnostic:
    """What is said of an error of DuckDB."""
    if isinstance(error, OutOfBounds | MemoryError) or type(error).__name__ == "OutOfMemoryException":
        return _bound(error, stage, bounds)
    facts = _facts(error)
    message = str(facts.get("exception_message") or error)
    place = _place(facts, question, stage)
    if type(error).__name__ == "PermissionException":
        text = "`sql` reaches no file, no network and no extension: it reads the tables that it is given"
        return Diagnostic("RQL246", text, place, hints=(tables, _first(message)))
    if " extension" in message and ("INSTALL" in message or "install" in message):
        text = "`sql` loads no extension of DuckDB, and this needs one"
        return Diagnostic("RQL246", text, place, hints=(_first(message),))
    name = _missing_column(facts, message, _written(facts, question), names) if names else ""
    if name:
        return Diagnostic("RQL245", f"no column {code(name)} in the table", place, hints=_near_columns(name, names))
    return Diagnostic("RQL245", f"SQL: {_first(message)}", place, hints=_hints(facts, message, tables))


def _missing_column(facts: Mapping[str, Any], message: str, written: str, names: Sequence[str]) -> str:
    """The name of a column that is not there; empty for another error. `config.lr` SQL takes for one of a table."""
    if "FROM clause is missing" in message:
        return ""
    is_table = message.startswith("Referenced table")
    if is_table and written.replace('"', "") in names:
        return written.replace('"', "")
    if is_table or facts.get("error_subtype") == "COLUMN_NOT_FOUND" or message.startswith("Referenced column"):
        return written.strip('"') or str(facts.get("name", ""))
    return ""


def _bound(error: Exception, stage: TSql, bounds: SqlBounds) -> Diagnostic:
    if isinstance(error, OutOfBounds) and not error.memory:
        message = f"`sql` was stopped after {bounds.seconds:g} s"
        return Diagnostic("RQL569", message, stage.span, hints=("more time: the variable `RUNQL_SQL_SECONDS`",))
    message = f"`sql` takes more than {bounds.memory_mb:g} MB of memory"
    hint = "more memory: the variable `RUNQL_SQL_MEMORY_MB`"
    return Diagnostic("RQL569", message, stage.span, hints=(hint,))


def _facts(error: Exception) -> Mapping[str, Any]:
    """What DuckDB says of an error, which it gives as JSON behind the kind of it."""
    text = str(error)
    try:
        found = json.loads(text[text.index("{") :])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _first(message: str) -> str:
    """The first line of a message, as ours are: names in backticks, no capital, no sign at its end."""
    line = _QUOTED.sub(lambda found: code(found[1].replace('""', '"')), message.strip().partition("\n")[0])
    line = line.strip().rstrip("!.")[:_LONGEST]
    return line[:1].lower() + line[1:] if line[1:2].islower() else line


def _hints(facts: Mapping[str, Any], message: str, tables: str) -> tuple[str, ...]:
    missing_table = facts.get("error_subtype") == "MISSING_ENTRY" and facts.get("type") == "Table"
    if missing_table or "FROM clause is missing" in message:
        return (tables,)
    lines = [line.strip() for line in message.split("\n")[1:]]
    return tuple(_first(line) for line in lines if line and not line.endswith(":"))[:_MOST_HINTS]


def _near_columns(name: str, names: Sequence[str]) -> tuple[str, ...]:
    """The columns that may have been meant, as SQL has to spell them."""
    known = [*sql_names(names).values()]
    exact = [one for one in known if one.lower() == name.lower()]
    by_end = exact or [one for one in known if one.lower().endswith((f".{name.lower()}", f"/{name.lower()}"))]
    near = by_end or nearest(name, known, most=2)
    if near:
        hint = f"nearest: {', '.join(f'`{quoted(one)}`' for one in near[:_MOST_HINTS])}"
        more = (
            ("a name with a dot or a slash stands in double quotes",)
            if any(not one.isidentifier() for one in near)
            else ()
        )
        return hint, *more
    if name.startswith(_SPACES):
        return (f"a name with a dot stands in double quotes: `{quoted(name)}`",)
    shown = ", ".join(f"`{quoted(one)}`" for one in known[:8]) + (" …" if len(known) > 8 else "")
    return (f"the columns of `{TABLE}`: {shown}",)


# ---------------------------------------------------------------- places


def _in_string(stage: TSql) -> Span:
    """The question in its text, without quotes where there are some."""
    return stage.written_span if stage.written_span != NOWHERE else stage.span


def _place(facts: Mapping[str, Any], question: str, stage: TSql) -> Span:
    """Where in the text the question is wrong, as far as DuckDB says."""
    found = _extent(facts, question)
    if stage.written_span == NOWHERE or found is None:
        return _in_string(stage)
    places = range(len(stage.written) + 1) if stage.plain else string_places(stage.written)
    first, last = (places[min(end, len(places) - 1)] for end in found)
    base = stage.written_span.start
    return Span(base + first, base + max(last, first + 1))


def _written(facts: Mapping[str, Any], question: str) -> str:
    found = _extent(facts, question)
    return "" if found is None else question[slice(*found)]


def _extent(facts: Mapping[str, Any], question: str) -> tuple[int, int] | None:
    """Where in the question it is wrong: DuckDB counts bytes of UTF-8."""
    if "position" not in facts:
        return None
    start, length = int(facts["position"]), 0
    found = re.fullmatch(r"\[(\d+),(\d+)\]", str(facts.get("location", "")))
    if found:
        start, length = int(found[1]), int(found[2])
    data = question.encode()
    first, last = (len(data[:end].decode(errors="ignore")) for end in (start, start + length))
    return first, last
