"""How two values compare: the tables of truth of `docs/design/semantics.md`.

A test gives `True`, `False` or, where the answer is unknown, `MISSING`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from operator import ge, gt, le, lt
from types import MappingProxyType
from typing import assert_never

from runql.language.kinds import Kind
from runql.semantic.values import MISSING, Value, kind_of
from runql.syntax.tree import Comparison, HasMode, State

Test2 = Callable[[Value, Value], Value]

ORDERED_KINDS = frozenset({Kind.NUMBER, Kind.BOOL, Kind.TEXT, Kind.TIME})
"""The kinds whose values are less or greater than each other."""

_FAST_NUMBERS = frozenset({int, float})


def is_number(value: Value) -> bool:
    """Whether a value is a number: a bool is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_nan(value: Value) -> bool:
    return isinstance(value, float) and math.isnan(value)


def is_finite(value: Value) -> bool:
    return is_number(value) and (isinstance(value, int) or math.isfinite(value))


def is_infinite(value: Value) -> bool:
    return isinstance(value, float) and math.isinf(value)


def is_null(value: Value) -> bool:
    """Null or missing: what `= null` asks."""
    return value is None or value is MISSING


def as_number(value: Value) -> Value:
    """A duration as its seconds; any other value as it is."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def _ordering(compare: Callable[[Value, Value], bool]) -> Test2:
    def test(left: Value, right: Value) -> Value:
        if type(left) in _FAST_NUMBERS and type(right) in _FAST_NUMBERS:
            return compare(left, right)
        kind = kind_of(left)
        if kind not in ORDERED_KINDS or kind is not kind_of(right):
            return MISSING
        return compare(as_number(left), as_number(right))

    return test


def equal(left: Value, right: Value) -> bool:
    """Same kind and equal; lists and records element by element. NaN equals nothing, missing neither."""
    if type(left) in _FAST_NUMBERS and type(right) in _FAST_NUMBERS:
        return bool(left == right)
    pairs = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        kind = kind_of(one)
        if kind is not kind_of(other) or kind is Kind.MISSING:
            return False
        if kind is Kind.LIST:
            if len(one) != len(other):
                return False
            pairs.extend(zip(one, other, strict=True))
        elif kind is Kind.RECORD and isinstance(one, Mapping) and isinstance(other, Mapping):
            if one.keys() != other.keys():
                return False
            pairs.extend((one[key], other[key]) for key in one)
        elif as_number(one) != as_number(other):
            return False
    return True


COMPARISONS: Mapping[Comparison, Test2] = MappingProxyType(
    {
        Comparison.EQ: equal,
        Comparison.NE: lambda left, right: not equal(left, right),
        Comparison.LT: _ordering(lt),
        Comparison.LE: _ordering(le),
        Comparison.GT: _ordering(gt),
        Comparison.GE: _ordering(ge),
    }
)

_less_or_equal = COMPARISONS[Comparison.LE]


def between(value: Value, low: Value, high: Value) -> Value:
    """`low <= value and value <= high`."""
    return all_of(_less_or_equal(low, value), _less_or_equal(value, high))


def negate(value: Value) -> Value:
    """`not`: unknown of anything that is no bool."""
    return not value if isinstance(value, bool) else MISSING


def all_of(*values: Value) -> Value:
    """`and`: false if any is false, true if all are true, else unknown."""
    if any(value is False for value in values):
        return False
    return True if all(value is True for value in values) else MISSING


def any_of(*values: Value) -> Value:
    """`or`: true if any is true, false if all are false, else unknown."""
    if any(value is True for value in values):
        return True
    return False if all(value is False for value in values) else MISSING


STATES: Mapping[State, Callable[[Value], bool]] = MappingProxyType(
    {
        State.NULL: is_null,
        State.NAN: is_nan,
        State.FINITE: is_finite,
        State.INFINITE: is_infinite,
        State.MISSING: lambda value: value is MISSING,
    }
)


def holds(mode: HasMode, value: Value, tests: Iterable[Callable[[Value], bool]]) -> bool:
    """Whether a list holds elements that pass one or any of the tests, one for each, or none.

    Missing is the empty list; what is no list holds nothing.
    """
    elements = value if isinstance(value, list | tuple) else ()
    found = (any(test(element) for element in elements) for test in tests)
    match mode:
        case HasMode.ONE | HasMode.ANY:
            return any(found)
        case HasMode.ALL:
            return (value is MISSING or isinstance(value, list | tuple)) and all(found)
        case HasMode.NONE:
            return not any(found)
        case _:
            assert_never(mode)


def identity(value: Value) -> tuple[Kind, object]:
    """A hashable stand-in: equal for values that look the same, so NaN for NaN and 1 for 1.0, not 1 for true."""
    kind = kind_of(value)
    if is_nan(value):
        return kind, "nan"
    if kind is Kind.LIST:
        return kind, tuple(identity(element) for element in value)
    if kind is Kind.RECORD and isinstance(value, Mapping):
        return kind, frozenset((name, identity(element)) for name, element in value.items())
    return kind, None if value is MISSING else value
