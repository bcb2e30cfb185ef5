"""Diagnostics: all that is wrong with a text, or worth saying of it, before anything is asked of a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from runql.ide.context import Context, Text, parsed
from runql.ide.declarations import with_declared
from runql.ide.nodes import names_of, queries
from runql.plan.lower import lower
from runql.plan.nodes import Fetch
from runql.plan.push import asked_of, notes_of
from runql.semantic.check_query import Checked, check
from runql.semantic.names.odd_names import odd_names
from runql.syntax import tree as t
from runql.syntax.lexer import END
from runql.syntax.lr_parser import run
from runql.syntax.parse import Parsed, parse_proven, parse_untried
from runql.syntax.tree.walk import nodes
from runql.text.diagnostic import Diagnostic, without_echoes
from runql.text.proof import proven
from runql.text.source import Source

_NEEDS_CATALOG: Final = "RQL202"
_NO_VALUE: Final = "RQL207"


def diagnostics(text: Text, context: Context) -> tuple[Diagnostic, ...]:
    """What the parser, the checker and the plan say of a text, in the order of their places.

    What only a catalog could tell is left out while there is none; so is that a known parameter has no value.
    """
    whole = parsed(text)

    def errors_of(tried: str) -> Iterator[Diagnostic]:
        read = parse_untried(Source(tried))
        yield from read.diagnostics
        for checked, at in _checked(read, context):
            yield from (one for one in checked.diagnostics if _is_meant(one, at, tried))

    if not whole.ok:
        names = odd_names(whole.source.text, context.catalog)
        if names or any(one.fixes for one in whole.diagnostics):
            whole = parse_proven(whole.source, errors_of, whole, names)
    found = dict.fromkeys(whole.diagnostics)
    for checked, at in _checked(whole, context):
        meant = (d for d in checked.diagnostics if _is_meant(d, at, whole.source.text))
        found.update(dict.fromkeys(without_echoes(meant, whole.diagnostics)))
        if checked.query is not None and at.capabilities is not None:
            found.update(dict.fromkeys(notes_of(lower(checked.query), at.capabilities, at.catalog)))
    ordered = sorted(found, key=lambda d: (d.span.start, d.span.end))
    return proven(whole.source.text, ordered, errors_of)


def _checked(whole: Parsed, context: Context) -> Iterator[tuple[Checked, Context]]:
    """The queries of a text as the checker sees them, with what is known of their sources."""
    context = with_declared(whole, context)
    return (checked_query(query, whole.source.text, context) for query in queries(whole.script))


def checked_query(query: t.Query, text: str, context: Context) -> tuple[Checked, Context]:
    """A query as the checker sees it, with what is known of its sources."""
    at = context.of(names_of(query.clause(t.FromClause)))
    return check(query, at.catalog, at.for_check(text)), at


def plan(checked: Checked, context: Context) -> Fetch | None:
    """What of a query its source would do; none if that is not known."""
    if checked.query is None or context.capabilities is None:
        return None
    return asked_of(lower(checked.query), context.capabilities, context.catalog)


def _is_meant(diagnostic: Diagnostic, context: Context, text: str) -> bool:
    if diagnostic.code == _NEEDS_CATALOG:
        return context.catalog is not None
    written = text[diagnostic.span.start : diagnostic.span.end].removeprefix("$")
    return diagnostic.code != _NO_VALUE or written not in context.parameters


def relative_times(script: t.Script) -> Iterator[t.RelativeTime]:
    """The times of a text that depend on when it runs, in its order."""
    found = (node for node in nodes(script) if isinstance(node, t.RelativeTime))
    return iter(sorted(found, key=lambda node: node.span))


_TRIVIA = frozenset({"WHITESPACE", "COMMENT"})


def is_unfinished(text: Text) -> bool:
    """Whether a text is right so far and more must follow: an open bracket, a pipe, keyword or operator at its end.

    A text with a mistake before its end is none, nor is an empty one. Strings end with their line, so an open quote is
    a mistake.
    """
    whole = parsed(text)
    if whole.ok or all(token.terminal in _TRIVIA for token in whole.tokens):
        return False
    failure = run(whole.source.text).failure
    return failure is not None and failure.found.terminal == END
