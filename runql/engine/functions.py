"""The bodies of the arithmetic operators and of the scalar functions.

What is no number gives missing; what has no number as its result gives an infinity or NaN, as IEEE 754 has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from runql.engine.casts import CASTS
from runql.engine.compare import COMPARISONS, ORDERED_KINDS, as_number, is_nan, is_null, is_number
from runql.engine.text_functions import TEXT_FUNCTIONS, whole_of
from runql.engine.time_functions import duration
from runql.language.kinds import Kind
from runql.semantic.json_text import is_huge
from runql.semantic.values import MISSING, Value, kind_of
from runql.syntax.tree import ArithmeticOp, Comparison

_MAX_INT_BITS = 1024
"""Powers of integers beyond the range of a float are made as floats, so that no query can ask for gigabytes."""

_less = COMPARISONS[Comparison.LT]


# ---------------------------------------------------------------- arithmetic


def to_float(value: int | float) -> float:
    """A number as a float; an integer beyond the range is an infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def in_range(value: Value) -> Value:
    """A number; an integer beyond the range of a float, which no table holds, is an infinity."""
    return to_float(value) if type(value) is int and is_huge(value) else value


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, datetime) or isinstance(right, datetime):
        return _shift(left, right, 1) if isinstance(left, datetime) else _shift(right, left, 1)
    return _numeric(left, right, lambda a, b: a + b)


def _subtract(left: Value, right: Value) -> Value:
    if isinstance(left, datetime):
        return (left - right).total_seconds() if isinstance(right, datetime) else _shift(left, right, -1)
    return _numeric(left, right, lambda a, b: a - b)


def _shift(time: datetime, seconds: Value, sign: int) -> Value:
    if not is_number(seconds):
        return MISSING
    try:
        return time + timedelta(seconds=sign * seconds)
    except (OverflowError, ValueError):  # outside the years 1 to 9999, or NaN
        return MISSING


def _numeric(left: Value, right: Value, work: Callable[[Value, Value], Value]) -> Value:
    if not (is_number(left) and is_number(right)):
        return MISSING
    try:
        return in_range(work(left, right))
    except OverflowError:
        return work(to_float(left), to_float(right))


def _divide(left: Value, right: Value) -> Value:
    return _numeric(left, right, lambda a, b: a / b if b != 0 else _by_zero(a, b))


def _by_zero(left: int | float, right: int | float) -> float:
    if left == 0 or is_nan(left):
        return math.nan
    return math.copysign(math.inf, right) * (1 if left > 0 else -1)


def _modulo(left: Value, right: Value) -> Value:
    return _numeric(left, right, lambda a, b: a % b if b != 0 else math.nan)


def _power(left: Value, right: Value) -> Value:
    if not (is_number(left) and is_number(right)):
        return MISSING
    if isinstance(left, int) and isinstance(right, int) and right >= 0 and left.bit_length() * right <= _MAX_INT_BITS:
        return left**right
    base, exponent = to_float(left), to_float(right)
    odd = exponent % 2 == 1
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and odd else math.inf
    except ValueError:  # a root of a negative number, or a power of zero below zero
        return math.copysign(math.inf, base if odd else 1.0) if base == 0 else math.nan


ARITHMETIC: Mapping[ArithmeticOp, Callable[[Value, Value], Value]] = MappingProxyType(
    {
        ArithmeticOp.ADD: _add,
        ArithmeticOp.SUB: _subtract,
        ArithmeticOp.MUL: lambda left, right: _numeric(left, right, lambda a, b: a * b),
        ArithmeticOp.DIV: _divide,
        ArithmeticOp.MOD: _modulo,
        ArithmeticOp.POW: _power,
    }
)


def minus(value: Value) -> Value:
    """`-x` of a number."""
    return -value if is_number(value) else MISSING


# ---------------------------------------------------------------- functions


