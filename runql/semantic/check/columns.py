"""Columns: what `select` names, and what is shown when it is not written."""

from __future__ import annotations

from collections import Counter

from runql.semantic.catalog import Space
from runql.semantic.check.expressions import Expressions
from runql.semantic.operands import BROKEN
from runql.semantic.report import Report
from runql.semantic.run_fields import RUN_FIELD_SPELLINGS, RUN_FIELDS
from runql.semantic.spelling import code, path_text
from runql.semantic.typed import FieldKey, TColumn, TField
from runql.syntax import tree
from runql.syntax.printer.to_text import to_text
from runql.text.source import NOWHERE


def selected(clause: tree.SelectClause | None, expressions: Expressions, report: Report) -> tuple[TColumn, ...] | None:
    """The columns of a `select`, in its order; `None` without one."""
    if clause is None:
        return None
    columns: list[TColumn] = []
    for column in clause.columns:
        columns += _column(column, expressions, report)
    _same_names(clause, columns, report)
    return tuple(columns)


def _column(column: tree.Column, expressions: Expressions, report: Report) -> list[TColumn]:
    path = column.value.path if isinstance(column.value, tree.Field) else None
    if path is not None and path.is_glob:
        return _glob(column, path, expressions, report)
    if column.except_:
        span = column.except_[0].span if column.except_[0].span != NOWHERE else column.span
        report.add("RQL213", "`except` takes away from a pattern such as `config.*`", span)
    operand = expressions.operand(column.value)
    if operand is BROKEN:
        return []
    name = column.name or _name(column, operand.text, expressions)
    return [TColumn(name, value=operand.expr)]


def _name(column: tree.Column, text: str, expressions: Expressions) -> str:
    """A column without a name is called as it is written; a field by its full name, an alias by its own."""
    if isinstance(column.value, tree.Field):
        dotted = ".".join(map(str, column.value.path.segments))
        is_alias = dotted in expressions.context.aliases and dotted not in RUN_FIELD_SPELLINGS
        return dotted if is_alias else text
    if expressions.report.unreadable:  # of a tree with holes no query comes, so no column is named
        return text
    return expressions.written(column.value) or text or to_text(column.value)


def _glob(column: tree.Column, path: tree.Path, expressions: Expressions, report: Report) -> list[TColumn]:
    if column.name is not None:
        message = f"{code(path_text(path.segments))} stands for several columns, and `as` names one"
        report.add("RQL213", message, column.span)
    if path.segments == ("*",):
        return _everything(column, report)
    key = expressions.names.glob(path, column.span)
    if key is None:
        return []
    excepted = [expressions.names.excepted(p, column.span, key) for p in column.except_]
    return [TColumn(key.written, glob=key, except_=tuple(e for e in excepted if e is not None))]


def _everything(column: tree.Column, report: Report) -> list[TColumn]:
    """`select *`: the fields of the run, then all of its config and summary."""
    if column.except_:
        hint = "write `select config.* except …, summary.*`"
        report.add("RQL213", "`except` needs a pattern with a prefix", column.span, hint)
    fields = [
        TColumn(f.name, value=TField(FieldKey(Space.RUN, (f.name,), written=f.name), kind=f.kind))
        for f in RUN_FIELDS.values()
    ]
    globs = [FieldKey(space, ("*",), written=f"{space}.*") for space in (Space.CONFIG, Space.SUMMARY)]
    return [*fields, *(TColumn(key.written, glob=key) for key in globs)]


def _same_names(clause: tree.SelectClause, columns: list[TColumn], report: Report) -> None:
    counts = Counter(c.name for c in columns if c.value is not None)
    for name, count in counts.items():
        if count > 1:
            place = next((c.span for c in reversed(clause.columns) if c.name == name), clause.span)
            hint = "name one of them with `as`"
            report.add("RQL213", f"two columns are called `{name}`", place, hint)
