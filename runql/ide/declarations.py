"""The names that a text itself declares, by `let` and `param`: where they stand, and under another name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum, auto
from typing import assert_never

from runql.ide.context import Context, Text, parsed
from runql.syntax import tree as s
from runql.syntax import tree as t
from runql.syntax.parse import Parsed
from runql.syntax.tokens import TokenKind
from runql.syntax.tree.walk import nodes
from runql.text.diagnostic import Edit
from runql.text.frozen import frozen
from runql.text.render import clean
from runql.text.source import Span

_NAME = re.compile(r"[^\W\d]\w*")


class NameSort(Enum):
    LET = auto()
    PARAMETER = auto()


@frozen
class Occurrence:
    """One place of a name, without a `$` before it."""

    sort: NameSort
    name: str
    span: Span
    is_definition: bool = False


def with_declared(text: Text, context: Context) -> Context:
    """What is known, with what the text declares."""
    written = parsed(text)
    lets: dict[str, str] = {}
    parameters: dict[str, str] = {}
    for statement in written.script.statements:
        match statement:
            case s.LetStatement(name=name):
                lets[name] = _said(written, statement).partition("=")[2].strip()
            case s.ParamStatement(name=name):
                parameters[name] = _said(written, statement).partition(name)[2].lstrip(" :")
            case t.QueryStatement() | t.ExplainStatement() | t.BrokenStatement() | t.UseStatement() | t.ShowStatement():
                pass
            case t.DescribeStatement() | t.PullStatement() | t.SetStatement():
                pass
            case _:
                assert_never(statement)
    if not lets and not parameters:
        return context
    return replace(context, lets={**context.lets, **lets}, parameters={**context.parameters, **parameters})


def _said(written: Parsed, statement: s.Statement) -> str:
    """A statement on one line."""
    return clean(" ".join(written.source.text[statement.span.start : statement.span.end].split()))


def definition(text: Text, offset: int) -> Span | None:
    """Where the name at an offset is declared; none if it is no such name, or declared elsewhere."""
    return next((each.span for each in _same(text, offset) if each.is_definition), None)


def occurrences(text: Text, offset: int) -> tuple[Span, ...]:
    """Every place of the named query or the parameter at an offset, in their order; a `$` is not part of them."""
    return tuple(each.span for each in _same(text, offset))


def rename(text: Text, offset: int, name: str) -> tuple[Edit, ...]:
    """What gives the name at an offset another one; nothing if that is no name, or taken."""
    name = name.removeprefix("$")
    found = _same(text, offset)
    taken = {each.name for each in _all(parsed(text)) if found and each.sort is found[0].sort}
    if not is_name(name) or name in taken:
        return ()
    return tuple(Edit(each.span, name) for each in found)


def is_name(text: str) -> bool:
    """Whether a query or a parameter may be called so."""
    return _NAME.fullmatch(text) is not None


def _same(text: Text, offset: int) -> tuple[Occurrence, ...]:
    """The occurrences of the name at an offset."""
    found = sorted(_all(parsed(text)), key=lambda each: each.span)
    at = next((each for each in found if each.span.start - 1 <= offset <= each.span.end), None)
    return tuple(each for each in found if at is not None and (each.sort, each.name) == (at.sort, at.name))


def _all(whole: Parsed) -> Iterator[Occurrence]:
    lets = {statement.name for statement in whole.script.statements if isinstance(statement, s.LetStatement)}
    return named_places(whole, frozenset(lets))


def named_places(whole: Parsed, lets: frozenset[str]) -> Iterator[Occurrence]:
    """Every place of a named query or a parameter; `lets` are the names of queries, those of other texts among them."""
    for statement in whole.script.statements:
        yield from _declared(statement)
    for node in nodes(whole.script):
        if isinstance(node, t.SourceRef) and node.kind is t.SourceKind.NAME and node.name in lets:
            yield Occurrence(NameSort.LET, node.name, node.span)
    for token in whole.tokens:
        if token.kind is TokenKind.PARAMETER:
            yield Occurrence(NameSort.PARAMETER, token.text[1:], Span(token.span.start + 1, token.span.end))


def _declared(statement: t.Statement) -> Iterator[Occurrence]:
    """The name that a statement gives."""
    match statement:
        case s.LetStatement(name=name, name_span=span):
            yield Occurrence(NameSort.LET, name, span, is_definition=True)
        case s.ParamStatement(name=name, name_span=span):
            yield Occurrence(NameSort.PARAMETER, name, span, is_definition=True)
        case t.QueryStatement() | t.ExplainStatement() | t.BrokenStatement() | t.UseStatement() | t.ShowStatement():
            pass
        case t.DescribeStatement() | t.PullStatement() | t.SetStatement():
            pass
        case _:
            assert_never(statement)
