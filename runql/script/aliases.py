"""Names that the settings give to expressions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from runql.errors import SettingsError
from runql.syntax import Parsed, parse, tree


def alias_of(name: str, text: str) -> tree.Expr:
    """The expression of an alias."""
    parsed = parse(f"runs select {text}")
    queries = [query for query, _ in queries_of(parsed)]
    clause = queries[0].clause(tree.SelectClause) if parsed.ok and len(queries) == 1 else None
    if clause is None or len(clause.columns) != 1 or len(queries[0].clauses) != 1:
        said = next((diagnostic.message for diagnostic in parsed.diagnostics), "it is no expression")
        raise SettingsError.of("RQL510", f"the alias `{name}` cannot be read: {said}", f"it says `{text}`")
    return clause.columns[0].value


def queries_of(parsed: Parsed) -> Iterator[tuple[tree.Query, bool]]:
    """The queries of a text, and of each whether it is only to be explained."""
    for statement in parsed.script.statements:
        match statement:
            case tree.QueryStatement(query=query):
                yield query, False
            case tree.ExplainStatement(query=query):
                yield query, True
            case tree.BrokenStatement() | tree.UseStatement() | tree.LetStatement() | tree.ParamStatement():
                pass
            case tree.ShowStatement() | tree.DescribeStatement() | tree.PullStatement() | tree.SetStatement():
                pass
            case _:
                assert_never(statement)
