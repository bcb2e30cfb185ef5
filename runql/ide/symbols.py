"""The outline of a text: its statements and clauses, and what can be folded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Final, assert_never

from runql.ide.context import Text, parsed
from runql.syntax import tree as s
from runql.syntax import tree as t
from runql.syntax.parse import Parsed
from runql.syntax.tokens import Token, TokenKind
from runql.text.frozen import frozen
from runql.text.render import clean
from runql.text.source import Span

_LONGEST: Final = 80


class SymbolKind(StrEnum):
    QUERY = "query"
    EXPLAIN = "explain"
    LET = "let"
    PARAMETER = "parameter"
    STATEMENT = "statement"
    CLAUSE = "clause"
    STAGE = "stage"
    BROKEN = "broken"


@frozen
class Symbol:
    """A piece of a text: `name` is its beginning on one line; `name_span` where its name or first word stands."""

    name: str
    kind: SymbolKind
    span: Span
    name_span: Span
    children: tuple[Symbol, ...] = ()


@frozen
class FoldingRange:
    """Lines, from 1, that can be folded into the first of them."""

    first_line: int
    last_line: int
    is_comment: bool = False


def symbols(text: Text) -> tuple[Symbol, ...]:
    """The statements of a text, each with its clauses and stages."""
    whole = parsed(text)
    return tuple(_statement(statement, whole.source.text) for statement in whole.script.statements)


def _statement(statement: t.Statement, text: str) -> Symbol:
    match statement:
        case t.QueryStatement(query=query):
            return _symbol(statement, SymbolKind.QUERY, text, _parts(query, text))
        case t.ExplainStatement(query=query):
            return _symbol(statement, SymbolKind.EXPLAIN, text, _parts(query, text))
        case s.LetStatement(query=query, name_span=span):
            return replace(_symbol(statement, SymbolKind.LET, text, _parts(query, text)), name_span=span)
        case s.ParamStatement(name_span=span):
            return replace(_symbol(statement, SymbolKind.PARAMETER, text), name_span=span)
        case t.BrokenStatement():
            return _symbol(statement, SymbolKind.BROKEN, text)
        case s.UseStatement() | s.ShowStatement() | s.DescribeStatement() | s.PullStatement() | s.SetStatement():
            return _symbol(statement, SymbolKind.STATEMENT, text)
        case _:
            assert_never(statement)


def _parts(query: t.Query, text: str) -> tuple[Symbol, ...]:
    clauses = [
        _symbol(clause, SymbolKind.BROKEN if isinstance(clause, t.BrokenClause) else SymbolKind.CLAUSE, text)
        for clause in query.clauses
    ]
    return (*clauses, *(_symbol(stage, SymbolKind.STAGE, text) for stage in query.stages))


def _symbol(node: t.Node, kind: SymbolKind, text: str, children: tuple[Symbol, ...] = ()) -> Symbol:
    written = text[node.span.start : node.span.end]
    words = written.split()
    name = clean(" ".join(words))
    first = Span(node.span.start, node.span.start + len(words[0]) if words else node.span.start)
    short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    return Symbol(short, kind, node.span, first, children)


def folds(text: Text) -> tuple[FoldingRange, ...]:
    """Statements, brackets and comments over several lines, in the order of the text."""
    whole = parsed(text)
    spans = [statement.span for statement in whole.script.statements]
    found = {_fold(whole, span) for span in (*spans, *_brackets(whole.tokens))}
    found.update(_fold(whole, span, is_comment=True) for span in _comments(whole))
    several = (fold for fold in found if fold.last_line > fold.first_line)
    return tuple(sorted(several, key=lambda fold: (fold.first_line, -fold.last_line)))


def _fold(whole: Parsed, span: Span, *, is_comment: bool = False) -> FoldingRange:
    first, _ = whole.source.line_column(span.start)
    last, _ = whole.source.line_column(max(span.start, span.end - 1))
    return FoldingRange(first, last, is_comment)


def _brackets(tokens: tuple[Token, ...]) -> Iterator[Span]:
    opened: list[Token] = []
    for token in tokens:
        if token.terminal == "LPAR":
            opened.append(token)
        elif token.terminal == "RPAR" and opened:
            yield opened.pop().span.to(token.span)


def _comments(whole: Parsed) -> Iterator[Span]:
    """Comments that stand under each other, with nothing but white space between them and no empty line."""
    together: Span | None = None
    for token in whole.tokens:
        if token.kind is TokenKind.COMMENT:
            together = token.span if together is None else together.to(token.span)
        elif together is not None and (token.kind is not TokenKind.WHITESPACE or token.text.count("\n") > 1):
            yield together
            together = None
    if together is not None:
        yield together
