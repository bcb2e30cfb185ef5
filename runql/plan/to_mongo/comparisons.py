"""Comparisons of order as filters: of numbers, and of times that a server may show without their fractions."""

from __future__ import annotations

from datetime import datetime, timedelta

from runql.plan.to_mongo.narrowing import Narrowing
from runql.syntax.mongo.nodes import FilterField, MongoCompare, MongoOperator, mongo_and
from runql.syntax.tree import Comparison

OPERATORS = {
    Comparison.LT: MongoOperator.LT,
    Comparison.LE: MongoOperator.LTE,
    Comparison.GT: MongoOperator.GT,
    Comparison.GE: MongoOperator.GTE,
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


def compare_time(field: FilterField, op: Comparison, moment: datetime, trusted: bool) -> Narrowing | None:
    """A comparison with a time. A server that shows whole seconds may keep fractions: then ends move up by them."""
    if trusted:
        return Narrowing(MongoCompare(field, OPERATORS[op], moment), exact=True)
    whole = moment.replace(microsecond=0)
    is_whole = whole == moment
    if op in (Comparison.GT, Comparison.GE):
        compared = MongoCompare(field, OPERATORS[op], moment)
        return Narrowing(compared, exact=is_whole and op is Comparison.GE)
    if op is Comparison.LT and is_whole:
        return Narrowing(MongoCompare(field, MongoOperator.LT, moment), exact=True)
    end = _next_second(whole)
    return None if end is None else Narrowing(MongoCompare(field, MongoOperator.LT, end))


def between_times(field: FilterField, moment: datetime, wanted: bool, trusted: bool) -> Narrowing | None:
    """Equality with a time: the second in which it lies, where fractions may be hidden."""
    if trusted:
        return Narrowing(MongoCompare(field, MongoOperator.EQ if wanted else MongoOperator.NE, moment), exact=True)
    start = moment.replace(microsecond=0)
    end = _next_second(start)
    if not wanted or end is None:
        return None
    ends = (MongoCompare(field, MongoOperator.GTE, start), MongoCompare(field, MongoOperator.LT, end))
    return Narrowing(mongo_and(ends))


def _next_second(moment: datetime) -> datetime | None:
    try:
        return moment + _SECOND
    except OverflowError:
        return None
