"""Every node of a tree: a question that most floors above ask."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, Final, TypeAlias

from runql.syntax.tree.names import Node

_Parts: TypeAlias = Callable[[Any], tuple[Any, ...]]

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


_PLAIN_TYPES: Final = frozenset({"str", "int", "float", "bool", "None", "tuple"})
_WORD: Final = re.compile(r"\w+")


def _is_plain(written: object) -> bool:
    """Whether what a field may hold, as its class writes it, is no node and holds none."""
    return isinstance(written, str) and _PLAIN_TYPES.issuperset(_WORD.findall(written))


@cache
def parts_of(kind: type) -> _Parts | None:
    """A function that gives what a node of a kind has that may be a node or hold some; `None` for what is no node."""
    if not issubclass(kind, Node):
        return None
    own: Any = kind
    names = [name for name in own.__match_args__ if not _is_plain(own.__dataclass_fields__[name].type)]
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
