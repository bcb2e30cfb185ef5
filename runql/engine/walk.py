"""The nodes of a typed expression, one after the other, however deep it is."""

from __future__ import annotations

from collections.abc import Iterator

from runql.semantic.needed import children
from runql.semantic.typed import TypedExpr

__all__ = ["children", "depth", "postorder"]


def postorder(root: TypedExpr) -> Iterator[TypedExpr]:
    """Each node after its children, in the order of the text."""
    waiting: list[tuple[TypedExpr, bool]] = [(root, False)]
    while waiting:
        node, opened = waiting.pop()
        if opened:
            yield node
            continue
        waiting.append((node, True))
        waiting.extend((child, False) for child in reversed(children(node)))


def depth(root: TypedExpr) -> int:
    """How many nodes stand above each other at the deepest place."""
    deepest = 0
    level: list[TypedExpr] = [root]
    while level:
        deepest += 1
        level = [child for node in level for child in children(node)]
    return deepest
