"""Every node of a tree: a question that most floors above ask."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, Final, TypeAlias

from runql.syntax.tree.names import Node

_Parts: TypeAlias = Callable[[Any], tuple[Any, ...]]

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


@cache
def parts_of(kind: type) -> _Parts | None:
    """A function that gives all that a node of a kind has but where it stands; `None` for a kind that is no node."""
    if not issubclass(kind, Node):
        return None
    own: Any = kind
    names: tuple[str, ...] = own.__match_args__
    if not names:
        return lambda _node: ()
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda node: (get(node),)


def nodes(node: object) -> list[Node]:
    """A node, or some in a tuple, and all below: each before those that it holds."""
    found: list[Node] = []
    waiting: list[Any] = [node]
    while waiting:
        at = waiting.pop()
        kind: Any = type(at)
        if kind in _PLAIN:
            continue
        if kind is tuple:
            waiting += at
        elif (parts := parts_of(kind)) is not None:
            found.append(at)
            waiting += parts(at)
    return found
