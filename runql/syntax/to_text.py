"""A tree as text, in canonical form: parsing it gives the same tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, assert_never

from runql.syntax import tree as t
from runql.syntax.checks import CLAUSE_TERMINALS
from runql.syntax.lexer import lexer
from runql.syntax.literals import quote_name, write_path, write_string
from runql.syntax.write_expressions import Binds, ExpressionPrinter, word
from runql.text.source import Span

_HEADS: Final = {t.Target.RUNS: "RUNS", t.Target.RUN: "RUN", t.Target.SWEEP: "SWEEP", t.Target.COUNT: "COUNT"}
_PLAIN_NAME: Final = re.compile(r"[^\W\d]\w*(?:/\w+)*\Z")
_QUOTABLE: Final = re.compile(r"[^\n]+\Z")
_COUNT: Final = re.compile(r"[0-9.][\w.]*\Z")


def to_text(node: t.Script | t.Statement | t.Query | t.Clause | t.Expr | t.Path) -> str:  # noqa: PLR0911
    """A tree in canonical form, on one line a statement: keywords in lower case, clauses in their order."""
    printer = Printer()
    match node:
        case t.Script():
            return ";\n".join(to_text(statement) for statement in node.statements)
        case t.Query():
            return " ".join([printer.head(node), *map(printer.clause, ordered(node.clauses))])
        case t.QueryStatement():
            return to_text(node.query)
        case t.ExplainStatement():
            return f"{word('EXPLAIN')} {to_text(node.query)}"
        case t.BrokenStatement():
            return node.text
        case t.Clause():
            return printer.clause(node)
        case t.Path():
            return write_path(node)
        case t.Expr():
            return printer.expr(node)
        case _:
            raise TypeError(f"a {type(node).__name__} has no text of its own")


def ordered(clauses: Iterable[t.Clause]) -> list[t.Clause]:
    """Clauses in the order of the formatter."""
    rank = {kind: index for index, kind in enumerate(CLAUSE_TERMINALS)}
    return sorted(clauses, key=lambda clause: rank.get(type(clause), len(rank)))


@dataclass(frozen=True, slots=True)
class Items:
    """A clause as what it begins with and the items it lists; `joints` stand between them."""

    word: str
    items: tuple[tuple[str, Span], ...] = ()
    joint: str = ","
    leads: bool = False  # the joint leads the next line, as `and` does, rather than ending the one before

    @property
    def flat(self) -> str:
        between = f" {self.joint} " if self.leads else f"{self.joint} "
        return " ".join(part for part in (self.word, between.join(text for text, _ in self.items)) if part)


class Printer(ExpressionPrinter):
    """Writes queries and clauses."""

    def head(self, query: t.Query) -> str:
        words = [word(_HEADS[query.target])]
        if query.target is t.Target.COUNT:
            words.append(word("RUNS" if query.ident is None else "SWEEP"))
        if query.ident is not None:
            words.append(_name_or_string(query.ident))
        return " ".join(words)

    def clause(self, clause: t.Clause) -> str:
        return clause.text if isinstance(clause, t.BrokenClause) else self.items(clause).flat

    def items(self, clause: t.Clause) -> Items:  # noqa: PLR0911, PLR0912 - one a node
        """A clause in parts that may stand on lines of their own."""
        first_word = word(CLAUSE_TERMINALS[type(clause)]) if type(clause) in CLAUSE_TERMINALS else ""

        def single(text: str) -> Items:
            return Items(first_word, ((text, clause.span),))

        match clause:
            case t.FromClause(sources=sources):
                return Items(first_word, tuple((_source(source), source.span) for source in sources))
            case t.WhereClause(condition=condition):
                return self._condition(first_word, condition)
            case t.OrderClause(keys=keys):
                return Items(first_word, tuple((self._order_key(key), key.span) for key in keys))
            case t.LimitClause(count=count) | t.PageClause(size=count) | t.SampleClause(count=count):
                return single(self._count(count, clause.span))
            case t.LazyClause(lazy=lazy):
                return Items(word("LAZY" if lazy else "FULL"))
            case t.SweepsClause():
                return single(word("SWEEPS"))
            case t.KeysClause(keys=paths):
                return Items(first_word, tuple((write_path(path), path.span) for path in paths))
            case t.XClause(metric=metric):
                return single(write_path(metric))
            case t.StepsClause(first=first, last=last):
                return single(f"{'' if first is None else first}{word('DOTDOT')}{'' if last is None else last}")
            case t.AlignClause(mode=mode):
                return single(mode.value)
            case t.StreamClause(stream=stream):
                return single(stream.value)
            case t.SelectClause(columns=columns):
                return Items(first_word, tuple((self._column(column), column.span) for column in columns))
            case _:
                return Items(first_word)

    def _condition(self, first_word: str, condition: t.Expr) -> Items:
        match condition:
            case t.And(terms=terms):
                return self._terms(first_word, terms, Binds.NOT, word("AND"))
            case t.Or(terms=terms):
                return self._terms(first_word, terms, Binds.AND, word("OR"))
            case _:
                return Items(first_word, ((self.expr(condition), condition.span),))

    def _terms(self, first_word: str, terms: tuple[t.Expr, ...], binds: Binds, joint: str) -> Items:
        return Items(first_word, tuple((self.at(term, binds), term.span) for term in terms), joint, leads=True)

    def _order_key(self, key: t.OrderKey) -> str:
        match key.value:
            case t.Literal() | t.Duration() if key.descending:
                return f"{self.expr(key.value)} {word('DESC')}"
            case t.Negate() if not key.descending:
                return f"({self.expr(key.value)})"
            case value:
                return f"-{self.at(value, Binds.UNARY)}" if key.descending else self.expr(value)

    def _count(self, count: int | t.Param, span: Span) -> str:
        if isinstance(count, t.Param):
            return f"${count.name}"
        written = _COUNT.search(self._text[span.start : span.end]) if self._text is not None else None
        return written[0] if written else str(count)

    def _column(self, column: t.Column) -> str:
        text = self.expr(column.value)
        if column.except_:
            paths = ", ".join(write_path(path) for path in column.except_)
            text = f"{text} {word('EXCEPT')} {paths if len(column.except_) == 1 else f'({paths})'}"
        return f"{text} {word('AS')} {_new_name(column.name)}" if column.name is not None else text


def _matches(terminal: str, text: str) -> bool:
    return lexer().terminal_pattern(terminal).fullmatch(text) is not None


def _name_or_string(name: str) -> str:
    return name if _matches("SOURCE", name) else write_string(name)


def _source(source: t.SourceRef) -> str:
    match source.kind:
        case t.SourceKind.SAVED:
            return f"@{source.name}"
        case t.SourceKind.LAST:
            return source.name
        case t.SourceKind.NAME:
            return write_string(source.name) if _matches("LAST_RESULT", source.name) else _name_or_string(source.name)
        case _:
            assert_never(source.kind)


def _new_name(name: str) -> str:
    if _PLAIN_NAME.match(name):
        return name
    return quote_name(name) if _QUOTABLE.match(name) else write_string(name)
