"""The nodes of a typed expression, one after the other, however deep it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from runql.errors import RunQLError
from runql.semantic.needed import children
from runql.semantic.typed import (
    TAggregate,
    TAnd,
    TArithmetic,
    TBetween,
    TCall,
    TCell,
    TCompare,
    TConst,
    TField,
    TFold,
    THas,
    TIn,
    TIs,
    TLogged,
    TNegate,
    TNot,
    TOr,
    TTextTest,
    TUntagged,
    TypedExpr,
)

__all__ = ["AnyExpr", "children", "depth", "known", "postorder"]

AnyExpr: TypeAlias = (
    TConst
    | TField
    | TCompare
    | TBetween
    | TIn
    | TTextTest
    | THas
    | TUntagged
    | TIs
    | TLogged
    | TNot
    | TAnd
    | TOr
    | TArithmetic
    | TNegate
    | TCall
    | TAggregate
    | TCell
    | TFold
)
"""Every node that there is."""


def known(expr: TypedExpr) -> AnyExpr:
    """The node as one of those that there are. Raises RQL901 for any other."""
    if isinstance(expr, AnyExpr):
        return expr
    raise RunQLError.of("RQL901", f"the engine does not know the node `{type(expr).__name__}`")


def postorder(root: TypedExpr) -> Iterator[AnyExpr]:
    """Each node after its children, in the order of the text."""
    waiting: list[tuple[TypedExpr, bool]] = [(root, False)]
    while waiting:
        expr, opened = waiting.pop()
        node = known(expr)
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
        level = [child for expr in level for child in children(known(expr))]
    return deepest
