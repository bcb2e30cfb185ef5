"""A name that is none here: one of no source, with the queries there are; one of no field, where a query has it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from runql.errors import SourceError
from runql.text.diagnostic import Diagnostic, Edit, Fix
from runql.text.nearest import nearest
from runql.text.source import NOWHERE, Source, Span
from runql.text.visible import visible

_UNKNOWN = "RQL511"
_SHOWN = 6
_KEYS = re.compile(r"(?i)\s+on\s+(?P<left>[\w./]+)\s*=\s*(?P<right>[\w./]+)(?!\s*,)")
_NO_FIELD = frozenset({"RQL201", "RQL202", "RQL208", "RQL214", "RQL218"})
_MOMENT = re.compile(r"(?i)today|yesterday|\d{4}-\d\d-\d\d")
_IN_LIST = re.compile(r"(?i)\b(?:in|any|all|none)\s*\(\Z")


def placed(error: SourceError, name: str, span: Span, queries: Iterable[str], source: Source) -> SourceError:
    """An error that a name of a text could not be opened, at that name. `queries`: the names of queries there are."""
    known = list(dict.fromkeys(queries))
    return type(error)([said_of_unknown(one, name, span, known, source.text) for one in error.diagnostics], source)


def said_of_unknown(one: Diagnostic, name: str, span: Span, queries: Sequence[str], text: str = "") -> Diagnostic:
    """What is said of a name that cannot be opened, at its place; of one that nobody knows with the queries there are,
    nearest first. `text`: that in which it stands."""
    one = one if one.span != NOWHERE else replace(one, span=span)
    if one.code != _UNKNOWN or one.message != f"no source `{name}`":
        return one
    plain = {query.removeprefix("@"): query for query in reversed(queries)}
    near = [plain[found] for found in nearest(name, plain, most=2)]
    fixes = tuple(Fix(f"write `{query}`", (Edit(span, query),)) for query in near) if span != NOWHERE else ()
    hints = tuple(f"nearest: `{query}`" for query in near)
    others = [plain[found] for found in nearest(name, plain, most=len(plain), allowed=len(name))]
    ordered = list(dict.fromkeys((*others, *queries)))
    if ordered:
        shown = ", ".join(f"`{visible(query)}`" for query in ordered[:_SHOWN])
        more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
        hints = (*hints, f"queries with a name: {shown}{more}")
    else:
        hints = (*hints, f"a query gets a name with `let {name} = runs …;`") if name.isidentifier() else hints
    if _MOMENT.fullmatch(name):
        hints = (f"of a time: `where created >= {name.lower()}`",)
    if name.lower() in {"runs", "run"}:
        hints, fixes = _of_runs(span, text)
    message = f"there is no query and no source `{name}`"
    return replace(one, message=message, hints=(*hints, *one.hints), fixes=(*fixes, *one.fixes))


def _of_runs(span: Span, text: str) -> tuple[tuple[str, ...], tuple[Fix, ...]]:
    """`join runs on config.parent = id`: the way to join the runs themselves. Both tables have the default columns, so
    those of the other are chosen, and a key has its new name behind `on` too."""
    said = "the runs themselves are a query in parentheses"
    keys = None if span == NOWHERE else _KEYS.match(text, span.end)
    if keys is None:
        # Which of the other's columns are wanted only the writer knows.
        return (f"{said}: `(runs select id, summary.acc as other)`",), ()
    right = keys["right"]
    short = "other_" + re.sub(r"\W", "_", right.rpartition(".")[2])
    name = "name as other_name" if right != "name" else "id as other_id"
    query = f"(runs select {right} as {short}, {name})"
    behind = f"{query} on {keys['left']} = {short}"
    fix = Fix(f"write `{behind}`", (Edit(span, query), Edit(Span(*keys.span("right")), short)))
    return (f"{said}, with columns of other names: `{behind}`",), (fix,)


def with_query_meant(found: Iterable[Diagnostic], names: Collection[str], text: str) -> tuple[Diagnostic, ...]:
    """What was found, with another way out of a name that is no field and that a query has."""
    return tuple(_with_query(one, names, text) for one in found)


def _with_query(one: Diagnostic, names: Collection[str], text: str) -> Diagnostic:
    name = text[one.span.start : one.span.end]
    if one.code not in _NO_FIELD or not one.is_error or one.span == NOWHERE or name not in names:
        return one
    is_alone = text[one.span.end :].lstrip().startswith(")")
    is_list = is_alone and _IN_LIST.search(text[: one.span.start].rstrip()) is not None
    new = f"runs from {name}" if is_list else f"value(runs from {name})"
    shown = f"({new})" if is_list else new
    hint = f"`{name}` is a query: write `{shown}`"
    fix = Fix(f"write `{new}`", (Edit(one.span, new),))
    return replace(one, hints=(hint, *one.hints), fixes=(fix, *one.fixes))
