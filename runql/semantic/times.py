"""Times: moments made absolute and put in UTC, dates as whole days, ISO text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import assert_never

from runql.language.kinds import Kind
from runql.semantic.typed import TAnd, TCompare, TConst, TIs, TNot, TypedExpr
from runql.syntax.tree import ArithmeticOp, Comparison, Moment, RelativeTime, State
from runql.text.frozen import frozen
from runql.text.source import Span

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:[zZ]|[+-]\d\d:?\d\d)?)?\Z", re.ASCII)
_UNQUOTED = re.compile(r"(?:now|today|yesterday|\d+(?:\.\d+)?[smhdw](?: ago)?)\Z", re.IGNORECASE | re.ASCII)


@frozen
class Day:
    """A whole day of the user's zone, in UTC: `start` belongs to it, `end` no longer."""

    start: datetime
    end: datetime


def midnight(day: date, zone: tzinfo) -> datetime:
    """Where a day begins, in UTC: at the first instant after midnight if the clocks skip it. Raises `OverflowError` or
    `ValueError` at the ends of the calendar.
    """
    begin = datetime.combine(day, time(), zone).astimezone(UTC)
    if begin.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, time()):
        return begin
    second = timedelta(seconds=1)
    before = datetime.combine(day, time(fold=1), zone).astimezone(UTC)  # read as the clocks are set afterwards
    while begin - before > second:
        middle = before + (begin - before) // second // 2 * second
        if middle.astimezone(zone).date() < day:
            before = middle
        else:
            begin = middle
    return begin


def whole_day(day: date, zone: tzinfo) -> Day | None:
    """The day from midnight to midnight (23 to 25 hours); `None` at the ends of the calendar."""
    try:
        start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    except (OverflowError, ValueError):
        return None
    return Day(start, end)


def absolute(moment: datetime, zone: tzinfo) -> datetime | None:
    """A time in UTC, read in the user's zone if it names none; `None` at the ends of the calendar."""
    try:
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def relative(node: RelativeTime, now: datetime, zone: tzinfo) -> datetime | Day | None:
    """`now` and `7d ago` as times; `today` and `yesterday` as days."""
    try:
        match node.moment:
            case Moment.NOW:
                return absolute(now - node.back, zone)
            case Moment.TODAY | Moment.YESTERDAY:
                day = now.astimezone(zone).date() - timedelta(days=node.moment is Moment.YESTERDAY)
                if not node.back:
                    return whole_day(day, zone)
                return absolute(datetime.combine(day, time(), zone) - node.back, zone)
            case _:
                assert_never(node.moment)
    except OverflowError:
        return None


def from_text(text: str, zone: tzinfo) -> datetime | Day | None:
    """ISO text as a time, or as a day if it holds no time; `None` if it is neither."""
    if not _ISO.match(text):
        return None
    try:
        if len(text) == 10:
            return whole_day(date.fromisoformat(text), zone)
        return absolute(datetime.fromisoformat(text.upper()), zone)
    except ValueError:
        return None


def iso_text(value: datetime) -> str:
    """A time as data formats write it: `2026-01-31T12:00:00Z`; one that begins a day of a zone with its offset."""
    text = value.isoformat()
    return f"{text.removesuffix('+00:00')}Z" if not value.utcoffset() else text


def is_time_without_quotes(text: str) -> bool:
    """Whether the text is a moment or duration that the language writes without quotes."""
    return _UNQUOTED.match(text) is not None


def compare_with_day(op: Comparison, value: TypedExpr, day: Day, span: Span) -> TypedExpr:
    """`value op day`, where the day is one whole: `>` is after it, `<=` includes it."""

    def bound(op: Comparison, moment: datetime) -> TypedExpr:
        return TCompare(op, value, TConst(moment, kind=Kind.TIME, span=span), kind=Kind.BOOL, span=span)

    match op:
        case Comparison.LT:
            return bound(Comparison.LT, day.start)
        case Comparison.GE:
            return bound(Comparison.GE, day.start)
        case Comparison.LE:
            return bound(Comparison.LT, day.end)
        case Comparison.GT:
            return bound(Comparison.GE, day.end)
        case Comparison.EQ | Comparison.NE:
            # `=` is never unknown, a range is where there is no value: so that is asked first.
            is_null = TIs(value, State.NULL, kind=Kind.BOOL, span=span)
            there = TNot(is_null, kind=Kind.BOOL, span=span)
            terms = (there, bound(Comparison.GE, day.start), bound(Comparison.LT, day.end))
            equal = TAnd(terms, kind=Kind.BOOL, span=span)
            return equal if op is Comparison.EQ else TNot(equal, kind=Kind.BOOL, span=span)
        case _:
            assert_never(op)


def time_arithmetic(op: ArithmeticOp, left: frozenset[Kind], right: frozenset[Kind]) -> set[Kind]:
    """The kinds that `+` or `-` gives where a time is among the operands."""
    kinds = {Kind.TIME} if Kind.TIME in left and Kind.NUMBER in right else set()
    if op is ArithmeticOp.ADD and Kind.NUMBER in left and Kind.TIME in right:
        kinds.add(Kind.TIME)
    if op is ArithmeticOp.SUB and Kind.TIME in left and Kind.TIME in right:
        kinds.add(Kind.NUMBER)
    return kinds


def seconds(duration: timedelta) -> int | float:
    """A duration as its seconds, whole where it is."""
    total = duration.total_seconds()
    return int(total) if total.is_integer() else total


_SECONDS = (10**8, 10**11)
"""Numbers that are taken for seconds since 1970: from 1973 on; larger ones are milliseconds."""


def unix_time(value: float) -> str | None:
    """A number of seconds or milliseconds since 1970 as a time is written; `None` if it is too small for one."""
    least, most = _SECONDS
    if not least <= value < most * 1000:
        return None
    found = datetime.fromtimestamp(value if value < most else value / 1000, UTC)
    return found.isoformat(timespec="milliseconds" if found.microsecond else "seconds").replace("+00:00", "Z")
