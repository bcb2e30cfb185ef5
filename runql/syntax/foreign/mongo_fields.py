"""The fields and the values of W&B's filters, as those of a query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, assert_never

from runql.language.fields import Space
from runql.syntax import tree as t
from runql.syntax.literals import read_path, write_path
from runql.syntax.mongo.names import cannot, said
from runql.syntax.mongo.nodes import FilterField
from runql.syntax.mongo.operands import is_nan


def field_of(field: FilterField, place: str = "") -> t.Field:
    """The field of a query that a filter or an order names."""
    segments = list(field.segments)
    match field.space:
        case Space.RUN:
            return t.Field(t.Path((segments[0],)))
        case Space.CONFIG:
            return t.Field(_path("config", _unwrapped(segments)))
        case Space.SUMMARY:
            return t.Field(_path("summary", segments))
        case Space.LOGGED if segments[0] == "keys" and any(segments[1:]):
            return t.Field(_path("logged", segments[1:]))
        case Space.LOGGED | Space.SYSTEM:
            raise cannot(place, f"no field `{field.written}` in a query", "a metric is `keys_info.keys.NAME`")
        case _:
            assert_never(field.space)


def _unwrapped(segments: list[str]) -> list[str]:
    """The keys of a config value without W&B's own `value`: behind the first key, or at the end."""
    if len(segments) > 1 and segments[1] == "value":
        return [segments[0], *segments[2:]]
    return segments[:-1] if len(segments) > 1 and segments[-1] == "value" else segments


def _path(space: str, keys: Sequence[str]) -> t.Path:
    """A path that is written without backticks if it can be: then a dot nests or is part of a key, as in a filter."""
    plain = t.Path((space, *keys))
    written = write_path(plain)
    return plain if "*" not in written and read_path(written) == plain else t.Path((space, *keys), exact=True)


def list_of(values: Sequence[Any], place: str) -> t.Expr:
    """A whole list; its elements are plain values or null. NaN within a list equals nothing in the language."""
    items: list[t.Expr] = []
    for index, value in enumerate(values):
        if is_nan(value):
            raise cannot(f"{place}[{index}]", "within a list NaN equals nothing")
        items.append(t.Literal(None) if value is None else literal_of(value, f"{place}[{index}]"))
    return t.ListValue(tuple(items))


def literal_of(value: Any, place: str) -> t.Expr:
    """A value of a filter as a literal."""
    if isinstance(value, datetime):
        return t.Time(value)
    if isinstance(value, bool | int | float | str):
        return t.Literal(value)
    if value is None:
        raise cannot(place, "null cannot stand here")
    raise cannot(place, f"a query compares with numbers, texts, true, false and null here, not with {said(value)}")
