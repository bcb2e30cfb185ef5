"""The table on which a stage stands: what the stages before it have left of the query's own."""

from __future__ import annotations

from runql.ide.context import Context
from runql.ide.cursor import Cursor
from runql.ide.nodes import queries
from runql.semantic.check.query import check
from runql.semantic.check_stages.scope import Scope
from runql.syntax.parse import parse


def table_at(cursor: Cursor, context: Context) -> Scope | None:
    """The columns and the kind of the table left of the last pipe; none if there is no pipe, or that has mistakes."""
    pipes = [lexeme.start for lexeme in cursor.lexemes if lexeme.terminal == "PIPE"]
    if not pipes:
        return None
    found = list(queries(parse(cursor.before[: pipes[-1]]).script))
    if not found:
        return None
    checked = check(found[-1], context.catalog, context.for_check())
    return checked.scope if checked.query is not None else None
