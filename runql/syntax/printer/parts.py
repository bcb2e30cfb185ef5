"""The parts of which clauses and stages are written."""

from __future__ import annotations

import re
from typing import Final, assert_never

from runql.syntax import tree as t
from runql.syntax.lexer import lexer
from runql.syntax.literals import quote_name, write_path, write_string
from runql.syntax.printer.expressions import Binds, ExpressionPrinter, word
from runql.text.frozen import frozen
from runql.text.source import Span

_PLAIN_NAME: Final = re.compile(r"[^\W\d]\w*(?:/\w+)*\Z")
_QUOTABLE: Final = re.compile(r"[^\n]+\Z")


@frozen
class Items:
    """A clause or a stage: what it begins with and the items it lists, with a joint between them.

    The joint leads the next line, as `and` does, rather than ending the one before, if `leads`. Behind the item `colon`
    stands a colon instead.
    """

    word: str
    items: tuple[tuple[str, Span], ...] = ()
    joint: str = ","
    leads: bool = False
    colon: int | None = None

    @property
    def texts(self) -> list[str]:
        """The items with their joints."""
        last = len(self.items) - 1
        texts = []
        for index, (text, _) in enumerate(self.items):
            lead = f"{self.joint} " if self.leads and index else ""
            tail = " :" if index == self.colon else "" if self.leads or index == last else self.joint
            texts.append(f"{lead}{text}{tail}")
        return texts

    @property
    def flat(self) -> str:
        return " ".join(part for part in (self.word, *self.texts) if part)


class PartPrinter(ExpressionPrinter):
    """Writes conditions, columns and keys."""

    def condition(self, first_word: str, condition: t.Expr) -> Items:
        if not isinstance(condition, t.And | t.Or):
            return Items(first_word, ((self.expr(condition), condition.span),))
        binds, joint = (Binds.NOT, word("AND")) if isinstance(condition, t.And) else (Binds.AND, word("OR"))
        return self._terms(first_word, condition.terms, binds, joint)

    def _terms(self, first_word: str, terms: tuple[t.Expr, ...], binds: Binds, joint: str) -> Items:
        return Items(first_word, tuple((self.at(term, binds), term.span) for term in terms), joint, leads=True)

    def column(self, column: t.Column) -> str:
        text = self.expr(column.value)
        if not isinstance(column.value, t.Field) and lexer().terminal_pattern("GLOB").match(text):
            text = f"({text})"  # `config.* = 1` would begin as the columns `config.*` do
        if column.except_:
            paths = ", ".join(write_path(path) for path in column.except_)
            text = f"{text} {word('EXCEPT')} {paths if len(column.except_) == 1 else f'({paths})'}"
        return f"{text} {word('AS')} {new_name(column.name)}" if column.name is not None else text


def _matches(terminal: str, text: str) -> bool:
    return lexer().terminal_pattern(terminal).fullmatch(text) is not None


def name_or_string(name: str) -> str:
    """An id, or a source that is one piece of text."""
    return name if _matches("SOURCE", name) else write_string(name)


def source_text(source: t.SourceRef) -> str:
    """A source as it is named in a query."""
    match source.kind:
        case t.SourceKind.SAVED:
            return f"@{source.name}"
        case t.SourceKind.LAST:
            return source.name
        case t.SourceKind.NAME:
            return write_string(source.name) if _matches("LAST_RESULT", source.name) else name_or_string(source.name)
        case _:
            assert_never(source.kind)


def new_name(name: str) -> str:
    """The name behind `as`."""
    if _PLAIN_NAME.match(name):
        return name
    return quote_name(name) if _QUOTABLE.match(name) else write_string(name)
