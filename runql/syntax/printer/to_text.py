"""A tree as text, in canonical form: parsing it gives the same tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, assert_never

from runql.language.clauses import CLAUSES
from runql.syntax import tree as t
from runql.syntax.literals import write_number, write_path, write_string
from runql.syntax.printer.expressions import word
from runql.syntax.printer.parts import Items, name_or_string, source_text
from runql.syntax.printer.stages import StagePrinter
from runql.syntax.tree import query_of
from runql.syntax.windows import last_window
from runql.text.source import Span

_COUNT: Final = re.compile(r"[0-9.][\w.]*\Z")


def to_text(node: t.Script | t.Statement | t.Query | t.Clause | t.Stage | t.Expr | t.Path) -> str:  # noqa: PLR0911
    """A tree in canonical form, on one line a statement: keywords in lower case, clauses in their order."""
    printer = Printer()
    match node:
        case t.Script():
            return ";\n".join(to_text(statement) for statement in node.statements)
        case t.StatementNode():
            return printer.statement(node)
        case t.Query():
            return printer.query(node)
        case t.ClauseNode():
            return printer.clause(node)
        case t.StageNode():
            return printer.stage(node)
        case t.Path():
            return write_path(node)
        case t.ExprNode():
            return printer.expr(node)
        case _:
            assert_never(node)


def ordered(clauses: Iterable[t.Clause]) -> list[t.Clause]:
    """Clauses in the order of the formatter."""
    rank = {terminal: index for index, terminal in enumerate(CLAUSES)}
    return sorted(clauses, key=lambda clause: rank.get(clause.terminal, len(rank)))


class Printer(StagePrinter):
    """Writes statements, queries and clauses."""

    def statement(self, statement: t.Statement) -> str:
        before, behind = self.around_query(statement)
        query = query_of(statement)
        parts = (before, self.query(query) if query is not None else "", behind)
        return " ".join(part for part in parts if part)

    def query(self, query: t.Query) -> str:
        stages = [f"{word('PIPE')} {self.stage(stage)}" for stage in query.stages]
        return " ".join([self.head(query), *map(self.clause, ordered(query.clauses)), *stages])

    def inner(self, query: t.QueryNode) -> str:
        return self.query(t.query_in(query))

    def head(self, query: t.Query) -> str:
        words = [word(query.target.name)]
        if query.target is t.Target.COUNT:
            words.append(word("RUNS" if query.ident is None else "SWEEP"))
        if query.ident is not None:
            words.append(name_or_string(query.ident))
        return " ".join(words)

    def clause(self, clause: t.Clause) -> str:
        return self.items(clause).flat

    def items(self, clause: t.Clause) -> Items:  # noqa: PLR0911, PLR0912 - one a node
        """A clause in parts that may stand on lines of their own."""
        first_word = word(clause.terminal) if clause.terminal else ""

        def single(text: str) -> Items:
            return Items(first_word, ((text, clause.span),))

        match clause:
            case t.FromClause(sources=sources):
                return Items(first_word, tuple((source_text(source), source.span) for source in sources))
            case t.AsOfClause(moment=moment):
                return single(f"{word('OF')} {self.expr(moment)}")
            case t.FreshClause():
                return Items(first_word)
            case t.CachedClause(age=age):
                return single(self.expr(age))
            case t.WhereClause(condition=condition):
                return _closed(self.condition(first_word, condition), condition)
            case t.SearchClause(words=words):
                return single(write_string(words) if isinstance(words, str) else f"${words.name}")
            case t.OrderClause(keys=keys):
                return Items(first_word, tuple((self.order_key(key), key.span) for key in keys))
            case t.CountClause(count=count):
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
                return single(f"{self._bound(first)}{word('DOTDOT')}{self._bound(last)}")
            case t.AlignClause(mode=mode):
                return single(mode.value)
            case t.StreamClause(stream=stream):
                return single(stream.value)
            case t.SelectClause(columns=columns):
                return Items(first_word, tuple((self.column(column), column.span) for column in columns))
            case t.ScanClause():
                return Items(first_word)
            case t.BrokenClause(text=text):
                return Items(text)
            case _:
                assert_never(clause)

    def _bound(self, end: t.Bound | None) -> str:
        if end is None:
            return ""
        return write_number(end) if isinstance(end, int | float) else self.expr(end)

    def _count(self, count: int | t.Param, span: Span) -> str:
        if isinstance(count, t.Param):
            return f"${count.name}"
        written = _COUNT.search(self._text[span.start : span.end]) if self._text is not None else None
        return written[0] if written else str(count)


def _closed(items: Items, condition: t.Expr) -> Items:
    """A condition with its last term in parentheses if it ends with a window, which would take an `order` behind it."""
    if last_window(condition) is None:
        return items
    *before, (last, span) = items.items
    return replace(items, items=(*before, (f"({last})", span)))
