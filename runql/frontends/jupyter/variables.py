"""The variables of a notebook as values of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runql.errors import QueryError
from runql.sources.catalogs import nodes
from runql.syntax import parse, tree
from runql.syntax.tree import ParamStatement
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest
from runql.text.source import Source

_NO_VALUE = "RQL207"


def values_for(source: Source, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that a text asks for by `$name`. A parameter to which the text gives a default keeps that."""
    script = parse(source).script
    with_default = {
        statement.name
        for statement in script.statements
        if isinstance(statement, ParamStatement) and (statement.default is not None or statement.values is not None)
    }
    named = {node.name for node in nodes(script) if isinstance(node, tree.Param)}
    return {name: variables[name] for name in sorted(named - with_default) if name in variables}


def for_notebook(error: QueryError, variables: Mapping[str, Any]) -> QueryError:
    """The error with the way out that a notebook has: a parameter without a value is a variable that is not there."""
    return QueryError((_with_way_out(one, variables) for one in error.diagnostics), error.source)


def _with_way_out(one: Diagnostic, variables: Mapping[str, Any]) -> Diagnostic:
    if one.code != _NO_VALUE or one.source_name is not None:
        return one
    name = one.message.partition("`$")[2].partition("`")[0]
    near = nearest(name, [each for each in variables if not each.startswith("_")])
    hints = (f"nearest: `${near[0]}`",) if near else (f"give the notebook a variable of that name: `{name} = …`",)
    return replace(one, hints=hints)
