"""Questions inside of expressions: `in (QUERY)` and `value(QUERY)`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.operands import ANY_KIND, BROKEN, Operand, kind_in
from runql.semantic.questions import MOST_NESTED, UNKNOWN, InnerTable
from runql.semantic.spelling import code
from runql.semantic.typed import TField, TQuestion
from runql.syntax import tree
from runql.syntax.printer.to_text import to_text
from runql.text.diagnostic import Diagnostic, Edit, Fix
from runql.text.source import NOWHERE, Span

_UNKNOWN_NAME = frozenset({"RQL201", "RQL202", "RQL208", "RQL214", "RQL218"})
_OUTER = ("outer", "parent")
_SHOWN = 5


class QuestionCheck:
    """The inner questions of one query."""

    def __init__(self, expressions: ExpressionCheck) -> None:
        self._expressions = expressions

    def table(self, query: tree.Query, span: Span) -> InnerTable | None:
        """What is known of the table of a question; `None` if it is wrong, which is reported at its places."""
        context, report = self._expressions.context, self._expressions.report
        if context.depth >= MOST_NESTED:
            hint = "give the inner ones names: `let NAME = runs …;`, or `join` their tables"
            report.add("RQL230", f"questions may stand {MOST_NESTED} deep in each other, and here are more", span, hint)
            return None
        found = UNKNOWN if context.inner is None else context.inner(query)
        report.extend(self._with_outer_names(_placed(one, span)) for one in found.diagnostics)
        return None if found.is_broken else found

    def _with_outer_names(self, one: Diagnostic) -> Diagnostic:
        """A name that the inner table lacks and the outer one has: the question would have to be asked for each row."""
        text = self._expressions.context.text
        if text is None or one.code not in _UNKNOWN_NAME or not one.is_error or one.span == NOWHERE:
            return one
        name = text[one.span.start : one.span.end]
        if not self._expressions.has_column(name) and name.partition(".")[0].lower() not in _OUTER:
            return one
        message = f"{code(name)} is of the outer question, and an inner one is asked once, before any row of it"
        return Diagnostic("RQL229", message, one.span, hints=ways_around("…"))

    def with_itself(self, node: tree.Compare, span: Span) -> None:
        """Report `config.model = config.model` inside of a question: it is meant to read the row that asks."""
        expressions = self._expressions
        if isinstance(node.left, tree.Field) and node.left == node.right:
            name = code(expressions.written(node.left) or to_text(node.left))
            message = f"{name} stands on both sides: an inner question does not read the row that asks"
            expressions.report.add("RQL229", message, span, *ways_around(name[1:-1]))

    def listed(self, node: tree.QueryNode, value: Operand | None) -> Operand:
        """The values of the one column of a question: what stands behind `in`, `has any` and `has all`."""
        query = tree.query_in(node)
        return self._operand(query, query.span, value, "`in`" if value is not None else "`has`", many=True)

    def value(self, node: tree.ValueQuery, span: Span) -> Operand:
        """The one value of a question."""
        return self._operand(tree.query_in(node.query), span, None, "`value`", many=False)

    def _operand(self, query: tree.Query, span: Span, value: Operand | None, word: str, *, many: bool) -> Operand:
        place = self._expressions.report.place(span)
        table = self.table(query, place)
        if table is None:
            return BROKEN
        if not table.more and len(table.columns) != 1:
            self._not_one_column(query, table, value, place, word)
            return BROKEN
        only = next(iter(table.columns.values()), None)
        kinds = ANY_KIND if table.more or only is None else only.kinds
        expr = TQuestion(to_text(query), many, query, kind=kind_in(kinds), span=place)
        written = self._expressions.written(query)
        return Operand(expr, kinds, text=written if len(written) <= 40 else "the inner question")

    def _not_one_column(
        self, query: tree.Query, table: InnerTable, value: Operand | None, span: Span, word: str
    ) -> None:
        names = [*table.columns]
        shown = ", ".join(map(code, names[:_SHOWN])) + (" …" if len(names) > _SHOWN else "")
        came = f"{len(names)}: {shown}" if names else "none"
        chosen = _chosen(table, value)
        selection = f"{'| ' if query.stages or query.clause(tree.SelectClause) else ''}select {chosen or 'FIELD'}"
        edit = Edit(Span(query.span.end, query.span.end), f" {selection}")
        fixes = (Fix(f"add {code(selection)}", (edit,)),) if chosen and query.span != NOWHERE else ()
        message = f"{word} takes one column, and the inner question gives {came}"
        self._expressions.report.add("RQL228", message, span, f"choose one: {code(f'(… {selection})')}", fixes=fixes)


def ways_around(key: str) -> tuple[str, ...]:
    """What says the same without a question for each row."""
    return (
        f"beside each row a value of its group: `join (… | group {key} : …) on {key}`",
        f"or `derive m = mean(VALUE) over {key}`",
    )


def _placed(one: Diagnostic, span: Span) -> Diagnostic:
    """What is wrong inside of a query of another text, at the place that names it."""
    return replace(one, span=span) if one.span == NOWHERE else one


def _chosen(table: InnerTable, value: Operand | None) -> str | None:
    """The column that is likely meant: the one that it is compared with, else the last that was named."""
    if value is not None and isinstance(value.expr, TField) and (table.fields or value.text in table.columns):
        return value.text
    named = [name for name in _said(table) if name in table.columns]
    return named[-1] if named else None


def _said(table: InnerTable) -> Iterator[str]:
    """The columns that somebody named, `n` and those of every table of runs apart."""
    standard = {"id", "name", "state", "created"} if table.fields else {"n"}
    return (name for name in table.columns if name not in standard)