def _of_number(work: Callable[[Value], Value]) -> Callable[[Value], Value]:
    return lambda value: work(value) if is_number(value) else MISSING


def _logarithm(log: Callable[[Value], float]) -> Callable[[Value], float]:
    def work(value: Value) -> float:
        if value == 0:
            return -math.inf
        return log(value) if value > 0 else math.nan

    return work


def _log1p(value: Value) -> float:
    number = to_float(value)
    return math.log1p(number) if number > -1 else -math.inf if number == -1 else math.nan


def _sign(value: Value) -> Value:
    return value if is_nan(value) else (value > 0) - (value < 0)


def _clip(value: Value, least: Value, most: Value) -> Value:
    """Missing if one is no number, NaN if one is."""
    if not all(map(is_number, (value, least, most))):
        return MISSING
    if is_nan(value) or is_nan(least) or is_nan(most):
        return math.nan
    return most if value > most else least if value < least else value


def _sqrt(value: Value) -> float:
    return math.sqrt(to_float(value)) if value >= 0 else math.nan


def _exp(value: Value) -> float:
    try:
        return math.exp(to_float(value))
    except OverflowError:
        return math.inf


def _whole(work: Callable[[Value], int]) -> Callable[[Value], Value]:
    """Rounding of a finite number; infinities and NaN stay what they are."""
    return lambda value: work(value) if isinstance(value, int) or math.isfinite(value) else value


def _round(value: Value, digits: Value = 0) -> Value:
    """To so many decimal places, a half to the even neighbour, as Python and pandas do."""
    if not (is_number(value) and is_number(digits)) or is_nan(digits):
        return MISSING
    places = int(max(-400, min(400, digits)))
    if not places:
        return _whole(round)(value)
    if not (isinstance(value, int) or math.isfinite(value)):
        return value
    try:
        return in_range(round(value, places))
    except OverflowError:  # upwards, beyond the range of a float
        return math.copysign(math.inf, value)


def _extreme(better: Callable[[Value, Value], Value]) -> Callable[..., Value]:
    """Of the arguments that are neither null nor missing; NaN if one is, missing if they don't compare."""

    def work(*values: Value) -> Value:
        known = [as_number(value) for value in values if not is_null(value)]
        kinds = {kind_of(value) for value in known}
        if len(kinds) != 1 or not kinds <= ORDERED_KINDS:
            return MISSING
        if Kind.NUMBER in kinds and any(is_nan(value) for value in known):
            return math.nan
        best = known[0]
        for value in known[1:]:
            if better(value, best) is True:
                best = value
        return best

    return work


def _element(items: Value, place: Value) -> Value:
    at = whole_of(place)
    if at is None or not isinstance(items, list | tuple) or not -len(items) <= at < len(items):
        return MISSING
    found: Value = items[at]
    return found


def _coalesce(*values: Value) -> Value:
    return next((value for value in values if not is_null(value)), MISSING)


def _if(condition: Value, then: Value, otherwise: Value) -> Value:
    return then if condition is True else otherwise


FUNCTIONS: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {
        "abs": _of_number(abs),
        "log": _of_number(_logarithm(math.log)),
        "log2": _of_number(_logarithm(math.log2)),
        "log10": _of_number(_logarithm(math.log10)),
        "log1p": _of_number(_log1p),
        "exp": _of_number(_exp),
        "sqrt": _of_number(_sqrt),
        "round": _round,
        "floor": _of_number(_whole(math.floor)),
        "ceil": _of_number(_whole(math.ceil)),
        "min": _extreme(_less),
        "max": _extreme(COMPARISONS[Comparison.GT]),
        "sign": _of_number(_sign),
        "clip": _clip,
        "duration": duration,
        "coalesce": _coalesce,
        "element": _element,
        "if": _if,
        **TEXT_FUNCTIONS,
        **CASTS,
    }
)
"""The functions of values that need no zone, by name. An argument of the wrong kind gives missing."""
