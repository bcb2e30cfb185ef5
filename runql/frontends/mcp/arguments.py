"""The arguments of a call, checked against the schema of its tool before anything else sees them.

The protocol's package would report them in words of its own, and leave out names that it does not know: a filter that
an agent put beside the query would be dropped in silence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest
from runql.text.render import clean

_CODE: Final = "RQL512"
_KINDS: Final = {
    "string": ("a text", str),
    "integer": ("a whole number", int),
    "boolean": ("true or false", bool),
    "object": ("an object", dict),
    "null": ("null", type(None)),
}
_LONGEST: Final = 60


def wrong_tool(name: str, known: Sequence[str]) -> Diagnostic:
    """What is said of a tool that does not exist."""
    return Diagnostic(
        _CODE,
        f"there is no tool `{clean(name)}`",
        hints=(*_nearest(name, known), f"there are {', '.join(f'`{one}`' for one in known)}"),
    )


def wrong_arguments(tool: str, schema: Mapping[str, Any], given: Mapping[str, Any]) -> list[Diagnostic]:
    """What is wrong with the arguments of a call: names that there are not, values of another kind, what is lacking."""
    properties: Mapping[str, Any] = schema["properties"]
    form = f"the call is `{tool}({', '.join(_forms(schema))})`"
    found = []
    for name, value in given.items():
        if name not in properties:
            hints = (*_nearest(name, list(properties)), *_elsewhere(name), form)
            found.append(Diagnostic(_CODE, f"`{tool}` has no argument `{clean(name)}`", hints=hints))
        elif not _fits(properties[name], value):
            message = f"`{name}` of `{tool}` is {_kind(properties[name])}, not {_shown(value)}"
            found.append(Diagnostic(_CODE, message, hints=(*_mended(properties[name], value), form)))
    lacking = [name for name in schema.get("required", ()) if name not in given]
    found += [Diagnostic(_CODE, f"`{tool}` lacks its argument `{name}`", hints=(form,)) for name in lacking]
    return found


def _alternatives(schema: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = schema.get("anyOf", (schema,))
    return found


def _fits(schema: Mapping[str, Any], value: object) -> bool:
    return any(_is(one, value) for one in _alternatives(schema))


def _is(schema: Mapping[str, Any], value: object) -> bool:
    name = schema["type"]
    if not isinstance(value, _KINDS[name][1]) or (isinstance(value, bool) and name != "boolean"):
        return False
    if isinstance(value, int) and name == "integer":
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    return True


def _kind(schema: Mapping[str, Any]) -> str:
    kinds = []
    for one in _alternatives(schema):
        bounds = f" from {one['minimum']:,} to {one['maximum']:,}" if "minimum" in one and "maximum" in one else ""
        kinds.append(f"{_KINDS[one['type']][0]}{bounds}")
    return " or ".join(kinds)


def _forms(schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    for name, one in schema["properties"].items():
        yield f"{name}: {_kind(one)}" if name in required else f"{name}?: {_kind(one)}"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return clean(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _nearest(name: str, known: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"nearest: `{one}`" for one in nearest(name, known, 1))


def _elsewhere(name: str) -> tuple[str, ...]:
    """Where a thing stands that other tools take as an argument: here it is a word of the query."""
    word = _IN_THE_QUERY.get(name.casefold().replace("-", "_"))
    return () if word is None else (f"that is part of the query: `{word}`",)


def _mended(schema: Mapping[str, Any], value: object) -> tuple[str, ...]:
    """The value as it could be meant."""
    if not isinstance(value, str):
        return ()
    try:
        meant = json.loads(value)
    except ValueError:
        return ()
    return (f"write {_shown(meant)}, without quotes",) if _fits(schema, meant) else ()


_IN_THE_QUERY: Final = {
    **dict.fromkeys(("filters", "filter", "where"), "runs where …"),
    **dict.fromkeys(("order", "order_by", "sort", "sort_by"), "runs order -FIELD"),
    **dict.fromkeys(("limit", "max_items", "max_rows", "per_page", "first", "top"), "runs limit 10"),
    **dict.fromkeys(("offset", "page", "cursor", "after"), "runs offset 10"),
    **dict.fromkeys(("select", "columns", "fields", "detail"), "runs select FIELD, FIELD"),
    **dict.fromkeys(("keys", "metrics", "history"), "runs keys METRIC scan"),
    **dict.fromkeys(("samples", "sample"), "runs keys METRIC sample 200"),
    **dict.fromkeys(("source", "sources"), "runs from SOURCE …"),
    **dict.fromkeys(("entity_name", "project_name", "entity", "project", "path"), "runs from ENTITY/PROJECT"),
    **dict.fromkeys(("run_id", "id", "run"), "run ID"),
    **dict.fromkeys(("group", "group_by", "groupby"), "runs | group FIELD : n = count()"),
}
