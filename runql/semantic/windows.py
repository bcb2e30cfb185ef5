"""The windows in a typed expression, and what they read: they are closed, as aggregates are."""

from __future__ import annotations

from collections.abc import Iterator

from runql.language.windows import WINDOWS
from runql.semantic.needed import walk
from runql.semantic.typed import TCell, TFold, TWindow, TypedExpr


def windows_in(expr: TypedExpr) -> Iterator[TWindow]:
    """The windows that an expression holds, those inside of them and of its aggregates too."""
    for node in walk(expr):
        if isinstance(node, TWindow):
            yield node
        for part in _inside(node):
            yield from windows_in(part)


def cells_within(expr: TypedExpr) -> Iterator[TCell]:
    """The columns that an expression reads anywhere: in its windows and aggregates too."""
    for node in walk(expr):
        if isinstance(node, TCell):
            yield node
        for part in _inside(node):
            yield from cells_within(part)


def varies(expr: TypedExpr) -> bool:
    """Whether it holds a function that gives each row of a group a value of its own."""
    return any(window.name in WINDOWS or window.amount is not None for window in windows_in(expr))


def _inside(node: TypedExpr) -> Iterator[TypedExpr]:
    """What an aggregate or a window holds."""
    if isinstance(node, TFold | TWindow):
        yield from (part for part in (node.argument, node.of) if part is not None)
    yield from _rows_of(node)


def _rows_of(node: TypedExpr) -> Iterator[TypedExpr]:
    """The keys of a window, and its order."""
    if isinstance(node, TWindow):
        yield from node.keys
        yield from (key for key, _ in node.order)
