"""Which part of a document a command is about: some of its statements, and what these need of the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, assert_never

from runql.frontends.lsp.document import Document, DocumentScript
from runql.frontends.lsp.positions import Json
from runql.text.frozen import frozen
from runql.text.source import Span

if TYPE_CHECKING:
    from runql.syntax import tree

_INK = re.compile(r"[^\n]")


@frozen
class Placed:
    """A statement with its place in the whole text."""

    statement: tree.Statement
    span: Span
    is_asked: bool


def chosen(document: Document, given: Json) -> str | None:
    """The text in which only what a command is about is left, at its old place; none if that gives no result.

    `given` has a `position`, a `range`, or neither: then the last statement of the text is meant.
    """
    if "range" in given:
        span = document.places.span(given["range"])
    elif "position" in given:
        offset = document.places.offset(given["position"])
        span = Span(offset, offset)
    else:
        span = Span(len(document.text), len(document.text))
    script = document.script_at(span.start) or next(iter(document.scripts), None)
    if script is None:
        return None
    every = list(_placed(script))
    target = _target(every, span)
    if target is None:
        return None
    kept = sorted({*_needed(every, target), target}, key=lambda each: each.span)
    return _blanked(document.text, [each.span for each in kept])


def _placed(script: DocumentScript) -> Iterator[Placed]:
    from runql.syntax import tree as s

    for start, piece in script.placed():
        statements = piece.parsed.script.statements
        for index, statement in enumerate(statements):
            is_last = index + 1 == len(statements)
            end = len(piece.text) if is_last else statement.span.end
            declares = isinstance(statement, s.LetStatement | s.ParamStatement | s.UseStatement | s.SetStatement)
            yield Placed(statement, Span(start + statement.span.start, start + end), not declares)


def _target(every: list[Placed], span: Span) -> Placed | None:
    """The last statement that a part touches and that gives a result; else the one that follows, else the last."""
    asked = [each for each in every if each.is_asked]
    touched = [each for each in asked if each.span.start <= span.end and each.span.end > span.start]
    after = [each for each in asked if each.span.start >= span.end]
    found = touched[-1:] or after[:1] or asked[-1:]
    return found[0] if found else None


def _needed(every: list[Placed], target: Placed) -> Iterator[Placed]:
    """The declarations that a statement uses, the options and the source in force there, and the query that `_` is."""
    from runql.syntax import tree as s
    from runql.syntax import tree as t
    from runql.syntax.tree.walk import nodes

    waiting, names = [target], set[str]()
    while waiting:
        at = waiting.pop()
        found = list(nodes(at.statement))
        names |= {node.name for node in found if isinstance(node, t.Param)}
        refs = [node for node in found if isinstance(node, t.SourceRef)]
        for each in every:
            name = each.statement.name if isinstance(each.statement, s.LetStatement) else None
            if name is not None and name not in names and name in {ref.name for ref in refs}:
                names.add(name)
                waiting.append(each)
                yield each
        if any(ref.kind is t.SourceKind.LAST for ref in refs):
            before = [each for each in every if each.is_asked and each.span.start < at.span.start]
            if before:
                waiting.append(before[-1])
                yield before[-1]
    for each in every:
        if _holds_for(each.statement, names, is_before=each.span.start < target.span.start):
            yield each


def _holds_for(statement: tree.Statement, names: set[str], *, is_before: bool) -> bool:
    """Whether a query that uses these parameters needs a statement that stands before it or not."""
    from runql.syntax import tree as s

    match statement:
        case s.ParamStatement(name=name):
            return name in names
        case s.UseStatement() | s.SetStatement():
            return is_before
        case s.QueryStatement() | s.ExplainStatement() | s.BrokenStatement() | s.LetStatement() | s.ShowStatement():
            return False
        case s.DescribeStatement() | s.PullStatement():
            return False
        case _:
            assert_never(statement)


def _blanked(text: str, spans: list[Span]) -> str:
    """A text with white space for all but some parts, so that every place in it stays where it was."""
    parts, position = [], 0
    for span in spans:
        parts += [_INK.sub(" ", text[position : span.start]), text[span.start : span.end]]
        position = span.end
    return "".join(parts)
