"""Saved queries: `NAME.rql` in a folder `.runql` beside the project, or in the user's own folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, assert_never

from runql.script.named_queries import MOST_LEVELS, NamedQuery, QueryNames, nowhere, too_many_levels
from runql.script.parameters import declared, is_set
from runql.script.permission import guarded
from runql.syntax import Parsed, parse, tree
from runql.syntax import tree as s
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.nearest import nearest
from runql.text.source import NOWHERE, Source, Span

_MOST_BYTES = 1 << 20
_NO_QUERY = "holds a statement that is neither `param`, `let` nor a query"
_MOST_BYTES_OF_COMMENT = 1 << 14


@frozen
class SavedQuery:
    """A saved query: where it is, and the first comment of its text."""

    name: str
    path: Path
    comment: str = ""


def saved_queries(folders: Sequence[Path]) -> Iterator[SavedQuery]:
    """All of them, by name; of two with one name that of the first folder."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.rql")) if folder.is_dir() else ():
            if path.is_file():
                found.setdefault(path.stem, path)
    for name, path in sorted(found.items()):
        yield SavedQuery(name, path, _comment(path))


def _comment(path: Path) -> str:
    try:
        lines = _begin(path, _MOST_BYTES_OF_COMMENT).decode(errors="replace").splitlines()
    except OSError:
        return ""
    comments = (line.strip().lstrip("#").strip() for line in lines if line.strip().startswith("#") and line[:2] != "#!")
    return next(comments, "")


def _begin(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def _text(path: Path) -> str:
    """The text of a saved query. Raises `OSError`, `ValueError`."""
    raw = _begin(path, _MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise ValueError(f"it has more than {_MOST_BYTES:,} bytes")
    return raw.decode().replace("\r\n", "\n")


@frozen
class Loader:
    """Reads saved queries for one text. `given` are the parameters that the text was given.

    `own`: the folder of those that the user keeps; what others write has to be allowed. `lenient`: parameters may lack
    their values.
    """

    folders: tuple[Path, ...]
    given: dict[str, Any]
    now: datetime
    zone: tzinfo
    inside: tuple[str, ...] = ()
    own: Path | None = None
    lenient: bool = False

    def load(self, name: str, span: Span) -> NamedQuery | Diagnostic:
        """The query of a name with the values of its parameters, or what is wrong with it, at the place of the name."""
        if name in self.inside:
            chain = " → ".join(f"`@{one}`" for one in (*self.inside, name))
            return Diagnostic("RQL220", f"`@{name}` means itself: {chain}", span)
        if len(self.inside) >= MOST_LEVELS:
            return too_many_levels(f"@{name}", span)
        saved = {one.name: one.path for one in saved_queries(self.folders)}
        if name not in saved:
            near = nearest(name, saved, most=1)
            where = next((f"`{folder}`" for folder in self.folders), "`.runql/`")
            hints = (*(f"nearest: `@{one}`" for one in near), f"a saved query is a file `{name}.rql` in {where}")
            return Diagnostic("RQL220", f"there is no saved query `@{name}`", span, hints=hints)
        path = saved[name]
        try:
            text = _text(path)
        except (OSError, ValueError) as error:
            return Diagnostic("RQL220", f"the saved query `@{name}` cannot be read: {error}", span)
        parsed = parse(Source(text, str(path)))
        errors = [one for one in parsed.diagnostics if one.is_error]
        if errors:
            line, _ = parsed.source.line_column(errors[0].span.start)
            message = f"the saved query `@{name}` is wrong at line {line}: {errors[0].message}"
            return Diagnostic("RQL220", message, span, hints=errors[0].hints)
        return self._query(name, parsed, span, is_own=path.parent == self.own)

    def query(self, name: str) -> tree.Query | None:
        """The query of a name for who only wants to know its columns; `None` where something is wrong with it."""
        found = replace(self, lenient=True).load(name, NOWHERE)
        return found.query if isinstance(found, NamedQuery) else None

    def _query(self, name: str, parsed: Parsed, span: Span, *, is_own: bool) -> NamedQuery | Diagnostic:  # noqa: PLR0911 - one line a node
        params: dict[str, Any] = {}
        lets: dict[str, NamedQuery] = {}
        queries: list[tree.Query] = []
        for statement in parsed.script.statements:
            match statement:
                case s.ParamStatement():
                    value, wrong = declared(statement, self.given, self.now, self.zone)
                    if wrong is not None and not self.lenient:
                        return Diagnostic("RQL221", f"in `@{name}`: {wrong.message}", span, hints=wrong.hints)
                    if wrong is None and is_set(statement, self.given):
                        params[statement.name] = value
                case s.LetStatement(query=query):
                    lets[statement.name] = NamedQuery(query).placeless()
                case tree.QueryStatement(query=query):
                    queries.append(query)
                case tree.ExplainStatement() | tree.BrokenStatement() | tree.UseStatement() | tree.ShowStatement():
                    return Diagnostic("RQL220", f"the saved query `@{name}` {_NO_QUERY}", span)
                case tree.DescribeStatement() | tree.PullStatement() | tree.SetStatement():
                    return Diagnostic("RQL220", f"the saved query `@{name}` {_NO_QUERY}", span)
                case _:
                    assert_never(statement)
        if len(queries) != 1:
            return Diagnostic("RQL220", f"the saved query `@{name}` holds {len(queries)} queries, not one", span)
        inner = QueryNames(lets, replace(self, inside=(*self.inside, name)).load).expand(
            nowhere(queries[0]), (f"@{name}",)
        )
        if inner.diagnostics:
            first = inner.diagnostics[0]
            if first.code == "RQL534":
                return replace(first, span=span)
            return Diagnostic("RQL220", f"in `@{name}`: {first.message}", span)
        return NamedQuery(inner.query if is_own else guarded(inner.query), {**inner.params, **params})
