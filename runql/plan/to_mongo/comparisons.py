"""Comparisons of order as filters: of numbers, and of times that a server may show without their fractions."""

from __future__ import annotations

from datetime import datetime, timedelta

from runql.plan.to_mongo.filters import Narrowing, iso
from runql.syntax.tree import Comparison

_OPERATORS = {
    Comparison.LT: "$lt",
    Comparison.LE: "$lte",
    Comparison.GT: "$gt",
    Comparison.GE: "$gte",
}
_NEGATED = {
    Comparison.LT: Comparison.GE,
    Comparison.LE: Comparison.GT,
    Comparison.GT: Comparison.LE,
    Comparison.GE: Comparison.LT,
}
_SECOND = timedelta(seconds=1)


def negated_op(op: Comparison) -> Comparison:
    """The comparison that holds where another fails. Not for numbers: NaN fails both."""
    return _NEGATED[op]


def compare_numbers(path: str, op: Comparison, value: float, *, exact: bool) -> Narrowing:
    """A comparison with a number. Below it, MongoDB finds NaN as well."""
    above = op in (Comparison.GT, Comparison.GE)
    return Narrowing({path: {_OPERATORS[op]: value}}, exact and above)


def compare_time(path: str, op: Comparison, moment: datetime, trusted: bool) -> Narrowing | None:
    """A comparison with a time. A server that shows whole seconds may keep fractions: then ends move up by them."""
    if trusted:
        return Narrowing({path: {_OPERATORS[op]: iso(moment)}}, exact=True)
    whole = moment.replace(microsecond=0)
    is_whole = whole == moment
    if op in (Comparison.GT, Comparison.GE):
        return Narrowing({path: {_OPERATORS[op]: iso(moment)}}, exact=is_whole and op is Comparison.GE)
    if op is Comparison.LT and is_whole:
        return Narrowing({path: {"$lt": iso(moment)}}, exact=True)
    end = _next_second(whole)
    return None if end is None else Narrowing({path: {"$lt": iso(end)}})


def between_times(path: str, moment: datetime, wanted: bool, trusted: bool) -> Narrowing | None:
    """Equality with a time: the second in which it lies, where fractions may be hidden."""
    if trusted:
        return Narrowing({path: iso(moment) if wanted else {"$ne": iso(moment)}}, exact=True)
    start = moment.replace(microsecond=0)
    end = _next_second(start)
    if not wanted or end is None:
        return None
    return Narrowing({path: {"$gte": iso(start), "$lt": iso(end)}})


def _next_second(moment: datetime) -> datetime | None:
    try:
        return moment + _SECOND
    except OverflowError:
        return None
