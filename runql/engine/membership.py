"""Whether a value is one of many constants: looked up, not compared with each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from runql.engine.compare import as_number, equal, identity, is_null
from runql.semantic.typed import TConst, TIn
from runql.semantic.values import Value

FEW: Final = 8
"""So many are compared one after the other."""


def constants_of(node: TIn) -> tuple[Value, ...] | None:
    """The constants of a long list; `None` for a short one, and for one that holds anything else."""
    if len(node.items) <= FEW or not all(isinstance(item, TConst) for item in node.items):
        return None
    return tuple(item.value for item in node.items if isinstance(item, TConst))


def is_among(constants: Sequence[Value], *, any_case: bool = False) -> Callable[..., bool]:
    """The test of a value, whatever is given behind it: `=` with any of the constants, where the literal null asks for
    null or missing."""
    asks_null = any(value is None for value in constants)
    known = frozenset(_key(value, any_case) for value in constants if value is not None and equal(value, value))

    def test(value: Value, *_constants: Value) -> bool:
        if is_null(value):
            return asks_null
        return equal(value, value) and _key(value, any_case) in known

    return test


def _key(value: Value, any_case: bool) -> object:
    if any_case and isinstance(value, str):
        value = value.casefold()
    return identity(as_number(value))
