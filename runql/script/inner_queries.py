"""The queries that stand inside another: in its expressions, and as the other tables of its stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeAlias

from runql.syntax import tree

Change: TypeAlias = Callable[[tree.QueryNode | tree.SourceRef], tuple[tree.QueryNode | tree.SourceRef, str]]
"""What to put in the place of an inner query, or of the name of one, and what it is called then."""

HOLDERS: Final = (tree.QueryNode, tree.JoinStage, tree.UnionStage)
"""What is an inner query, or has one or the name of one in it."""


def with_inner(query: tree.Query, change: Change) -> tree.Query:
    """A query with those right inside of it changed; it is the same object if none was."""
    parts = {name: _changed(getattr(query, name), change) for name in ("clauses", "stages")}
    if all(parts[name] is getattr(query, name) for name in parts):
        return query
    return replace(query, **parts)


def _changed(value: Any, change: Change) -> Any:
    if isinstance(value, tuple):
        items = tuple(_changed(item, change) for item in value)
        return value if all(map(_is_same, items, value)) else items
    if isinstance(value, tree.QueryNode):
        return change(value)[0]
    if isinstance(value, tree.JoinStage | tree.UnionStage):
        # With a label its table was put in before.
        other, label = (value.other, value.label) if value.label else change(value.other)
        return value if other is value.other else replace(value, other=other, label=label or value.label)
    if not isinstance(value, tree.Node):
        return value
    kind: Any = type(value)
    names: tuple[str, ...] = kind.__match_args__
    before = tuple(getattr(value, name) for name in names)
    after = tuple(_changed(part, change) for part in before)
    return value if all(map(_is_same, after, before)) else replace(value, **dict(zip(names, after, strict=True)))


def _is_same(one: object, other: object) -> bool:
    return one is other
