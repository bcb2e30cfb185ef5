"""Parses and validates a request against the schema, less what the server is told to lack, and answers it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    OperationDefinitionNode,
    Visitor,
    build_ast_schema,
    parse,
    print_ast,
    validate,
    visit,
)
from graphql.execution.values import get_variable_values

from tests.server.faults import HttpFault, Knobs
from tests.server.resolve import MARK, Context, compile_selection, walk
from tests.server.store import Store

_MARKED = re.compile(rf"{re.escape(json.dumps(MARK)[:-1])}(\d+)\"")

SDL = (Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8")


class _Without(Visitor):
    """Takes fields (`Run.historyKeys`) and arguments (`Run.config(keys)`) out of the schema."""

    def __init__(self, lacks: frozenset[str]) -> None:
        super().__init__()
        self._lacks = lacks

    def enter_object_type_definition(self, node: ObjectTypeDefinitionNode, *_: Any) -> Any:
        fields = tuple(
            replace(field, arguments=tuple(a for a in field.arguments or () if not self._lacking(node, field, a)))
            for field in node.fields or ()
            if not self._lacking(node, field)
        )
        return replace(node, fields=fields)

    def _lacking(self, kind: Any, field: Any, argument: Any = None) -> bool:
        name = f"{kind.name.value}.{field.name.value}"
        return (name if argument is None else f"{name}({argument.name.value})") in self._lacks


OBJECTS = ("Project", "Run", "Sweep", "User", "Entity", "RunConnection", "RunEdge", "PageInfo", "ProjectConnection")
SUFFIX = "Type"
_NAMES = re.compile(rf"\b({'|'.join(OBJECTS)})\b(?=[ !\])\n}}])")


def renamed(sdl: str) -> str:
    """A schema whose types of objects have other names."""
    return _NAMES.sub(rf"\1{SUFFIX}", sdl)


@lru_cache(maxsize=64)
def schema_without(
    lacks: frozenset[str], *, renames: bool = False, other: tuple[tuple[str, str], ...] = ()
) -> GraphQLSchema:
    """The schema less what the server is told to lack, with other words in it."""
    sdl = SDL
    for old, new in other:
        sdl = sdl.replace(old, new)
    cut = visit(parse(sdl), _Without(lacks))
    return build_ast_schema(parse(renamed(print_ast(cut))) if renames else cut)


@lru_cache(maxsize=256)
def checked(text: str, schema: GraphQLSchema) -> tuple[DocumentNode, tuple[GraphQLError, ...]]:
    document = parse(text)
    return document, tuple(validate(schema, document))


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    named = [o for o in operations if not name or (o.name is not None and o.name.value == name)]
    if not named:
        raise HttpFault(500, f"unknown operation named {name!r}")
    return named[0]


def _errors(errors: Any) -> bytes:
    found = [
        {"message": e.message, "locations": [{"line": at.line, "column": at.column} for at in e.locations or ()]}
        for e in errors
    ]
    return json.dumps({"data": None, "errors": found}).encode()


def answer(
    store: Store, knobs: Knobs, request: Mapping[str, Any], viewer: Mapping[str, Any] | None
) -> tuple[int, bytes]:
    """Status and body for one GraphQL request."""
    try:
        schema = schema_without(knobs.lacks, renames=knobs.renames, other=knobs.other_schema)
        document, problems = checked(str(request.get("query", "")), schema)
    except GraphQLError as error:
        return 400, _errors([error])
    if problems:
        return knobs.refusal_status, _errors(problems)
    try:
        operation = _operation(document, request.get("operationName"))
        coerced = get_variable_values(
            schema, operation.variable_definitions or (), dict(request.get("variables") or {})
        )
        if isinstance(coerced, list):
            return 400, _errors(coerced)
        fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        ctx = Context(schema, store, knobs, coerced, fragments, viewer)
        if schema.query_type is None:
            raise TypeError("the schema has no query type")
        steps = compile_selection(ctx, schema.query_type, operation.selection_set)
        data = walk(ctx, steps, {})
    except HttpFault as fault:
        return fault.status, json.dumps({"errors": [{"message": fault.message}], "data": None}).encode()
    except GraphQLError as error:
        return 400, _errors([error])
    told = {"errors": ctx.errors} if ctx.errors else {}
    text = _MARKED.sub(lambda found: ctx.texts[int(found[1])], json.dumps({"data": data, **told}))
    return 200, text.encode()
